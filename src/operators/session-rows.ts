// The rows of one side of a join in sessions: while their sessions grow, and when these are over. Used by
// session-sides.ts, which knows the sessions.
//
//   a row   its columns | next row of its session | time | NO_ROW with a null among its keys, else 0
import { ColumnBuffer } from '../columnar/column-buffer.ts'
import { gatherVector } from '../columnar/gather.ts'
import type { Field } from '../columnar/schema.ts'
import type { Vector } from '../columnar/vector.ts'
import { GrowingBlock } from '../kernels/growing-block.ts'
import type { Kernels } from '../kernels/module.ts'
import { takeFixed } from '../kernels/take.ts'
import type { SliceRows } from './window-join-input.ts'

/** Rows of one side that belong to sessions, in columns. */
export class SessionSide {
  readonly next: GrowingBlock
  columns: readonly ColumnBuffer[]
  length = 0
  /** Rows of sessions that are over. */
  dead = 0
  readonly #kernels: Kernels
  readonly #fields: readonly Field[]
  /** i64 and u32 a row. */
  readonly #times: GrowingBlock
  readonly #marks: GrowingBlock

  constructor(kernels: Kernels, fields: readonly Field[]) {
    this.#kernels = kernels
    this.#fields = fields
    this.columns = this.#newColumns()
    this.next = new GrowingBlock(kernels)
    this.#times = new GrowingBlock(kernels)
    this.#marks = new GrowingBlock(kernels)
  }

  get times(): number {
    return this.#times.ptr
  }

  get marks(): number {
    return this.#marks.ptr
  }

  vectors(): readonly Vector[] {
    return this.columns.map((column) => column.vector())
  }

  append(vectors: readonly Vector[], times: number, marks: number, length: number): void {
    this.columns.forEach((column, i) => column.append(vectors[i]!))
    this.#times.append(times, length * 8)
    this.#marks.append(marks, length * 4)
    this.length += length
    this.next.extend(this.length * 4, 0xff)
  }

  /** Keeps these rows only, in this order; `next` is new, too. */
  keep(order: Uint32Array, next: Uint32Array, pieceRows: number): void {
    const kernels = this.#kernels
    const fresh = new SessionSide(kernels, this.#fields)
    const vectors = this.vectors()
    for (let from = 0; from < order.length; from += pieceRows) {
      const mark = kernels.mark()
      const piece = order.slice(from, from + pieceRows)
      const rows = { rows: kernels.put(new Uint8Array(piece.buffer)), length: piece.length }
      fresh.append(
        vectors.map((vector) => gatherVector(kernels, vector, rows)),
        takeFixed(kernels, 8, this.times, rows),
        takeFixed(kernels, 4, this.marks, rows),
        piece.length,
      )
      kernels.reset(mark)
    }
    if (next.length > 0) kernels.u32.set(next, fresh.next.ptr >>> 2)
    for (const column of this.columns) column.close()
    this.columns = fresh.columns
    this.next.become(fresh.next)
    this.#times.become(fresh.#times)
    this.#marks.become(fresh.#marks)
    this.length = order.length
    this.dead = 0
  }

  close(): void {
    for (const column of this.columns) column.close()
    for (const block of [this.next, this.#times, this.#marks]) block.close()
  }

  #newColumns(): readonly ColumnBuffer[] {
    return this.#fields.map(({ type }) => new ColumnBuffer(this.#kernels, type))
  }
}

/** Rows of sessions that are over, of one side: in blocks, as they live over steps. */
export class OverSide {
  readonly columns: readonly ColumnBuffer[]
  readonly ids: GrowingBlock
  readonly starts: GrowingBlock
  readonly ends: GrowingBlock

  constructor(kernels: Kernels, fields: readonly Field[]) {
    this.columns = fields.map(({ type }) => new ColumnBuffer(kernels, type))
    this.ids = new GrowingBlock(kernels)
    this.starts = new GrowingBlock(kernels)
    this.ends = new GrowingBlock(kernels)
  }

  rows(): SliceRows {
    const vectors = this.columns.map((column) => column.vector())
    return { vectors, ids: this.ids.ptr, length: this.ids.bytes / 4 }
  }

  close(): void {
    for (const each of [...this.columns, this.ids, this.starts, this.ends]) each.close()
  }
}
