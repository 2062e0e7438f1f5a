// Which windows rows are in, and the words behind accumulators that triggers go by (assembly/trigger.ts).
import type { Kernels } from './module.ts'

/**
 * What a row of accumulators has behind it; the length is a multiple of 8.
 * @param next when it fires: never, unless said
 */
export function triggerWords(next = 2n ** 63n - 1n): Uint8Array {
  const words = new Uint8Array(24)
  new DataView(words.buffer).setBigInt64(8, next, true)
  return words
}

/** Rows that a kernel counts and marks: u32 pointers, 0 for none, and where their words are. */
export interface TriggerRows {
  readonly rows: number
  readonly n: number
  readonly offset: number
}

/** Times as milliseconds: i64 a row in the arena; or the first row that is out of range. */
export function windowMillis(
  kernels: Kernels,
  times: number,
  n: number,
  { multiplier, divisor }: { readonly multiplier: number; readonly divisor: number },
): { readonly millis: number; readonly outOfRange: number | undefined } {
  const millis = kernels.scratch(n * 8)
  const done = kernels.exports.windowMillis(times, n, multiplier, divisor, millis) >>> 0
  return { millis, outOfRange: done === n ? undefined : done }
}

export interface SlidingPass {
  readonly sizeMs: number
  readonly slideMs: number
  readonly offsetMs: number
  /** Which pass: it has every so-manieth window. */
  readonly pass: number
}

/** Each row's window: i64 a row in the arena, below every window's that is alive for none. */
export function slidingIndex(
  kernels: Kernels,
  millis: number,
  n: number,
  { sizeMs, slideMs, offsetMs, pass }: SlidingPass,
): number {
  const out = kernels.scratch(n * 8)
  kernels.exports.slidingIndex(millis, n, sizeMs, slideMs, offsetMs, pass, out)
  return out
}

export interface CumulativePass {
  readonly stepMs: number
  readonly offsetMs: number
  /** Windows that begin together. */
  readonly steps: number
  /** Which of them. */
  readonly pass: number
}

export function cumulativeIndex(
  kernels: Kernels,
  millis: number,
  n: number,
  { stepMs, offsetMs, steps, pass }: CumulativePass,
): number {
  const out = kernels.scratch(n * 8)
  kernels.exports.cumulativeIndex(millis, n, stepMs, offsetMs, steps, pass, out)
  return out
}

/**
 * Counts rows up to multiples of `every`: at `rounds` (u32 a row) how many multiples were passed before it,
 * with the highest bit set when it completes one; 0xffffffff for none. Gives the number of rounds.
 */
export function triggerRounds(
  kernels: Kernels,
  { rows, n, offset }: TriggerRows,
  every: number,
  rounds: number,
): number {
  return kernels.exports.triggerRounds(rows, n, offset, every, rounds) >>> 0
}

/** When accumulators fire: each interval of the rows' own times, or of the clock's. */
export interface TouchTimes {
  /** i64 milliseconds a row; 0: `nowMs` is all rows' time. */
  readonly millis: number
  readonly nowMs: number
  /** 0: they fire at no time of their own. */
  readonly intervalMs: number
}

/** Notes that rows have come; the earliest time at which one of their accumulators fires. */
export function triggerTouch(
  kernels: Kernels,
  { rows, n, offset }: TriggerRows,
  { millis, nowMs, intervalMs }: TouchTimes,
): number {
  return kernels.exports.triggerTouch(rows, n, offset, millis, nowMs, intervalMs)
}

/** Keeps of key ids and rows those that rows have come to; how many. */
export function triggerFilled(
  kernels: Kernels,
  ids: number,
  { rows, n, offset }: TriggerRows,
): number {
  return kernels.exports.triggerFilled(ids, rows, n, offset) >>> 0
}

/**
 * Keeps of key ids and rows those that fire by a time; how many.
 * @param earliest f64: the earliest time at which one fires after that, if it is before the one there
 */
export function triggerDue(
  kernels: Kernels,
  ids: number,
  { rows, n, offset }: TriggerRows,
  times: { readonly nowMs: number; readonly intervalMs: number; readonly earliest: number },
): number {
  const { nowMs, intervalMs, earliest } = times
  const { triggerDue: due } = kernels.exports
  return due(ids, rows, n, offset, nowMs, intervalMs, earliest) >>> 0
}

/**
 * Accumulators begin anew: as the first `bytes` of the template at `template`.
 * @param rows with an offset of 0, no words are behind them
 */
export function rowsReset(
  kernels: Kernels,
  { rows, n, offset }: TriggerRows,
  template: number,
  bytes: number,
): void {
  kernels.exports.rowsReset(rows, n, template, bytes, offset)
}

/**
 * Two accumulators become one, and so do their words, by pointers to these: counts are added up, to less than
 * what they count up to, the earlier firing stays, and rows have come if they have come to one. Too seldom,
 * and too little, for a kernel.
 * @param every the number of rows that they count up to; 0: they do not count
 */
export function triggerMerge(kernels: Kernels, from: number, to: number, every: number): void {
  const { u32, i64 } = kernels
  if (every > 0) u32[to / 4] = Math.min(u32[from / 4]! + u32[to / 4]!, every - 1)
  const [own, other] = [i64[to / 8 + 1]!, i64[from / 8 + 1]!]
  if (other < own) i64[to / 8 + 1] = other
  u32[to / 4 + 4]! |= u32[from / 4 + 4]!
}

/** The words as columns in the arena: i64 counts, i64 next times, a byte each for filled. */
export interface TriggerColumns {
  readonly counts: number
  readonly nexts: number
  readonly filled: number
}

export function triggerExport(kernels: Kernels, { rows, n, offset }: TriggerRows): TriggerColumns {
  const columns = {
    counts: kernels.scratch(n * 8),
    nexts: kernels.scratch(n * 8),
    filled: kernels.scratch(n),
  }
  const { counts, nexts, filled } = columns
  kernels.exports.triggerExport(rows, n, offset, counts, nexts, filled)
  return columns
}

export function triggerImport(
  kernels: Kernels,
  { rows, n, offset }: TriggerRows,
  { counts, nexts, filled }: TriggerColumns,
): void {
  kernels.exports.triggerImport(rows, n, offset, counts, nexts, filled)
}

export interface Ring {
  readonly stride: number
  readonly slots: number
}

/** Where rows go in rings of accumulators, by the rounds that triggerRounds() gave: u32, in the arena. */
export function ringRows(
  kernels: Kernels,
  { rows, n, offset }: TriggerRows,
  rounds: number,
  { stride, slots }: Ring,
): number {
  const out = kernels.scratch(n * 4)
  kernels.exports.ringRows(rows, rounds, n, offset, stride, slots, out)
  return out
}
