// Columns of Nexmark's events: the key of a bid, its price, and the texts that make up most of its bytes.
// The twin makes whole rows, of bigint: its ratio says little beyond that it is the slower one.
import { EVENT_COLUMNS, EventGenerator } from '../../src/kernels/generator.ts'
import { eventRow } from '../../test/kernels/reference/generator.ts'
import { encodeRows } from '../../test/kernels/reference/utf8.ts'
import { kernelBench } from '../harness.ts'
import { textOutput } from '../texts.ts'

const RULES = { seed: 1, baseMs: 0, tps: 100_000 }

/** The numbers of some bids. */
const bids = (rows: number, batch: number): BigInt64Array =>
  BigInt64Array.from({ length: rows }, (_, i) => {
    const bid = batch * rows + i
    return BigInt(Math.floor(bid / 46) * 50 + 4 + (bid % 46))
  })

const numbers = (['auction', 'price', 'dateTime'] as const).map((name) =>
  kernelBench({
    name: `${name} of a bid`,
    rows: 2_048,
    megabytes: 0.1,
    input: (_random, rows, batch) => [bids(rows, batch)],
    output: (rows) => [new BigInt64Array(rows)],
    kernel: (kernels) => {
      const generator = new EventGenerator(kernels, RULES)
      const { code } = EVENT_COLUMNS.bid[name]
      return {
        run: ({ in: [events], out: [out], rows }) => {
          kernels.exports.generatorNumbers(code, generator.config, events, rows, out)
          return 0
        },
      }
    },
    twin: () => ({
      run: ({ in: [events], out: [out] }) => {
        events.forEach((e, i) => {
          out[i] = eventRow(RULES, e)[name] as bigint
        })
        return 0
      },
    }),
    expect: { twin: 20 },
  }),
)

const texts = (['channel', 'url', 'extra'] as const).map((name) =>
  kernelBench({
    name: `${name} of a bid`,
    rows: 2_048,
    megabytes: 0.1,
    input: (_random, rows, batch) => [bids(rows, batch)],
    output: (rows) => textOutput(rows, 96),
    outputUsed: (bytes, rows) => [rows + 1, bytes],
    kernel: (kernels) => {
      const generator = new EventGenerator(kernels, RULES)
      const { code } = EVENT_COLUMNS.bid[name]
      return {
        run: ({ in: [events], out: [offsets, values], rows }) =>
          kernels.exports.generatorTexts(code, generator.config, events, rows, offsets, values),
      }
    },
    twin: () => ({
      run: ({ in: [events], out: [offsets, values] }) => {
        const column = encodeRows(Array.from(events, (e) => eventRow(RULES, e)[name] as string))
        offsets.set(column.offsets)
        values.set(column.values)
        return column.values.length
      },
    }),
    expect: { twin: 20 },
  }),
)

export default [...numbers, ...texts]
