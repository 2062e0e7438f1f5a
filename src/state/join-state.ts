// What a join of two streams keeps: both sides' rows (join-side.ts) under one index of keys.
//
// JT1  Rows that are of no more use are let go when they may be half of a side, and keys when they may be
//      half of the index: each row that came pays for that once.
// JT2  A snapshot is one keyed table a side: its columns, its keys ('$key0', ...) and what it counts.
import type { StateReader, StateWriter } from '../checkpoint/operator-state.ts'
import { gatherVector } from '../columnar/gather.ts'
import { RecordBatch, type Selection } from '../columnar/record-batch.ts'
import { type Field, Schema } from '../columnar/schema.ts'
import { type DataType, int64, nullable, uint32 } from '../columnar/type.ts'
import { Vector } from '../columnar/vector.ts'
import type { Kernels } from '../kernels/module.ts'
import { takeFixed } from '../kernels/take.ts'
import { JoinSide } from './join-side.ts'
import { KeyCompaction } from './key-compaction.ts'
import { KeyIndex } from './key-index.ts'

export interface HeldSide {
  /** The columns that it holds. */
  readonly fields: readonly Field[]
  readonly counts: boolean
  readonly changes: boolean
  readonly timed: boolean
  readonly byTime?: boolean
  /** The column that is read in one piece, by position. */
  readonly whole?: number
}

const SIDE_NAMES = ['left', 'right'] as const

export type SideNumber = 0 | 1

export class JoinState {
  readonly keys: KeyIndex
  readonly sides: readonly [JoinSide, JoinSide]
  readonly #kernels: Kernels
  readonly #schemas: readonly Schema[]
  readonly #held: readonly HeldSide[]
  readonly #keyTypes: readonly DataType[]
  readonly #uselessMin: number
  readonly #compaction: KeyCompaction

  /**
   * @param uselessMin fewer rows or keys are not looked through for what is of no more use
   * @throws UNSUPPORTED for types that are no key
   */
  constructor(
    kernels: Kernels,
    keyTypes: readonly DataType[],
    held: readonly [HeldSide, HeldSide],
    uselessMin: number,
  ) {
    this.#kernels = kernels
    this.#uselessMin = uselessMin
    this.#compaction = new KeyCompaction(kernels, uselessMin)
    this.#held = held
    this.#keyTypes = keyTypes.map((type) => nullable(type))
    this.keys = new KeyIndex(kernels, this.#keyTypes)
    const side = ({ fields, ...options }: HeldSide) =>
      new JoinSide(kernels, { ...options, types: fields.map(({ type }) => type) })
    this.sides = [side(held[0]), side(held[1])]
    const keyFields = this.#keyTypes.map((type, i) => ({ name: `$key${i}`, type }))
    this.#schemas = held.map(({ fields, counts, timed }) => {
      const times = timed ? [{ name: '$time', type: int64() }] : []
      const matches = counts ? [{ name: '$matches', type: uint32() }] : []
      return new Schema([...fields, ...keyFields, ...times, ...matches])
    })
  }

  /** Lets go of what is of no more use, once there may be much of it. */
  compact(boundaries: readonly (readonly number[])[] = []): readonly (readonly number[])[] {
    const moved = this.sides.map((side, i) => {
      const { useless, rows } = side
      const ends = boundaries[i] ?? []
      return useless < this.#uselessMin || useless * 2 < rows
        ? ends
        : side.rebuild(this.keys.size, ends)
    })
    return this.#compactKeys(moved)
  }

  /** Writes the living rows of both sides. */
  snapshot(into: StateWriter, batchRows: number): void {
    this.sides.forEach((side, i) => {
      for (let from = 0; from < side.rows;) {
        const mark = this.#kernels.mark()
        const rows = side.living(from, batchRows)
        const last = this.#kernels.u32[(rows.rows >>> 2) + rows.length - 1]!
        from = rows.length < batchRows ? side.rows : last + 1
        if (rows.length > 0) this.#write(into, i as SideNumber, rows)
        this.#kernels.reset(mark)
      }
    })
  }

  /** Reads a snapshot into a state without rows. */
  restore(from: StateReader): void {
    this.sides.forEach((side, i) => {
      const { fields, timed, counts } = this.#held[i]!
      for (const batch of from.table(SIDE_NAMES[i]!)) {
        const mark = this.#kernels.mark()
        const columns = batch.columns.map((column) =>
          gatherVector(this.#kernels, column, batch.selection),
        )
        const keys = columns.slice(fields.length, fields.length + this.#keyTypes.length)
        const rest = columns.slice(fields.length + keys.length)
        const length = batch.rowCount
        const ids = this.keys.insert(keys, length)
        side.append({
          columns: columns.slice(0, fields.length),
          ids,
          length,
          keyCount: this.keys.size,
          ...(timed ? { times: rest[0]!.values } : {}),
          ...(counts ? { counts: rest[timed ? 1 : 0]!.values } : {}),
        })
        this.#kernels.reset(mark)
      }
    })
    for (const side of this.sides) side.cover(this.keys.size)
  }

  close(): void {
    this.keys.close()
    for (const side of this.sides) side.close()
  }

  #write(into: StateWriter, number: SideNumber, rows: Selection): void {
    const kernels = this.#kernels
    const side = this.sides[number]
    const { counts, timed } = this.#held[number]!
    const { length } = rows
    const held = side.columns.map((column) => column.gather(rows))
    const keys = this.keys.columns(takeFixed(kernels, 4, side.ids, rows), length)
    const number_ = (type: DataType, width: 4 | 8, values: number): Vector =>
      new Vector({ type, length, values: takeFixed(kernels, width, values, rows) })
    const columns = [
      ...held,
      ...keys,
      ...(timed ? [number_(int64(), 8, side.times)] : []),
      ...(counts ? [number_(uint32(), 4, side.counts)] : []),
    ]
    const schema = this.#schemas[number]!
    const positions = keys.map((_, i) => held.length + i)
    into.keyed(SIDE_NAMES[number], new RecordBatch(schema, length, columns), positions)
  }

  #compactKeys(boundaries: readonly (readonly number[])[]): readonly (readonly number[])[] {
    let moved = boundaries
    this.#compaction.run(this.keys, {
      mark: (bits) => this.sides.forEach((side) => side.markKeys(bits)),
      remap: (map) => {
        moved = this.sides.map((side, i) => {
          side.remapKeys(map)
          return side.rebuild(this.keys.size, boundaries[i] ?? [])
        })
      },
    })
    return moved
  }
}
