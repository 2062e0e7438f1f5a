// Scalar twins of the kernels of joins by time (assembly/join-time.ts), over typed arrays.
import { type Chains, NONE } from './join.ts'

/** Lets rows go that are earlier than a bound; those without a match, and the least time that stays. */
export function sweep(
  ids: Uint32Array,
  times: BigInt64Array,
  counts: Uint32Array,
  bound: bigint,
): { readonly found: number[]; readonly gone: number; readonly least: bigint } {
  const found: number[] = []
  let gone = 0
  let least = 2n ** 63n - 1n
  for (let row = 0; row < ids.length; row++) {
    if (ids[row] === NONE) continue
    const time = times[row]!
    if (time >= bound) {
      if (time < least) least = time
      continue
    }
    ids[row] = NONE
    gone++
    if (counts[row] === 0) found.push(row)
  }
  return { found, gone, least }
}

/** The rows that are there and earlier than a bound; how many. */
export function before(
  ids: Uint32Array,
  times: BigInt64Array,
  bound: bigint,
  out: Uint32Array,
): number {
  let found = 0
  for (let row = 0; row < ids.length; row++) {
    if (ids[row] !== NONE && times[row]! < bound) out[found++] = row
  }
  return found
}

/** Puts rows into the chains of their keys: the latest first; of one time the youngest. */
export function linkByTime(ids: Uint32Array, times: BigInt64Array, { heads, next }: Chains): void {
  for (let row = 0; row < ids.length; row++) {
    const id = ids[row]!
    if (id === NONE) continue
    let previous = NONE
    let other = heads[id]!
    while (other !== NONE && times[other]! > times[row]!) {
      previous = other
      other = next[other]!
    }
    next[row] = other
    if (previous === NONE) heads[id] = row
    else next[previous] = row
  }
}

/** The version of each row's key at its time. */
export function versions(
  ids: Uint32Array,
  times: BigInt64Array,
  { heads, next }: Chains,
  versionTimes: BigInt64Array,
  ends: Uint8Array,
  out: Uint32Array,
): void {
  for (let i = 0; i < ids.length; i++) {
    let row = ids[i] === NONE ? NONE : heads[ids[i]!]!
    while (row !== NONE && versionTimes[row]! > times[i]!) row = next[row]!
    out[i] = row !== NONE && (ends[row]! & 1) === 1 ? NONE : row
  }
}
