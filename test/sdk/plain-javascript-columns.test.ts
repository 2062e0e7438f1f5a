// What plain JavaScript may give the methods of columns: too much, too little, and what is no value of theirs.
import { describe, expect, it } from 'vitest'
import { int32 } from '../../src/index.ts'
import { ExpressionColumn } from '../../src/sdk/column-expression.ts'
import { type Case, check, type Loose, stream } from './loose-calls.ts'

type Columns = Readonly<Record<'a' | 'b' | 'n', Loose>>

const select = (of: (r: Columns) => unknown) => (): unknown =>
  stream['select']!((r: Columns) => ({ x: of(r) }))

describe('a method of columns refuses', () => {
  it.each<Case>([
    [
      'what it does not take',
      'CONFIG_INVALID',
      select((r) => r.a['lower']!('de')),
      "lower() takes no argument, not ('de') (select() at",
    ],
    [
      'one too many',
      'CONFIG_INVALID',
      select((r) => r.n['coalesce']!(r.n, 0)),
      'coalesce() takes (value), not (a column, 0)',
    ],
    [
      'one too many where one may be left out',
      'CONFIG_INVALID',
      select((r) => r.n['round']!(2, 'up')),
      "round() takes (digits?), not (2, 'up')",
    ],
    [
      'one too few',
      'CONFIG_INVALID',
      select((r) => r.a['substring']!(1)),
      'substring() takes (start, length), not (1)',
    ],
    [
      'nothing to put behind',
      'CONFIG_INVALID',
      select((r) => r.a['concat']!()),
      'concat() takes (other, ...others), not none',
    ],
    ['none', 'CONFIG_INVALID', select((r) => r.a['eq']!()), 'eq() takes (other), not none'],
    [
      'digits that are a column',
      'TYPE_MISMATCH',
      select((r) => r.n['round']!(r.n)),
      'round(n, n): the digits are a constant integer from -308 to 308',
    ],
    [
      'a pattern that is a column',
      'TYPE_MISMATCH',
      select((r) => r.a['like']!(r.b)),
      "the pattern of like() is a constant text, such as 'A%'",
    ],
    [
      'a pattern that ends with its escape',
      'TYPE_MISMATCH',
      select((r) => r.a['like']!('50\\')),
      "the pattern '50\\' ends with \\",
    ],
    [
      'a count in words',
      'TYPE_MISMATCH',
      select((r) => r.a['repeat']!('twice')),
      "repeat(a, 'twice'): argument 2 is utf8, not an integer",
    ],
    [
      'a function of texts on numbers',
      'TYPE_MISMATCH',
      // oxlint-disable-next-line unicorn/no-array-reverse -- no array
      select((r) => r.n['reverse']!()),
      'reverse(n): argument 1 is int32, not utf8',
    ],
    [
      'a function of numbers on texts',
      'TYPE_MISMATCH',
      select((r) => r.a['log2']!()),
      'log2(a): it wants numbers, not utf8',
    ],
    [
      'a value for an array',
      'CONFIG_INVALID',
      select((r) => r.a['in']!('x')),
      "in() takes an array of values, ['a', 'b'], not 'x'",
    ],
    [
      'a name for a type',
      'CONFIG_INVALID',
      select((r) => r.a['cast']!('int32')),
      "cast() takes a type, such as int32(), not 'int32'",
    ],
    [
      'a type that was not called',
      'CONFIG_INVALID',
      select((r) => r.a['tryCast']!(int32)),
      'tryCast() takes a type, such as int32(), not the function int32',
    ],
  ])('%s', check)

  it('too much of any kind', () => {
    const column = new ExpressionColumn(() => ({ kind: 'column', name: 'n' })) as unknown as Loose
    const methods = Object.getOwnPropertyNames(ExpressionColumn.prototype).filter(
      (name) => name !== 'constructor' && name !== 'concat',
    )
    expect(methods.length).toBeGreaterThan(60)
    for (const name of methods) {
      expect(() => column[name]!(1, 2, 3), name).toThrow(
        expect.objectContaining({
          code: 'CONFIG_INVALID',
          message: expect.stringContaining(`${name}() takes`) as string,
        }),
      )
    }
  })
})
