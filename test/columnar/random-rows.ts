// Random schemas and rows that fit them, for property tests of whatever carries rows: builders,
// readers, encoders, decoders. Rows are in the normal form that a reader gives (decimals padded,
// dates at midnight).
import * as fc from 'fast-check'
import {
  binary,
  bool,
  type DataType,
  date,
  decimal,
  duration,
  type Fields,
  float32,
  float64,
  int16,
  int32,
  int64,
  int8,
  list,
  nullable,
  struct,
  timestamp,
  uint16,
  uint32,
  uint64,
  uint8,
  utf8,
} from '../../src/columnar/type.ts'

export type Row = Record<string, unknown>

const LEAVES: readonly DataType[] = [
  bool(),
  int8(),
  int16(),
  int32(),
  uint8(),
  uint16(),
  uint32(),
  int64(),
  int64({ as: 'number' }),
  uint64(),
  uint64({ as: 'number' }),
  float32(),
  float64(),
  decimal(9, 2),
  decimal(18, 0),
  decimal(38, 10),
  utf8(),
  binary(),
  date(),
  timestamp('s'),
  timestamp('ms'),
  timestamp('us'),
  timestamp('ns'),
  duration('ms'),
  duration('ns'),
]

const withNull = (types: fc.Arbitrary<DataType>): fc.Arbitrary<DataType> =>
  fc.tuple(types, fc.boolean()).map(([type, isNullable]) => (isNullable ? nullable(type) : type))

/** Every leaf once, as it is and nullable: for tests that want all types in one schema. */
export const ALL_LEAVES: Fields = Object.fromEntries(
  LEAVES.flatMap((type, i) => [
    [`${type.kind}_${i}`, type],
    [`${type.kind}_${i}_null`, nullable(type)],
  ]),
)

export const leafType = withNull(fc.constantFrom(...LEAVES))

export const anyType: fc.Arbitrary<DataType> = fc.letrec<{ type: DataType }>((tie) => ({
  type: withNull(
    fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.constantFrom(...LEAVES),
      tie('type').map((item) => list(item)),
      fc
        .dictionary(fc.constantFrom('a', 'b', 'long name', "qu'ote"), tie('type'), { minKeys: 1 })
        .map((fields) => struct({ ...fields })),
    ),
  ),
})).type

/** Names that have bitten somebody: quotes, dots, `__proto__`, and nothing at all. */
const NAMES = ['id', 'price', 'a b', "it's", '"', 'x.y', '\u2028', 'é', 'constructor', '__proto__']

export function anyFields(types: fc.Arbitrary<DataType> = anyType): fc.Arbitrary<Fields> {
  return fc
    .uniqueArray(fc.tuple(fc.constantFrom(...NAMES), types), {
      minLength: 1,
      maxLength: 5,
      selector: ([name]) => name,
    })
    .map((entries) => Object.fromEntries(entries))
}

const MS_MAX = 8.64e15
const SAFE = { min: Number.MIN_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER }
const WIDE = { min: -(2n ** 63n), max: 2n ** 63n - 1n }

/** Values that a column of this type holds, nulls included. */
export function valueOf(type: DataType): fc.Arbitrary<unknown> {
  const value = presentValue(type)
  return type.nullable ? fc.option(value, { freq: 3, nil: null }) : value
}

function presentValue(type: DataType): fc.Arbitrary<unknown> {
  switch (type.kind) {
    case 'bool':
      return fc.boolean()
    case 'int8':
    case 'int16':
    case 'int32': {
      const bits = Number(type.kind.slice(3))
      return fc.integer({ min: -(2 ** (bits - 1)), max: 2 ** (bits - 1) - 1 })
    }
    case 'uint8':
    case 'uint16':
    case 'uint32':
      return fc.integer({ min: 0, max: 2 ** Number(type.kind.slice(4)) - 1 })
    case 'int64':
      return type.as === 'number' ? fc.integer(SAFE) : fc.bigInt(WIDE)
    case 'uint64':
      return type.as === 'number'
        ? fc.integer({ min: 0, max: SAFE.max })
        : fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })
    case 'float32':
      return fc.float()
    case 'float64':
      return fc.double()
    case 'decimal': {
      const most = 10n ** BigInt(type.precision) - 1n
      return fc.bigInt({ min: -most, max: most }).map((units) => decimalOf(units, type.scale))
    }
    case 'utf8':
      return fc.oneof(fc.string(), fc.string({ unit: 'grapheme' }), fc.constantFrom('\ufeff', '\0'))
    case 'binary':
      return fc.uint8Array({ maxLength: 20 })
    case 'date':
      return fc
        .integer({ min: -100_000_000, max: 100_000_000 })
        .map((days) => new Date(days * 86_400_000))
    case 'timestamp':
    case 'duration':
      if (type.unit === 's') return fc.integer({ min: -1e12, max: 1e12 }).map((s) => s * 1000)
      return type.unit === 'ms' ? fc.integer({ min: -MS_MAX, max: MS_MAX }) : fc.bigInt(WIDE)
    case 'list':
      return fc.array(valueOf(type.item), { maxLength: 4 })
    case 'struct':
      return rowOf(type.fields)
  }
}

export function rowOf(fields: Fields): fc.Arbitrary<Row> {
  const entries = Object.entries(fields)
  return fc
    .tuple(...entries.map(([, type]) => valueOf(type)))
    .map((values) => Object.fromEntries(entries.map(([name], i) => [name, values[i]])))
}

export interface Sample {
  readonly fields: Fields
  readonly rows: readonly Row[]
}

/**
 * A schema and rows of it. Few distinct rows repeated give lengths that random rows would be slow
 * for.
 */
export function sample(types?: fc.Arbitrary<DataType>, rowsMax = 200): fc.Arbitrary<Sample> {
  const length = fc.oneof(fc.constantFrom(0, 1, 7, 8, 9, 63, 64, 65), fc.nat(rowsMax))
  return anyFields(types).chain((fields) =>
    fc
      .tuple(fc.array(rowOf(fields), { minLength: 1, maxLength: 20 }), length)
      .map(([distinct, count]) => ({
        fields,
        rows: Array.from({ length: count }, (_, i) => distinct[i % distinct.length]!),
      })),
  )
}

function decimalOf(units: bigint, scale: number): string {
  const text = (units < 0n ? -units : units).toString().padStart(scale + 1, '0')
  const at = text.length - scale
  const sign = units < 0n ? '-' : ''
  return sign + (scale === 0 ? text : `${text.slice(0, at)}.${text.slice(at)}`)
}
