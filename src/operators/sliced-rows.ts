// Rows of two streams by slice of time, and the windows over them as they are over. Used by window-sides.ts.
//
// SR1  Windows are over in order of their ends. A slice's rows go with the last window that they are in.
import { gatherVector } from '../columnar/gather.ts'
import { ColumnBuffer } from '../columnar/column-buffer.ts'
import type { Selection } from '../columnar/record-batch.ts'
import type { Field } from '../columnar/schema.ts'
import { GrowingBlock } from '../kernels/growing-block.ts'
import type { Kernels } from '../kernels/module.ts'
import { takeFixed } from '../kernels/take.ts'
import type { WindowGrid } from './window-grid.ts'
import type { SliceRows } from './window-join-input.ts'
import { placeOf } from './window-parts.ts'

/** What a slice holds of one side. */
export class SliceSide {
  readonly columns: readonly ColumnBuffer[]
  readonly ids: GrowingBlock
  length = 0

  constructor(kernels: Kernels, fields: readonly Field[]) {
    this.columns = fields.map(({ type }) => new ColumnBuffer(kernels, type))
    this.ids = new GrowingBlock(kernels)
  }

  append({ vectors, ids, length }: SliceRows): void {
    this.columns.forEach((column, i) => column.append(vectors[i]!))
    this.ids.append(ids, length * 4)
    this.length += length
  }

  rows(): SliceRows {
    const vectors = this.columns.map((column) => column.vector())
    return { vectors, ids: this.ids.ptr, length: this.length }
  }

  close(): void {
    for (const column of this.columns) column.close()
    this.ids.close()
  }
}

export interface RowSlice {
  readonly index: number
  readonly sides: readonly [SliceSide, SliceSide]
}

/** A window that is over: its rows live until the next is asked for. */
export interface RowsOfWindow {
  readonly window: number
  readonly sides: readonly [SliceRows, SliceRows]
}

export class SlicedRows {
  readonly #kernels: Kernels
  readonly #grid: WindowGrid
  readonly #fields: readonly [readonly Field[], readonly Field[]]
  /** By index. */
  #slices: RowSlice[] = []
  /** Windows below this are over. */
  #nextWindow = -Infinity

  constructor(
    kernels: Kernels,
    grid: WindowGrid,
    fields: readonly [readonly Field[], readonly Field[]],
  ) {
    this.#kernels = kernels
    this.#grid = grid
    this.#fields = fields
  }

  get all(): readonly RowSlice[] {
    return this.#slices
  }

  /** The first window that has rows and is not over. */
  get next(): number | undefined {
    const [first] = this.#slices
    if (first === undefined) return undefined
    return Math.max(this.#nextWindow, this.#grid.firstWindow(first.index))
  }

  /** False: all windows of the slice are over. */
  takes(index: number): boolean {
    return this.#grid.lastWindow(index) >= this.#nextWindow
  }

  /** @param part of the rows; undefined: all */
  append(index: number, side: 0 | 1, rows: SliceRows, part?: Selection): void {
    this.#slice(index).sides[side].append(part === undefined ? rows : this.#at(rows, part))
  }

  /** The windows before one, which are over then. */
  *over(end: number): Generator<RowsOfWindow> {
    for (let window = this.next; window !== undefined && window < end; window = this.next) {
      yield* this.#rowsOf(window)
      this.passTo(window + 1)
    }
    this.passTo(end)
  }

  /** Takes the rows of others over, which are closed. */
  takeIn(others: SlicedRows): void {
    for (const { index, sides } of others.all) {
      for (const side of [0, 1] as const) this.append(index, side, sides[side].rows())
    }
    others.close()
  }

  /** Windows below are over. */
  passTo(window: number): void {
    if (!(window > this.#nextWindow)) return
    this.#nextWindow = window
    const spent = this.#slices.filter(({ index }) => !this.takes(index))
    if (spent.length === 0) return
    this.#slices = this.#slices.filter(({ index }) => this.takes(index))
    for (const { sides } of spent) for (const side of sides) side.close()
  }

  close(): void {
    for (const { sides } of this.#slices.splice(0)) for (const side of sides) side.close()
  }

  #at({ vectors, ids }: SliceRows, part: Selection): SliceRows {
    const kernels = this.#kernels
    return {
      vectors: vectors.map((vector) => gatherVector(kernels, vector, part)),
      ids: takeFixed(kernels, 4, ids, part),
      length: part.length,
    }
  }

  #slice(index: number): RowSlice {
    const place = placeOf(this.#slices, index)
    const known = this.#slices[place]
    if (known?.index === index) return known
    const kernels = this.#kernels
    const [left, right] = this.#fields
    const sides = [new SliceSide(kernels, left), new SliceSide(kernels, right)] as const
    const fresh = { index, sides }
    this.#slices.splice(place, 0, fresh)
    return fresh
  }

  /** A window's rows: its slice's, or those of its slices one behind the other. */
  *#rowsOf(window: number): Generator<RowsOfWindow> {
    const parts = this.#slices.slice(
      placeOf(this.#slices, this.#grid.firstSlice(window)),
      placeOf(this.#slices, this.#grid.endSlice(window)),
    )
    if (parts.length === 1) {
      const { sides } = parts[0]!
      yield { window, sides: [sides[0].rows(), sides[1].rows()] }
      return
    }
    const whole = [0, 1].map((side) => {
      const all = new SliceSide(this.#kernels, this.#fields[side as 0 | 1])
      for (const part of parts) all.append(part.sides[side as 0 | 1].rows())
      return all
    })
    try {
      yield { window, sides: [whole[0]!.rows(), whole[1]!.rows()] }
    } finally {
      for (const side of whole) side.close()
    }
  }
}
