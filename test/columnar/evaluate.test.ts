// Random typed expression trees over random batches: what evaluate.ts computes by kernels is what a naive
// evaluator computes row by row, and it fails exactly where that one fails.
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type DataflowError, isDataflowError } from '../../src/base/errors.ts'
import { BatchBuilder } from '../../src/columnar/batch-builder.ts'
import {
  type CompileContext,
  compileExpression,
  compilePredicate,
} from '../../src/columnar/evaluate.ts'
import {
  type Expression,
  expressionText,
  type FunctionName,
} from '../../src/columnar/expression.ts'
import type { RecordBatch, Selection } from '../../src/columnar/record-batch.ts'
import { RecordBatch as Batch } from '../../src/columnar/record-batch.ts'
import { RowReader } from '../../src/columnar/row-reader.ts'
import { Schema } from '../../src/columnar/schema.ts'
import {
  bool,
  type DataType,
  float32,
  float64,
  int32,
  int8,
  utf8,
} from '../../src/columnar/type.ts'
import { Kernels } from '../../src/kernels/module.ts'
import { inArena } from '../kernels/linear-memory.ts'
import { Failure, naive, type Value } from './naive-evaluate.ts'
import {
  decimalText,
  expressionOf,
  FIELDS,
  floatsCompared,
  floatsOf,
  rowValues,
} from './random-expression.ts'

const kernels = new Kernels()
const schema = Schema.of(FIELDS)
const context: CompileContext = { schema, userFunctions: new Map() }
type Row = Readonly<Record<string, Value>>

/** A value as a user's row has it. */
function rowValue(type: DataType, value: Value): unknown {
  if (typeof value !== 'bigint') return value
  if (type.kind === 'decimal') return decimalText(value, type.scale)
  if (type.kind === 'date') return new Date(Number(value) * 86_400_000)
  if ('unit' in type)
    return type.unit === 'ms' || type.unit === 's' ? milliseconds(type, value) : value
  return 'as' in type ? value : Number(value)
}

const milliseconds = (type: DataType, value: bigint): number =>
  Number(value) * ('unit' in type && type.unit === 's' ? 1000 : 1)

function batchOf(rows: readonly Row[]): RecordBatch {
  const builder = new BatchBuilder(kernels, schema)
  for (const row of rows) {
    const entries = Object.entries(row).map(([name, x]) => [name, rowValue(FIELDS[name]!, x)])
    builder.append(Object.fromEntries(entries))
  }
  return builder.finish()
}

const FAILURES = ['ARITHMETIC_OVERFLOW', 'CAST_FAILED']

/** Each row's value, or the codes of the failures there are. */
function oracle(expression: Expression, rows: readonly Row[]): Value[] | Set<string> {
  const failures = new Set<string>()
  const values = rows.map((row) => {
    try {
      return naive(expression, schema, row)
    } catch (error) {
      if (!(error instanceof Failure)) throw error
      failures.add(error.code)
      return null
    }
  })
  return failures.size > 0 ? failures : values
}

/** 64 bits as bigint: what a row may not hold as a number is not the matter here. */
const exact = (type: DataType): DataType => ('as' in type ? { ...type, as: 'bigint' } : type)

function evaluated(expression: Expression, batch: RecordBatch): unknown[] | DataflowError {
  const compiled = compileExpression(expression, context)
  try {
    const vector = compiled.evaluate(kernels, batch)
    const type = exact(compiled.type)
    const result = new Batch(Schema.of({ x: type }), batch.length, [vector.as(type)])
    return new RowReader(kernels, result.schema).rows(result).map((row) => row['x'])
  } catch (error) {
    if (isDataflowError(error)) return error as DataflowError
    throw error
  }
}

/** Compiles, or says that a product has more digits than a decimal can have. */
function isSupported(expression: Expression): boolean {
  try {
    compileExpression(expression, context)
    return true
  } catch (error) {
    if (error instanceof Error && error.message.includes('cast to smaller scales')) return false
    throw error
  }
}

const rowsOf = fc.array(rowValues, { maxLength: 20 })

function expectOracle(expression: Expression, rows: readonly Row[]): void {
  inArena(kernels, () => {
    fc.pre(isSupported(expression))
    const { type } = compileExpression(expression, context)
    const expected = oracle(expression, rows)
    const got = evaluated(expression, batchOf(rows))
    if (expected instanceof Set) {
      expect(got, expressionText(expression)).toMatchObject({ name: 'DataflowError' })
      expect(FAILURES).toContain((got as DataflowError).code)
    } else {
      const want = expected.map((value) => rowValue(type, value))
      expect(got, expressionText(expression)).toEqual(want)
    }
  })
}

describe.each(['bool', 'number', 'whole', 'time', 'duration', 'text'] as const)(
  'expressions that give %s',
  (family) => {
    it('equal the naive evaluator, or fail where it fails', () => {
      fc.assert(fc.property(expressionOf(family, 3), rowsOf, expectOracle), { numRuns: 1_000 })
    })
  },
)

const column = (name: string): Expression => ({ kind: 'column', name })
const call = (name: FunctionName, ...parts: Expression[]): Expression => ({
  kind: 'call',
  function: name,
  arguments: parts,
})
const literal = (type: DataType, value: number | string): Expression => ({
  kind: 'literal',
  type,
  value,
})

describe('operators on floats, as one pass', () => {
  it('equal the naive evaluator, or fail where it fails', () => {
    fc.assert(fc.property(floatsOf(4), rowsOf, expectOracle), { numRuns: 1_000 })
    fc.assert(fc.property(floatsCompared(2), rowsOf, expectOracle), { numRuns: 1_000 })
  })

  const rows = fc.sample(rowValues, { numRuns: 1_000, seed: 7 })
  const chain = (length: number): Expression => {
    let sum = column('price')
    for (let i = 0; i < length; i++) {
      sum = call(i % 2 === 0 ? 'add' : 'sub', sum, column(i % 3 === 0 ? 'ratio' : 'count'))
    }
    return sum
  }

  it('may be more than one kernel takes', () => {
    expectOracle(chain(100), rows.slice(0, 30))
  })

  it('take constants of float32 as a column has them, rounded', () => {
    const tenth = literal(float32(), 0.1)
    expectOracle(call('add', column('price'), tenth), rows.slice(0, 30))
    expectOracle({ kind: 'cast', input: tenth, to: float64(), try: false }, rows.slice(0, 3))
    const least = literal(float32(), 1e-50)
    expectOracle({ kind: 'cast', input: least, to: bool(), try: false }, rows.slice(0, 3))
  })

  it('make no column but their result', () => {
    inArena(kernels, () => {
      const batch = batchOf(rows)
      const sum = call('add', column('price'), literal(float64(), 2))
      const bytesOf = (expression: Expression): number => {
        const compiled = compileExpression(expression, context)
        const mark = kernels.mark()
        compiled.evaluate(kernels, batch)
        return kernels.mark() - mark
      }
      // The constants and operators of one more are no memory.
      const one = bytesOf(call('neg', sum))
      expect(one).toBeLessThan(2 * rows.length * 8)
      expect(bytesOf(call('sqrt', call('mul', call('neg', sum), column('price'))))).toBe(one)
      // Bits need none of their operands' columns either.
      expect(bytesOf(call('gt', sum, column('price')))).toBeLessThan(rows.length)
    })
  })
})

const compiling = (expression: Expression) => (): unknown => compileExpression(expression, context)

describe('errors', () => {
  const row = fc.sample(rowValues, { numRuns: 1, seed: 1 })[0]!
  const rows = [5n, 2n ** 31n - 1n, null].map((count) => ({ ...row, id: 1n, count }))

  it('name the expression and the row that overflows', () => {
    inArena(kernels, () => {
      const error = evaluated(call('add', column('id'), column('count')), batchOf(rows))
      expect(error).toMatchObject({
        code: 'ARITHMETIC_OVERFLOW',
        message: expect.stringContaining('id + count overflows int32? at row 1') as string,
        context: { row: 1 },
      })
    })
  })

  it('name the value that a cast does not fit', () => {
    inArena(kernels, () => {
      const cast: Expression = { kind: 'cast', input: column('count'), to: int8(), try: false }
      expect(evaluated(cast, batchOf(rows))).toMatchObject({
        code: 'CAST_FAILED',
        message: expect.stringContaining('2147483647 is out of range of int8') as string,
        context: { row: 1 },
      })
    })
  })

  it('come when compiling: a column that is not there, operands that do not go together', () => {
    expect(compiling(column('coutn'))).toThrow(
      expect.objectContaining({
        code: 'COLUMN_NOT_FOUND',
        message: expect.stringContaining("Did you mean 'count'?") as string,
      }),
    )
    expect(compiling(call('add', column('name'), column('count')))).toThrow(
      expect.objectContaining({ code: 'TYPE_MISMATCH' }),
    )
    expect(compiling(call('truncate', column('seen'), literal(utf8(), 'hours')))).toThrow(
      expect.objectContaining({
        code: 'TYPE_MISMATCH',
        message: expect.stringContaining("Did you mean 'hour'?") as string,
      }),
    )
    expect(() => compilePredicate(column('count'), context)).toThrow(
      expect.objectContaining({ code: 'TYPE_MISMATCH' }),
    )
  })

  it('do not come from rows that a guard keeps out', () => {
    inArena(kernels, () => {
      const sum = call('add', column('count'), column('id'))
      const small = call('lt', column('count'), literal(int32(), 1000))
      const guarded = call('ifElse', small, sum, literal(int32(), 0))
      expect(evaluated(guarded, batchOf(rows))).toEqual([6, 0, 0])
      const both = call('and', small, call('gt', sum, literal(int32(), 5)))
      expect(evaluated(both, batchOf(rows))).toEqual([true, false, null])
      const text = literal(utf8(), 'ab')
      const repeated = call('repeat', text, column('count'))
      expect(evaluated(repeated, batchOf(rows))).toMatchObject({ code: 'RECORD_TOO_LARGE' })
      const few = call('ifElse', small, repeated, text)
      expect(evaluated(few, batchOf(rows))).toEqual(['ab'.repeat(5), 'ab', 'ab'])
    })
  })
})

describe('predicates', () => {
  it('keep the rows that are true, also under a selection', () => {
    fc.assert(
      fc.property(expressionOf('bool', 2), rowsOf, fc.array(fc.nat()), (expression, rows, picks) =>
        inArena(kernels, () => {
          fc.pre(isSupported(expression))
          const kept = [...new Set(picks.map((x) => (rows.length > 0 ? x % rows.length : -1)))]
            .filter((row) => row >= 0)
            .toSorted((a, b) => a - b)
          const chosen = kept.map((row) => rows[row]!)
          const expected = oracle(expression, chosen)
          fc.pre(!(expected instanceof Set))
          const selected = batchOf(rows).withSelection(selectionOf(kept))
          const result = compilePredicate(expression, context)(kernels, selected)
          const want = chosen.filter((_, i) => (expected as Value[])[i] === true)
          expect(new RowReader(kernels, schema).rows(result)).toEqual(
            new RowReader(kernels, schema).rows(batchOf(want)),
          )
        }),
      ),
    )
  })
})

function selectionOf(rows: readonly number[]): Selection {
  const ptr = kernels.scratch(rows.length * 4)
  kernels.u32.set(rows, ptr >> 2)
  return { rows: ptr, length: rows.length }
}
