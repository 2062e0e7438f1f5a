// Casts between text and values: every type read and written, good text and bad, against
// JavaScript.
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Kernels } from '../../src/kernels/module.ts'
import { castText, formatColumn, type TextType, tryCastText } from '../../src/kernels/text-cast.ts'
import { bitsOf, inArena, lengths, place, readBits } from './linear-memory.ts'
import * as twin from './reference/text-cast.ts'
import { placeColumn, readColumn } from './utf8-column.ts'

const kernels = new Kernels()
type Value = bigint | number | boolean

interface Case {
  readonly type: TextType
  readonly text: fc.Arbitrary<string>
  readonly read: (text: string) => twin.Read<Value>
  readonly value: fc.Arbitrary<Value>
  readonly write: (value: Value) => string
}

const digits = (max: number): fc.Arbitrary<string> =>
  fc.string({ unit: fc.constantFrom(...'0123456789'), maxLength: max })
const junk = fc.string({ unit: fc.constantFrom(...'0123456789+-.eE xZT:'), maxLength: 12 })
const sign = fc.constantFrom('', '', '-', '+')

function integerCase(kind: 'int8' | 'int16' | 'int32' | 'int64', bits: number): Case[] {
  const power = 2n ** BigInt(bits - 1)
  const make = (name: typeof kind | `u${typeof kind}`, min: bigint, max: bigint): Case => {
    const value = fc.oneof(fc.bigInt({ min, max }), fc.constantFrom(min, max, 0n, 1n))
    const near = fc.bigInt({ min: -300n, max: 300n })
    return {
      type: { kind: name },
      text: fc.oneof(
        value.map(String),
        fc.tuple(fc.constantFrom(min, max), near).map(([edge, by]) => String(edge + by)),
        fc.tuple(sign, digits(25)).map((parts) => parts.join('')),
        fc.tuple(digits(12), junk).map((parts) => parts.join('')),
      ),
      read: (text) => twin.readInteger(name, text),
      value,
      write: String,
    }
  }
  return [make(kind, -power, power - 1n), make(`u${kind}`, 0n, 2n * power - 1n)]
}

const doubles = fc.oneof(
  fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map(fromBits),
  fc.double(),
  fc.tuple(fc.integer(), fc.nat({ max: 8 })).map(([value, places]) => value / 10 ** places),
  fc.constantFrom(0, -0, 5e-324, 2 ** -1022, 2 ** 53, 1e21, 1e-7, 1e23, 1.7976931348623157e308),
)
const decimalText = fc
  .tuple(
    sign,
    digits(24),
    fc.constantFrom('', '.'),
    digits(24),
    fc.oneof(
      fc.constant(''),
      fc.integer({ min: -45, max: 45 }).map((e) => `e${e}`),
    ),
  )
  .map((parts) => parts.join(''))
// All the places that are read without a loop, with the point (or another character) anywhere.
const fullText = fc
  .tuple(sign, fc.nat({ max: 22 }), fc.constantFrom('.', '.', '.', '', '/', ':', 'e'))
  .chain(([first, places, mark]) =>
    fc
      .tuple(digits(places), fc.nat({ max: places }))
      .map(([text, at]) => first + text.slice(0, at) + mark + text.slice(at)),
  )
const floatText = fc.oneof(
  fullText,
  doubles.map(String),
  doubles.filter(Number.isFinite).map((x) => x.toExponential(19)),
  decimalText,
  fc.tuple(digits(30), fc.integer({ min: -360, max: 320 })).map(([d, e]) => `${d}e${e}`),
  fc
    .bigInt({ min: 0n, max: 2n ** 63n - 1n })
    .map(fromBits)
    .filter(Number.isFinite)
    .chain(middles),
  fc.constantFrom(
    'nan',
    'NaN',
    '-inf',
    'Infinity',
    '+INFINITY',
    'infinit',
    'nano',
    'e5',
    '.',
    '1e',
  ),
  junk,
)

function fromBits(bits: bigint): number {
  return new Float64Array(BigUint64Array.of(bits).buffer)[0]!
}

/** The exact middle between a float and the next, as text, and its neighbours in the last digit. */
function middles(x: number): fc.Arbitrary<string> {
  const bits = new BigUint64Array(Float64Array.of(x).buffer)[0]!
  const biased = Number(bits >> 52n)
  const fraction = bits & 0xf_ffff_ffff_ffffn
  const middle = 2n * (biased > 0 ? fraction | (1n << 52n) : fraction) + 1n
  const power = Math.max(biased, 1) - 1076
  const exact = power >= 0 ? middle << BigInt(power) : middle * 5n ** BigInt(-power)
  const exponent = Math.min(power, 0)
  return fc.constantFrom(
    `${exact}e${exponent}`,
    `${exact - 1n}e${exponent}`,
    `${exact}0000001e${exponent - 7}`,
    `0.000${exact}e${exponent + 3 + exact.toString().length}`,
  )
}

const two = (max: number): fc.Arbitrary<string> =>
  fc.integer({ min: 0, max }).map((x) => String(x).padStart(2, '0'))

function timestampCase(scale: number): Case {
  // What Date can hold, in the unit, within 64 bits.
  const limit = [8.64e12, 8.64e15, 8.6e18, 9.2e18][scale / 3]!
  const value = fc.oneof(
    fc.bigInt({ min: -BigInt(limit), max: BigInt(limit) }),
    fc.bigInt({ min: 0n, max: BigInt(4e9) * 10n ** BigInt(scale) }),
  )
  const text = fc
    .tuple(
      fc.oneof(
        fc.integer({ min: 0, max: 9999 }).map((y) => String(y).padStart(4, '0')),
        digits(5),
      ),
      two(13),
      two(32),
      fc.constantFrom('T', ' ', 't', 'x'),
      two(24),
      two(60),
      fc.oneof(
        two(60).map((s) => `:${s}`),
        fc.constant(''),
      ),
      fc.oneof(
        fc.constant(''),
        digits(12).map((d) => `.${d}`),
      ),
      fc.constantFrom('', 'Z', 'z', '+02', '-0530', '+05:30', '+24:00', '+1', 'Z '),
    )
    .map(([y, m, d, t, h, min, s, f, z]) => `${y}-${m}-${d}${t}${h}:${min}${s}${f}${z}`)
  return {
    type: { kind: 'timestamp', scale },
    text: fc.oneof(
      text,
      value.map((v) => twin.writeTimestamp(v, scale)),
      text.map((t) => t.slice(0, 10)),
      fc.tuple(text, fc.nat({ max: 30 })).map(([t, cut]) => t.slice(0, cut)),
      junk,
    ),
    read: (t) => twin.readTimestamp(t, scale),
    value,
    write: (v) => twin.writeTimestamp(v as bigint, scale),
  }
}

function decimalCase(precision: number, scale: number): Case {
  const most = 10n ** BigInt(precision) - 1n
  const value = fc.oneof(
    fc.bigInt({ min: -most, max: most }),
    fc.bigInt({ min: -2000n, max: 2000n }).map((v) => (v > most || v < -most ? 0n : v)),
    fc.constantFrom(most, -most, 0n),
  )
  return {
    type: { kind: precision <= 18 ? 'decimal64' : 'decimal128', precision, scale },
    text: fc.oneof(
      value.map((v) => twin.writeDecimal(v, scale)),
      fc.tuple(value, digits(4)).map(([v, more]) => `${twin.writeDecimal(v, scale + 1)}${more}`),
      decimalText,
      junk,
    ),
    read: (text) => twin.readDecimal(text, precision, scale),
    value,
    write: (v) => twin.writeDecimal(v as bigint, scale),
  }
}

const CASES: readonly Case[] = [
  ...integerCase('int8', 8),
  ...integerCase('int16', 16),
  ...integerCase('int32', 32),
  ...integerCase('int64', 64),
  {
    type: { kind: 'float64' },
    text: floatText,
    read: twin.readFloat,
    value: doubles,
    write: String,
  },
  {
    type: { kind: 'float32' },
    text: floatText,
    read: (text) => {
      const value = twin.readFloat(text)
      return typeof value === 'number' ? Math.fround(value) : value
    },
    value: doubles.map(Math.fround),
    write: String,
  },
  {
    type: { kind: 'bool' },
    text: fc.oneof(
      fc.constantFrom('true', 'TRUE', 't', 'Yes', 'y', '1', 'false', 'F', 'no', 'N', '0'),
      fc.string({ unit: fc.constantFrom(...'trueTRUEfalsyno01\x11'), maxLength: 6 }),
    ),
    read: twin.readBool,
    value: fc.boolean(),
    write: String,
  },
  ...[0, 3, 6, 9].map(timestampCase),
  ...[
    [1, 0],
    [5, 2],
    [18, 0],
    [18, 18],
    [19, 4],
    [38, 0],
    [38, 19],
    [38, 38],
  ].map(([p, s]) => decimalCase(p!, s!)),
  {
    type: { kind: 'date' },
    text: timestampCase(3).text.map((text) => text.slice(0, 10)),
    read: twin.readDate,
    value: fc.bigInt({ min: -100_000_000n, max: 100_000_000n }),
    write: (days) => new Date(Number(days) * 86_400_000).toISOString().replace(/T.*/, ''),
  },
]

const BYTES: Record<TextType['kind'], number> = {
  bool: 0,
  int8: 1,
  uint8: 1,
  int16: 2,
  uint16: 2,
  int32: 4,
  uint32: 4,
  float32: 4,
  date: 4,
  int64: 8,
  uint64: 8,
  float64: 8,
  timestamp: 8,
  decimal64: 8,
  decimal128: 16,
}

function readValue({ kind }: TextType, ptr: number, row: number): Value {
  const at = ptr + row * BYTES[kind]
  const view = kernels.data
  switch (kind) {
    case 'bool':
      return ((kernels.u8[ptr + (row >> 3)]! >> (row & 7)) & 1) === 1
    case 'float32':
      return view.getFloat32(at, true)
    case 'float64':
      return view.getFloat64(at, true)
    case 'decimal128':
      return (view.getBigInt64(at + 8, true) << 64n) | view.getBigUint64(at, true)
    default: {
      let bits = 0n
      for (let i = BYTES[kind] - 1; i >= 0; i--) bits = (bits << 8n) | BigInt(view.getUint8(at + i))
      return kind.startsWith('u') ? bits : BigInt.asIntN(BYTES[kind] * 8, bits)
    }
  }
}

function placeValues({ kind }: TextType, values: readonly Value[], skew: number): number {
  if (kind === 'bool') return place(kernels, bitsOf(values as boolean[]))
  const width = BYTES[kind]
  const bytes = new Uint8Array(values.length * width)
  const view = new DataView(bytes.buffer)
  values.forEach((value, row) => {
    const at = row * width
    if (kind === 'float32') view.setFloat32(at, value as number, true)
    else if (kind === 'float64') view.setFloat64(at, value as number, true)
    else {
      const bits = BigInt.asUintN(width * 8, value as bigint)
      for (let i = 0; i < width; i++) view.setUint8(at + i, Number((bits >> BigInt(8 * i)) & 255n))
    }
  })
  return place(kernels, bytes, skew)
}

const rowsOf = <T>(item: fc.Arbitrary<T>): fc.Arbitrary<{ item: T; isNull: boolean }[]> =>
  lengths(64, 100).chain((n) =>
    fc.array(fc.record({ item, isNull: fc.nat({ max: 9 }).map((x) => x === 0) }), {
      minLength: n,
      maxLength: n,
    }),
  )

const trimmed = (row: string): string => row.replace(/^[ \t\n\v\f\r]+|[ \t\n\v\f\r]+$/g, '')

for (const { type, text, read, value, write } of CASES) {
  const name = 'scale' in type ? `${type.kind}, scale ${type.scale}` : type.kind
  const padded = fc
    .tuple(fc.constantFrom('', '', ' ', '\t '), text, fc.constantFrom('', '', '  ', '\r\n'))
    .map((parts) => parts.join(''))

  describe(`text to ${name}`, () => {
    it('finds nothing in empty texts, where there are no bytes either', () => {
      inArena(kernels, () => {
        const column = { offsets: place(kernels, Int32Array.of(0, 0, 0)), values: 0, validity: 0 }
        expect(tryCastText(kernels, type, column, 2).nullCount).toBe(2)
      })
    })

    it('reads good rows, makes bad ones null, and stops at the first bad one when strict', () => {
      fc.assert(
        fc.property(rowsOf(padded), fc.nat({ max: 7 }), fc.boolean(), (rows, skew, withNulls) =>
          inArena(kernels, () => {
            const n = rows.length
            const texts = rows.map((row) => row.item)
            const isNull = (row: number): boolean => withNulls && rows[row]!.isNull
            const validity = withNulls ? place(kernels, bitsOf(rows.map((row) => !row.isNull))) : 0
            const column = { ...placeColumn(kernels, texts, skew), validity }
            const wanted = texts.map((row, i) => (isNull(i) ? 'null' : read(trimmed(row))))
            const isGood = wanted.map((want) => typeof want !== 'string')

            const tried = tryCastText(kernels, type, column, n)
            expect(readBits(kernels, tried.validity, n)).toEqual(bitsOf(isGood))
            expect(tried.nullCount).toBe(isGood.filter((good) => !good).length)
            for (const [row, want] of wanted.entries()) {
              const got = readValue(type, tried.values, row)
              const isRight = typeof want === 'string' ? Number(got) === 0 : Object.is(got, want)
              if (!isRight) expect([texts[row], got]).toEqual([texts[row], want])
            }

            const strict = castText(kernels, type, column, n)
            const bad = wanted.findIndex((want) => want === 'syntax' || want === 'range')
            expect(strict.problem).toEqual(
              bad === -1 ? undefined : { row: bad, reason: wanted[bad] },
            )
          }),
        ),
        { numRuns: 1_000 },
      )
    })
  })

  describe(`${name} to text`, () => {
    it('writes what JavaScript would, and reads it back', () => {
      fc.assert(
        fc.property(rowsOf(value), fc.nat({ max: 7 }), fc.boolean(), (rows, skew, withNulls) =>
          inArena(kernels, () => {
            const n = rows.length
            const values = placeValues(
              type,
              rows.map((row) => row.item),
              skew,
            )
            const validity = withNulls ? place(kernels, bitsOf(rows.map((row) => !row.isNull))) : 0
            const out = formatColumn(kernels, type, { values, validity }, n)
            const wanted = rows.map((row) => (withNulls && row.isNull ? '' : write(row.item)))
            expect(readColumn(kernels, out, n)).toEqual(wanted)
            const back = castText(kernels, type, { ...out, validity }, n)
            expect(back.problem).toBeUndefined()
            for (const [row, { item, isNull }] of rows.entries()) {
              if (withNulls && isNull) continue
              const got = readValue(type, back.values, row)
              // Number.prototype.toString gives minus zero as '0'.
              if (!Object.is(got, item) && got !== item) expect(got).toBe(item)
            }
          }),
        ),
        { numRuns: 1_000 },
      )
    })
  })
}

describe('the edges of time', () => {
  it('are written and read in every unit', () => {
    for (const scale of [0, 3, 6, 9]) {
      inArena(kernels, () => {
        const edges = [2n ** 63n - 1n, -(2n ** 63n), 0n, -1n]
        const type: TextType = { kind: 'timestamp', scale }
        // Seconds reach years of more than nine digits, which nothing reads.
        const values = scale === 0 ? edges.slice(2) : edges
        const column = { values: placeValues(type, values, 1), validity: 0 }
        const out = formatColumn(kernels, type, column, values.length)
        const back = castText(kernels, type, { ...out, validity: 0 }, values.length)
        expect(back.problem).toBeUndefined()
        expect(values.map((_, row) => readValue(type, back.values, row))).toEqual(values)
      })
    }
  })
})
