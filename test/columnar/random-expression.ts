// Random typed expressions over a schema that has a column of each type, and rows for it.
import * as fc from 'fast-check'
import type { Expression, FunctionName, LiteralExpression } from '../../src/columnar/expression.ts'
import {
  bool,
  type DataType,
  date,
  decimal,
  duration,
  float32,
  float64,
  int16,
  int32,
  int64,
  int8,
  nullable,
  timestamp,
  uint32,
  uint64,
  uint8,
  utf8,
} from '../../src/columnar/type.ts'
import type { Value } from './naive-evaluate.ts'

const TYPES = {
  flag: nullable(bool()),
  sure: bool(),
  tiny: nullable(int8()),
  short: int16(),
  count: nullable(int32()),
  id: int32(),
  large: nullable(int64()),
  byte: uint8(),
  word: nullable(uint32()),
  huge: uint64(),
  single: nullable(float32()),
  price: float64(),
  ratio: nullable(float64()),
  amount: nullable(decimal(9, 2)),
  rate: decimal(6, 4),
  total: nullable(decimal(30, 6)),
  units: decimal(20, 0),
  at: nullable(timestamp('us')),
  seen: timestamp('ms'),
  born: nullable(date()),
  span: duration('ms'),
  wait: nullable(duration('us')),
  name: nullable(utf8()),
  city: utf8(),
} as const satisfies Record<string, DataType>

export const FIELDS: Readonly<Record<string, DataType>> = TYPES

type Family = 'bool' | 'number' | 'whole' | 'time' | 'duration' | 'text'

const familyOf = (type: DataType): Family => {
  switch (type.kind) {
    case 'bool':
      return 'bool'
    case 'timestamp':
    case 'date':
      return 'time'
    case 'duration':
      return 'duration'
    case 'utf8':
      return 'text'
    case 'float32':
    case 'float64':
    case 'decimal':
      return 'number'
    default:
      return 'whole'
  }
}

const whole = (min: bigint, max: bigint): fc.Arbitrary<bigint> =>
  fc.oneof(
    fc.bigInt({ min: min < -9n ? -9n : min, max: 9n }),
    fc.bigInt({ min, max }),
    fc.constantFrom(min, max),
  )
const float = fc.oneof(
  fc.integer({ min: -40, max: 40 }).map((x) => x / 4),
  fc.double(),
  fc.constantFrom(NaN, Infinity, -0, 1e10, -1e19),
)
const words = fc.constantFrom(
  '',
  'a',
  'ab',
  'abc',
  ' Ωb ',
  'bc',
  '𝄞',
  'long enough to leave 16 bytes',
)

/** Values of a type, as naive-evaluate.ts holds them. */
export function valueOf(type: DataType): fc.Arbitrary<Value> {
  switch (type.kind) {
    case 'bool':
      return fc.boolean()
    case 'float64':
      return float
    case 'float32':
      return float.map(Math.fround)
    case 'decimal': {
      const limit = 10n ** BigInt(type.precision) - 1n
      return whole(-limit, limit)
    }
    case 'timestamp':
    case 'duration': {
      const day = type.unit === 'us' ? 86_400_000_000n : 86_400_000n
      return fc.oneof(whole(-9n, 9n), whole(-100_000n * day, 100_000n * day))
    }
    case 'date':
      return whole(-100_000n, 100_000n)
    case 'utf8':
      return words
    default: {
      const bits = BigInt(type.kind.replace(/\D/g, ''))
      if (type.kind.startsWith('u')) return whole(0n, 2n ** bits - 1n)
      return whole(-(2n ** (bits - 1n)), 2n ** (bits - 1n) - 1n)
    }
  }
}

export const rowValues: fc.Arbitrary<Record<string, Value>> = fc.record(
  Object.fromEntries(
    Object.entries(FIELDS).map(([name, type]) => {
      const value = valueOf(type)
      return [name, type.nullable ? fc.option(value, { freq: 3 }) : value]
    }),
  ),
)

const column = (family: Family): fc.Arbitrary<Expression> => {
  const names = Object.keys(FIELDS).filter((name) => {
    const of = familyOf(FIELDS[name]!)
    return of === family || (family === 'number' && of === 'whole')
  })
  return fc.constantFrom(...names).map((name) => ({ kind: 'column', name }))
}

const LITERAL_TYPES: Readonly<Record<Family, readonly DataType[]>> = {
  bool: [bool()],
  whole: [int32(), int64(), int8()],
  number: [int32(), float64(), float32(), decimal(4, 1)],
  time: [timestamp('us'), timestamp('ms'), date()],
  duration: [duration('ms')],
  text: [utf8()],
}

/** A literal's JSON. */
export function literalOf(type: DataType, value: Value): LiteralExpression {
  const json =
    typeof value !== 'bigint'
      ? value
      : type.kind === 'decimal'
        ? decimalText(value, type.scale)
        : type.kind.endsWith('64') || 'unit' in type
          ? String(value)
          : Number(value)
  return { kind: 'literal', type, value: json }
}

export function decimalText(units: bigint, scale: number): string {
  const digits = String(units < 0n ? -units : units).padStart(scale + 1, '0')
  const at = digits.length - scale
  const point = scale === 0 ? '' : `.${digits.slice(at)}`
  return `${units < 0n ? '-' : ''}${digits.slice(0, at)}${point}`
}

const literal = (family: Family): fc.Arbitrary<Expression> =>
  fc.constantFrom(...LITERAL_TYPES[family]).chain((type) =>
    fc
      .option(valueOf(type), { freq: 9 })
      .filter((value) => typeof value !== 'number' || Number.isFinite(value))
      .map((value) => literalOf(type, value)),
  )

const call = (name: FunctionName, ...parts: fc.Arbitrary<Expression>[]): fc.Arbitrary<Expression> =>
  fc.tuple(...parts).map((list) => ({ kind: 'call', function: name, arguments: list }))

const calls = (
  names: readonly FunctionName[],
  ...parts: fc.Arbitrary<Expression>[]
): fc.Arbitrary<Expression> => fc.constantFrom(...names).chain((name) => call(name, ...parts))

const CAST_TARGETS: readonly DataType[] = [
  int8(),
  int32(),
  int64(),
  uint8(),
  uint32(),
  uint64(),
  float32(),
  float64(),
  decimal(9, 2),
  decimal(18, 6),
  decimal(19, 1),
  decimal(38, 10),
  bool(),
]

const castOf = (
  input: fc.Arbitrary<Expression>,
  targets: readonly DataType[],
): fc.Arbitrary<Expression> =>
  fc
    .tuple(input, fc.constantFrom(...targets), fc.boolean())
    .map(([part, to, isTry]) => ({ kind: 'cast', input: part, to, try: isTry }))

const COMPARISONS: readonly FunctionName[] = ['eq', 'ne', 'lt', 'le', 'gt', 'ge', 'isDistinctFrom']
const UNITS = ['second', 'minute', 'hour', 'day', 'week', 'month', 'quarter', 'year'] as const

const inList: fc.Arbitrary<Expression> = fc
  .constantFrom('tiny', 'count', 'large', 'huge', 'ratio', 'amount', 'name', 'at', 'born')
  .chain((name) =>
    fc.array(valueOf(FIELDS[name]!), { minLength: 1, maxLength: 4 }).map((list) => ({
      kind: 'in' as const,
      input: { kind: 'column' as const, name },
      values: list
        .filter((value) => typeof value !== 'number' || Number.isFinite(value))
        .map((value) => literalOf(FIELDS[name]!, value)),
    })),
  )

/** An expression of a family, at most `depth` calls deep. */
export function expressionOf(family: Family, depth: number): fc.Arbitrary<Expression> {
  const leaf = fc.oneof({ weight: 4, arbitrary: column(family) }, literal(family))
  if (depth === 0) return leaf
  const of = (kind: Family): fc.Arbitrary<Expression> => expressionOf(kind, depth - 1)
  const choice = [
    call('ifElse', of('bool'), of(family), of(family)),
    call('coalesce', of(family), of(family)),
    call('nullIf', of(family), of(family)),
  ]
  return fc.oneof(leaf, ...choice, ...callsOf(family, of))
}

/** Chains of operators on floats, over columns that are floats or become so. */
export function floatsOf(depth: number): fc.Arbitrary<Expression> {
  const names = ['price', 'ratio', 'single', 'count', 'large', 'word', 'huge', 'tiny']
  const columns = fc.constantFrom(...names).map((name): Expression => ({ kind: 'column', name }))
  const leaf = fc.oneof({ weight: 5, arbitrary: columns }, literal('number'))
  if (depth === 0) return leaf
  const of = fc.oneof({ weight: 3, arbitrary: floatsOf(depth - 1) }, leaf)
  return fc.oneof(
    calls(['add', 'sub', 'mul', 'div', 'least', 'greatest'], of, of),
    calls(['add', 'sub', 'mul', 'div'], of, castOf(of, [float32(), float64()])),
    calls(['neg', 'abs', 'floor', 'ceil', 'round', 'sqrt'], of),
  )
}

/** Comparisons of such chains. */
export const floatsCompared = (depth: number): fc.Arbitrary<Expression> =>
  calls(COMPARISONS, floatsOf(depth), floatsOf(depth))

function callsOf(
  family: Family,
  of: (kind: Family) => fc.Arbitrary<Expression>,
): fc.Arbitrary<Expression>[] {
  switch (family) {
    case 'bool':
      return [
        calls(COMPARISONS, of('number'), of('number')),
        calls(COMPARISONS, of('text'), of('text')),
        calls(COMPARISONS, of('time'), of('time')),
        calls(COMPARISONS, of('bool'), of('bool')),
        calls(['and', 'or'], of('bool'), of('bool')),
        calls(['not', 'isNull', 'isNotNull'], of('bool')),
        calls(['isNull', 'isNotNull'], of('number')),
        calls(['startsWith', 'endsWith', 'contains'], of('text'), of('text')),
        call('like', of('text'), patterns),
        castOf(of('number'), [bool()]),
        inList,
      ]
    case 'number':
      return [
        calls(['add', 'sub', 'mul', 'div', 'least', 'greatest'], of('number'), of('number')),
        calls(['neg', 'abs', 'floor', 'ceil', 'round', 'sqrt', 'sign'], of('number')),
        call('round', of('number'), fc.integer({ min: -3, max: 7 }).map(countLiteral)),
        castOf(
          of('number'),
          CAST_TARGETS.filter((type) => type.kind !== 'bool'),
        ),
        of('whole'),
      ]
    case 'whole':
      return [
        calls(['add', 'sub', 'mul', 'idiv', 'mod', 'least', 'greatest'], of('whole'), of('whole')),
        calls(['neg', 'abs'], of('whole')),
        calls(['year', 'month', 'day', 'hour', 'minute', 'second', 'dayOfWeek'], of('time')),
        call('length', of('text')),
        call('indexOf', of('text'), of('text')),
        castOf(of('number'), [int8(), int32(), int64(), uint32()]),
        castOf(of('bool'), [int32(), int64()]),
      ]
    case 'time':
      return [
        castOf(of('time'), [timestamp('ms'), timestamp('us'), timestamp('s'), date()]),
        call(
          'truncate',
          column('time').filter(isTimestamp),
          fc.constantFrom(...UNITS).map(unitLiteral),
        ),
        calls(['add', 'sub'], column('time').filter(isTimestamp), of('duration')),
      ]
    case 'duration':
      return [
        calls(['add', 'sub'], of('duration'), of('duration')),
        call('sub', column('time').filter(isTimestamp), column('time').filter(isTimestamp)),
        castOf(of('duration'), [duration('ms'), duration('us'), duration('s')]),
      ]
    case 'text':
      return [
        call('concat', of('text'), of('text')),
        call('concat', of('text'), of('text'), of('text')),
        calls(['trim', 'trimStart', 'trimEnd', 'reverse'], of('text')),
        calls(['left', 'right'], of('text'), counts),
        calls(['padStart', 'padEnd'], of('text'), counts, of('text')),
        call('repeat', of('text'), fc.integer({ min: -1, max: 3 }).map(countLiteral)),
      ]
  }
}

const countLiteral = (value: number): Expression => ({ kind: 'literal', type: int32(), value })

/** Small ones, that the columns of 8 bits have, too. */
const counts: fc.Arbitrary<Expression> = fc.oneof(
  fc.integer({ min: -3, max: 9 }).map(countLiteral),
  fc.constantFrom('tiny', 'byte').map((name): Expression => ({ kind: 'column', name })),
)

const patterns = fc
  .array(fc.constantFrom('%', '%', '_', 'a', 'b', 'bc', 'Ω', '\\%'), { maxLength: 5 })
  .map((parts): Expression => ({ kind: 'literal', type: utf8(), value: parts.join('') }))

const isTimestamp = (part: Expression): boolean =>
  part.kind === 'column' && FIELDS[part.name]!.kind === 'timestamp'

const unitLiteral = (unit: string): Expression => ({ kind: 'literal', type: utf8(), value: unit })
