// Scalar twins of the joins' kernels (assembly/join.ts, join-changes.ts, join-window.ts), over typed arrays.

export const NONE = 0xffffffff

export interface Chains {
  readonly heads: Uint32Array
  readonly next: Uint32Array
}

/** Puts rows first, first + 1, ... in front of the chains of their keys. */
export function link(ids: Uint32Array, first: number, { heads, next }: Chains): void {
  for (let i = 0; i < ids.length; i++) {
    const id = ids[i]!
    if (id === NONE) continue
    next[first + i] = heads[id]!
    heads[id] = first + i
  }
}

/** All pairs, in order; how many. */
export function probe(
  ids: Uint32Array,
  first: number,
  { heads, next }: Chains,
  oldest: number,
  out: readonly [Uint32Array, Uint32Array],
): number {
  let found = 0
  for (let i = 0; i < ids.length; i++) {
    const id = ids[i]!
    if (id === NONE) continue
    for (let row = heads[id]!; row !== NONE && row >= oldest; row = next[row]!) {
      out[0][found] = first + i
      out[1][found++] = row
    }
  }
  return found
}

/** All pairs whose times lie between two bounds of each other; how many. */
export function probeBetween(
  ids: Uint32Array,
  times: BigInt64Array,
  { heads, next }: Chains,
  otherTimes: BigInt64Array,
  [low, high]: readonly [bigint, bigint],
  out: readonly [Uint32Array, Uint32Array],
): number {
  let found = 0
  for (let i = 0; i < ids.length; i++) {
    const id = ids[i]!
    if (id === NONE) continue
    for (let row = heads[id]!; row !== NONE; row = next[row]!) {
      const apart = otherTimes[row]! - times[i]!
      if (apart < low || apart > high) continue
      out[0][found] = i
      out[1][found++] = row
    }
  }
  return found
}

/** counts[rows[i]]++ */
export function count(rows: Uint32Array, counts: Uint32Array): void {
  for (const row of rows) counts[row]! += 1
}

/** Rows whose count became or left 0, and what their result without a match does. */
export function tally(
  { probes, matches }: Readonly<Record<'probes' | 'matches', Uint32Array>>,
  takesBack: Uint8Array,
  counts: Uint32Array,
): [row: number, op: number][] {
  const changed: [number, number][] = []
  matches.forEach((row, i) => {
    const before = counts[row]!
    const isBack = takesBack[probes[i]!] === 1
    if (isBack && before === 0) return
    counts[row] = isBack ? before - 1 : before + 1
    if (!isBack && before === 0) changed.push([row, 3])
    if (isBack && before === 1) changed.push([row, 0])
  })
  return changed
}

/** The rows whose value is, or is not, the one. */
export function rowsWith(
  values: Uint32Array,
  value: number,
  isWanted: boolean,
  out: Uint32Array,
): number {
  let found = 0
  for (let row = 0; row < values.length; row++) {
    if ((values[row] === value) === isWanted) out[found++] = row
  }
  return found
}

/** Sets the bits of ids. */
export function mark(ids: Uint32Array, bits: Uint8Array): void {
  for (const id of ids) if (id !== NONE) bits[id >>> 3]! |= 1 << (id & 7)
}

/** Ids by a map. */
export function remap(ids: Uint32Array, map: Uint32Array): void {
  for (let i = 0; i < ids.length; i++) if (ids[i] !== NONE) ids[i] = map[ids[i]!]!
}

/** Empties the chains of these keys. */
export function forget(ids: Uint32Array, heads: Uint32Array): void {
  for (const id of ids) if (id !== NONE) heads[id] = NONE
}

/** Slice numbers of times; the first row that is out of range, or NONE. */
export function slices(
  times: BigInt64Array,
  { size, offset, multiplier }: Readonly<Record<'size' | 'offset' | 'multiplier', bigint>>,
  out: Float64Array,
): number {
  const most = ((2n ** 63n - 1n) >> 1n) / multiplier
  for (let i = 0; i < times.length; i++) {
    const time = times[i]!
    if (time > most || time < -most) return i
    const at = time * multiplier - offset
    const quotient = at / size
    out[i] = Number(at < 0n && quotient * size !== at ? quotient - 1n : quotient)
  }
  return NONE
}

/** Chains whose rows are taken back: rows are what has a key and is there, the youngest of equals first. */
export class ChangingRows {
  readonly rows: { readonly row: number; readonly id: number; readonly same: number }[] = []

  /** Takes a row in, or takes the youngest equal one back; how many rows are of no more use by that. */
  change(row: number, id: number, same: number, isBack: boolean, oldest: number): number {
    if (!isBack) {
      if (id !== NONE) this.rows.push({ row, id, same })
      return 0
    }
    const at = this.rows.findLastIndex((each) => each.same === same && each.row >= oldest)
    if (at < 0) return 1
    this.rows.splice(at, 1)
    return 2
  }

  chain(id: number): number[] {
    return this.rows
      .filter((each) => each.id === id)
      .map(({ row }) => row)
      .toReversed()
  }
}
