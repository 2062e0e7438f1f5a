// Rows of key columns as bytes: what is equal encodes equally, whatever lies under nulls, and comes
// back.
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { HashColumn } from '../../src/kernels/hash.ts'
import { Kernels } from '../../src/kernels/module.ts'
import { decodeRows, encodeRows, type RowCodecField } from '../../src/kernels/row-codec.ts'
import { bitsOf, inArena, place } from './linear-memory.ts'
import { encodeRow } from './reference/row-codec.ts'

const kernels = new Kernels()

const FIELDS: readonly RowCodecField[] = [
  { kind: 4, nullable: true },
  { kind: 'bytes', nullable: true },
  { kind: 'float64', nullable: false },
  { kind: 'bool', nullable: true },
]

interface Row {
  readonly number: number | null
  readonly bytes: Uint8Array | null
  readonly float: number
  readonly flag: boolean | null
}

const row: fc.Arbitrary<Row> = fc.record({
  number: fc.option(fc.integer({ min: 0, max: 2 ** 32 - 1 })),
  bytes: fc.option(fc.uint8Array({ maxLength: 9 })),
  float: fc.constantFrom(0, -0, 1.5, NaN),
  flag: fc.option(fc.boolean()),
})

/** Columns of rows, with dirt under their nulls. */
function columnsOf(rows: readonly Row[], dirt: number): HashColumn[] {
  const validity = (isValid: (of: Row) => boolean): number =>
    place(kernels, bitsOf(rows.map(isValid)))
  const parts = rows.map(({ bytes }) => bytes ?? new Uint8Array(dirt % 3).fill(dirt))
  const offsets = new Int32Array(rows.length + 1)
  parts.forEach((part, i) => (offsets[i + 1] = offsets[i]! + part.length))
  return [
    {
      kind: 4,
      values: place(
        kernels,
        Uint32Array.from(rows, ({ number }) => number ?? dirt),
        1,
      ),
      validity: validity((of) => of.number !== null),
      offsets: 0,
    },
    {
      kind: 'bytes',
      values: place(kernels, new Uint8Array(Buffer.concat(parts)), 3),
      validity: validity((of) => of.bytes !== null),
      offsets: place(kernels, offsets),
    },
    {
      kind: 'float64',
      values: place(
        kernels,
        Float64Array.from(rows, ({ float }) => float),
      ),
      validity: 0,
      offsets: 0,
    },
    {
      kind: 'bool',
      values: place(kernels, bitsOf(rows.map(({ flag }) => flag ?? dirt % 2 === 1))),
      validity: validity((of) => of.flag !== null),
      offsets: 0,
    },
  ]
}

function rowsOf([numbers, bytes, floats, flags]: readonly HashColumn[], n: number): Row[] {
  const view = kernels.data
  const isSet = (bits: number, i: number): boolean =>
    bits === 0 || ((kernels.u8[bits + (i >> 3)]! >> (i & 7)) & 1) === 1
  return Array.from({ length: n }, (_, i) => {
    const start = view.getInt32(bytes!.offsets + i * 4, true)
    const end = view.getInt32(bytes!.offsets + i * 4 + 4, true)
    return {
      number: isSet(numbers!.validity, i) ? view.getUint32(numbers!.values + i * 4, true) : null,
      bytes: isSet(bytes!.validity, i) ? kernels.take(bytes!.values + start, end - start) : null,
      float: view.getFloat64(floats!.values + i * 8, true),
      flag: isSet(flags!.validity, i) ? isSet(flags!.values, i) : null,
    }
  })
}

describe('the row codec', () => {
  it('encodes as its twin, with dirt under nulls or not, and decodes what it encoded', () => {
    fc.assert(
      fc.property(fc.array(row, { maxLength: 70 }), fc.nat({ max: 255 }), (rows, dirt) =>
        inArena(kernels, () => {
          const n = rows.length
          const encoded = encodeRows(kernels, FIELDS, columnsOf(rows, dirt), n)
          const offsets = new Int32Array(kernels.take(encoded.offsets, (n + 1) * 4).buffer)
          rows.forEach(({ number, bytes, float, flag }, i) => {
            const got = kernels.take(encoded.values + offsets[i]!, offsets[i + 1]! - offsets[i]!)
            expect(got).toEqual(encodeRow(FIELDS, [number, bytes, float, flag]))
          })
          const back = rowsOf(decodeRows(kernels, FIELDS, encoded, n), n)
          // There is one zero.
          expect(back).toEqual(rows.map((of) => ({ ...of, float: of.float + 0 })))
        }),
      ),
    )
  })
})
