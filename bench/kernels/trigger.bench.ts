// Which windows rows are in, where each window has accumulators of its own (assembly/trigger.ts); and the words
// behind the accumulators of 10,000 windows that triggers go by: rows counted in rounds, and times to fire at.
import { triggerDue, triggerRounds, triggerTouch, triggerWords } from '../../src/kernels/trigger.ts'
import type { Kernels } from '../../src/kernels/module.ts'
import * as twin from '../../test/kernels/reference/trigger.ts'
import { inCacheAndFromMemory, kernelBench } from '../harness.ts'

const WINDOWS = 10_000
/** Accumulators of 16 bytes, and their words. */
const OFFSET = 16
const STRIDE = OFFSET + triggerWords().length
const EVERY = 100
const INTERVAL_MS = 1_000

/** Accumulators as they start, and pointers to them all. */
class Windows {
  readonly #kernels: Kernels
  readonly #base: number
  readonly #all: number
  readonly #rows: number

  constructor(kernels: Kernels) {
    this.#kernels = kernels
    this.#base = kernels.allocate(WINDOWS * STRIDE)
    this.#all = kernels.allocate(WINDOWS * 4)
    this.#rows = kernels.allocate(16_384 * 4)
    for (let i = 0; i < WINDOWS; i++) kernels.u32[this.#all / 4 + i] = this.#base + i * STRIDE
  }

  begin(): void {
    const { u8 } = this.#kernels
    u8.fill(0, this.#base, this.#base + WINDOWS * STRIDE)
    const words = triggerWords()
    for (let i = 0; i < WINDOWS; i++) u8.set(words, this.#base + i * STRIDE + OFFSET)
  }

  /** The rows' windows by number: what a table of keys gives. */
  of(numbers: number, n: number) {
    this.#kernels.u8.copyWithin(this.#rows, numbers, numbers + n * 4)
    this.#kernels.exports.joinRemap(this.#rows, n, this.#all)
    return { rows: this.#rows, n, offset: OFFSET }
  }

  /** All windows, in the arena. */
  get all() {
    const { u8 } = this.#kernels
    const rows = this.#kernels.scratch(WINDOWS * 4)
    u8.copyWithin(rows, this.#all, this.#all + WINDOWS * 4)
    return { rows, n: WINDOWS, offset: OFFSET }
  }
}

const words = (): twin.Words[] => Array.from({ length: WINDOWS }, twin.fresh)

const ofWindows = (all: readonly twin.Words[], numbers: Uint32Array): twin.Words[] =>
  Array.from(numbers, (number) => all[number]!)

const triggers = [
  kernelBench({
    name: `rounds of ${EVERY} rows, 10,000 windows`,
    input: (random, rows) => [random.uint32(rows, 0, WINDOWS)],
    output: (rows) => [new Uint32Array(rows)],
    kernel: (kernels) => {
      const windows = new Windows(kernels)
      return {
        begin: () => windows.begin(),
        run: ({ in: [numbers], out: [rounds], rows: n }) =>
          triggerRounds(kernels, windows.of(numbers, n), EVERY, rounds),
      }
    },
    twin: () => {
      let all = words()
      return {
        begin() {
          all = words()
        },
        run: ({ in: [numbers], out: [rounds] }) =>
          twin.triggerRounds(ofWindows(all, numbers), EVERY, rounds),
      }
    },
    expect: { twin: 3 },
  }),
  kernelBench({
    name: 'rows that come, and windows that fire each second, of 10,000',
    input: (random, rows, batch) => [
      random.uint32(rows, 0, WINDOWS),
      // A batch is a tenth of a second.
      BigInt64Array.from({ length: rows }, (_, i) => BigInt(batch * 100 + ((i * 100) >> 14))),
    ],
    kernel: (kernels) => {
      const windows = new Windows(kernels)
      let batches = 0
      return {
        begin() {
          windows.begin()
          batches = 0
        },
        run({ in: [numbers, millis], rows: n }) {
          const mark = kernels.mark()
          const nowMs = ++batches * 100
          const intervalMs = INTERVAL_MS
          triggerTouch(kernels, windows.of(numbers, n), { millis, nowMs, intervalMs })
          const earliest = kernels.scratch(8)
          kernels.f64[earliest / 8] = Infinity
          const all = windows.all
          const ids = kernels.scratch(WINDOWS * 4)
          const due = triggerDue(kernels, ids, all, { nowMs, intervalMs, earliest })
          kernels.reset(mark)
          return due
        },
      }
    },
    twin: () => {
      let all = words()
      let batches = 0
      return {
        begin() {
          all = words()
          batches = 0
        },
        run({ in: [numbers, millis] }) {
          const nowMs = ++batches * 100
          twin.triggerTouch(ofWindows(all, numbers), millis, BigInt(INTERVAL_MS))
          return twin.triggerDue(all, BigInt(nowMs), BigInt(INTERVAL_MS)).due.length
        },
      }
    },
    expect: { twin: 3 },
  }),
]

export default [
  kernelBench({
    name: 'window of a pass, sliding 10 s / 2 s',
    input: (random, rows) => [random.int64(rows, 0, 2 ** 41)],
    output: (rows) => [new BigInt64Array(rows)],
    kernel: (kernels) => ({
      run: ({ in: [millis], out: [windows], rows }) => {
        kernels.exports.slidingIndex(millis, rows, 10_000, 2_000, 0, 3, windows)
        return 0
      },
    }),
    twin: () => ({
      run: ({ in: [millis], out: [windows] }) => {
        twin.slidingIndex(millis, { size: 10_000n, slide: 2_000n, offset: 0n, pass: 3n }, windows)
        return 0
      },
    }),
    expect: { twin: 4 },
  }),
  kernelBench({
    name: 'window of a pass, cumulative 1 d by 1 h',
    input: (random, rows) => [random.int64(rows, 0, 2 ** 41)],
    output: (rows) => [new BigInt64Array(rows)],
    kernel: (kernels) => ({
      run: ({ in: [millis], out: [windows], rows }) => {
        kernels.exports.cumulativeIndex(millis, rows, 3_600_000, 0, 24, 12, windows)
        return 0
      },
    }),
    twin: () => ({
      run: ({ in: [millis], out: [windows] }) => {
        const cumulative = { step: 3_600_000n, offset: 0n, steps: 24n, pass: 12n }
        twin.cumulativeIndex(millis, cumulative, windows)
        return 0
      },
    }),
    expect: { twin: 4 },
  }),
  kernelBench({
    name: 'milliseconds of microseconds',
    input: (random, rows) => [random.int64(rows, -(2 ** 50), 2 ** 50)],
    output: (rows) => [new BigInt64Array(rows)],
    kernel: (kernels) => ({
      run: ({ in: [times], out: [millis], rows }) =>
        kernels.exports.windowMillis(times, rows, 1, 1_000, millis),
    }),
    twin: () => ({
      run({ in: [times], out: [millis] }) {
        for (let i = 0; i < times.length; i++) {
          const time = times[i]!
          const quotient = time / 1_000n
          millis[i] = time < 0n && quotient * 1_000n !== time ? quotient - 1n : quotient
        }
        return times.length
      },
    }),
    expect: { twin: 4 },
  }),
]
  .flatMap(inCacheAndFromMemory)
  .concat(triggers)
