// When keys were last touched, and which have not been for too long: what an operator without windows
// forgets, so that its state does not grow for ever. By processing time.
//
// KT1  A key is over when nothing came for it as long as the time to live. It is found to be when it is
//      touched again, or by a look through all keys twice in that time, a piece at a time.
// KT2  What is over is forgotten without a word: no row of results is taken back.
import type { Kernels } from '../kernels/module.ts'
import type { Rows } from '../kernels/take.ts'
import { KeyColumn } from './key-column.ts'

/** Keys that are looked at in one step. */
const PIECE_KEYS = 65_536

export class KeyTtl {
  readonly #kernels: Kernels
  readonly #ttlMs: number
  /** f64 a key: one more than the time, so that 0 is a key that is not there. */
  readonly #times: KeyColumn

  constructor(kernels: Kernels, ttlMs: number) {
    this.#kernels = kernels
    this.#ttlMs = ttlMs
    this.#times = new KeyColumn(kernels, 8)
  }

  /** How long to wait between two looks through all keys, milliseconds. */
  get periodMs(): number {
    return Math.max(1, this.#ttlMs / 2)
  }

  /** Makes room for key ids below `size`. */
  reserve(size: number): void {
    this.#times.reserve(size)
  }

  /** Touches keys; gives the places of those that were over, or, `orNew`, had never come. */
  touch(ids: number, count: number, nowMs: number, orNew = false): Rows {
    const rows = this.#kernels.scratch(count * 4)
    const { u32, f64 } = this.#kernels
    const base = this.#times.ptr >>> 3
    let length = 0
    for (let i = 0; i < count; i++) {
      const at = base + u32[(ids >>> 2) + i]!
      const held = f64[at]!
      if (held === 0 ? orNew : held - 1 + this.#ttlMs <= nowMs) u32[(rows >>> 2) + length++] = i
      f64[at] = nowMs + 1
    }
    return { rows, length }
  }

  /** Keys below `size` that are over (u32 ids in the arena), piece by piece; they are not there any more. */
  *over(size: number, nowMs: number): Generator<Rows> {
    for (let from = 0; from < size; from += PIECE_KEYS) {
      const to = Math.min(size, from + PIECE_KEYS)
      const rows = this.#kernels.scratch((to - from) * 4)
      const { u32, f64 } = this.#kernels
      const base = this.#times.ptr >>> 3
      let length = 0
      for (let id = from; id < to; id++) {
        const held = f64[base + id]!
        if (held === 0 || held - 1 + this.#ttlMs > nowMs) continue
        f64[base + id] = 0
        u32[(rows >>> 2) + length++] = id
      }
      yield { rows, length }
    }
  }

  /** When keys were touched, as a column in a snapshot (f64); in the arena. */
  take(ids: number, count: number): number {
    return this.#times.take(ids, count)
  }

  /** Sets what take() gave. */
  restore(ids: number, count: number, times: number): void {
    this.#times.set(ids, count, times)
  }

  /** Sets the bits of the keys below `size` that are there. */
  mark(bits: number, size: number): void {
    this.#times.mark(bits, size)
  }

  /** Follows a compaction of the keys. */
  compact(map: number, size: number): void {
    this.#times.compact(map, size)
  }

  close(): void {
    this.#times.close()
  }
}
