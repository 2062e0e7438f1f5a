// Sessions by key id (assembly/session-layout.ts).
import { assert } from '../base/assert.ts'
import { exhausted } from './exhausted.ts'
import type { Kernels } from './module.ts'

export interface SessionTableOptions {
  /** Accumulators as they start; the length is a multiple of 8. */
  readonly template: Uint8Array
  readonly gapMs: number
  /** How long after its end a session takes rows. */
  readonly latenessMs: number
  /** Times times `multiplier` by `divisor` are milliseconds. */
  readonly multiplier: number
  readonly divisor: number
}

/** Where a batch's rows go. */
export interface SessionRows {
  /** i64 times, u32 key ids below `idCount`. */
  readonly times: number
  readonly ids: number
  readonly n: number
  readonly idCount: number
  /** Pointers to accumulators (u32 a row), 0 for late rows, and the bitmap of the others. */
  readonly rows: number
  readonly kept: number
}

/** Accumulators that are one session by now: `from` into `to`, u32 pointers, in this order one by one. */
export interface SessionMerges {
  readonly from: number
  readonly to: number
  readonly length: number
}

export type SessionsAssigned =
  | { readonly kind: 'assigned'; readonly merges: SessionMerges }
  | { readonly kind: 'outOfRange'; readonly row: number }

/** Rows up to the first that made two sessions one. */
export type SessionsAssignedUpToMerge =
  | {
      readonly kind: 'assigned'
      /** At least one. */
      readonly done: number
      /** What the last of them made one: accumulators `from` go into `to` before that row's values do. */
      readonly merge: { readonly from: number; readonly to: number } | undefined
    }
  | { readonly kind: 'outOfRange'; readonly row: number }

const EXHAUSTED = 0xffffffff
const OUT_OF_RANGE = 0xfffffffe
const MERGED = 0x80000000
/** More rows are in no batch. */
const DONE_MAX = 0xff000000

/** Key ids (u32), starts and ends (i64) of sessions: where they go. */
export interface SessionBounds {
  readonly ids: number
  readonly starts: number
  readonly ends: number
}

export class SessionTable {
  readonly #kernels: Kernels
  #table: number

  /** @throws MEMORY_EXHAUSTED */
  constructor(kernels: Kernels, options: SessionTableOptions) {
    const { template, gapMs, latenessMs, multiplier, divisor } = options
    assert(template.length % 8 === 0, `accumulator rows of ${template.length} bytes`)
    this.#kernels = kernels
    const mark = kernels.mark()
    const ptr = kernels.put(template)
    const { sessionTableNew } = kernels.exports
    this.#table =
      sessionTableNew(template.length, ptr, gapMs, latenessMs, multiplier, divisor) >>> 0
    kernels.reset(mark)
    if (this.#table === 0) throw this.#exhausted()
  }

  /** Where byte accumulators may keep their values. */
  get heap(): number {
    return this.#kernels.exports.sessionTableHeap(this.#table) >>> 0
  }

  /** Open sessions. */
  get size(): number {
    return this.#kernels.exports.sessionCount(this.#table) >>> 0
  }

  /** Late rows of the last assign(). */
  get lateRows(): number {
    return this.#kernels.exports.sessionLate(this.#table) >>> 0
  }

  /**
   * Finds or makes the accumulators of rows.
   * @throws MEMORY_EXHAUSTED
   */
  assign({ times, ids, n, idCount, rows, kept }: SessionRows): SessionsAssigned {
    const kernels = this.#kernels
    const from = kernels.scratch(n * 4)
    const to = kernels.scratch(n * 4)
    const { sessionAssign } = kernels.exports
    const status = sessionAssign(this.#table, times, ids, n, idCount, rows, kept, from, to) >>> 0
    if (status === EXHAUSTED) throw this.#exhausted()
    if (status > n) return { kind: 'outOfRange', row: OUT_OF_RANGE - status }
    return { kind: 'assigned', merges: { from, to, length: status } }
  }

  /**
   * The same up to and with the first row that makes two sessions one, for those who look at sessions in the
   * midst of a batch.
   * @param bounds where starts and ends (i64 a row) of the rows' sessions go, as they are with that row
   * @throws MEMORY_EXHAUSTED
   */
  assignUpToMerge(
    { times, ids, n, idCount, rows, kept }: SessionRows,
    { starts, ends }: Pick<SessionBounds, 'starts' | 'ends'>,
  ): SessionsAssignedUpToMerge {
    const kernels = this.#kernels
    const merge = kernels.scratch(8)
    const { sessionAssignUpToMerge: assign } = kernels.exports
    const status =
      assign(this.#table, times, ids, n, idCount, rows, kept, starts, ends, merge) >>> 0
    if (status === EXHAUSTED) throw this.#exhausted()
    if (status > DONE_MAX) return { kind: 'outOfRange', row: OUT_OF_RANGE - status }
    if (status < MERGED) return { kind: 'assigned', done: status, merge: undefined }
    const [from, to] = kernels.u32.subarray(merge >>> 2, (merge >>> 2) + 2) as unknown as [
      number,
      number,
    ]
    return { kind: 'assigned', done: status - MERGED, merge: { from, to } }
  }

  /** The sessions that had fired and got more rows since the last call: at most a batch's rows. */
  again(most: number): Uint32Array {
    const kernels = this.#kernels
    const rows = kernels.scratch(most * 4)
    const count = kernels.exports.sessionAgain(this.#table, rows) >>> 0
    return kernels.u32.slice(rows / 4, rows / 4 + count)
  }

  /** Moves the watermark on; lists up to `most` sessions that fire, all of them when it gives fewer. */
  due(watermarkMs: number, most: number, rows: number): number {
    return this.#kernels.exports.sessionDue(this.#table, watermarkMs, most, rows) >>> 0
  }

  /** The watermark at which a session is due next, in milliseconds. */
  get nextDueMs(): number {
    return this.#kernels.exports.sessionNextDue(this.#table)
  }

  bounds(rows: number, n: number, { ids, starts, ends }: SessionBounds): void {
    this.#kernels.exports.sessionBounds(this.#table, rows, n, ids, starts, ends)
  }

  /** Gives the sessions back that are gone, `most` at a time; `release` what their accumulators hold. */
  free(most: number, release: (rows: number, n: number) => void): void {
    const kernels = this.#kernels
    const mark = kernels.mark()
    const rows = kernels.scratch(most * 4)
    for (;;) {
      const count = kernels.exports.sessionDead(this.#table, most, rows) >>> 0
      if (count === 0) break
      release(rows, count)
      kernels.exports.sessionFree(this.#table, rows, count)
    }
    kernels.reset(mark)
  }

  /**
   * A walk over all open sessions: each call lists up to `most` of the next, their accumulators at `rows`; 0
   * when there are no more.
   */
  walk(): (most: number, rows: number) => number {
    const kernels = this.#kernels
    const at = new Uint8Array(8)
    return (most, rows) => {
      const mark = kernels.mark()
      const cursor = kernels.put(at)
      const count = kernels.exports.sessionScan(this.#table, cursor, most, rows) >>> 0
      at.set(kernels.u8.subarray(cursor, cursor + at.length))
      kernels.reset(mark)
      return count
    }
  }

  /** All open sessions, up to `most` at a time, their accumulators at `rows`. */
  *scan(most: number, rows: number): Generator<number> {
    const next = this.walk()
    for (let count = next(most, rows); count > 0; count = next(most, rows)) yield count
  }

  /**
   * Makes sessions as they were.
   * @throws MEMORY_EXHAUSTED
   */
  restore({ ids, starts, ends }: SessionBounds, n: number, idCount: number, rows: number): void {
    const { sessionRestore } = this.#kernels.exports
    if (!sessionRestore(this.#table, ids, starts, ends, n, idCount, rows)) throw this.#exhausted()
  }

  /** Sets the bits of the key ids that have a session. */
  mark(bits: number): void {
    this.#kernels.exports.sessionMark(this.#table, bits)
  }

  /** Renames key ids after a compaction of the keys. */
  remap(map: number): void {
    this.#kernels.exports.sessionRemap(this.#table, map)
  }

  close(): void {
    if (this.#table !== 0) this.#kernels.exports.sessionTableClose(this.#table)
    this.#table = 0
  }

  #exhausted(): Error {
    return exhausted(this.#kernels, 'the state of sessions')
  }
}
