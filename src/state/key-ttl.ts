// When keys were last touched, and which have not been for too long: what an operator without windows
// forgets, so that its state does not grow for ever. By processing time.
//
// KT1  A key is over when nothing came for it as long as the time to live. It is found to be when it is
//      touched again, or by a look through all keys twice in that time, a piece at a time.
// KT2  What is over is forgotten without a word: no row of results is taken back.
import type { TouchedKeys } from '../kernels/changes.ts'
import type { Kernels } from '../kernels/module.ts'
import { type Rows, takeFixed } from '../kernels/take.ts'
import { KeyColumn } from './key-column.ts'

/** Keys that are looked at in one step. */
const PIECE_KEYS = 65_536

/** The operator's clock, and who wakes it. */
export interface TtlContext {
  readonly kernels: Kernels
  processingTimeMs(): number
  wakeAt(timeMs: number): void
}

export class KeyTtl {
  readonly #context: TtlContext
  readonly #kernels: Kernels
  readonly #ttlMs: number
  /** f64 a key: one more than the time, so that 0 is a key that is not there. */
  readonly #times: KeyColumn

  constructor(context: TtlContext, ttlMs: number) {
    this.#context = context
    this.#kernels = context.kernels
    this.#ttlMs = ttlMs
    this.#times = new KeyColumn(context.kernels, 8)
  }

  /** Asks for the first look through all keys; each asks for the next. */
  start(): void {
    this.#wakeAfter(this.#context.processingTimeMs())
  }

  /** Makes room for key ids below `size`. */
  reserve(size: number): void {
    this.#times.reserve(size)
  }

  /**
   * Touches keys below `size`; gives the places of those that were over, or, `orNew`, had never come.
   * @throws MEMORY_EXHAUSTED
   */
  touch(ids: number, count: number, size: number, orNew = false): Rows {
    this.reserve(size)
    const nowMs = this.#context.processingTimeMs()
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

  /** The same; those that were over are forgotten. */
  touchOrForget(
    { ids, count }: Pick<TouchedKeys, 'ids' | 'count'>,
    size: number,
    forget: (ids: number, count: number) => void,
  ): void {
    const over = this.touch(ids, count, size)
    if (over.length > 0) forget(takeFixed(this.#kernels, 4, ids, over), over.length)
  }

  /**
   * Looks through the keys below `size`, piece by piece, and forgets those that are over: they are not there any
   * more. At the end of input (`nowMs` is Infinity) nobody looks.
   */
  *forgetOver(
    size: number,
    nowMs: number,
    forget: (ids: number, count: number) => void,
  ): Generator<void> {
    if (nowMs === Infinity) return
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
      if (length > 0) forget(rows, length)
      yield
    }
    this.#wakeAfter(nowMs)
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

  #wakeAfter(nowMs: number): void {
    this.#context.wakeAt(nowMs + Math.max(1, this.#ttlMs / 2))
  }
}
