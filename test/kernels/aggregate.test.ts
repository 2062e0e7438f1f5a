// Aggregation programs at their edges: kept rows, filters, overflow with its entry and row, byte
// values that are replaced and released. Every function over every type is tested with the window
// operator.
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type AggregateEntry, AggregateProgram } from '../../src/kernels/aggregate.ts'
import { Kernels } from '../../src/kernels/module.ts'
import { SliceTable } from '../../src/kernels/slice-table.ts'
import { bitsOf, bools, inArena, lengths, place } from './linear-memory.ts'
import * as twin from './reference/aggregate.ts'

const kernels = new Kernels()
const NOTHING = { values: 0, validity: 0, filter: 0, offsets: 0 }

interface World {
  readonly program: AggregateProgram
  readonly slices: SliceTable
  readonly slice: number
  /** Accumulator rows of n group ids. */
  rowsOf(ids: readonly number[]): number
}

/** A program over accumulators that start with zeros. */
function withProgram(entries: readonly AggregateEntry[], run: (world: World) => void): void {
  inArena(kernels, () => {
    const stride = Math.max(...entries.map(({ offset }) => offset)) + 16
    const grid = { size: 1n, offset: 0n, multiplier: 1n }
    const slices = new SliceTable(kernels, new Uint8Array(stride), grid)
    const program = new AggregateProgram(kernels, entries, slices.heap)
    const slice = slices.detached()
    const rowsOf = (ids: readonly number[]): number => {
      const rows = kernels.scratch(ids.length * 4)
      slices.rowsOf(slice, place(kernels, Uint32Array.from(ids)), ids.length, rows)
      return rows
    }
    run({ program, slices, slice, rowsOf })
    program.close()
    slices.close()
  })
}

const entry = (op: AggregateEntry['op'], kind: AggregateEntry['kind'], offset: number) => ({
  op,
  kind,
  offset,
  countOffset: 0,
})

describe('an aggregation program', () => {
  it('takes the rows that are kept, valid and in the filter, and no others', () => {
    const inputs = lengths(64, 200).chain((n) =>
      fc.record({
        ids: fc.array(fc.nat({ max: 5 }), { minLength: n, maxLength: n }),
        values: fc.array(fc.integer({ min: -99, max: 99 }), { minLength: n, maxLength: n }),
        kept: fc.option(bools(n)),
        valid: fc.option(bools(n)),
        filter: fc.option(bools(n)),
      }),
    )
    fc.assert(
      fc.property(inputs, ({ ids, values, kept, valid, filter }) =>
        withProgram([entry('sumI64', 'int16', 8), entry('count', 64, 0)], ({ program, rowsOf }) => {
          const bits = (all: readonly boolean[] | null): number =>
            all === null ? 0 : place(kernels, bitsOf(all))
          const input = { ...NOTHING, validity: bits(valid), filter: bits(filter) }
          program.bind(0, { ...input, values: place(kernels, Int16Array.from(values), 1) })
          program.bind(1, input)
          expect(program.update(rowsOf(ids), bits(kept), ids.length)).toBeUndefined()
          const sums = new Float64Array(6)
          const counts = new Float64Array(6)
          const isIn = ids.map(
            (_, i) => (kept?.[i] ?? true) && (valid?.[i] ?? true) && (filter?.[i] ?? true),
          )
          twin.sumAndCount(Uint32Array.from(ids), Float64Array.from(values), isIn, sums, counts)
          const rows = rowsOf([0, 1, 2, 3, 4, 5])
          const view = kernels.data
          for (let group = 0; group < 6; group++) {
            const at = view.getUint32(rows + group * 4, true)
            expect(Number(view.getBigInt64(at, true))).toBe(counts[group])
            expect(Number(view.getBigInt64(at + 8, true))).toBe(sums[group])
          }
        }),
      ),
    )
  })

  it.each([
    ['sumI64', 64, BigInt64Array.of(2n ** 62n, 2n ** 62n - 1n, 1n)],
    ['sumI64', 64, BigInt64Array.of(-(2n ** 62n), -(2n ** 62n), -1n)],
    ['sumU64', 64, BigUint64Array.of(2n ** 62n, 2n ** 62n - 1n, 1n)],
    ['sumU64', 64, BigUint64Array.of(0n, 0n, 2n ** 64n - 1n)],
    // Decimals of 38 digits: 5 * 10^37 twice, then one more is fine; low words first.
    ['sumI128', 128, decimals(5n * 10n ** 37n, 5n * 10n ** 37n - 1n, 1n)],
    ['sumI128', 128, decimals(-(5n * 10n ** 37n), -(5n * 10n ** 37n) + 1n, -1n)],
  ] as const)('of %s says which row and entry overflows', (op, kind, values) => {
    withProgram([entry('count', 64, 0), entry(op, kind, 16)], ({ program, rowsOf }) => {
      program.bind(0, NOTHING)
      program.bind(1, { ...NOTHING, values: place(kernels, values) })
      expect(program.update(rowsOf([0, 0, 0]), 0, 3)).toEqual({ entry: 1, row: 2 })
      // The row that overflows is told in a block with rows left out, too.
      const kept = place(kernels, bitsOf([true, true, false, true]))
      const again = BigUint64Array.from([
        ...values.slice(0, -1),
        ...values.slice(-1),
        ...values.slice(-1),
      ])
      expect(again.length).toBe(values.length + 1)
      if (kind === 64) {
        program.bind(1, { ...NOTHING, values: place(kernels, again) })
        expect(program.update(rowsOf([1, 1, 1, 1]), kept, 4)).toEqual({ entry: 1, row: 3 })
      }
    })
  })

  it('keeps the bytes of min, max, first and last, and gives them back', () => {
    const inputs = fc.array(fc.tuple(fc.nat({ max: 3 }), fc.string({ maxLength: 40 })), {
      minLength: 1,
      maxLength: 200,
    })
    const ops = ['minBytes', 'maxBytes', 'firstBytes', 'lastBytes'] as const
    const entries = ops.map((op, i) => entry(op, 'bytes', 16 * i))
    fc.assert(
      fc.property(inputs, (pairs) =>
        withProgram(entries, ({ program, rowsOf, slices, slice }) => {
          const parts = pairs.map(([, text]) => Buffer.from(text))
          const offsets = new Int32Array(parts.length + 1)
          parts.forEach((part, i) => (offsets[i + 1] = offsets[i]! + part.length))
          const values = place(kernels, new Uint8Array(Buffer.concat(parts)))
          const column = { ...NOTHING, values, offsets: place(kernels, offsets) }
          ops.forEach((_, i) => program.bind(i, column))
          const ids = pairs.map(([id]) => id)
          program.update(rowsOf(ids), 0, ids.length)
          const groups = [...new Set(ids)]
          const rows = rowsOf(groups)
          groups.forEach((group, g) => {
            const all = parts.filter((_, i) => ids[i] === group)
            const sorted = all.toSorted(Buffer.compare)
            const row = kernels.u32[rows / 4 + g]!
            const held = ops.map((_, i) => {
              const [ptr, length] = kernels.u32.slice(row / 4 + 4 * i, row / 4 + 4 * i + 2)
              return Buffer.from(kernels.take(ptr!, length!)).toString()
            })
            expect(held).toEqual(
              [sorted[0], sorted.at(-1), all[0], all.at(-1)].map((text) => text!.toString()),
            )
          })
          program.release(rows, groups.length)
          slices.release(slice)
        }),
      ),
    )
  })
})

function decimals(...values: bigint[]): BigUint64Array {
  return BigUint64Array.from(
    values.flatMap((value) => [BigInt.asUintN(64, value), BigInt.asUintN(64, value >> 64n)]),
  )
}
