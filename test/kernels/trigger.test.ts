// The kernels of triggers against their scalar twins: windows of rows, counts, and times to fire at.
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Kernels } from '../../src/kernels/module.ts'
import {
  cumulativeIndex,
  slidingIndex,
  triggerDue,
  triggerFilled,
  triggerRounds,
  triggerTouch,
  triggerWords,
  windowMillis,
} from '../../src/kernels/trigger.ts'
import { inArena, lengths, place } from './linear-memory.ts'
import * as twin from './reference/trigger.ts'

const kernels = new Kernels()

const small = fc.bigInt({ min: -200n, max: 200n })
const wide = fc.bigInt({ min: -(2n ** 53n) + 1_000n, max: 2n ** 53n - 1_000n })
const times = lengths(4, 60).chain((n) =>
  fc
    .array(fc.oneof(small, wide), { minLength: n, maxLength: n })
    .map((all) => BigInt64Array.from(all)),
)
const step = fc.integer({ min: 1, max: 20 })

const i64 = (ptr: number, n: number): bigint[] =>
  Array.from(kernels.i64.subarray(ptr / 8, ptr / 8 + n))

describe('the window of a time', () => {
  it('of sliding windows equals the twin in each pass', () => {
    fc.assert(
      fc.property(times, step, step, fc.nat(19), fc.nat(30), (millis, a, b, shift, number) => {
        const [sizeMs, slideMs] = [Math.max(a, b), Math.min(a, b)]
        const [offsetMs, pass] = [shift % slideMs, number % Math.ceil(sizeMs / slideMs)]
        const want = new BigInt64Array(millis.length)
        const [size, slide, offset] = [sizeMs, slideMs, offsetMs].map(BigInt)
        twin.slidingIndex(
          millis,
          { size: size!, slide: slide!, offset: offset!, pass: BigInt(pass) },
          want,
        )
        inArena(kernels, () => {
          const at = place(kernels, millis)
          const options = { sizeMs, slideMs, offsetMs, pass }
          const got = slidingIndex(kernels, at, millis.length, options)
          expect(i64(got, millis.length)).toEqual([...want])
        })
      }),
      { numRuns: 1_000 },
    )
  })

  it('of cumulative windows equals the twin in each pass', () => {
    fc.assert(
      fc.property(
        times,
        step,
        step,
        fc.nat(99),
        fc.nat(19),
        (millis, stepMs, steps, shift, number) => {
          const [offsetMs, pass] = [shift % (stepMs * steps), number % steps]
          const want = new BigInt64Array(millis.length)
          twin.cumulativeIndex(
            millis,
            {
              step: BigInt(stepMs),
              offset: BigInt(offsetMs),
              steps: BigInt(steps),
              pass: BigInt(pass),
            },
            want,
          )
          inArena(kernels, () => {
            const at = place(kernels, millis)
            const options = { stepMs, offsetMs, steps, pass }
            const got = cumulativeIndex(kernels, at, millis.length, options)
            expect(i64(got, millis.length)).toEqual([...want])
          })
        },
      ),
      { numRuns: 1_000 },
    )
  })

  it('in milliseconds equals the twin, to the ends of the range', () => {
    const any = fc.oneof(small, wide, fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }))
    const scales = fc.constantFrom([1_000, 1], [1, 1], [1, 1_000], [1, 1_000_000])
    fc.assert(
      fc.property(fc.array(any, { maxLength: 40 }), scales, (all, [multiplier, divisor]) => {
        const want = twin.windowMillis(
          BigInt64Array.from(all),
          BigInt(multiplier!),
          BigInt(divisor!),
        )
        inArena(kernels, () => {
          const at = place(kernels, BigInt64Array.from(all))
          const scale = { multiplier: multiplier!, divisor: divisor! }
          const { millis, outOfRange } = windowMillis(kernels, at, all.length, scale)
          expect(outOfRange).toBe(want.outOfRange)
          if (outOfRange === undefined) expect(i64(millis, all.length)).toEqual(want.millis)
        })
      }),
      { numRuns: 1_000 },
    )
  })
})

/** Accumulators of 16 bytes with their words behind; batches of rows that come to some of them. */
const OFFSET = 16
const STRIDE = OFFSET + triggerWords().length
const KEYS = 5

const batches = fc.array(
  fc.array(fc.tuple(fc.option(fc.nat(KEYS - 1), { freq: 5 }), small), { maxLength: 40 }),
  { minLength: 1, maxLength: 3 },
)

function withAccumulators(run: (base: number, words: readonly twin.Words[]) => void): void {
  inArena(kernels, () => {
    const row = new Uint8Array(STRIDE)
    row.set(triggerWords(), OFFSET)
    const base = place(
      kernels,
      Uint8Array.from(Array.from({ length: KEYS }, () => [...row]).flat()),
    )
    run(base, Array.from({ length: KEYS }, twin.fresh))
  })
}

const pointers = (base: number, keys: readonly (number | null)[]): number =>
  place(
    kernels,
    Uint32Array.from(keys, (key) => (key === null ? 0 : base + key * STRIDE)),
  )

describe('the words of a trigger', () => {
  it('count rows as the twin does, batch after batch', () => {
    fc.assert(
      fc.property(batches, fc.integer({ min: 1, max: 6 }), (all, every) =>
        withAccumulators((base, words) => {
          for (const batch of all) {
            const n = batch.length
            const rounds = kernels.scratch(n * 4 + 8)
            const rows = pointers(
              base,
              batch.map(([key]) => key),
            )
            const got = triggerRounds(kernels, { rows, n, offset: OFFSET }, every, rounds)
            const want = new Uint32Array(n)
            const own = batch.map(([key]) => (key === null ? undefined : words[key]))
            expect(got).toBe(twin.triggerRounds(own, every, want))
            expect([...kernels.u32.subarray(rounds / 4, rounds / 4 + n)]).toEqual([...want])
          }
        }),
      ),
      { numRuns: 1_000 },
    )
  })

  it('know when to fire, and whether rows came, as the twin does', () => {
    const intervals = fc.integer({ min: 1, max: 30 })
    fc.assert(
      fc.property(batches, intervals, fc.boolean(), (all, intervalMs, isByClock) =>
        withAccumulators((base, words) => {
          let nowMs = -200
          for (const batch of all) {
            const n = batch.length
            nowMs += 50
            const rows = pointers(
              base,
              batch.map(([key]) => key),
            )
            const at = place(
              kernels,
              BigInt64Array.from(batch, ([, time]) => time),
            )
            const own = batch.map(([key]) => (key === null ? undefined : words[key]))
            const touched = batch.map(([, time]) => (isByClock ? BigInt(nowMs) : time))
            expect(
              triggerTouch(
                kernels,
                { rows, n, offset: OFFSET },
                { millis: isByClock ? 0 : at, nowMs, intervalMs },
              ),
            ).toBe(twin.triggerTouch(own, touched, BigInt(intervalMs)))
            const everyone = Array.from({ length: KEYS }, (_, key) => key)
            const listed = { n: KEYS, offset: OFFSET, rows: pointers(base, everyone) }
            const ids = place(kernels, Uint32Array.from(everyone))
            const filled = triggerFilled(kernels, ids, listed)
            expect([...kernels.u32.subarray(ids / 4, ids / 4 + filled)]).toEqual(
              everyone.filter((key) => words[key]!.filled),
            )
            const dueIds = place(kernels, Uint32Array.from(everyone))
            const earliest = place(kernels, Float64Array.of(Infinity))
            const dueRows = { ...listed, rows: pointers(base, everyone) }
            const count = triggerDue(kernels, dueIds, dueRows, { nowMs, intervalMs, earliest })
            const want = twin.triggerDue(words, BigInt(nowMs), BigInt(intervalMs))
            expect([...kernels.u32.subarray(dueIds / 4, dueIds / 4 + count)]).toEqual(want.due)
            // The end of all time is no number that a double holds.
            const got = kernels.f64[earliest / 8]!
            expect(got).toBe(want.earliest)
          }
        }),
      ),
      { numRuns: 1_000 },
    )
  })
})
