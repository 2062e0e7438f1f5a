// A side of a join whose rows are taken back: chains by key that a row can leave from the middle,
// and chains of rows that are the same in all columns, of which the youngest is taken back.
//
// JC1  A row that is taken back has no key any more: its id becomes NONE. So has the row that took
//      it back, which is never in a chain.
// JC2  What takes back a row that is not there (its time to live was over) changes nothing.

const NONE: u32 = 0xffffffff

// The chains of a side: pointers to u32.
const HEADS: usize = 0
const NEXT: usize = 4
const PREVIOUS: usize = 8
const SAME_HEADS: usize = 12
const SAME_NEXT: usize = 16
/** Key ids by row. */
const IDS: usize = 20
/** Ids of the whole row, by row. */
const SAME_IDS: usize = 24

function field(chains: usize, at: usize): usize {
  return <usize>load<u32>(chains + at)
}

function link(chains: usize, row: usize, id: usize): void {
  const head = field(chains, HEADS) + (id << 2)
  const old = load<u32>(head)
  store<u32>(field(chains, NEXT) + (row << 2), old)
  store<u32>(field(chains, PREVIOUS) + (row << 2), NONE)
  if (old != NONE) store<u32>(field(chains, PREVIOUS) + ((<usize>old) << 2), <u32>row)
  store<u32>(head, <u32>row)
  const same: usize = load<u32>(field(chains, SAME_IDS) + (row << 2))
  const sameHead = field(chains, SAME_HEADS) + (same << 2)
  store<u32>(field(chains, SAME_NEXT) + (row << 2), load<u32>(sameHead))
  store<u32>(sameHead, <u32>row)
}

function takeBack(chains: usize, back: usize, oldest: u32): u32 {
  const ids: usize = field(chains, IDS)
  const same: usize = load<u32>(field(chains, SAME_IDS) + (back << 2))
  const sameHead = field(chains, SAME_HEADS) + (same << 2)
  const found = load<u32>(sameHead)
  const id: usize = load<u32>(ids + (back << 2))
  store<u32>(ids + (back << 2), NONE)
  if (found == NONE || found < oldest) return 0
  const row: usize = found
  store<u32>(sameHead, load<u32>(field(chains, SAME_NEXT) + (row << 2)))
  const next = load<u32>(field(chains, NEXT) + (row << 2))
  const previous = load<u32>(field(chains, PREVIOUS) + (row << 2))
  if (next != NONE) store<u32>(field(chains, PREVIOUS) + ((<usize>next) << 2), previous)
  if (previous != NONE) store<u32>(field(chains, NEXT) + ((<usize>previous) << 2), next)
  else store<u32>(field(chains, HEADS) + (id << 2), next)
  store<u32>(ids + (row << 2), NONE)
  return 1
}

/**
 * Takes rows [first, first + n) into the chains, or takes back what they say (`takesBack`: u8 a row,
 * 0: none do), in their order. Returns how many of all the side's rows are of no more use by that.
 */
export function joinChange(chains: usize, takesBack: usize, n: u32, first: u32, oldest: u32): u32 {
  let gone: u32 = 0
  for (let i: u32 = 0; i < n; i++) {
    const row: usize = first + i
    if (takesBack && load<u8>(takesBack + i)) {
      gone += 1 + takeBack(chains, row, oldest)
      continue
    }
    const id = load<u32>(field(chains, IDS) + (row << 2))
    if (id != NONE) link(chains, row, id)
  }
  return gone
}
