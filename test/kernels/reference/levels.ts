// Scalar twins of the level kernels: oracle of the tests, opponent of the benchmarks.

export interface TwinNode {
  readonly def: number
  readonly rep: number
  readonly ancestor: number
}

/** Bits of a node's slots; returns how many slots there are and how many are valid. */
export function levelsValidity(
  defs: Uint8Array,
  reps: Uint8Array | undefined,
  n: number,
  { def, rep, ancestor }: TwinNode,
  bits: Uint8Array,
): [slots: number, valid: number] {
  let slots = 0
  let valid = 0
  bits.fill(0)
  for (let i = 0; i < n; i++) {
    if (defs[i]! < ancestor || (reps !== undefined && reps[i]! > rep)) continue
    if (defs[i]! >= def) {
      bits[slots >> 3]! |= 1 << (slots & 7)
      valid++
    }
    slots++
  }
  return [slots, valid]
}

/** Offsets of a list's slots; returns how many there are. */
export function levelsOffsets(
  defs: Uint8Array,
  reps: Uint8Array,
  n: number,
  { def, ancestor }: TwinNode,
  rep: number,
  offsets: Uint32Array,
): number {
  let slots = 0
  let items = 0
  for (let i = 0; i < n; i++) {
    if (defs[i]! < ancestor || reps[i]! > rep) continue
    if (reps[i]! < rep) offsets[slots++] = items
    if (defs[i]! > def) items++
  }
  offsets[slots] = items
  return slots
}

/** Nullable rows of nullable lists of nullable lists: its leaf's entries, by Dremel's recursion. */
export type Nested = readonly (readonly (readonly (number | null)[] | null)[] | null)[]

export function shred(rows: Nested): { defs: number[]; reps: number[]; values: number[] } {
  const [defs, reps, values]: [number[], number[], number[]] = [[], [], []]
  const put = (rep: number, def: number): void => {
    reps.push(rep)
    defs.push(def)
  }
  for (const row of rows) {
    if (row === null) put(0, 0)
    else if (row.length === 0) put(0, 1)
    else {
      row.forEach((inner, i) => {
        const outer = i === 0 ? 0 : 1
        if (inner === null) put(outer, 2)
        else if (inner.length === 0) put(outer, 3)
        else {
          inner.forEach((value, j) => {
            put(j === 0 ? outer : 2, value === null ? 4 : 5)
            if (value !== null) values.push(value)
          })
        }
      })
    }
  }
  return { defs, reps, values }
}
