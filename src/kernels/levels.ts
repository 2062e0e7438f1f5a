// Definition and repetition levels to the validity and offsets of nested columns, and back.
import type { Kernels } from './module.ts'

/** A node of a Parquet schema's tree, as its levels see it. */
export interface LevelNode {
  /** The definition level from which on it is not null. */
  readonly def: number
  /** The repetition level of the nearest list that it is, or is in. */
  readonly rep: number
  /** The definition level from which on it has a slot. */
  readonly ancestor: number
}

/** Levels of one leaf, a byte each; `reps` is 0 when there are no lists. */
export interface Levels {
  readonly defs: number
  readonly reps: number
  readonly length: number
}

/** Where the entries of the next `rows` rows end, and how many rows are still missing there. */
export function levelsRowEnd(
  kernels: Kernels,
  reps: number,
  from: number,
  length: number,
  rows: number,
): { end: number; missing: number } {
  const mark = kernels.mark()
  const out = kernels.scratch(4)
  const end = kernels.exports.levelsRowEnd(reps, from, length, rows, out) >>> 0
  const missing = kernels.u32[out >>> 2]!
  kernels.reset(mark)
  return { end, missing }
}

/** How many of n levels are at least `level`. */
export function levelsCount(kernels: Kernels, levels: number, n: number, level: number): number {
  return kernels.exports.levelsCount(levels, n, level) >>> 0
}

export interface SlotValidity {
  readonly bits: number
  readonly slots: number
  readonly valid: number
}

/** The validity of a node's slots, in the arena. */
export function levelsValidity(kernels: Kernels, levels: Levels, node: LevelNode): SlotValidity {
  const { defs, reps, length } = levels
  const bits = kernels.scratch((length + 7) >> 3)
  const out = kernels.scratch(8)
  kernels.exports.levelsValidity(defs, reps, length, node.def, node.rep, node.ancestor, bits, out)
  return { bits, slots: kernels.u32[out >>> 2]!, valid: kernels.u32[(out >>> 2) + 1]! }
}

/** The offsets of a list's slots, in the arena; `rep` is the level of its items. */
export function levelsOffsets(
  kernels: Kernels,
  { defs, reps, length }: Levels,
  { def, ancestor }: LevelNode,
  rep: number,
): { offsets: number; slots: number; items: number } {
  const offsets = kernels.scratch((length + 1) * 4)
  const slots = kernels.exports.levelsOffsets(defs, reps, length, def, rep, ancestor, offsets) >>> 0
  return { offsets, slots, items: kernels.u32[(offsets >>> 2) + slots]! }
}

/** Entries of a column on their way down to a leaf: slots (u32) beside their levels. */
export interface Entries {
  readonly slots: number
  readonly defs: number
  readonly reps: number
  readonly length: number
}

/** An entry for each of n rows, in the arena, at level 0. */
export function entriesOfRows(kernels: Kernels, n: number): Entries {
  const entries = newEntries(kernels, n)
  const from = entries.slots >>> 2
  const slots = kernels.u32.subarray(from, from + n)
  for (let row = 0; row < n; row++) slots[row] = row
  kernels.u8.fill(0, entries.defs, entries.defs + n)
  kernels.u8.fill(0, entries.reps, entries.reps + n)
  return entries
}

/** A copy, for another field of a struct. */
export function copyEntries(kernels: Kernels, entries: Entries): Entries {
  const copy = newEntries(kernels, entries.length)
  const { u8 } = kernels
  u8.copyWithin(copy.slots, entries.slots, entries.slots + entries.length * 4)
  u8.copyWithin(copy.defs, entries.defs, entries.defs + entries.length)
  u8.copyWithin(copy.reps, entries.reps, entries.reps + entries.length)
  return copy
}

function newEntries(kernels: Kernels, length: number): Entries {
  return {
    slots: kernels.scratch(length * 4),
    defs: kernels.scratch(length),
    reps: kernels.scratch(length),
    length,
  }
}

/** Below a node that may be null: entries whose slot is valid go on a level deeper. In place. */
export function levelsDescend(kernels: Kernels, entries: Entries, validity: number): void {
  kernels.exports.levelsDescend(entries.slots, entries.defs, entries.length, validity)
}

/** Below a list: an entry an item, in the arena. Undefined when they are more than 2^31. */
export function levelsRepeat(
  kernels: Kernels,
  entries: Entries,
  offsets: number,
  rep: number,
): Entries | undefined {
  const { exports } = kernels
  const { slots, defs, reps, length } = entries
  const count = exports.levelsRepeatedCount(slots, length, offsets) >>> 0
  if (count === 0xffffffff) return undefined
  const out = newEntries(kernels, count)
  exports.levelsRepeat(slots, defs, reps, length, offsets, rep, out.slots, out.defs, out.reps)
  return out
}

/** The slots that reach the leaf, in the arena. */
export function levelsSlots(
  kernels: Kernels,
  { slots, length }: Entries,
): { readonly rows: number; readonly length: number } {
  const rows = kernels.scratch(length * 4)
  return { rows, length: kernels.exports.levelsSlots(slots, length, rows) >>> 0 }
}
