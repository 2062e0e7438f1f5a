// A value of fixed width for each key id: an address, a time, a stamp. It grows with the ids; what is new
// is zero.
import { assert } from '../base/assert.ts'
import type { Kernels } from '../kernels/module.ts'
import { takeFixed } from '../kernels/take.ts'

const KEYS_MIN = 1024

export class KeyColumn {
  readonly #kernels: Kernels
  readonly #width: 4 | 8
  #capacity = 0
  #ptr = 0

  /** @param width bytes of a value */
  constructor(kernels: Kernels, width: 4 | 8) {
    this.#kernels = kernels
    this.#width = width
  }

  /** Where the values are; until the next reserve(). */
  get ptr(): number {
    return this.#ptr
  }

  /**
   * Makes room for ids below `size`.
   * @throws MEMORY_EXHAUSTED
   */
  reserve(size: number): void {
    if (size <= this.#capacity) return
    const kernels = this.#kernels
    const capacity = Math.max(KEYS_MIN, size, this.#capacity * 2)
    const used = this.#capacity * this.#width
    this.#ptr = kernels.reallocate(this.#ptr, used, capacity * this.#width)
    kernels.u8.fill(0, this.#ptr + used, this.#ptr + capacity * this.#width)
    this.#capacity = capacity
  }

  /** The values of `count` ids (u32), in the arena. */
  take(ids: number, count: number): number {
    return takeFixed(this.#kernels, this.#width, this.#ptr, { rows: ids, length: count })
  }

  /** Sets the values of `count` ids (u32). */
  set(ids: number, count: number, values: number): void {
    const { u32 } = this.#kernels
    const words = this.#width >>> 2
    for (let i = 0; i < count; i++) {
      const to = (this.#ptr >>> 2) + u32[(ids >>> 2) + i]! * words
      const from = (values >>> 2) + i * words
      u32[to] = u32[from]!
      if (words === 2) u32[to + 1] = u32[from + 1]!
    }
  }

  /** Sets the bits of the ids below `size` whose value is not zero. */
  mark(bits: number, size: number): void {
    assert(size <= this.#capacity, `${size} keys of ${this.#capacity}`)
    const { u8, u32 } = this.#kernels
    const words = this.#width >>> 2
    for (let id = 0; id < size; id++) {
      const at = (this.#ptr >>> 2) + id * words
      if ((u32[at]! | u32[at + words - 1]!) === 0) continue
      u8[bits + (id >> 3)]! |= 1 << (id & 7)
    }
  }

  /**
   * Follows a compaction of the keys: values move to their keys' new ids, the rest become zero.
   * @param map the new id (u32) of each of `size` old ones, 0xffffffff for those that are gone
   */
  compact(map: number, size: number): void {
    assert(size <= this.#capacity, `${size} keys of ${this.#capacity}`)
    const { u32 } = this.#kernels
    const words = this.#width >>> 2
    const base = this.#ptr >>> 2
    let live = 0
    for (let id = 0; id < size; id++) {
      const to = u32[(map >>> 2) + id]!
      if (to === 0xffffffff) continue
      u32.copyWithin(base + to * words, base + id * words, base + (id + 1) * words)
      live = to + 1
    }
    u32.fill(0, base + live * words, base + size * words)
  }

  close(): void {
    this.#kernels.release(this.#ptr)
    this.#ptr = 0
    this.#capacity = 0
  }
}
