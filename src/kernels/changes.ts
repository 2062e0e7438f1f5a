// Net changes by key (assembly/changes.ts). Results are in the arena.
import { bitmapBytes } from './bitmap.ts'
import type { ByteColumn } from './byte-table.ts'
import type { Kernels } from './module.ts'
import type { Rows } from './take.ts'

const NONE = 0xffffffff

/** The keys that a batch touches. */
export interface TouchedKeys {
  /** How many. */
  readonly count: number
  /** Their ids (u32), in order of first appearance. */
  readonly ids: number
  /** The place in `ids` of each row's key (u32 a row). */
  readonly locals: number
}

/**
 * The keys of n rows, each once.
 * @param stamps a u32 an id, zero; they are zero again when this returns
 */
export function touchedKeys(kernels: Kernels, ids: number, n: number, stamps: number): TouchedKeys {
  const locals = kernels.scratch(n * 4)
  const touched = kernels.scratch(n * 4)
  const { exports } = kernels
  const count = exports.changesTouch(ids, n, stamps, locals, touched) >>> 0
  exports.changesUntouch(touched, count, stamps)
  return { count, ids: touched, locals }
}

/** The last row of each touched key. */
export function lastRows(kernels: Kernels, { count, locals }: TouchedKeys, n: number): Rows {
  const rows = kernels.scratch(count * 4)
  kernels.exports.changesLastRows(locals, n, rows)
  return { rows, length: count }
}

/** Times to beat: i64 a touched key, and the bitmap of those that have one. */
export interface HeldTimes {
  readonly times: number
  readonly isHeld: number
}

/**
 * The row of each touched key that counts by time (i64 a row), 0xffffffff where none beats the time
 * that is held: the latest, of equal ones the last; or the earliest, of equal ones the first.
 */
export function rowsByTime(
  kernels: Kernels,
  { count, locals }: TouchedKeys,
  {
    times,
    n,
    keep,
  }: { readonly times: number; readonly n: number; readonly keep: 'first' | 'last' },
  held: HeldTimes,
): Rows {
  const rows = kernels.scratch(count * 4)
  const isLast = keep === 'last'
  kernels.exports.changesRowsByTime(locals, times, n, isLast, held.times, held.isHeld, count, rows)
  return { rows, length: count }
}

/** The rows at which a key appears for the first time ever: its id is `known` or above. */
export function firstRows(kernels: Kernels, ids: number, n: number, known: number): Rows {
  const rows = kernels.scratch((n + 1) * 4)
  return { rows, length: kernels.exports.changesFirstRows(ids, n, known, rows) >>> 0 }
}

/** The rows of a changelog. */
export interface ChangeList {
  readonly length: number
  /** The rows' addresses, u32. */
  readonly rows: number
  /** u8. */
  readonly ops: number
  /** The place of each row's key, u32. */
  readonly places: number
}

/**
 * What leads from the rows before to the rows after (u32 addresses, 0 for none), place by place.
 * @param same a bitmap of the places where both are equal, which give nothing; 0 for none
 */
export function changeList(
  kernels: Kernels,
  before: number,
  after: number,
  same: number,
  count: number,
): ChangeList {
  const rows = kernels.scratch(count * 8)
  const ops = kernels.scratch(count * 2)
  const places = kernels.scratch(count * 8)
  const length = kernels.exports.changesList(before, after, same, count, rows, ops, places) >>> 0
  return { length, rows, ops, places }
}

/** The upsert form of a changelog: the rows that stay, and their ops. */
export function upsertRows(
  kernels: Kernels,
  ops: number,
  { offsets, values }: ByteColumn,
  n: number,
): { readonly rows: Rows; readonly ops: number } {
  const rows = kernels.scratch(n * 4)
  const out = kernels.scratch(n)
  const length = kernels.exports.changesUpsert(ops, offsets, values, n, rows, out) >>> 0
  return { rows: { rows, length }, ops: out }
}

/** Which of n ops (u8) take a row back: a bitmap, and how many. */
export function retractedRows(
  kernels: Kernels,
  ops: number,
  n: number,
): { readonly bits: number; readonly count: number } {
  const bits = kernels.scratch(bitmapBytes(n))
  return { bits, count: kernels.exports.changesRetracted(ops, n, bits) >>> 0 }
}

/** Values of keys on their way into counts: ids of values and of keys (u32), ops (u8; 0: all are added). */
export interface CountedValues {
  readonly ids: number
  readonly keys: number
  readonly ops: number
  readonly n: number
}

/**
 * Counts values by their ids (i32 an id), and the different ones of each key (i64 a key).
 * @returns the first row that takes back a value which is not there; what came before it is counted
 */
export function countDistinctValues(
  kernels: Kernels,
  { ids, keys, ops, n }: CountedValues,
  counts: number,
  totals: number,
): number | undefined {
  const missing = kernels.exports.changesDistinct(ids, keys, ops, n, counts, totals) >>> 0
  return missing === NONE ? undefined : missing
}

/** The addresses of n encoded rows, 0 for those whose count (i64 a row) is not above zero. */
export function presentRows(
  kernels: Kernels,
  { offsets, values }: ByteColumn,
  counts: number,
  n: number,
): number {
  const out = kernels.scratch(n * 4)
  kernels.exports.changesPresent(offsets, values, counts, n, out)
  return out
}
