// From accumulators to columns: 16,384 groups' rows of 48 bytes, in an order that is not that of memory. The twin's
// accumulators are columns, gathered in the same order: they lie closer.
import { AGGREGATE_OPS, aggregateValidity, VALUE_KINDS } from '../../src/kernels/aggregate.ts'
import type { Kernels } from '../../src/kernels/module.ts'
import { kernelBench } from '../harness.ts'

const GROUPS = 16_384
/** Count, sum, and the moments: count, mean, squares. */
const STRIDE = 48
const [COUNT, SUM, MOMENTS] = [0, 8, 16]

const countOf = (group: number): number => 2 + (group % 7)
/** Groups of fewer rows have no value. */
const LEAST = 3
const sumOf = (group: number): number => (group * 7_919) % 100_003

const COUNTS = Float64Array.from({ length: GROUPS }, (_, group) => countOf(group))
const SUMS = Float64Array.from({ length: GROUPS }, (_, group) => sumOf(group))

/** Groups in the order of a table of keys that others have come and gone in. */
const order = (): [Uint32Array] => [
  Uint32Array.from({ length: GROUPS }, (_, i) => Math.imul(i, 2654435761) & (GROUPS - 1)),
]

/** Pointers to the accumulators of all groups, in order(). */
function accumulators(kernels: Kernels): number {
  const base = kernels.allocate(GROUPS * STRIDE)
  for (let group = 0; group < GROUPS; group++) {
    const row = base + group * STRIDE
    kernels.data.setBigInt64(row + COUNT, BigInt(countOf(group)), true)
    kernels.data.setBigInt64(row + SUM, BigInt(sumOf(group)), true)
    kernels.data.setBigInt64(row + MOMENTS, BigInt(countOf(group)), true)
    kernels.data.setFloat64(row + MOMENTS + 16, sumOf(group), true)
  }
  const rows = kernels.allocate(GROUPS * 4)
  order()[0].forEach((group, i) => {
    kernels.u32[(rows >>> 2) + i] = base + group * STRIDE
  })
  return rows
}

/** A column of floats from all groups. */
const floats = (
  title: string,
  kernel: (exports: Kernels['exports'], rows: number, out: number) => void,
  twin: (group: number) => number,
  ratio: number,
) =>
  kernelBench({
    name: title,
    rows: GROUPS,
    megabytes: 0.001,
    input: order,
    output: (rows) => [new Float64Array(rows)],
    kernel: (kernels) => {
      const rows = accumulators(kernels)
      return {
        run({ out: [out] }) {
          kernel(kernels.exports, rows, out)
          return 0
        },
      }
    },
    twin: () => ({
      run({ in: [groups], out: [out] }) {
        for (let i = 0; i < groups.length; i++) out[i] = twin(groups[i]!)
        return 0
      },
    }),
    expect: { twin: ratio },
  })

export default [
  floats(
    'means of int64 sums',
    (exports, rows, out) =>
      exports.aggregateMean(rows, GROUPS, AGGREGATE_OPS.sumI64, SUM, COUNT, 1, out),
    (group) => SUMS[group]! / COUNTS[group]!,
    0.8,
  ),
  floats(
    'sums as a column of int64',
    (exports, rows, out) =>
      exports.aggregateFixed(rows, GROUPS, MOMENTS + 16, VALUE_KINDS[64], out),
    (group) => SUMS[group]!,
    0.8,
  ),
  floats(
    'standard deviations of samples',
    (exports, rows, out) => exports.aggregateVariance(rows, GROUPS, MOMENTS, true, true, 1, out),
    (group) => Math.sqrt(SUMS[group]! / (COUNTS[group]! - 1)),
    0.8,
  ),
  kernelBench({
    name: 'which groups have a value',
    rows: GROUPS,
    megabytes: 0.001,
    input: order,
    output: (rows) => [new Uint8Array(rows >> 3)],
    kernel: (kernels) => {
      const rows = accumulators(kernels)
      return {
        run({ out: [out] }) {
          const mark = kernels.mark()
          const { validity, nullCount } = aggregateValidity(kernels, rows, GROUPS, COUNT, LEAST)
          kernels.u8.copyWithin(out, validity, validity + (GROUPS >> 3))
          kernels.reset(mark)
          return nullCount
        },
      }
    },
    twin: () => ({
      run({ in: [groups], out: [bits] }) {
        let nullCount = 0
        bits.fill(0)
        for (let i = 0; i < groups.length; i++) {
          if (COUNTS[groups[i]!]! >= LEAST) bits[i >> 3]! |= 1 << (i & 7)
          else nullCount++
        }
        return nullCount
      },
    }),
    expect: { twin: 1 },
  }),
]
