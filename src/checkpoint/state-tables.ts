// Writes and reads the tables of an operator's snapshot: rows by key group, each group's as an Arrow IPC
// stream that any Arrow tool opens.
//
// ST1  What was written is copied: the operator may change its state at once.
// ST2  A batch that is read back lives until the next one.
import { assert } from '../base/assert.ts'
import { DataflowError } from '../base/errors.ts'
import { BatchEncoder, encodeSchemaMessage, END_OF_STREAM } from '../columnar/ipc-encode.ts'
import { IpcReader, readIpcLayout } from '../columnar/ipc-reader.ts'
import { partitionByKey } from '../columnar/key-partition.ts'
import type { RecordBatch, Selection } from '../columnar/record-batch.ts'
import { Schema } from '../columnar/schema.ts'
import type { Kernels } from '../kernels/module.ts'
import type {
  OperatorSnapshot,
  StateDistribution,
  StateReader,
  StateTable,
  StateWriter,
  SubtaskPlace,
} from './operator-state.ts'

interface OpenTable {
  readonly distribution: StateDistribution
  readonly schema: Schema
  /** Messages by key group; of an operator's own state under 0. */
  readonly groups: Map<number, Uint8Array<ArrayBuffer>[]>
}

export class SnapshotWriter implements StateWriter {
  readonly #kernels: Kernels
  readonly #place: SubtaskPlace
  readonly #encoder: BatchEncoder
  readonly #tables = new Map<string, OpenTable>()

  constructor(kernels: Kernels, place: SubtaskPlace) {
    this.#kernels = kernels
    this.#place = place
    this.#encoder = new BatchEncoder(kernels)
  }

  keyed(name: string, batch: RecordBatch, keys: readonly number[]): void {
    const table = this.#table(name, 'keyed', batch.schema)
    const { maxParallelism } = this.#place
    const mark = this.#kernels.mark()
    // One target a key group: the groups themselves.
    const targets = { maxParallelism, targets: maxParallelism }
    const groups = partitionByKey(this.#kernels, batch, keys, targets)
    groups.forEach((rows, group) => {
      if (rows.length > 0) this.#append(table, group, batch.withSelection(rows))
    })
    this.#kernels.reset(mark)
  }

  list(name: string, batch: RecordBatch): void {
    this.#append(this.#table(name, 'list', batch.schema), 0, batch)
  }

  union(name: string, batch: RecordBatch): void {
    this.#append(this.#table(name, 'union', batch.schema), 0, batch)
  }

  finish(): OperatorSnapshot {
    const { subtaskIndex, parallelism } = this.#place
    const tables = [...this.#tables].map(
      ([name, { distribution, schema, groups }]): StateTable => ({
        name,
        distribution,
        columns: schema.fields.map((field) => ({ name: field.name, type: field.type })),
        parts: [...groups].map(([keyGroup, messages]) => ({
          ...(distribution === 'keyed' ? { keyGroup } : {}),
          bytes: joined([encodeSchemaMessage(schema), ...messages, END_OF_STREAM]),
        })),
      }),
    )
    return { subtaskIndex, parallelism, tables }
  }

  #table(name: string, distribution: StateDistribution, schema: Schema): OpenTable {
    const known = this.#tables.get(name)
    if (known !== undefined) {
      assert(known.distribution === distribution, `state '${name}' is keyed and not keyed`)
      assert(known.schema.equals(schema), `state '${name}' has two schemas`)
      return known
    }
    const table = { distribution, schema, groups: new Map<number, Uint8Array<ArrayBuffer>[]>() }
    this.#tables.set(name, table)
    return table
  }

  #append(table: OpenTable, group: number, batch: RecordBatch): void {
    if (batch.rowCount === 0) return
    const message = this.#encoder.encode(batch).bytes.slice()
    const messages = table.groups.get(group)
    if (messages === undefined) table.groups.set(group, [message])
    else messages.push(message)
  }
}

export class RestoredState implements StateReader {
  readonly #kernels: Kernels
  readonly #snapshots: readonly OperatorSnapshot[]
  readonly #place: SubtaskPlace

  /** @param snapshots those of all subtasks the operator had */
  constructor(kernels: Kernels, snapshots: readonly OperatorSnapshot[], place: SubtaskPlace) {
    this.#kernels = kernels
    this.#snapshots = snapshots
    this.#place = place
  }

  *table(name: string): Iterable<RecordBatch> {
    let dealt = 0
    for (const snapshot of this.#snapshots) {
      const table = snapshot.tables.find((one) => one.name === name)
      if (table === undefined) continue
      const isStaying = snapshot.parallelism === this.#place.parallelism
      if (isStaying && table.distribution === 'list') {
        if (snapshot.subtaskIndex === this.#place.subtaskIndex)
          yield* this.#batches(table, () => true)
      } else if (table.distribution === 'list') {
        for (const batch of this.#batches(table, () => true)) {
          const own = this.#dealt(batch, dealt)
          dealt += batch.length
          if (own.rowCount > 0) yield own
        }
      } else yield* this.#batches(table, (group) => group === undefined || this.#owns(group))
    }
  }

  #owns(keyGroup: number): boolean {
    const { subtaskIndex, parallelism, maxParallelism } = this.#place
    return Math.floor((keyGroup * parallelism) / maxParallelism) === subtaskIndex
  }

  *#batches(
    { name, columns, parts }: StateTable,
    wanted: (keyGroup: number | undefined) => boolean,
  ): Iterable<RecordBatch> {
    const schema = new Schema(columns)
    for (const { keyGroup, bytes } of parts) {
      if (!wanted(keyGroup)) continue
      const random = {
        size: bytes.length,
        read: (into: Uint8Array, position: number) => {
          into.set(bytes.subarray(position, position + into.length))
        },
      }
      const layout = readIpcLayout(random)
      const reader = new IpcReader(this.#kernels, random, layout, schema)
      try {
        for (let batch = reader.loadNext(); batch !== undefined; batch = reader.loadNext()) {
          const mark = this.#kernels.mark()
          yield batch.slice(0, batch.length)
          this.#kernels.reset(mark)
        }
      } catch (error) {
        throw new DataflowError('FORMAT_INVALID', `the state '${name}' cannot be read`, {
          cause: error,
        })
      } finally {
        reader.close()
      }
    }
  }

  /** The rows that fall to this subtask when all are dealt out in turn. */
  #dealt(batch: RecordBatch, before: number): RecordBatch {
    const { subtaskIndex, parallelism } = this.#place
    const rows = this.#kernels.scratch(batch.length * 4)
    const numbers = this.#kernels.u32
    let length = 0
    for (let row = 0; row < batch.length; row++) {
      if ((before + row) % parallelism === subtaskIndex) numbers[(rows >>> 2) + length++] = row
    }
    const selection: Selection = { rows, length }
    return batch.withSelection(selection)
  }
}

function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}
