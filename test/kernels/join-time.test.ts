// Rows that go by their times, and versions of rows by time, against twins and against sorted lists.
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  blockTimesBytes,
  joinBefore,
  joinForgetVersions,
  joinLinkByTime,
  joinVersions,
  NOT_NOTED,
  Sweep,
} from '../../src/kernels/join-time.ts'
import { Kernels } from '../../src/kernels/module.ts'
import { inArena, place } from './linear-memory.ts'
import { NONE } from './reference/join.ts'
import * as twin from './reference/join-time.ts'

const kernels = new Kernels()
const KEYS = 4

const id = fc.oneof({ weight: 5, arbitrary: fc.nat({ max: KEYS - 1 }) }, fc.constant(NONE))
const time = fc.integer({ min: -9, max: 9 }).map(BigInt)
const row = fc.record({ id, time, count: fc.nat({ max: 1 }) })
const columns = fc.array(row, { maxLength: 60 }).map((rows) => ({
  ids: Uint32Array.from(rows, (each) => each.id),
  times: BigInt64Array.from(rows, (each) => each.time),
  flags: Uint32Array.from(rows, (each) => each.count),
  length: rows.length,
}))

const u32At = (ptr: number, length: number): number[] => [
  ...kernels.u32.subarray(ptr >>> 2, (ptr >>> 2) + length),
]

describe('a sweep', () => {
  it('lets go what is early, in pieces of any room, and finds what met nobody', () => {
    const room = fc.integer({ min: 1, max: 20 })
    fc.assert(
      fc.property(columns, time, room, ({ ids, times, flags, length }, bound, most) =>
        inArena(kernels, () => {
          const at = place(kernels, ids)
          const pointers = {
            ids: at,
            times: place(kernels, times),
            counts: place(kernels, flags),
            leasts: place(kernels, new Uint8Array(8).fill(NOT_NOTED)),
          }
          const early = joinBefore(
            kernels,
            pointers,
            { from: 0, to: length, room: length + 1 },
            bound,
          )
          const out = new Uint32Array(length)
          const count = twin.before(ids, times, bound, out)
          expect(u32At(early.rows, early.length)).toEqual([...out.subarray(0, count)])
          const sweep = new Sweep(kernels)
          const found: number[] = []
          while (sweep.row < length) {
            const piece = sweep.step(pointers, { to: length, bound, room: most })
            found.push(...u32At(piece.rows, piece.length))
          }
          const { gone, least } = sweep
          sweep.close()
          expect({ found, gone, least }).toEqual(twin.sweep(ids, times, flags, bound))
          expect(u32At(at, length)).toEqual([...ids])
        }),
      ),
    )
  })
})

describe('sweeps one after the other', () => {
  it('find what one over all rows finds, also when rows come between them', () => {
    const steps = fc.array(
      fc.record({ rows: fc.nat({ max: 2_500 }), bound: fc.integer({ min: -50, max: 700 }) }),
      { minLength: 1, maxLength: 6 },
    )
    fc.assert(
      fc.property(steps, fc.integer({ min: 1, max: 400 }), fc.nat(), (all, room, seed) =>
        inArena(kernels, () => {
          const most = all.reduce((sum, { rows }) => sum + rows, 0)
          // Times that rise, and fall back a little.
          const times = BigInt64Array.from({ length: most }, (_, i) =>
            BigInt((i >> 3) + (((i * 7_919 + seed) >>> 0) % 60)),
          )
          const ids = new Uint32Array(most).map((_, i) => (i % 11 === 3 ? NONE : i % 5))
          const counts = new Uint32Array(most).map((_, i) => i & 1)
          const pointers = {
            ids: place(kernels, ids),
            times: place(kernels, times),
            counts: place(kernels, counts),
            leasts: place(kernels, new Uint8Array(blockTimesBytes(most)).fill(NOT_NOTED)),
          }
          const sweep = new Sweep(kernels)
          let to = 0
          for (const { rows, bound } of all) {
            to += rows
            sweep.reset()
            const found: number[] = []
            while (sweep.row < to) {
              const piece = sweep.step(pointers, { to, bound: BigInt(bound), room })
              found.push(...u32At(piece.rows, piece.length))
            }
            const { gone, least } = sweep
            const [own, at] = [ids.subarray(0, to), times.subarray(0, to)]
            expect({ found, gone, least }).toEqual(twin.sweep(own, at, counts, BigInt(bound)))
          }
          sweep.close()
        }),
      ),
      { numRuns: 1_000 },
    )
  })
})

describe('versions', () => {
  it('are the latest of their key that are not later, and go when no time needs them', () => {
    fc.assert(
      fc.property(columns, columns, time, (rows, asking, bound) =>
        inArena(kernels, () => {
          const { ids, times, length } = rows
          const ends = Uint8Array.from(rows.flags)
          const chains = {
            heads: new Uint32Array(KEYS).fill(NONE),
            next: new Uint32Array(length).fill(NONE),
          }
          const pointers = {
            heads: place(kernels, chains.heads),
            next: place(kernels, chains.next),
            times: place(kernels, times),
            ends: place(kernels, ends),
          }
          const at = place(kernels, ids)
          joinLinkByTime(kernels, { ids: at, length, first: 0 }, pointers.times, pointers)
          twin.linkByTime(ids, times, chains)
          expect(u32At(pointers.heads, KEYS)).toEqual([...chains.heads])
          const ask = (which: typeof asking): number[] => {
            const list = {
              ids: place(kernels, which.ids),
              times: place(kernels, which.times),
              length: which.length,
            }
            return u32At(joinVersions(kernels, list, pointers), which.length)
          }
          const expected = new Uint32Array(asking.length)
          twin.versions(asking.ids, asking.times, chains, times, ends, expected)
          expect(ask(asking)).toEqual([...expected])
          const gone = joinForgetVersions(kernels, at, KEYS, pointers, bound)
          expect(u32At(at, length).filter((each) => each === NONE)).toHaveLength(
            gone + ids.filter((each) => each === NONE).length,
          )
          const later = {
            ...asking,
            times: asking.times.map((each) => (each < bound ? bound : each)),
          }
          twin.versions(later.ids, later.times, chains, times, ends, expected)
          expect(ask(later)).toEqual([...expected])
        }),
      ),
    )
  })
})
