// The state backend in memory: tables by dense id, fixed-width values in linear memory, others on the
// JavaScript heap (value-store.ts, list-table.ts, map-tables.ts). Restores each table when it is asked for.
import { DataflowError, isDataflowError } from '../base/errors.ts'
import type { StateReader, StateWriter } from '../checkpoint/operator-state.ts'
import { ListTable } from './list-table.ts'
import { isPlainMap, MapTable, PlainMapTable } from './map-tables.ts'
import { AggregatingTable, ReducingTable, ValueTable } from './single-tables.ts'
import type { StateDescriptor } from './state.ts'
import type { StateBackend, StateBackendParts } from './state-backend.ts'
import {
  checkRestored,
  codecs,
  entryFields,
  metaText,
  readMeta,
  type StateMeta,
  stateMeta,
  tableName,
  writeMeta,
} from './state-snapshot.ts'
import type { StateScope, StateTable } from './state-table.ts'
import { KeyedRows } from './keyed-rows.ts'

interface Registered {
  readonly scope: StateScope
  readonly table: StateTable
  readonly meta: StateMeta
}

/** Descriptors that are remembered: more than a function has states. */
const KNOWN_MAX = 64

/** A state that was asked for, and found to be of its descriptor. */
interface Asked {
  readonly descriptor: StateDescriptor
  readonly scope: StateScope
  readonly state: unknown
}

export const heapStateBackend = (parts: StateBackendParts): StateBackend =>
  new HeapStateBackend(parts)

class HeapStateBackend implements StateBackend {
  readonly #parts: StateBackendParts
  readonly #states = new Map<string, Registered>()
  /** What was asked for last: a function asks for its state with each row, most for one alone. */
  #last: Asked | undefined
  /** States by descriptor, of the scope that asked last: each is known to be what the descriptor says. */
  readonly #known = new Map<StateDescriptor, Asked>()
  /** The states in the snapshot that the job goes on from, by table name. */
  readonly #restored: ReadonlyMap<string, StateMeta>

  constructor(parts: StateBackendParts) {
    this.#parts = parts
    this.#restored = readMeta(parts.kernels, parts.restored)
  }

  forEachId(descriptor: StateDescriptor, scope: StateScope, visit: (id: number) => void): void {
    this.getState(descriptor, scope)
    const live = new Uint8Array(scope.size)
    this.#states.get(tableName(scope, descriptor.name))!.table.mark(live)
    live.forEach((isLive, id) => {
      if (isLive === 1) visit(id)
    })
  }

  getState<S>(descriptor: StateDescriptor<S>, scope: StateScope): S {
    const last = this.#last
    if (last?.descriptor === descriptor && last.scope === scope) return last.state as S
    let asked = this.#known.get(descriptor)
    if (asked?.scope !== scope) {
      asked = { scope, descriptor, state: this.#find(descriptor, scope) }
      // A function may make a descriptor with each row.
      if (this.#known.size >= KNOWN_MAX) this.#known.clear()
      this.#known.set(descriptor, asked)
    }
    this.#last = asked
    return asked.state as S
  }

  /** The state by its name, checked. */
  #find<S>(descriptor: StateDescriptor<S>, scope: StateScope): S {
    const name = tableName(scope, descriptor.name)
    const known = this.#states.get(name)
    if (known === undefined) return this.#register(name, descriptor, scope) as S
    if (known.table.descriptor !== descriptor) this.#checkSame(known.meta, descriptor, scope)
    return known.table.state as S
  }

  cleanUp(entries: number): void {
    for (const { table } of this.#states.values()) table.cleanUp(entries)
  }

  snapshot(into: StateWriter): void {
    const metas = new Map(this.#restored)
    for (const [name, { meta }] of this.#states) metas.set(name, meta)
    writeMeta(this.#parts.kernels, into, metas)
    for (const [name, registered] of this.#states) this.#write(into, name, registered)
    for (const [name, { keyCount }] of this.#restored) {
      if (!this.#states.has(name)) copyTable(this.#parts.restored, into, name, keyCount)
    }
  }

  close(): void {
    for (const { table } of this.#states.values()) table.close()
    this.#states.clear()
    this.#known.clear()
    this.#last = undefined
  }

  #register(name: string, descriptor: StateDescriptor, scope: StateScope): unknown {
    const meta = stateMeta(descriptor, scope)
    const before = this.#restored.get(name)
    if (before !== undefined) checkRestored(descriptor, before, meta)
    const table = this.#table(descriptor, scope)
    if (before !== undefined) this.#read(name, { scope, table, meta }, before)
    this.#states.set(name, { scope, table, meta })
    scope.holders.push(table)
    return table.state
  }

  #table(descriptor: StateDescriptor, scope: StateScope): StateTable {
    const { kernels, time } = this.#parts
    const parts = { descriptor, scope, time }
    switch (descriptor.kind) {
      case 'value':
        return new ValueTable(parts, kernels)
      case 'reducing':
        return new ReducingTable(parts, kernels)
      case 'aggregating':
        return new AggregatingTable(parts, kernels)
      case 'list':
        return new ListTable(parts)
      case 'map':
        return isPlainMap(descriptor) ? new PlainMapTable(parts) : new MapTable(parts)
    }
  }

  #checkSame(known: StateMeta, descriptor: StateDescriptor, scope: StateScope): void {
    const asked = stateMeta(descriptor, scope)
    if (known.kind === asked.kind && known.type === asked.type && known.keyType === asked.keyType) {
      return
    }
    throw new DataflowError(
      'STATE_MISUSED',
      `state '${descriptor.name}' is ${metaText(known)}, and is asked for as ${metaText(asked)}: ` +
        'use one descriptor, or another name',
    )
  }

  #write(into: StateWriter, name: string, { scope, table }: Registered): void {
    const { kernels, batchRows } = this.#parts
    const { descriptor } = table
    const [key, value] = codecs(descriptor)
    const rows = new KeyedRows({ kernels, into, scope, batchRows }, name, entryFields(descriptor))
    try {
      table.forEach((id, mapKey, entry, stampMs) => {
        rows.append(id, {
          $value: value.encode(entry),
          $key: key?.encode(mapKey),
          $touched: stampMs,
        })
      })
      rows.flush()
    } catch (error) {
      throw atState(descriptor, error)
    }
  }

  #read(name: string, { scope, table }: Registered, before: StateMeta): void {
    const { kernels, restored } = this.#parts
    const { descriptor } = table
    const [key, value] = codecs(descriptor)
    const fields = entryFields(descriptor)
    try {
      for (const { id, row } of KeyedRows.read({ kernels, scope }, restored, name, fields)) {
        const mapKey = key?.decode(row.$key, before.keyVersion)
        const touched = typeof row.$touched === 'number' ? row.$touched : -Infinity
        table.restore(id, mapKey, value.decode(row.$value, before.version), touched)
      }
    } catch (error) {
      throw atState(descriptor, error)
    }
  }
}

/** Hands a table on that nobody has asked for. */
function copyTable(
  from: StateReader | undefined,
  into: StateWriter,
  name: string,
  keyCount: number,
): void {
  const keys = Array.from({ length: keyCount }, (_, i) => i)
  for (const batch of from?.table(name) ?? []) into.keyed(name, batch, keys)
}

function atState({ name }: StateDescriptor, error: unknown): unknown {
  const message = error instanceof Error ? error.message : String(error)
  const code = isDataflowError(error) ? error.code : 'VALUE_NOT_SERIALIZABLE'
  return new DataflowError(code, `state '${name}': ${message}`, { cause: error })
}
