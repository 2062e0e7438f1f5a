// Property tests of the level kernels: against their twins on any levels, and lists of lists to levels and
// back against Dremel's recursion.
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  copyEntries,
  entriesOfRows,
  levelsCount,
  levelsDescend,
  levelsOffsets,
  levelsRepeat,
  levelsRowEnd,
  levelsSlots,
  levelsValidity,
} from '../../src/kernels/levels.ts'
import { Kernels } from '../../src/kernels/module.ts'
import { bitsOf, inArena, place, readBits } from './linear-memory.ts'
import * as twin from './reference/levels.ts'

const kernels = new Kernels()

const levels = fc
  .array(fc.tuple(fc.nat({ max: 5 }), fc.nat({ max: 2 })), { maxLength: 90 })
  .map((pairs) => ({
    defs: Uint8Array.from(pairs, ([def]) => def),
    reps: Uint8Array.from(pairs, ([, rep]) => rep),
  }))
const nodes = fc.record({
  def: fc.nat({ max: 5 }),
  rep: fc.nat({ max: 2 }),
  ancestor: fc.nat({ max: 5 }),
})

const nested: fc.Arbitrary<twin.Nested> = fc.array(
  fc.option(
    fc.array(fc.option(fc.array(fc.option(fc.nat({ max: 99 })), { maxLength: 3 })), {
      maxLength: 4,
    }),
  ),
  { maxLength: 25 },
)

/** The levels of the nodes of nullable lists of nullable lists of nullable numbers. */
const OUTER = { def: 1, rep: 0, ancestor: 0 }
const INNER = { def: 3, rep: 1, ancestor: 2 }
const LEAF = { def: 5, rep: 2, ancestor: 4 }

describe('levels', () => {
  it('give validity as the twin says, with and without repetitions', () => {
    fc.assert(
      fc.property(levels, nodes, fc.boolean(), ({ defs, reps }, node, hasReps) =>
        inArena(kernels, () => {
          const n = defs.length
          const bits = new Uint8Array((n + 7) >> 3)
          const own = hasReps ? reps : undefined
          const [slots, valid] = twin.levelsValidity(defs, own, n, node, bits)
          const got = levelsValidity(
            kernels,
            { defs: place(kernels, defs), reps: hasReps ? place(kernels, reps) : 0, length: n },
            node,
          )
          expect([got.slots, got.valid]).toEqual([slots, valid])
          const used = bits.subarray(0, (slots + 7) >> 3)
          expect(readBits(kernels, got.bits, slots)).toEqual(used)
        }),
      ),
    )
  })

  it('give offsets as the twin says', () => {
    fc.assert(
      fc.property(levels, nodes, fc.integer({ min: 1, max: 2 }), ({ defs, reps }, node, rep) =>
        inArena(kernels, () => {
          const n = defs.length
          const offsets = new Uint32Array(n + 1)
          const slots = twin.levelsOffsets(defs, reps, n, node, rep, offsets)
          const placed = { defs: place(kernels, defs), reps: place(kernels, reps), length: n }
          const got = levelsOffsets(kernels, placed, node, rep)
          expect([got.slots, got.items]).toEqual([slots, offsets[slots]])
          const at = got.offsets >> 2
          expect([...kernels.u32.subarray(at, at + slots + 1)]).toEqual([
            ...offsets.subarray(0, slots + 1),
          ])
        }),
      ),
    )
  })

  it('count entries from a level on, and find where rows end', () => {
    fc.assert(
      fc.property(
        levels,
        fc.nat({ max: 6 }),
        fc.nat({ max: 90 }),
        fc.nat({ max: 40 }),
        (l, level, from, rows) =>
          inArena(kernels, () => {
            const n = l.defs.length
            const start = Math.min(from, n)
            const count = l.defs.filter((def) => def >= level).length
            expect(levelsCount(kernels, place(kernels, l.defs), n, level)).toBe(count)
            const begins = [...l.reps.keys()].filter((i) => i >= start && l.reps[i] === 0)
            const got = levelsRowEnd(kernels, place(kernels, l.reps), start, n, rows)
            expect(got).toEqual({
              end: begins[rows] ?? n,
              missing: Math.max(0, rows - begins.length),
            })
          }),
      ),
    )
  })
})

describe('lists of lists', () => {
  it('become the levels that Dremel says, and their values stay in order', () => {
    fc.assert(
      fc.property(nested, (rows) =>
        inArena(kernels, () => {
          const { defs, reps, values } = twin.shred(rows)
          const inner = rows.flatMap((row) => row ?? [])
          const leaf = inner.flatMap((list) => list ?? [])
          let entries = entriesOfRows(kernels, rows.length)
          levelsDescend(kernels, entries, validityOf(rows))
          entries = levelsRepeat(kernels, entries, offsetsOf(rows), 1)!
          levelsDescend(kernels, entries, validityOf(inner))
          entries = levelsRepeat(kernels, entries, offsetsOf(inner), 2)!
          levelsDescend(kernels, entries, validityOf(leaf))
          for (const own of [entries, copyEntries(kernels, entries)]) {
            expect([...kernels.take(own.defs, own.length)]).toEqual(defs)
            expect([...kernels.take(own.reps, own.length)]).toEqual(reps)
            const slots = levelsSlots(kernels, own)
            const at = slots.rows >>> 2
            const numbers = [...kernels.u32.subarray(at, at + slots.length)]
            expect(numbers.map((slot) => leaf[slot])).toEqual(values)
          }
        }),
      ),
    )
  })

  it('come back from their levels', () => {
    fc.assert(
      fc.property(nested, (rows) =>
        inArena(kernels, () => {
          const { defs, reps, values } = twin.shred(rows)
          const entries = {
            defs: place(kernels, Uint8Array.from(defs)),
            reps: place(kernels, Uint8Array.from(reps)),
            length: defs.length,
          }
          let next = 0
          const items = slotsOf(entries, LEAF).map((valid) => (valid ? values[next++]! : null))
          const inner = lists(entries, INNER, 2, items)
          expect(lists(entries, OUTER, 1, inner)).toEqual(rows)
        }),
      ),
    )
  })
})

type Placed = Parameters<typeof levelsValidity>[1]

function slotsOf(entries: Placed, node: twin.TwinNode): boolean[] {
  const { bits, slots } = levelsValidity(kernels, entries, node)
  return Array.from(
    { length: slots },
    (_, i) => ((kernels.u8[bits + (i >> 3)]! >> (i & 7)) & 1) === 1,
  )
}

function lists<T>(entries: Placed, node: twin.TwinNode, rep: number, items: T[]): (T[] | null)[] {
  const { offsets, slots } = levelsOffsets(kernels, entries, node, rep)
  const valid = slotsOf(entries, node)
  expect(valid.length).toBe(slots)
  const at = kernels.u32.slice(offsets >> 2, (offsets >> 2) + slots + 1)
  return valid.map((isThere, i) => (isThere ? items.slice(at[i], at[i + 1]) : null))
}

const validityOf = (values: readonly unknown[]): number =>
  place(kernels, bitsOf(values.map((value) => value !== null)))

function offsetsOf(values: readonly (readonly unknown[] | null)[]): number {
  let sum = 0
  return place(kernels, Uint32Array.from([0, ...values.map((v) => (sum += v?.length ?? 0))]))
}
