// Definition and repetition levels to the validity and offsets of nested columns.
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
  const missing = kernels.u32[out >> 2]!
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
  return { bits, slots: kernels.u32[out >> 2]!, valid: kernels.u32[(out >> 2) + 1]! }
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
  return { offsets, slots, items: kernels.u32[(offsets >> 2) + slots]! }
}
