// Scalar twin of the top-N's lists: a sorted array a key, each row found by binary search.

export class TopNTwin<Row> {
  readonly lists: Row[][] = []
  readonly #compare: (a: Row, b: Row) => number

  constructor(compare: (a: Row, b: Row) => number) {
    this.#compare = compare
  }

  /** Puts a row behind those that are equal; a list keeps `keep` rows. */
  insert(key: number, row: Row, keep: number): void {
    const list = (this.lists[key] ??= [])
    let low = 0
    let high = list.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.#compare(list[middle]!, row) <= 0) low = middle + 1
      else high = middle
    }
    if (low >= keep) return
    list.splice(low, 0, row)
    if (list.length > keep) list.pop()
  }

  /** Takes the first row out that `isIt` knows; false when there is none. */
  remove(key: number, isIt: (row: Row) => boolean): boolean {
    const list = this.lists[key] ?? []
    const at = list.findIndex(isIt)
    if (at >= 0) list.splice(at, 1)
    return at >= 0
  }
}
