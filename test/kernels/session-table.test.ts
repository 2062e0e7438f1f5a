// The session table against its twin: rows in and out of order, sessions that become one, that fire, fire
// again for late rows and are gone, key ids that are renamed, and tables made of what others held.
//
// Accumulators are one number that the test adds to, through the pointers that the kernel gives: were one
// to move, to be given back too early or to be merged into another, a sum would be wrong.
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SessionTable } from '../../src/kernels/session-table.ts'
import { inArena, lengths, place } from './linear-memory.ts'
import { byIdAndStart, Driver, kernels, type Row, template, type Told } from './session-driver.ts'
import { type Session, Sessions } from './reference/session-table.ts'

type Step =
  | {
      readonly kind: 'rows'
      readonly rows: readonly Row[]
      readonly isInOrder: boolean
      /** They are assigned up to each row that makes two sessions one. */
      readonly isByMerge: boolean
    }
  | { readonly kind: 'watermark'; readonly by: number; readonly most: number }
  | { readonly kind: 'rename' }
  | { readonly kind: 'restore' }

/** Few keys whose rows meet often; some far from the others. */
const keyId = fc.oneof(fc.nat(3), fc.nat(40), fc.constantFrom(1_023, 1_024, 5_000))

const rows = fc.constantFrom(12, 60, 600, 20_000).chain((span) => {
  const time = fc.integer({ min: -(span >> 2), max: span })
  const row = fc.record({ id: keyId, time, value: fc.integer({ min: 1, max: 1_000 }) })
  return lengths(64, 150).chain((n) => fc.array(row, { minLength: n, maxLength: n }))
})

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('rows'),
      rows,
      isInOrder: fc.boolean(),
      isByMerge: fc.boolean(),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('watermark'),
      by: fc.oneof(fc.nat(15), fc.nat(200), fc.nat(30_000)),
      most: fc.constantFrom(1, 3, 1_000),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('rename') }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('restore') }) },
)

const scenario = fc.record({
  gap: fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 1_000 })),
  lateness: fc.oneof(fc.constant(0), fc.nat(30), fc.nat(2_000)),
  start: fc.constantFrom(0, 0, -100_000, 1_700_000_000_000),
  scale: fc.constantFrom([1, 1], [1_000, 1], [1, 1_000]),
  steps: fc.array(step, { minLength: 1, maxLength: 14 }),
})

function marked(table: SessionTable): number[] {
  const bits = place(kernels, new Uint8Array(1_024))
  table.mark(bits)
  return [...kernels.take(bits, 1_024)].flatMap((byte, at) =>
    [0, 1, 2, 3, 4, 5, 6, 7].filter((bit) => (byte >> bit) & 1).map((bit) => at * 8 + bit),
  )
}

function assignAll(
  driver: Driver,
  twin: Sessions,
  all: readonly Row[],
  times: Float64Array,
  ids: Uint32Array,
): void {
  const sessions: (Session | undefined)[] = []
  const merges: [Session, Session][] = []
  twin.assign(times, ids, sessions, (from, to) => merges.push([from, to]))
  all.forEach(({ value }, i) => {
    if (sessions[i] !== undefined) sessions[i].sum += value
  })
  for (const [from, to] of merges) to.sum += from.sum
  expect(driver.assign(all)).toEqual(all.map((_, i) => sessions[i] !== undefined))
}

function assignByMerge(
  driver: Driver,
  twin: Sessions,
  all: readonly Row[],
  times: Float64Array,
  ids: Uint32Array,
): void {
  const pieces: { done: number; bounds: (readonly [number, number])[] }[] = []
  for (let from = 0; from < all.length;) {
    const bounds: (readonly [number, number])[] = []
    const end = twin.assignUpToMerge(
      times,
      ids,
      from,
      (i, session) => {
        if (session !== undefined) session.sum += all[i]!.value
        bounds.push(session === undefined ? [NaN, NaN] : [session.start, twin.endOf(session)])
      },
      (source, target) => {
        target.sum += source.sum
      },
    )
    pieces.push({ done: end - from, bounds })
    from = end
  }
  expect(driver.assignByMerge(all)).toEqual(pieces)
}

describe('a session table', () => {
  it('does with rows, watermarks, renamings and restores what its twin does', () => {
    fc.assert(
      fc.property(scenario, ({ gap, lateness, start, scale, steps }) =>
        inArena(kernels, () => {
          const [multiplier, divisor] = scale as [number, number]
          const options = { template, gapMs: gap, latenessMs: lateness, multiplier, divisor }
          const driver = new Driver(options)
          const twin = new Sessions({ gap, lateness })
          const tell = (all: readonly Session[]): Told[] =>
            all.map((each): Told => [each.id, each.start, twin.endOf(each), each.sum])
          let now = start
          let watermark = -Infinity
          for (const of of steps) {
            if (of.kind === 'rows') {
              const all = of.rows.map((row) => {
                const time = now + row.time
                return { ...row, time: time - (time % multiplier) }
              })
              if (of.isInOrder) all.sort((a, b) => a.time - b.time)
              const times = Float64Array.from(all, ({ time }) => time)
              const ids = Uint32Array.from(all, ({ id }) => id)
              if (of.isByMerge) assignByMerge(driver, twin, all, times, ids)
              else assignAll(driver, twin, all, times, ids)
              const again = driver.again(all.length).toSorted(byIdAndStart)
              expect(again).toEqual(tell(twin.again()).toSorted(byIdAndStart))
            } else if (of.kind === 'watermark') {
              now += of.by
              watermark = now
              const fired = driver.due(watermark, of.most).toSorted(byIdAndStart)
              expect(fired).toEqual(tell(twin.due(watermark)).toSorted(byIdAndStart))
            } else if (of.kind === 'rename') {
              const live = [...new Set(twin.open().map(({ id }) => id))]
              expect(marked(driver.table)).toEqual(live)
              const map = new Uint32Array(8_192)
              live.forEach((id, rank) => (map[id] = rank))
              driver.table.remap(place(kernels, map))
              twin.remap(new Map(live.map((id, rank) => [id, rank])))
            } else {
              driver.restore(watermark)
            }
            expect(driver.open()).toEqual(tell(twin.open()))
            expect(driver.table.size).toBe(twin.size)
            expect(driver.table.nextDueMs).toBe(twin.nextDue())
          }
          driver.table.close()
        }),
      ),
      { numRuns: 1_000 },
    )
  })

  it('names the row whose time is out of range', () => {
    const beyond = 2n ** 53n + 1n
    const scales = fc.constantFrom<[bigint, bigint]>([1_000n, 1n], [1n, 1n], [1n, 1_000n])
    fc.assert(
      fc.property(fc.nat(40), fc.boolean(), scales, (row, isNegative, [multiplier, divisor]) =>
        inArena(kernels, () => {
          const table = new SessionTable(kernels, {
            template,
            gapMs: 10,
            latenessMs: 0,
            multiplier: Number(multiplier),
            divisor: Number(divisor),
          })
          const n = 41
          const far = (beyond * divisor) / multiplier + 1n
          const times = new BigInt64Array(n)
          times[row] = isNegative ? -far : far
          const [out, kept] = [kernels.scratch(n * 4), kernels.scratch(16)]
          const assigned = table.assign({
            times: place(kernels, times),
            ids: place(kernels, new Uint32Array(n)),
            n,
            idCount: 1,
            rows: out,
            kept,
          })
          expect(assigned).toEqual({ kind: 'outOfRange', row })
          table.close()
        }),
      ),
    )
  })

  it('gives all its memory back', () => {
    const before = kernels.exports.allocated()
    inArena(kernels, () => {
      const options = { template, gapMs: 10, latenessMs: 5, multiplier: 1, divisor: 1 }
      const driver = new Driver(options)
      const all = Array.from({ length: 1_000 }, (_, i) => ({ id: i % 300, time: i * 7, value: 1 }))
      driver.assign(all)
      driver.due(3_000, 1_000)
      driver.table.close()
    })
    expect(kernels.exports.allocated() - before).toBeLessThanOrEqual(2 << 20)
  })
})
