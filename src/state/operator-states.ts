// State of an operator's subtask, not of a key: lists that are dealt out anew, or given whole to every
// subtask, when the parallelism changes; and broadcast state, a map that is the same in all subtasks.
//
// OS1  A name means one state: another kind, type or distribution under it is refused.
// OS2  Broadcast state is written by the first subtask alone, and read by all.
// OS3  What was restored and nobody asked for goes into the next snapshot as it came.
import { DataflowError } from '../base/errors.ts'
import type { StateWriter } from '../checkpoint/operator-state.ts'
import { BatchBuilder } from '../columnar/batch-builder.ts'
import { RowReader } from '../columnar/row-reader.ts'
import { Schema } from '../columnar/schema.ts'
import { ListTable } from './list-table.ts'
import { MapTable } from './map-tables.ts'
import type { ListState, MapState, StateDescriptor } from './state.ts'
import type { StateBackendParts } from './state-backend.ts'
import {
  checkRestored,
  codecs,
  entryFields,
  metaText,
  OPERATOR_META_TABLE,
  readMeta,
  type StateMeta,
  stateMeta,
  writeMeta,
} from './state-snapshot.ts'
import type { StateScope, StateTable } from './state-table.ts'

export type OperatorStateDistribution = 'list' | 'union' | 'broadcast'

interface Registered {
  readonly table: StateTable
  readonly distribution: OperatorStateDistribution
  readonly meta: StateMeta
}

/** The scope of what belongs to no key: one id, and no columns that name it. */
const subtaskScope = (): StateScope => ({
  name: 'operator',
  current: 0,
  absence: '',
  fields: [],
  keyCount: 0,
  size: 1,
  columns: () => [],
  resolve: (_columns, n) => new Uint32Array(n),
  holders: [],
})

export class OperatorStates {
  readonly #parts: StateBackendParts
  readonly #subtaskIndex: number
  readonly #scope = subtaskScope()
  readonly #states = new Map<string, Registered>()
  readonly #restored: ReadonlyMap<string, StateMeta>

  constructor(parts: StateBackendParts, subtaskIndex: number) {
    this.#parts = parts
    this.#subtaskIndex = subtaskIndex
    this.#restored = readMeta(parts.kernels, parts.restored, OPERATOR_META_TABLE)
  }

  /** @throws STATE_MISUSED, STATE_INCOMPATIBLE */
  list<T>(descriptor: StateDescriptor<ListState<T>>, distribution: 'list' | 'union'): ListState<T> {
    return this.#state(descriptor, distribution) as ListState<T>
  }

  /** @throws STATE_MISUSED, STATE_INCOMPATIBLE */
  broadcast<K, V>(descriptor: StateDescriptor<MapState<K, V>>): MapState<K, V> {
    return this.#state(descriptor, 'broadcast') as MapState<K, V>
  }

  snapshot(into: StateWriter): void {
    const metas = new Map(this.#restored)
    for (const [name, { meta }] of this.#states) metas.set(name, meta)
    writeMeta(this.#parts.kernels, into, metas, OPERATOR_META_TABLE)
    for (const [name, registered] of this.#states) this.#write(into, name, registered)
    for (const [name, meta] of this.#restored) {
      if (!this.#states.has(name)) this.#copy(into, name, distributionOf(meta))
    }
  }

  close(): void {
    this.#scope.current = -1
    this.#scope.absence = 'after close'
    for (const { table } of this.#states.values()) table.close()
    this.#states.clear()
  }

  #state(descriptor: StateDescriptor, distribution: OperatorStateDistribution): unknown {
    const name = `operator:${descriptor.name}`
    const own = stateMeta(descriptor, this.#scope)
    const meta = { ...own, kind: `${distribution} ${own.kind}` }
    const known = this.#states.get(name)
    if (known === undefined) return this.#register(name, descriptor, distribution, meta)
    if (metaText(known.meta) === metaText(meta)) return known.table.state
    throw new DataflowError(
      'STATE_MISUSED',
      `state '${descriptor.name}' is a ${metaText(known.meta)}, and is asked for as a ` +
        `${metaText(meta)}: use one descriptor, or another name`,
    )
  }

  #register(
    name: string,
    descriptor: StateDescriptor,
    distribution: OperatorStateDistribution,
    meta: StateMeta,
  ): unknown {
    if (descriptor.ttl !== undefined) {
      throw new DataflowError(
        'STATE_MISUSED',
        `state '${descriptor.name}' belongs to no key and cannot expire: leave out its ttl`,
      )
    }
    const before = this.#restored.get(name)
    if (before !== undefined) checkRestored(descriptor, before, meta)
    const time = {
      processingTimeMs: () => 0,
      eventTimeMs: () => 0,
      watermarkMs: () => 0,
    }
    const parts = { descriptor, scope: this.#scope, time }
    const table = descriptor.kind === 'map' ? new MapTable(parts) : new ListTable(parts)
    if (before !== undefined) this.#read(name, table, before)
    this.#states.set(name, { table, distribution, meta })
    return table.state
  }

  #read(name: string, table: StateTable, before: StateMeta): void {
    const { kernels, restored } = this.#parts
    const [key, value] = codecs(table.descriptor)
    const reader = new RowReader(kernels, new Schema(entryFields(table.descriptor)))
    for (const batch of restored?.table(name) ?? []) {
      for (const row of reader.rows(batch) as { $key?: unknown; $value: unknown }[]) {
        const mapKey = key?.decode(row.$key, before.keyVersion)
        table.restore(0, mapKey, value.decode(row.$value, before.version), 0)
      }
    }
  }

  #write(into: StateWriter, name: string, { table, distribution }: Registered): void {
    if (distribution === 'broadcast' && this.#subtaskIndex > 0) return
    const { kernels, batchRows } = this.#parts
    const [key, value] = codecs(table.descriptor)
    const builder = new BatchBuilder(kernels, new Schema(entryFields(table.descriptor)))
    const flush = (): void => {
      const mark = kernels.mark()
      if (builder.length > 0) into[tableDistribution(distribution)](name, builder.finish())
      kernels.reset(mark)
    }
    table.forEach((_id, mapKey, entry) => {
      builder.append({ $value: value.encode(entry), $key: key?.encode(mapKey) })
      if (builder.length === batchRows) flush()
    })
    flush()
  }

  #copy(into: StateWriter, name: string, distribution: OperatorStateDistribution): void {
    // What every subtask has is written once.
    if (distribution !== 'list' && this.#subtaskIndex > 0) return
    for (const batch of this.#parts.restored?.table(name) ?? []) {
      into[tableDistribution(distribution)](name, batch)
    }
  }
}

const tableDistribution = (distribution: OperatorStateDistribution): 'list' | 'union' =>
  distribution === 'list' ? 'list' : 'union'

const distributionOf = ({ kind }: StateMeta): OperatorStateDistribution =>
  kind.slice(0, kind.indexOf(' ')) as OperatorStateDistribution
