// Scalar twins of the net changes by key.

const MISSING = 0xffffffff

/** Local numbers by a Map from ids. */
export function touched(ids: Uint32Array): { readonly ids: number[]; readonly locals: number[] } {
  const numbers = new Map<number, number>()
  const locals = Array.from(ids, (id) => {
    const known = numbers.get(id)
    if (known !== undefined) return known
    numbers.set(id, numbers.size)
    return numbers.size - 1
  })
  return { ids: [...numbers.keys()], locals }
}

/** Local numbers with typed arrays: stamps by id, as the kernel has them. */
export function touchedByStamps(
  ids: Uint32Array,
  stamps: Uint32Array,
  locals: Uint32Array,
  out: Uint32Array,
): number {
  let count = 0
  for (let i = 0; i < ids.length; i++) {
    const id = ids[i]!
    let local = stamps[id]!
    if (local === 0) {
      out[count] = id
      local = ++count
      stamps[id] = local
    }
    locals[i] = local - 1
  }
  for (let i = 0; i < count; i++) stamps[out[i]!] = 0
  return count
}

/** The row of each local number that counts by time. */
export function rowsByTime(
  locals: readonly number[],
  times: readonly bigint[],
  isLast: boolean,
  held: readonly (bigint | undefined)[],
): number[] {
  const rows = held.map(() => MISSING)
  const best = [...held]
  locals.forEach((local, row) => {
    const [time, other] = [times[row]!, best[local]]
    if (other !== undefined && !(isLast ? time >= other : time < other)) return
    best[local] = time
    rows[local] = row
  })
  return rows
}

/** Rows of ids that are `known` or above, each the first time. */
export function firstRows(ids: Uint32Array, known: number): number[] {
  const seen = new Set<number>()
  return [...ids.keys()].filter((row) => {
    const id = ids[row]!
    if (id < known || seen.has(id)) return false
    seen.add(id)
    return true
  })
}

/** Counts of values, and how many different ones each key has; the row that takes back what is not there. */
export function countDistinctValues(
  ids: Uint32Array,
  keys: Uint32Array,
  ops: Uint8Array | undefined,
  counts: Int32Array,
  totals: BigInt64Array,
): number | undefined {
  for (let i = 0; i < ids.length; i++) {
    const [id, key] = [ids[i]!, keys[i]!]
    if (((ops?.[i] ?? 0) & 1) === 1) {
      if (counts[id] === 0) return i
      if (--counts[id]! === 0) totals[key]!--
    } else if (counts[id]!++ === 0) totals[key]!++
  }
  return undefined
}

export interface Change {
  readonly row: number
  readonly op: number
  readonly place: number
}

/** The changelog from rows to rows. */
export function changeList(
  before: Uint32Array,
  after: Uint32Array,
  isSame: (place: number) => boolean,
): Change[] {
  return [...before.keys()].flatMap((place) => {
    const [old, fresh] = [before[place]!, after[place]!]
    if (old === 0 && fresh === 0) return []
    if (old === 0) return [{ row: fresh, op: 0, place }]
    if (fresh === 0) return [{ row: old, op: 3, place }]
    if (isSame(place)) return []
    return [
      { row: old, op: 1, place },
      { row: fresh, op: 2, place },
    ]
  })
}

/** The upsert form: rows that stay, and their ops. */
export function upsert(
  ops: readonly number[],
  keys: readonly string[],
): { readonly row: number; readonly op: number }[] {
  return ops.flatMap((op, row) => {
    if (op !== 1) return [{ row, op }]
    const isPair = ops[row + 1] === 2 && keys[row + 1] === keys[row]
    return isPair ? [] : [{ row, op: 3 }]
  })
}

/** rowsByTime() for the latest, over typed arrays. */
export function latestRows(
  locals: Uint32Array,
  times: BigInt64Array,
  held: BigInt64Array,
  isHeld: Uint8Array,
  rows: Uint32Array,
): void {
  rows.fill(MISSING)
  for (let i = 0; i < locals.length; i++) {
    const local = locals[i]!
    const row = rows[local]!
    const isFirst = row === MISSING
    if (isFirst && ((isHeld[local >> 3]! >> (local & 7)) & 1) === 0) rows[local] = i
    else if (times[i]! >= (isFirst ? held[local]! : times[row]!)) rows[local] = i
  }
}

export interface ListedChanges {
  readonly rows: Uint32Array
  readonly ops: Uint8Array
  readonly places: Uint32Array
}

/** changeList() over typed arrays, of rows that all differ; how many it has. */
export function listed(before: Uint32Array, after: Uint32Array, out: ListedChanges): number {
  const { rows, ops, places } = out
  let n = 0
  for (let place = 0; place < before.length; place++) {
    const [old, fresh] = [before[place]!, after[place]!]
    if (old !== 0) {
      rows[n] = old
      ops[n] = fresh === 0 ? 3 : 1
      places[n++] = place
    }
    if (fresh !== 0) {
      rows[n] = fresh
      ops[n] = old === 0 ? 0 : 2
      places[n++] = place
    }
  }
  return n
}

/** upsert() over typed arrays; how many rows stay. */
export function upserted(
  ops: Uint8Array,
  offsets: Int32Array,
  values: Uint8Array,
  out: Pick<ListedChanges, 'rows' | 'ops'>,
): number {
  let n = 0
  for (let row = 0; row < ops.length; row++) {
    let op = ops[row]!
    if (op === 1) {
      const isPair = row + 1 < ops.length && ops[row + 1] === 2
      if (isPair && isSameAsNext(offsets, values, row)) continue
      op = 3
    }
    out.rows[n] = row
    out.ops[n++] = op
  }
  return n
}

function isSameAsNext(offsets: Int32Array, values: Uint8Array, row: number): boolean {
  const [start, middle, end] = [offsets[row]!, offsets[row + 1]!, offsets[row + 2]!]
  if (middle - start !== end - middle) return false
  for (let at = 0; at < middle - start; at++) {
    if (values[start + at] !== values[middle + at]) return false
  }
  return true
}
