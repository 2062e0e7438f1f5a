// Compiled programs against the interpreted one of assembly/aggregate.ts, which an entry that nobody
// compiles forces: the same accumulators, bit for bit, whatever the operations, types and masks.
import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import {
  type AggregateEntry,
  type AggregateOp,
  AggregateProgram,
} from '../../src/kernels/aggregate.ts'
import { canCompile } from '../../src/kernels/aggregate-code.ts'
import { Kernels } from '../../src/kernels/module.ts'
import { bitsOf, bools, inArena, lengths, place } from './linear-memory.ts'

const kernels = new Kernels()
const GROUPS = 4
/** An accumulator that only the interpreter knows; its count is at 0. */
const INTERPRETED: AggregateEntry = { op: 'first64', kind: 64, offset: 8, countOffset: 0 }
const FIRST_OFFSET = 16

interface Column {
  readonly kind: AggregateEntry['kind']
  readonly ops: readonly AggregateOp[]
  readonly make: (seeds: readonly number[]) => Parameters<typeof place>[1]
}

const SIGNED = ['sumI64', 'minI64', 'maxI64'] as const
const UNSIGNED = ['sumI64', 'minU64', 'maxU64'] as const
const FLOAT = ['sumF64', 'minF64', 'maxF64'] as const
const odd = (x: number): number => (x % 7 === 0 ? NaN : x % 11 === 0 ? -Infinity : x / 3)

const COLUMNS: readonly Column[] = [
  { kind: 'int8', ops: SIGNED, make: (x) => Int8Array.from(x) },
  { kind: 'int16', ops: SIGNED, make: (x) => Int16Array.from(x) },
  { kind: 'int32', ops: SIGNED, make: (x) => Int32Array.from(x) },
  { kind: 64, ops: SIGNED, make: (x) => BigInt64Array.from(x, (v) => BigInt(v) << 20n) },
  { kind: 'uint8', ops: UNSIGNED, make: (x) => Uint8Array.from(x) },
  { kind: 'uint16', ops: UNSIGNED, make: (x) => Uint16Array.from(x) },
  { kind: 'uint32', ops: UNSIGNED, make: (x) => Uint32Array.from(x) },
  {
    kind: 64,
    ops: ['sumU64', 'minU64', 'maxU64'],
    make: (x) => BigUint64Array.from(x, (v) => BigInt(v & 0xffff) << 30n),
  },
  { kind: 64, ops: FLOAT, make: (x) => Float64Array.from(x, odd) },
  { kind: 'float32', ops: FLOAT, make: (x) => Float32Array.from(x, odd) },
  {
    kind: 'bool',
    ops: ['countTrue', 'minU64', 'maxU64'],
    make: (x) => bitsOf(x.map((v) => v > 0)),
  },
]

interface Case {
  readonly n: number
  readonly ids: readonly number[]
  readonly seeds: readonly number[]
  readonly bitmaps: readonly (readonly boolean[])[]
  readonly isKept: boolean
  readonly picks: readonly { column: number; op: number; nullsOf: number; filter: number }[]
}

const cases: fc.Arbitrary<Case> = lengths(64, 200).chain((n) =>
  fc.record({
    n: fc.constant(n),
    ids: fc.array(fc.nat({ max: GROUPS - 1 }), { minLength: n, maxLength: n }),
    seeds: fc.array(fc.integer(), { minLength: n, maxLength: n }),
    bitmaps: fc.array(bools(n), { minLength: 3, maxLength: 3 }),
    isKept: fc.boolean(),
    picks: fc.array(
      fc.record({
        column: fc.nat({ max: COLUMNS.length }),
        op: fc.nat({ max: 2 }),
        nullsOf: fc.integer({ min: -1, max: 1 }),
        filter: fc.integer({ min: -1, max: 0 }),
      }),
      { minLength: 1, maxLength: 6 },
    ),
  }),
)

/** The last column number is a count of rows. */
function entryOf(
  { column, op, nullsOf, filter }: Case['picks'][number],
  i: number,
): AggregateEntry {
  const of = COLUMNS[column]
  return {
    op: of?.ops[op] ?? 'count',
    kind: of?.kind ?? 64,
    offset: FIRST_OFFSET + i * 8,
    countOffset: 0,
    column: of === undefined ? -1 : column,
    rows: { nullsOf, filter },
  }
}

function accumulators(of: Case, entries: readonly AggregateEntry[]): Uint8Array {
  return inArena(kernels, () => {
    const { n, ids, seeds, bitmaps, isKept, picks } = of
    const stride = FIRST_OFFSET + picks.length * 8
    const groups = place(kernels, new Uint8Array(GROUPS * stride))
    const rows = place(
      kernels,
      Uint32Array.from(ids, (id) => groups + id * stride),
    )
    const columns = COLUMNS.map(({ make }) => place(kernels, make(seeds), 1))
    const bits = bitmaps.map((bitmap) => place(kernels, bitsOf(bitmap)))
    const program = new AggregateProgram(kernels, entries, 0)
    picks.forEach(({ column, nullsOf, filter }, i) => {
      program.bind(i, {
        values: columns[column] ?? 0,
        validity: nullsOf < 0 ? 0 : bits[nullsOf]!,
        filter: filter < 0 ? 0 : bits[2]!,
        offsets: 0,
      })
    })
    if (entries.length > picks.length) {
      program.bind(picks.length, { values: columns[3]!, validity: 0, filter: 0, offsets: 0 })
    }
    expect(program.update(rows, isKept ? bits[0]! : 0, n)).toBeUndefined()
    program.close()
    const bytes = kernels.take(groups, GROUPS * stride)
    for (let group = 0; group < GROUPS; group++) bytes.fill(0, group * stride, group * stride + 16)
    return bytes
  })
}

it('compiled code leaves the accumulators that the interpreter leaves', () => {
  fc.assert(
    fc.property(cases, (one) => {
      const entries = one.picks.map(entryOf)
      expect(canCompile(entries)).toBe(true)
      expect(canCompile([...entries, INTERPRETED])).toBe(false)
      const compiled = accumulators(one, entries)
      expect(compiled).toEqual(accumulators(one, [...entries, INTERPRETED]))
    }),
    { numRuns: 1_000 },
  )
})

it.each([
  ['sumI64', BigInt64Array.of(2n ** 62n, 5n, 2n ** 62n, 7n)],
  ['sumI64', BigInt64Array.of(-(2n ** 62n), -(2n ** 62n), -1n, 7n)],
  ['sumU64', BigUint64Array.of(2n ** 62n, 0n, 2n ** 62n, 1n)],
  ['sumU64', BigUint64Array.of(1n, 0n, 2n ** 64n - 1n, 1n)],
] as const)('a sum (%s) that overflows in the middle of a block tells the row', (op, values) => {
  inArena(kernels, () => {
    const entries: AggregateEntry[] = [
      { op: 'count', kind: 64, offset: 0, countOffset: 0 },
      { op, kind: 64, offset: 8, countOffset: 0 },
    ]
    const group = place(kernels, new Uint8Array(16))
    const n = 64 + values.length
    const all = [...Array.from({ length: 64 }, () => 0n), ...values]
    const program = new AggregateProgram(kernels, entries, 0)
    const column = op === 'sumI64' ? BigInt64Array.from(all) : BigUint64Array.from(all)
    program.bind(0, { values: 0, validity: 0, filter: 0, offsets: 0 })
    program.bind(1, { values: place(kernels, column), validity: 0, filter: 0, offsets: 0 })
    const rows = place(
      kernels,
      Uint32Array.from(all, () => group),
    )
    expect(program.update(rows, 0, n)).toEqual({ entry: 1, row: 66 })
    program.close()
  })
})
