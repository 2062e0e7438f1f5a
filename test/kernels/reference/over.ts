// Scalar twin of windows that end at a row: a ring of each key's last values, looked through row by row.

export class OverTwin {
  readonly #size: number
  readonly #rings: Float64Array
  readonly #counts: Uint32Array

  /** @param size rows of a window */
  constructor(keys: number, size: number) {
    this.#size = size
    this.#rings = new Float64Array(keys * size)
    this.#counts = new Uint32Array(keys)
  }

  /** Adds a row and gives the sum and the greatest value of its window. */
  push(key: number, value: number): { readonly sum: number; readonly most: number } {
    const base = key * this.#size
    const count = this.#counts[key]!
    this.#rings[base + (count % this.#size)] = value
    this.#counts[key] = count + 1
    const held = Math.min(count + 1, this.#size)
    let sum = 0
    let most = -Infinity
    for (let i = base; i < base + held; i++) {
      const each = this.#rings[i]!
      sum += each
      if (each > most) most = each
    }
    return { sum, most }
  }
}
