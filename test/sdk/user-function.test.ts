// Declaring and calling AssemblyScript functions: the expressions that calls give, and their types.
import { describe, expect, expectTypeOf, it } from 'vitest'
import { expressionType } from '../../src/columnar/expression-type.ts'
import { Schema } from '../../src/columnar/schema.ts'
import {
  bool,
  type Bool,
  float64,
  type Float,
  int32,
  nullable,
  typeName,
  utf8,
} from '../../src/columnar/type.ts'
import { bindColumn, columnsOf } from '../../src/sdk/column-expression.ts'
import type { ColumnOf } from '../../src/sdk/column.ts'
import { udf } from '../../src/sdk/user-function.ts'

const fields = { price: float64(), maybe: nullable(float64()), name: utf8() }
const schema = Schema.of(fields)
const r = columnsOf<typeof fields>(schema)
const file = new URL('file:///job/price.as.ts')
const toEuro = udf(file, 'toEuro', [float64()], float64())
const isBig = udf(file, 'isBig', [float64(), int32()], bool())

const typeOf = (column: Parameters<typeof bindColumn>[0]): string =>
  typeName(expressionType(bindColumn(column, schema), schema))

describe('a user function', () => {
  it('called on columns is an expression', () => {
    expect(bindColumn(toEuro(r.price), schema)).toEqual({
      kind: 'user',
      module: 'file:///job/price.as.ts',
      function: 'toEuro',
      parameters: [float64()],
      result: float64(),
      arguments: [{ kind: 'column', name: 'price' }],
    })
  })

  it('gives null where an argument may be null', () => {
    expect(typeOf(toEuro(r.price))).toBe('float64')
    expect(typeOf(toEuro(r.maybe))).toBe('float64?')
    expect(typeOf(isBig(toEuro(r.maybe), 5))).toBe('bool?')
    expectTypeOf(toEuro(r.price)).toEqualTypeOf<ColumnOf<Float<'float64', false>>>()
    expectTypeOf(toEuro(r.maybe)).toEqualTypeOf<ColumnOf<Float<'float64', true>>>()
    expectTypeOf(isBig(r.price, 5)).toEqualTypeOf<ColumnOf<Bool<false>>>()
    expectTypeOf(isBig(r.maybe, 5)).toEqualTypeOf<ColumnOf<Bool<true>>>()
  })

  it('takes constants of its types, and columns and counts of no others', () => {
    expect(bindColumn(isBig(1.5, 2), schema)).toMatchObject({
      arguments: [
        { kind: 'literal', type: { kind: 'float64' }, value: 1.5 },
        { kind: 'literal', type: { kind: 'int32' }, value: 2 },
      ],
    })
    // @ts-expect-error: a text is no float64
    expect(() => bindColumn(toEuro(r.name), schema)).toThrow(
      'toEuro(name): argument 1 is utf8, not float64; cast it',
    )
    // @ts-expect-error: one argument is missing
    expect(() => bindColumn(isBig(r.price), schema)).toThrow('takes 2 arguments')
  })
})
