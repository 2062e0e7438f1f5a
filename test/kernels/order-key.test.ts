// Order keys: their bytes compare as values do, for each kind, either way, with nulls last.
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Kernels } from '../../src/kernels/module.ts'
import { type OrderColumn, type OrderKind, orderKeys } from '../../src/kernels/order-key.ts'
import { bitsOf, inArena, place } from './linear-memory.ts'
import { orderedInt64 } from './reference/order-key.ts'

const kernels = new Kernels()

type Value = number | bigint | boolean | Uint8Array

interface Kind {
  readonly value: fc.Arbitrary<Value>
  column(values: readonly Value[]): Omit<OrderColumn, 'validity'>
}

const array = (make: (values: readonly never[]) => Parameters<typeof place>[1]) => ({
  column: (values: readonly Value[]) => ({
    values: place(kernels, make(values as readonly never[]), 3),
    offsets: 0,
  }),
})

const whole = (min: number, max: number): fc.Arbitrary<Value> =>
  fc.oneof(fc.constantFrom(min, max, 0, 1), fc.integer({ min, max }))
const wide = (min: bigint, max: bigint): fc.Arbitrary<Value> =>
  fc.oneof(fc.constantFrom(min, max, 0n, 1n), fc.bigInt({ min, max }))

const KINDS: Readonly<Record<OrderKind, Kind>> = {
  bool: {
    value: fc.boolean(),
    column: (values) => ({ values: place(kernels, bitsOf(values as boolean[])), offsets: 0 }),
  },
  int8: { value: whole(-128, 127), ...array((values) => Int8Array.from(values)) },
  int16: { value: whole(-32_768, 32_767), ...array((values) => Int16Array.from(values)) },
  int32: { value: whole(-(2 ** 31), 2 ** 31 - 1), ...array((v) => Int32Array.from(v)) },
  int64: { value: wide(-(2n ** 63n), 2n ** 63n - 1n), ...array((v) => BigInt64Array.from(v)) },
  uint8: { value: whole(0, 255), ...array((values) => Uint8Array.from(values)) },
  uint16: { value: whole(0, 65_535), ...array((values) => Uint16Array.from(values)) },
  uint32: { value: whole(0, 2 ** 32 - 1), ...array((values) => Uint32Array.from(values)) },
  uint64: { value: wide(0n, 2n ** 64n - 1n), ...array((v) => BigUint64Array.from(v)) },
  float32: {
    value: fc.oneof(fc.constantFrom(-0, 0, NaN, Infinity, -Infinity), fc.float()),
    ...array((values) => Float32Array.from(values)),
  },
  float64: {
    value: fc.oneof(fc.constantFrom(-0, 0, NaN, Infinity, -Infinity), fc.double()),
    ...array((values) => Float64Array.from(values)),
  },
  int128: {
    value: wide(-(2n ** 127n), 2n ** 127n - 1n),
    ...array((values) =>
      BigInt64Array.from(
        (values as readonly bigint[]).flatMap((v) => [BigInt.asIntN(64, v), v >> 64n]),
      ),
    ),
  },
  bytes: {
    value: fc.uint8Array({ maxLength: 20, max: 3 }),
    column(values) {
      const rows = values as readonly Uint8Array[]
      const offsets = new Int32Array(rows.length + 1)
      rows.forEach((row, i) => {
        offsets[i + 1] = offsets[i]! + row.length
      })
      return { values: place(kernels, Buffer.concat(rows)), offsets: place(kernels, offsets) }
    },
  },
}

function compareValues(a: Value, b: Value): number {
  if (a instanceof Uint8Array) return Buffer.compare(a, b as Uint8Array)
  if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(a)) - Number(Number.isNaN(b))
  return a < b ? -1 : Number(a > b)
}

function keysOf(
  fields: readonly { kind: OrderKind; descending: boolean; values: readonly (Value | null)[] }[],
): Uint8Array[] {
  const n = fields[0]!.values.length
  const columns = fields.map(({ kind, values }) => {
    const filled = values.map((value) => value ?? ZEROS[kind])
    const validity = place(kernels, bitsOf(values.map((value) => value !== null)))
    return { ...KINDS[kind].column(filled), validity }
  })
  const order = fields.map(({ kind, descending }) => ({ kind, descending, nullable: true }))
  const { offsets, values } = orderKeys(kernels, order, columns, n)
  return Array.from({ length: n }, (_, row) => {
    const start = kernels.u32[(offsets >>> 2) + row]!
    return kernels.take(values + start, kernels.u32[(offsets >>> 2) + row + 1]! - start)
  })
}

const ZEROS: Readonly<Record<OrderKind, Value>> = {
  bool: true,
  int8: 1,
  int16: 1,
  int32: 1,
  int64: 1n,
  uint8: 1,
  uint16: 1,
  uint32: 1,
  uint64: 1n,
  float32: 1,
  float64: 1,
  int128: 1n,
  bytes: Uint8Array.of(1),
}

describe('order keys', () => {
  const kinds = Object.keys(KINDS) as OrderKind[]

  it.each(kinds)('of %s compare as the values do, nulls last, either way', (kind) => {
    const values = fc.array(fc.option(KINDS[kind].value), { minLength: 2, maxLength: 20 })
    fc.assert(
      fc.property(values, fc.boolean(), (all, descending) =>
        inArena(kernels, () => {
          const keys = keysOf([{ kind, descending, values: all }])
          for (const [i, a] of all.entries()) {
            for (const [j, b] of all.entries()) {
              const isNull = a === null || b === null
              const sign = isNull ? Number(a === null) - Number(b === null) : compareValues(a, b)
              const expected = !isNull && descending ? -sign : sign
              expect(Math.sign(Buffer.compare(keys[i]!, keys[j]!)) + 0).toBe(expected + 0)
            }
          }
        }),
      ),
    )
  })

  it('of several columns go by the first that differs', () => {
    const rows = fc.array(fc.tuple(KINDS.bytes.value, KINDS.int32.value), {
      maxLength: 12,
      minLength: 2,
    })
    fc.assert(
      fc.property(rows, (all) =>
        inArena(kernels, () => {
          const keys = keysOf([
            { kind: 'bytes', descending: true, values: all.map(([text]) => text) },
            { kind: 'int32', descending: false, values: all.map(([, n]) => n) },
          ])
          all.forEach(([text, n], i) => {
            all.forEach(([other, m], j) => {
              const expected = -compareValues(text, other) || compareValues(n, m)
              expect(Math.sign(Buffer.compare(keys[i]!, keys[j]!)) + 0).toBe(expected + 0)
            })
          })
        }),
      ),
    )
  })

  it('are those of the twin', () => {
    fc.assert(
      fc.property(fc.array(KINDS.int64.value, { maxLength: 30 }), fc.boolean(), (all, descending) =>
        inArena(kernels, () => {
          const column = { ...KINDS.int64.column(all), validity: 0 }
          const fields = [{ kind: 'int64', nullable: false, descending }] as const
          const { values } = orderKeys(kernels, fields, [column], all.length)
          expect(kernels.take(values, all.length * 8)).toEqual(
            Uint8Array.from(all.flatMap((v) => [...orderedInt64(v as bigint, descending)])),
          )
        }),
      ),
    )
  })
})
