// Scalar twin of chains that rows leave from the middle (assembly/join-changes.ts), over typed arrays: what
// join.ts beside it says by looking through all rows.
import { NONE } from './join.ts'

export interface ChangeChains {
  readonly heads: Uint32Array
  readonly next: Uint32Array
  readonly previous: Uint32Array
  readonly sameHeads: Uint32Array
  readonly sameNext: Uint32Array
  /** Key ids, and ids of whole rows, by row. */
  readonly ids: Uint32Array
  readonly sameIds: Uint32Array
}

/** Takes all rows in, or takes back what they say; how many are of no more use by that. */
export function change(chains: ChangeChains, takesBack: Uint8Array): number {
  const { ids } = chains
  let gone = 0
  for (let row = 0; row < takesBack.length; row++) {
    if (takesBack[row] !== 0) gone += 1 + takeBack(chains, row)
    else if (ids[row] !== NONE) link(chains, row)
  }
  return gone
}

function link(
  { heads, next, previous, sameHeads, sameNext, ids, sameIds }: ChangeChains,
  row: number,
): void {
  const old = heads[ids[row]!]!
  next[row] = old
  previous[row] = NONE
  if (old !== NONE) previous[old] = row
  heads[ids[row]!] = row
  sameNext[row] = sameHeads[sameIds[row]!]!
  sameHeads[sameIds[row]!] = row
}

function takeBack(
  { heads, next, previous, sameHeads, sameNext, ids, sameIds }: ChangeChains,
  back: number,
): number {
  const id = ids[back]!
  const row = sameHeads[sameIds[back]!]!
  ids[back] = NONE
  if (row === NONE) return 0
  sameHeads[sameIds[back]!] = sameNext[row]!
  const [after, before] = [next[row]!, previous[row]!]
  if (after !== NONE) previous[after] = before
  if (before !== NONE) next[before] = after
  else heads[id] = after
  ids[row] = NONE
  return 1
}

/** Counts matches of rows up and down; the rows whose result without a match changes. */
export function tally(
  probes: Uint32Array,
  matches: Uint32Array,
  takesBack: Uint8Array,
  counts: Uint32Array,
  out: { readonly rows: Uint32Array; readonly ops: Uint8Array },
): number {
  let found = 0
  for (let i = 0; i < matches.length; i++) {
    const row = matches[i]!
    const count = counts[row]!
    const isBack = takesBack[probes[i]!] === 1
    if (isBack && count === 0) continue
    counts[row] = isBack ? count - 1 : count + 1
    if (count !== (isBack ? 1 : 0)) continue
    out.rows[found] = row
    out.ops[found++] = isBack ? 0 : 3
  }
  return found
}
