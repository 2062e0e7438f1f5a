// Accumulators that hold more than a number, of 1,000 groups (sketches of 100): argMax, lists of all
// and of the greatest values, the least text, registers and quantiles. Each beside the same in JavaScript.
import type { AggregateEntry } from '../../src/kernels/aggregate.ts'
import type { Kernels } from '../../src/kernels/module.ts'
import * as twin from '../../test/kernels/reference/aggregate-held.ts'
import { Accumulators } from '../accumulators.ts'
import { kernelBench } from '../harness.ts'
import type { Random } from '../random.ts'
import { name, textColumn } from '../texts.ts'

const GROUPS = 1_000
const SKETCHES = 100
const TOP = 10
const NOTHING = { values: 0, validity: 0, filter: 0, offsets: 0 }
/** Where a list's values are, how many bytes they take, and how many they are. */
const [LIST_VALUES, LIST_USED] = [0, 4]

const of = (
  op: AggregateEntry['op'],
  more: Partial<AggregateEntry> = {},
): readonly AggregateEntry[] => [{ op, kind: 64, offset: 0, countOffset: 0, ...more }]

const accumulators = (
  kernels: Kernels,
  entries: readonly AggregateEntry[],
  groups = GROUPS,
): Accumulators => new Accumulators(kernels, { entries, template: new Uint8Array(40), groups })

const keysAndFloats = (random: Random, rows: number): [Uint32Array, Float64Array] => [
  random.uint32(rows, 0, GROUPS),
  random.float64(rows, 0, 1_000),
]

const sumOf = (values: Iterable<number>): number => {
  let sum = 0
  for (const value of values) sum += value
  return sum
}

const listsOf = (groups: number): number[][] => Array.from({ length: groups }, () => [])

/** The sum of a list's floats. */
function listTotal(data: DataView, row: number): number {
  const values = data.getUint32(row + LIST_VALUES, true)
  const used = data.getUint32(row + LIST_USED, true)
  let sum = 0
  for (let at = values; at < values + used; at += 8) sum += data.getFloat64(at, true)
  return sum
}

/** Lists of floats: all of them, or the greatest. */
const lists = (
  title: string,
  entries: readonly AggregateEntry[],
  addTo: (ids: Uint32Array, values: Float64Array, into: number[][]) => void,
  twinRatio: number,
) =>
  kernelBench({
    name: title,
    megabytes: 8,
    input: keysAndFloats,
    output: (rows) => [new Uint32Array(rows)],
    outputUsed: () => [0],
    kernel: (kernels) => {
      const world = accumulators(kernels, entries)
      return {
        begin: () => world.begin(),
        run({ in: [ids, values], out: [rows], rows: n }) {
          world.find(ids, n, rows)
          world.program.bind(0, { ...NOTHING, values })
          world.program.update(rows, 0, n)
          return 0
        },
        finish: () => world.total(listTotal),
      }
    },
    twin: () => {
      let state = listsOf(GROUPS)
      return {
        begin() {
          state = listsOf(GROUPS)
        },
        run({ in: [ids, values] }) {
          addTo(ids, values, state)
          return 0
        },
        finish: () => sumOf(state.map(sumOf)),
      }
    },
    // The twin adds up in another order.
    tolerance: 1e-9,
    expect: { twin: twinRatio },
  })

export default [
  kernelBench({
    name: 'the value where another is greatest',
    input: (random, rows) => [...keysAndFloats(random, rows), random.float64(rows, 0, 1_000)],
    output: (rows) => [new Uint32Array(rows)],
    outputUsed: () => [0],
    kernel: (kernels) => {
      const world = accumulators(kernels, of('argMax', { by: { kind: 64, order: 'F64' } }))
      return {
        begin: () => world.begin(),
        run({ in: [ids, values, byValues], out: [rows], rows: n }) {
          world.find(ids, n, rows)
          world.program.bind(0, { ...NOTHING, values, byValues })
          world.program.update(rows, 0, n)
          return 0
        },
        finish: () => world.total((data, row) => data.getFloat64(row, true)),
      }
    },
    twin: () => {
      let state = new twin.ArgMax(GROUPS)
      return {
        begin() {
          state = new twin.ArgMax(GROUPS)
        },
        run({ in: [ids, values, bys] }) {
          state.add(ids, values, bys)
          return 0
        },
        finish: () => sumOf(state.values),
      }
    },
    // The twin's accumulators are two dense columns, which stay in the first cache.
    expect: { twin: 0.4 },
  }),
  lists('all values', of('collect', { parameter: 1e9 }), twin.collect, 1),
  lists(
    'the 10 greatest values',
    of('topN', { parameter: TOP, order: 'F64' }),
    (ids, values, into) => twin.greatest(ids, values, TOP, into),
    0.9,
  ),
  kernelBench({
    name: 'the least text, of 9 to 33 bytes',
    input: (random, rows) => [
      random.uint32(rows, 0, GROUPS),
      ...textColumn(rows, () => name(random)),
    ],
    output: (rows) => [new Uint32Array(rows)],
    outputUsed: () => [0],
    kernel: (kernels) => {
      const world = accumulators(kernels, of('minBytes', { kind: 'bytes' }))
      return {
        begin: () => world.begin(),
        run({ in: [ids, offsets, values], out: [rows], rows: n }) {
          world.find(ids, n, rows)
          world.program.bind(0, { ...NOTHING, values, offsets })
          world.program.update(rows, 0, n)
          return 0
        },
        finish: () =>
          world.total((data, row) => {
            const at = data.getUint32(row, true)
            return at === 0 ? 0 : data.getUint32(row + 4, true) * 1_000 + data.getUint8(at + 1)
          }),
      }
    },
    twin: () => {
      let held: (Uint8Array | undefined)[] = []
      return {
        begin() {
          held = Array.from({ length: GROUPS })
        },
        run({ in: [ids, offsets, bytes] }) {
          twin.leastBytes(ids, offsets, bytes, held)
          return 0
        },
        finish: () =>
          sumOf(held.map((text) => (text === undefined ? 0 : text.length * 1_000 + text[1]!))),
      }
    },
    expect: { twin: 1 },
  }),
  kernelBench({
    name: 'registers of a distinct count',
    input: (random, rows) => [
      random.uint32(rows, 0, SKETCHES),
      new Uint32Array(rows * 2).map(() => random.u32()),
    ],
    output: (rows) => [new Uint32Array(rows)],
    outputUsed: () => [0],
    kernel: (kernels) => {
      const world = accumulators(kernels, of('approxDistinct'), SKETCHES)
      return {
        begin: () => world.begin(),
        run({ in: [ids, values], out: [rows], rows: n }) {
          world.find(ids, n, rows)
          world.program.bind(0, { ...NOTHING, values })
          world.program.update(rows, 0, n)
          return 0
        },
        // All groups have filled their first few, and have all registers by now.
        finish: () =>
          world.total((data, row) => {
            const at = data.getUint32(row + LIST_VALUES, true)
            let sum = 0
            for (let i = 0; i < data.getUint32(row + LIST_USED, true); i++) {
              sum += data.getUint8(at + i)
            }
            return sum
          }),
      }
    },
    twin: () => {
      const make = () => Array.from({ length: SKETCHES }, () => new twin.Registers())
      let sketches = make()
      return {
        begin() {
          sketches = make()
        },
        run({ in: [ids, words] }) {
          for (let i = 0; i < ids.length; i++) {
            sketches[ids[i]!]!.add(words[i * 2]!, words[i * 2 + 1]!)
          }
          return 0
        },
        finish: () => sumOf(sketches.map(({ ranks }) => sumOf(ranks))),
      }
    },
    expect: { twin: 1.5 },
  }),
  kernelBench({
    name: 'a sketch of quantiles',
    megabytes: 8,
    input: (random, rows) => [random.uint32(rows, 0, SKETCHES), random.float64(rows, 0, 1_000)],
    output: (rows) => [new Uint32Array(rows)],
    outputUsed: () => [0],
    kernel: (kernels) => {
      const world = accumulators(kernels, of('quantile', { order: 'F64' }), SKETCHES)
      return {
        begin: () => world.begin(),
        run({ in: [ids, values], out: [rows], rows: n }) {
          world.find(ids, n, rows)
          world.program.bind(0, { ...NOTHING, values })
          world.program.update(rows, 0, n)
          return 0
        },
        finish() {
          const mark = kernels.mark()
          const out = kernels.scratch(SKETCHES * 8)
          kernels.exports.aggregateQuantile(world.rows, SKETCHES, 0, 0.9, 1, out)
          const sum = sumOf(kernels.f64.subarray(out >>> 3, (out >>> 3) + SKETCHES))
          kernels.reset(mark)
          return sum
        },
      }
    },
    twin: () => {
      const make = () => Array.from({ length: SKETCHES }, () => new twin.QuantileSketch())
      let sketches = make()
      return {
        begin() {
          sketches = make()
        },
        run({ in: [ids, values] }) {
          for (let i = 0; i < ids.length; i++) sketches[ids[i]!]!.add(values[i]!)
          return 0
        },
        finish: () => sumOf(sketches.map((each) => each.quantile(0.9))),
      }
    },
    tolerance: 1e-9,
    expect: { twin: 1 },
  }),
]
