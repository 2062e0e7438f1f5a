// The merge of slices against its twin: random key ids, whole blocks and parts of them, every operation
// that holds no memory.
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type AggregateEntry,
  type AggregateOp,
  AggregateProgram,
} from '../../src/kernels/aggregate.ts'
import { Kernels } from '../../src/kernels/module.ts'
import { SliceTable } from '../../src/kernels/slice-table.ts'
import { inArena, place } from './linear-memory.ts'
import { type Held, mergeRows, type Rows } from './reference/slice-merge.ts'

const kernels = new Kernels()
const GRID = { size: 1n, offset: 0n, multiplier: 1n }
const OPS: readonly AggregateOp[] = [
  ...(['countTrue', 'sumI64', 'sumU64', 'sumF64', 'minI64', 'maxI64'] as const),
  ...(['minU64', 'maxU64', 'minF64', 'maxF64', 'first64', 'last64'] as const),
]

const small = fc.bigInt({ min: -1000n, max: 1000n })
const float = fc.oneof(fc.double(), fc.constantFrom(NaN, Infinity, -Infinity, -0))

function valueOf(op: AggregateOp): fc.Arbitrary<Held> {
  // A sum begins with +0, and no addend makes -0 of it.
  if (op === 'sumF64') return float.map((value) => value + 0)
  if (op.endsWith('F64')) return float
  if (op === 'sumI64') return fc.oneof({ weight: 50, arbitrary: small }, fc.bigInt(MIN, -MIN - 1n))
  if (op === 'sumU64')
    return fc.oneof({ weight: 50, arbitrary: fc.bigInt(0n, 9n) }, fc.bigInt(0n, -MIN - 1n))
  if (op.endsWith('U64')) return fc.bigInt(0n, 2n ** 64n - 1n)
  return op.startsWith('count') ? fc.bigInt(0n, 9n) : fc.bigInt(MIN, -MIN - 1n)
}
const MIN = -(2n ** 63n)

interface Case {
  readonly ops: readonly AggregateOp[]
  /** Bytes of a row behind its accumulators. */
  readonly more: number
  readonly slices: readonly Rows[]
}

/** Key ids in runs, so that there are whole blocks, and apart from each other. */
const ids = fc
  .array(
    fc.record({
      from: fc.oneof(fc.nat({ max: 64 }), fc.nat({ max: 3000 })),
      length: fc.nat({ max: 40 }),
    }),
    { maxLength: 4 },
  )
  .map((runs) => [
    ...new Set(runs.flatMap(({ from, length }) => Array.from({ length }, (_, i) => from + i))),
  ])

/** Where nothing was counted, there is no first and no last value. */
const counted = (ops: readonly AggregateOp[], held: readonly Held[]): Held[] =>
  held.map((value, i) => (/^(?:fir|la)st/.test(ops[i]!) && held.at(-1) === 0n ? 0n : value))

const cases: fc.Arbitrary<Case> = fc
  .record({ some: fc.subarray([...OPS]), more: fc.constantFrom(0, 8, 40, 600) })
  .chain(({ some, more }) => {
    const ops: AggregateOp[] = [...some, 'count']
    const rows = ids.chain((keys) =>
      fc
        .tuple(...keys.map(() => fc.tuple(...ops.map(valueOf))))
        .map((held): Rows => new Map(keys.map((key, i) => [key, counted(ops, held[i]!)]))),
    )
    return fc.record({
      ops: fc.constant(ops),
      more: fc.constant(more),
      slices: fc.array(rows, { minLength: 2, maxLength: 4 }),
    })
  })

function write(op: AggregateOp, at: number, value: Held): void {
  if (op.endsWith('F64')) kernels.data.setFloat64(at, value as number, true)
  else kernels.data.setBigInt64(at, BigInt.asIntN(64, value as bigint), true)
}

/** What merges with any value to that value. */
const START: Partial<Record<AggregateOp, Held>> = {
  minI64: -MIN - 1n,
  maxI64: MIN,
  minU64: -1n,
  minF64: NaN,
  maxF64: -Infinity,
}

function templateOf(ops: readonly AggregateOp[], more: number): Uint8Array {
  const at = kernels.scratch(ops.length * 8)
  ops.forEach((op, i) => write(op, at + i * 8, START[op] ?? (op.endsWith('F64') ? 0 : 0n)))
  return Uint8Array.of(...kernels.take(at, ops.length * 8), ...new Uint8Array(more))
}

function read(op: AggregateOp, at: number): Held {
  if (op.endsWith('F64')) return kernels.data.getFloat64(at, true)
  return op.endsWith('U64')
    ? kernels.data.getBigUint64(at, true)
    : kernels.data.getBigInt64(at, true)
}

/** A slice with these rows. */
function filled(table: SliceTable, ops: readonly AggregateOp[], rows: Rows): number {
  const slice = table.detached()
  const keys = [...rows.keys()]
  const addresses = kernels.scratch(keys.length * 4)
  table.rowsOf(slice, place(kernels, Uint32Array.from(keys)), keys.length, addresses)
  keys.forEach((key, i) => {
    const row = kernels.u32[addresses / 4 + i]!
    ops.forEach((op, each) => write(op, row + each * 8, rows.get(key)![each]!))
  })
  return slice
}

function contentOf(table: SliceTable, ops: readonly AggregateOp[], slice: number): Rows {
  const [outIds, outRows] = [kernels.scratch(4000 * 4), kernels.scratch(4000 * 4)]
  const n = table.scan(slice, 0, 4000, outIds, outRows)
  return new Map(
    Array.from({ length: n }, (_, i) => {
      const row = kernels.u32[outRows / 4 + i]!
      return [kernels.u32[outIds / 4 + i]!, ops.map((op, each) => read(op, row + each * 8))]
    }),
  )
}

const sorted = (rows: Rows): Rows => new Map([...rows].toSorted(([a], [b]) => a - b))

describe('the merge of slices', () => {
  it('gives what its twin gives, and names a sum that overflows', () => {
    fc.assert(
      fc.property(cases, ({ ops, more, slices }) =>
        inArena(kernels, () => {
          const countOffset = (ops.length - 1) * 8
          const entries = ops.map((op, i): AggregateEntry => ({
            op,
            kind: 64,
            offset: i * 8,
            countOffset,
          }))
          const table = new SliceTable(kernels, templateOf(ops, more), GRID)
          const program = new AggregateProgram(kernels, entries, table.heap)
          const [into, atOnce] = [table.detached(), table.detached()]
          const filledSlices = slices.map((rows) => filled(table, ops, rows))
          const expected: Rows = new Map()
          const overflowing = slices.findIndex((rows, i) => {
            const failed = table.merge([filledSlices[i]!], into, program)
            const overflows = mergeRows(ops, rows, expected)
            expect(failed !== undefined).toBe(overflows.size > 0)
            if (failed === undefined) {
              expect(contentOf(table, ops, into)).toEqual(sorted(expected))
              expect(table.rowCount(into)).toBe(expected.size)
            } else {
              expect(overflows).toContain(failed.entry)
            }
            return failed !== undefined
          })
          const failed = table.merge(filledSlices, atOnce, program)
          expect(failed !== undefined).toBe(overflowing !== -1)
          if (failed === undefined) {
            expect(contentOf(table, ops, atOnce)).toEqual(sorted(expected))
          }
          // What was merged is as it was.
          slices.forEach((rows, i) => {
            expect(contentOf(table, ops, filledSlices[i]!)).toEqual(sorted(rows))
          })
          program.close()
          table.close()
        }),
      ),
      { numRuns: 1_000 },
    )
  })

  it('leaves rows that are not there as the template, in a block that it has copied, too', () => {
    inArena(kernels, () => {
      const template = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8)
      const table = new SliceTable(kernels, template, GRID)
      const entries: AggregateEntry[] = [{ op: 'count', kind: 64, offset: 0, countOffset: 0 }]
      const program = new AggregateProgram(kernels, entries, table.heap)
      const [from, into] = [filled(table, ['count'], new Map([[3, [9n]]])), table.detached()]
      table.merge([from], into, program)
      table.merge([from], into, program)
      expect(contentOf(table, ['count'], into)).toEqual(new Map([[3, [18n]]]))
      const row = kernels.scratch(4)
      table.rowsOf(into, place(kernels, Uint32Array.of(4)), 1, row)
      expect(kernels.take(kernels.u32[row / 4]!, 8)).toEqual(template)
      program.close()
      table.close()
    })
  })
})
