// Chains of rows by key and what probes find in them, against twins, with any room for results.
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  joinChange,
  joinCount,
  joinForget,
  joinLink,
  joinMark,
  joinProbe,
  joinProbeBetween,
  joinRemap,
  joinRowsWith,
  joinRowsWithout,
  joinSlices,
  joinTally,
  type Pairs,
  ProbeCursor,
} from '../../src/kernels/join.ts'
import { Kernels } from '../../src/kernels/module.ts'
import { inArena, place } from './linear-memory.ts'
import * as twin from './reference/join.ts'

const kernels = new Kernels()
const KEYS = 6

const id = fc.oneof({ weight: 5, arbitrary: fc.nat({ max: KEYS - 1 }) }, fc.constant(twin.NONE))
const idsOf = (maxLength: number) => fc.array(id, { maxLength }).map((ids) => Uint32Array.from(ids))
const time = fc.integer({ min: -20, max: 20 }).map(BigInt)
const timed = (maxLength: number) =>
  fc.array(fc.tuple(id, time), { maxLength }).map((rows) => ({
    ids: Uint32Array.from(rows, ([each]) => each),
    times: BigInt64Array.from(rows, ([, at]) => at),
  }))

const u32At = (ptr: number, length: number): Uint32Array =>
  kernels.u32.slice(ptr >>> 2, (ptr >>> 2) + length)

const noChains = (rows: number): twin.Chains => ({
  heads: new Uint32Array(KEYS).fill(twin.NONE),
  next: new Uint32Array(rows).fill(twin.NONE),
})

const placed = ({ heads, next }: twin.Chains) => ({
  heads: place(kernels, heads),
  next: place(kernels, next),
})

/** All pairs of a probe, piece by piece. */
function allPairs(length: number, cursor: ProbeCursor, piece: () => Pairs): [number, number][] {
  const pairs: [number, number][] = []
  do {
    const { probes, matches, length: found } = piece()
    const [a, b] = [u32At(probes, found), u32At(matches, found)]
    a.forEach((row, i) => pairs.push([row, b[i]!]))
  } while (cursor.row < length)
  return pairs
}

const twinPairs = (find: (out: readonly [Uint32Array, Uint32Array]) => number) => {
  const out = [new Uint32Array(40_000), new Uint32Array(40_000)] as const
  const found = find(out)
  return Array.from({ length: found }, (_, i) => [out[0][i]!, out[1][i]!])
}

describe('chains by key', () => {
  it('give a probe its pairs, whatever the room is', () => {
    const room = fc.integer({ min: 1, max: 70 })
    fc.assert(
      fc.property(idsOf(150), idsOf(150), room, fc.nat({ max: 9 }), (rows, probing, most, old) =>
        inArena(kernels, () => {
          const chains = noChains(rows.length)
          const pointers = placed(chains)
          twin.link(rows, 0, chains)
          joinLink(kernels, { ids: place(kernels, rows), length: rows.length, first: 0 }, pointers)
          const oldest = Math.min(old, rows.length)
          const cursor = new ProbeCursor(kernels)
          const ids = place(kernels, probing)
          const { length } = probing
          const pairs = allPairs(length, cursor, () =>
            joinProbe(kernels, cursor, { ids, length, first: 3 }, pointers, { oldest, room: most }),
          )
          cursor.close()
          expect(pairs).toEqual(twinPairs((out) => twin.probe(probing, 3, chains, oldest, out)))
          joinForget(kernels, { rows: place(kernels, rows), length: rows.length }, pointers.heads)
          twin.forget(rows, chains.heads)
          expect(u32At(pointers.heads, KEYS)).toEqual(chains.heads)
        }),
      ),
      { numRuns: 1_000 },
    )
  })

  it('give a probe by time those within its bounds', () => {
    const bounds = fc
      .tuple(time, time)
      .map(([a, b]) => (a < b ? ([a, b] as const) : ([b, a] as const)))
    const room = fc.integer({ min: 1, max: 50 })
    fc.assert(
      fc.property(timed(80), timed(80), bounds, room, (rows, probing, [low, high], most) =>
        inArena(kernels, () => {
          const chains = noChains(rows.ids.length)
          twin.link(rows.ids, 0, chains)
          const pointers = placed(chains)
          const cursor = new ProbeCursor(kernels)
          cursor.reset(low, high)
          const ids = place(kernels, probing.ids)
          const { length } = probing.ids
          const times = place(kernels, probing.times)
          const options = { times, otherTimes: place(kernels, rows.times), room: most }
          const pairs = allPairs(length, cursor, () =>
            joinProbeBetween(kernels, cursor, { ids, length, first: 0 }, pointers, options),
          )
          cursor.close()
          const expected = twinPairs((out) =>
            twin.probeBetween(probing.ids, probing.times, chains, rows.times, [low, high], out),
          )
          expect(pairs).toEqual(expected)
        }),
      ),
      { numRuns: 1_000 },
    )
  })

  it('let rows go from the middle: the youngest of those that are the same', () => {
    const change = fc.record({ id, same: fc.nat({ max: 3 }), isBack: fc.boolean() })
    const changes = fc.array(change, { maxLength: 60 })
    fc.assert(
      fc.property(changes, fc.nat({ max: 20 }), fc.boolean(), (all, old, anyBack) =>
        inArena(kernels, () => {
          // Rows that are the same have one key.
          const keyOf = all.map(({ same, id: each }) => (each === twin.NONE ? each : same))
          const isBack = all.map((each) => anyBack && each.isBack)
          const length = all.length
          const blank = (n: number): number => place(kernels, new Uint32Array(n).fill(twin.NONE))
          const sames = Uint32Array.from(
            all,
            ({ same, id: each }) => same + (each === twin.NONE ? 4 : 0),
          )
          const chains = {
            heads: blank(KEYS),
            next: blank(length),
            previous: blank(length),
            sameHeads: blank(8),
            sameNext: blank(length),
            ids: place(kernels, Uint32Array.from(keyOf)),
            sameIds: place(kernels, sames),
          }
          const oldest = Math.min(old, length)
          const takesBack = anyBack ? place(kernels, Uint8Array.from(isBack, Number)) : 0
          const gone = joinChange(kernels, chains, takesBack, { first: 0, length, oldest })
          const model = new twin.ChangingRows()
          const expected = keyOf.reduce(
            (sum, key, row) => sum + model.change(row, key, sames[row]!, isBack[row]!, oldest),
            0,
          )
          expect(gone).toBe(expected)
          for (let key = 0; key < KEYS; key++) {
            const chain: number[] = []
            let row = u32At(chains.heads, KEYS)[key]!
            for (; row !== twin.NONE; row = u32At(chains.next, length)[row]!) chain.push(row)
            expect(chain).toEqual(model.chain(key))
          }
        }),
      ),
      { numRuns: 1_000 },
    )
  })
})

describe('matches of an outer side', () => {
  it('are counted, and say when the first comes and the last goes', () => {
    const pair = fc.tuple(fc.nat({ max: 9 }), fc.nat({ max: 5 }))
    fc.assert(
      fc.property(
        fc.array(pair, { maxLength: 60 }),
        fc.array(fc.boolean(), { minLength: 10, maxLength: 10 }),
        fc.array(fc.nat({ max: 2 }), { minLength: 6, maxLength: 6 }),
        (pairs, back, start) =>
          inArena(kernels, () => {
            const probes = Uint32Array.from(pairs, ([each]) => each)
            const matches = Uint32Array.from(pairs, ([, each]) => each)
            const takesBack = Uint8Array.from(back, Number)
            const counts = Uint32Array.from(start)
            const at = place(kernels, counts)
            const lists = { probes: place(kernels, probes), matches: place(kernels, matches) }
            const { rows, ops, length } = joinTally(
              kernels,
              { ...lists, length: pairs.length },
              0,
              place(kernels, takesBack),
              at,
            )
            const numbers = u32At(rows, length)
            const changed = Array.from(numbers, (row, i) => [row, kernels.u8[ops + i]!])
            expect(changed).toEqual(twin.tally({ probes, matches }, takesBack, counts))
            joinCount(kernels, { rows: lists.matches, length: pairs.length }, at)
            twin.count(matches, counts)
            expect(u32At(at, 6)).toEqual(counts)
          }),
      ),
    )
  })
})

describe('lists of rows', () => {
  it('are found by a value, marked in a bitmap, and get new numbers', () => {
    fc.assert(
      fc.property(idsOf(100), id, (ids, value) =>
        inArena(kernels, () => {
          const at = place(kernels, ids)
          const range = { from: 0, to: ids.length, room: ids.length + 1 }
          for (const [isWanted, find] of [
            [true, joinRowsWith],
            [false, joinRowsWithout],
          ] as const) {
            const out = new Uint32Array(ids.length)
            const found = twin.rowsWith(ids, value, isWanted, out)
            const { rows, length } = find(kernels, at, value, range)
            expect(u32At(rows, length)).toEqual(out.subarray(0, found))
          }
          const bits = new Uint8Array(1)
          const marked = place(kernels, bits)
          joinMark(kernels, { rows: at, length: ids.length }, marked)
          twin.mark(ids, bits)
          expect(kernels.u8[marked]).toBe(bits[0])
          const map = Uint32Array.from({ length: KEYS }, (_, i) => (i * 7) % 5)
          joinRemap(kernels, { rows: at, length: ids.length }, place(kernels, map))
          twin.remap(ids, map)
          expect(u32At(at, ids.length)).toEqual(ids)
        }),
      ),
    )
  })
})

describe('slices of time', () => {
  it('are numbered from the epoch, and say which time is out of range', () => {
    const any = fc.oneof(time, fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }))
    const grid = fc.record({
      size: fc.bigInt({ min: 1n, max: 12n }),
      offset: fc.bigInt({ min: 0n, max: 3n }),
      multiplier: fc.constantFrom(1n, 1_000n),
    })
    fc.assert(
      fc.property(fc.array(any, { maxLength: 30 }), grid, (values, numbers) =>
        inArena(kernels, () => {
          const times = BigInt64Array.from(values)
          const out = new Float64Array(times.length)
          const bad = twin.slices(times, numbers, out)
          const found = joinSlices(kernels, place(kernels, times), times.length, numbers)
          if (bad !== twin.NONE) expect(found).toEqual({ outOfRange: bad })
          else {
            const at = 'slices' in found ? found.slices >>> 3 : 0
            expect(kernels.f64.slice(at, at + times.length)).toEqual(out)
          }
        }),
      ),
    )
  })
})
