// Scalar twin of the slice table: accumulator rows by slice and key id, in nested maps.

export class SliceTable {
  readonly #slices = new Map<number, Map<number, number>>()
  readonly #size: number
  readonly #offset: number
  #rows = 0
  first = -Infinity

  constructor(size: number, offset: number) {
    this.#size = size
    this.#offset = offset
  }

  indexOf(time: number): number {
    return Math.floor((time - this.#offset) / this.#size)
  }

  /**
   * The number of the accumulator row of each (time, id), in order of first appearance; -1 if late.
   */
  assign(times: Float64Array, ids: Uint32Array, n: number, out: Int32Array): void {
    let index = NaN
    let slice: Map<number, number> | undefined
    for (let i = 0; i < n; i++) {
      const at = this.indexOf(times[i]!)
      if (at !== index) {
        index = at
        slice = this.#slices.get(at)
        if (slice === undefined && at >= this.first) {
          slice = new Map()
          this.#slices.set(at, slice)
        }
      }
      if (slice === undefined || at < this.first) {
        out[i] = -1
        continue
      }
      let row = slice.get(ids[i]!)
      if (row === undefined) {
        row = this.#rows++
        slice.set(ids[i]!, row)
      }
      out[i] = row
    }
  }

  /** Key ids and rows of a slice, by id. */
  rowsOf(index: number): [number, number][] {
    return [...(this.#slices.get(index) ?? [])].toSorted(([a], [b]) => a - b)
  }

  get indices(): number[] {
    return [...this.#slices.keys()].toSorted((a, b) => a - b)
  }

  release(index: number): void {
    this.#slices.delete(index)
  }

  remap(map: ReadonlyMap<number, number>): void {
    for (const [index, slice] of this.#slices) {
      this.#slices.set(index, new Map([...slice].map(([id, row]) => [map.get(id)!, row])))
    }
  }
}
