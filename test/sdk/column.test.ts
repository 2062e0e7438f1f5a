// Column expressions: what a callback's methods become against a schema, and how values beside a column
// take its type.
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { expressionText, FUNCTIONS } from '../../src/columnar/expression.ts'
import { expressionType } from '../../src/columnar/expression-type.ts'
import { Schema } from '../../src/columnar/schema.ts'
import { typeName } from '../../src/columnar/type.ts'
import {
  bool,
  col,
  type Column,
  type ColumnsOf,
  date,
  decimal,
  duration,
  float32,
  float64,
  int16,
  int64,
  lit,
  nullable,
  timestamp,
  uint64,
  utf8,
  when,
} from '../../src/index.ts'
import { bindColumn, columnsOf, ExpressionColumn } from '../../src/sdk/column-expression.ts'

const FIELDS = {
  small: int16(),
  big: int64(),
  huge: uint64(),
  single: float32(),
  double: nullable(float64()),
  price: decimal(10, 2),
  name: utf8(),
  isOn: bool(),
  time: timestamp('us'),
  seconds: timestamp('s'),
  day: date(),
  span: duration('ms'),
}
const SCHEMA = Schema.of(FIELDS)

function bound(of: (r: ColumnsOf<typeof FIELDS>) => Column): string {
  const expression = bindColumn(of(columnsOf<typeof FIELDS>(SCHEMA)), SCHEMA)
  return `${expressionText(expression)}: ${typeName(expressionType(expression, SCHEMA))}`
}

/** The literal that a value becomes beside a column. */
function literal(of: (r: ColumnsOf<typeof FIELDS>) => Column): string {
  const expression = bindColumn(of(columnsOf<typeof FIELDS>(SCHEMA)), SCHEMA)
  const value = expression.kind === 'call' ? expression.arguments[1] : undefined
  if (value?.kind !== 'literal') throw new Error('no literal')
  return `${JSON.stringify(value.value)} ${typeName(value.type)}`
}

describe('a value beside a column', () => {
  it.each<[string, (r: ColumnsOf<typeof FIELDS>) => Column, string]>([
    ['an integer beside small integers', (r) => r.small.gt(15), '15 int32'],
    ['an integer beyond 32 bits', (r) => r.small.lt(5_000_000_000), '"5000000000" int64'],
    ['a fraction beside integers', (r) => r.small.mul(0.5), '0.5 float64'],
    ['an integer beside int64', (r) => r.big.eq(7), '"7" int64'],
    ['a bigint beside int64', (r) => r.big.eq(-(2n ** 63n)), '"-9223372036854775808" int64'],
    ['a bigint beside uint64', (r) => r.huge.eq(2n ** 64n - 1n), '"18446744073709551615" uint64'],
    ['a number beside float32', (r) => r.single.eq(0.1), '0.1 float32'],
    ['a number too large for float32', (r) => r.single.eq(1e39), '1e+39 float64'],
    ['a number too small for float32', (r) => r.single.gt(1e-50), '1e-50 float64'],
    ['zero beside float32', (r) => r.single.gt(0), '0 float32'],
    ['a divisor of float32', (r) => r.single.div(0.1), '0.1 float64'],
    ['a power of float32', (r) => r.single.pow(0.1), '0.1 float64'],
    ['a number beside a decimal', (r) => r.price.gt(0.908), '"0.908" decimal(3,3)'],
    ['a small number beside a decimal', (r) => r.price.gt(1e-7), '"0.0000001" decimal(7,7)'],
    ['a text beside a decimal', (r) => r.price.gt('-12.50'), '"-12.50" decimal(4,2)'],
    ['a text beside text', (r) => r.name.eq("O'Hare"), '"O\'Hare" utf8'],
    ['a day beside a timestamp', (r) => r.time.ge('2001-01-01'), '"978307200000000" timestamp[us]'],
    [
      'an instant with a zone',
      (r) => r.time.ge('2001-01-01T01:00:00+01:00'),
      '"978307200000000" timestamp[us]',
    ],
    [
      'a finer instant',
      (r) => r.seconds.ge('2001-01-01T00:00:00.5'),
      '"978307200500" timestamp[ms]',
    ],
    ['a Date beside a timestamp', (r) => r.seconds.ge(new Date(1_000)), '"1" timestamp[s]'],
    ['a Date beside a date', (r) => r.day.ge(new Date(86_400_000)), '1 date'],
    ['a day beside a date', (r) => r.day.ge('1969-12-31'), '-1 date'],
    ['a time span beside a duration', (r) => r.span.gt('5s'), '"5000" duration[ms]'],
    ['a time span added to a timestamp', (r) => r.time.add('5s'), '"5000000" duration[us]'],
  ])('%s takes its type', (_, of, wanted) => {
    expect(literal(of)).toBe(wanted)
  })

  it.each<[string, (r: ColumnsOf<typeof FIELDS>) => Column, RegExp]>([
    ['NaN', (r) => r.small.gt(Number.NaN), /NaN is no literal/],
    ['a date that is none', (r) => r.time.gt('2001-02-30'), /'2001-02-30' is no time; write it as/],
    ['a decimal that is none', (r) => r.price.gt('12,5'), /'12,5' is no decimal/],
    ['an integer beyond 64 bits', (r) => r.big.gt(2n ** 70n), /does not fit 64 bits/],
    ['an empty list', (r) => r.small.in([]), /in\(\) of no values/],
    ['undefined', (r) => r.small.eq(undefined as never), /undefined is no literal .*isNull\(\)/],
    ['a column as a function', () => (() => 1) as never, /a function is no column expression/],
  ])('%s is refused', (_, of, message) => {
    expect(() => bound(of)).toThrowError(message)
  })
})

describe('expressions', () => {
  it.each<[(r: ColumnsOf<typeof FIELDS>) => Column, string]>([
    [(r) => r.small.gt(15).and(r.name.eq('ORD')), "(small > 15) and (name = 'ORD'): bool"],
    [(r) => r.small.between(1, 5), '(small >= 1) and (small <= 5): bool'],
    [(r) => r.name.in(['a', 'b']), "name in ('a', 'b'): bool"],
    [(r) => r.double.coalesce(0), 'coalesce(double, 0): float64'],
    [(r) => r.double.isDistinctFrom(1), 'isDistinctFrom(double, 1): bool'],
    [(r) => r.small.add(1).idiv(2), 'idiv((small + 1), 2): int32?'],
    [(r) => r.price.mul(2).round(), 'round((price * 2)): float64'],
    [(r) => r.name.lower().substring(0, 2), 'substring(lower(name), 0, 2): utf8'],
    [(r) => r.name.splitPart('-', -1).length(), "length(splitPart(name, '-', -1)): int32"],
    [(r) => r.name.like('A_%').not(), "not((name like 'A_%')): bool"],
    [(r) => r.name.indexOf(r.name.lower()), 'indexOf(name, lower(name)): int32'],
    // oxlint-disable-next-line unicorn/no-array-reverse -- no array
    [(r) => r.name.trimStart().trimEnd().reverse(), 'reverse(trimEnd(trimStart(name))): utf8'],
    [
      (r) => r.name.left(2).concat(r.name.right(r.small)),
      'concat(left(name, 2), right(name, small)): utf8',
    ],
    [(r) => r.name.concat('-', r.name.lower()), "concat(name, '-', lower(name)): utf8"],
    [(r) => r.name.padStart(8), "padStart(name, 8, ' '): utf8"],
    [(r) => r.name.padEnd(8, r.name).repeat(2), 'repeat(padEnd(name, 8, name), 2): utf8'],
    [(r) => r.price.round(1), 'round(price, 1): float64'],
    [(r) => r.double.round(-2), 'round(double, -2): float64?'],
    [(r) => r.small.sign().exp().ln(), 'ln(exp(sign(small))): float64'],
    [(r) => r.big.log10().add(r.double.log2()), 'log10(big) + log2(double): float64?'],
    [(r) => r.price.pow(2), 'pow(price, 2): float64'],
    [(r) => r.big.nullIf(0), 'nullIf(big, 0): int64?'],
    [(r) => r.day.nullIf('1970-01-01'), 'nullIf(day, 0): date?'],
    [(r) => r.time.truncate('hour'), "truncate(time, 'hour'): timestamp[us]"],
    [(r) => r.time.since(r.seconds), 'time - seconds: duration[us]'],
    [(r) => r.day.dayOfWeek(), 'dayOfWeek(day): int32'],
    [(r) => r.small.cast(utf8()).tryCast(int64()), 'tryCast(cast(small as utf8) as int64): int64?'],
    [(r) => when(r.isOn).then(1).otherwise(null), 'ifElse(isOn, 1, null): int32?'],
    [(r) => when(r.isOn).then('x').otherwise(r.name), "ifElse(isOn, 'x', name): utf8"],
    [(r) => when(r.isOn).then(1).otherwise(r.big), 'ifElse(isOn, 1, big): int64'],
    [() => lit(3), '3: int32'],
    [() => lit(null, utf8()), 'null: utf8?'],
    [() => lit(3, int16()), 'cast(3 as int16): int16'],
    [() => col('name', utf8()).upper(), 'upper(name): utf8'],
  ])('%# %s', (of, wanted) => {
    expect(bound(of)).toBe(wanted)
  })

  it('refuse operands of the wrong type, with the expression', () => {
    expect(() => bound((r) => (r.name as never as typeof r.small).gt(15))).toThrowError(
      'name > 15: utf8 and int32 do not compare; cast one',
    )
    expect(() => bound((r) => r.name.left('2' as never))).toThrowError(
      "left(name, '2'): argument 2 is utf8, not an integer",
    )
    expect(() => bound((r) => r.name.padEnd(2.5, 'x'))).toThrowError(
      "padEnd(name, 2.5, 'x'): argument 2 is float64, not an integer",
    )
    expect(() => bound((r) => r.name.padEnd(2, 0 as never))).toThrowError(
      'padEnd(name, 2, 0): argument 3 is int32, not utf8',
    )
    const digits = 'the digits are a constant integer from -308 to 308'
    for (const given of [1.5, 309, '2', (r: { small: Column }) => r.small]) {
      expect(() =>
        bound((r) => r.double.round((typeof given === 'function' ? given(r) : given) as number)),
      ).toThrowError(digits)
    }
    expect(() => bound((r) => r.price.pow('x' as never))).toThrowError("'x' is no decimal")
    expect(() => bound((r) => r.small.nullIf('x' as never))).toThrowError(
      'nullIf(small, x): '.replace('x', "'x'") + 'int16 and utf8 do not compare; cast one',
    )
    const pattern = /the pattern of like\(\) is a constant text/
    expect(() => bound((r) => r.name.like(r.name as never))).toThrowError(pattern)
    expect(() => bound(() => col('nme', utf8()))).toThrowError("Did you mean 'name'?")
    expect(() => bound(() => col('name', int64()))).toThrowError("column 'name' is utf8, not int64")
  })

  it('have a method for every function that columns have', () => {
    const methods = new Set<string>(Object.getOwnPropertyNames(ExpressionColumn.prototype))
    const missing = Object.keys(FUNCTIONS).filter((name) => !methods.has(name))
    expect(missing).toEqual(['ifElse'])
  })

  it('have each method in the table of the guide', () => {
    const guide = readFileSync(new URL('../../docs/guide.md', import.meta.url), 'utf8')
    const table = /## Column functions\n[^]*?\n## /.exec(guide)![0]
    const methods = Object.getOwnPropertyNames(ExpressionColumn.prototype)
    const missing = methods.filter((name) => !new RegExp(`\\b${name}[(\`]`).test(table))
    expect(missing).toEqual(['constructor'])
  })

  it('show the columns of the stream, and no hidden ones', () => {
    const columns = columnsOf(new Schema([...SCHEMA.fields, { name: '$eventTime', type: utf8() }]))
    expect(Object.keys(columns)).toEqual(SCHEMA.names)
    expect('$eventTime' in columns).toBe(false)
    const loose = columns as unknown as Record<string, unknown>
    expect(() => loose['$eventTime']).toThrowError(/no column/)
    expect(() => loose['nmae']).toThrowError("Did you mean 'name'?")
  })
})
