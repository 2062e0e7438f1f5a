// Calls of AssemblyScript functions in column expressions: types, nulls, texts, traps, several slots.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { BatchBuilder } from '../../src/columnar/batch-builder.ts'
import { compileExpression } from '../../src/columnar/evaluate.ts'
import type { Expression } from '../../src/columnar/expression.ts'
import { RecordBatch } from '../../src/columnar/record-batch.ts'
import { RowReader } from '../../src/columnar/row-reader.ts'
import { Schema } from '../../src/columnar/schema.ts'
import {
  bool,
  type DataType,
  decimal,
  type Fields,
  float32,
  float64,
  int16,
  int32,
  int64,
  int8,
  nullable,
  timestamp,
  uint16,
  utf8,
} from '../../src/columnar/type.ts'
import { compileUserFunctions } from '../../src/columnar/user-function-compiler.ts'
import { Kernels } from '../../src/kernels/module.ts'
import { failure } from './failure.ts'

const NUMBERS = new URL('./user-functions/numbers.as.ts', import.meta.url).href
const TEXTS = new URL('./user-functions/texts.as.ts', import.meta.url).href
const folder = mkdtempSync(join(tmpdir(), 'millrace-udf-'))
const kernels = new Kernels()
let modules: ReadonlyMap<string, WebAssembly.Module>

beforeAll(async () => {
  modules = await compileUserFunctions([NUMBERS, TEXTS], { cacheDirectory: folder })
})
afterAll(() => rmSync(folder, { recursive: true }))

interface Call {
  readonly module: string
  readonly function: string
  readonly parameters: readonly DataType[]
  readonly result: DataType
}

/** What a call on the columns of a batch gives, row by row. */
function call(
  { module, function: name, parameters, result }: Call,
  fields: Fields,
  rows: readonly object[],
  slot = kernels,
  skip = 0,
): unknown[] {
  const mark = slot.mark()
  try {
    const schema = Schema.of(fields)
    const expression: Expression = {
      kind: 'user',
      module,
      function: name,
      parameters,
      result,
      arguments: schema.names.map((column) => ({ kind: 'column', name: column })),
    }
    const compiled = compileExpression(expression, { schema, userFunctions: modules })
    const builder = new BatchBuilder(slot, schema)
    for (const row of rows) builder.append(row)
    const batch = builder.finish().slice(skip, rows.length - skip)
    const out = Schema.of({ value: compiled.type })
    const values = new RecordBatch(out, batch.length, [compiled.evaluate(slot, batch)])
    return new RowReader(slot, out).rows(values).map((row) => row['value'])
  } finally {
    slot.reset(mark)
  }
}

const toEuro: Call = {
  module: NUMBERS,
  function: 'toEuro',
  parameters: [float64()],
  result: float64(),
}

describe('calling', () => {
  it('gives what the function gives, row by row', () => {
    const rows = fc.array(fc.record({ price: fc.double({ noNaN: true }) }), { maxLength: 200 })
    fc.assert(
      fc.property(rows, (input) => {
        expect(call(toEuro, { price: float64() }, input)).toEqual(
          input.map(({ price }) => price * 0.908),
        )
      }),
    )
  })

  it('gives null for a null, without a call', () => {
    const rows = fc.array(
      fc.record({
        a: fc.option(fc.integer({ min: -9, max: 9 })),
        // A call with 0 would trap.
        b: fc.option(fc.integer({ min: 1, max: 9 })),
      }),
      { maxLength: 200 },
    )
    const divide: Call = {
      module: NUMBERS,
      function: 'divide',
      parameters: [int32(), int32()],
      result: int32(),
    }
    fc.assert(
      fc.property(rows, (input) => {
        const fields = { a: nullable(int32()), b: nullable(int32()) }
        expect(call(divide, fields, input)).toEqual(
          input.map(({ a, b }) => (a === null || b === null ? null : Math.trunc(a / b) + 0)),
        )
      }),
    )
  })

  it('takes and gives each type', () => {
    const mix = { function: 'mix', parameters: [int8(), uint16(), int64(), float32()] }
    const fields = { a: int8(), b: uint16(), c: int64(), d: float32() }
    const row = { a: -128, b: 65_535, c: -(2n ** 53n), d: 0.5 }
    expect(call({ module: NUMBERS, result: float64(), ...mix }, fields, [row, row])).toEqual(
      [1, 1].map(() => -128 + 65_535 - 2 ** 53 + 0.5),
    )
    const increment = { module: NUMBERS, function: 'increment' }
    const at = { parameters: [timestamp()], result: timestamp() }
    expect(call({ ...increment, ...at }, { t: timestamp() }, [{ t: 41 }])).toEqual([42])
    const big = { parameters: [int64()], result: int64() }
    expect(call({ ...increment, ...big }, { t: int64() }, [{ t: 2n ** 62n }])).toEqual([
      2n ** 62n + 1n,
    ])
  })

  it('takes and gives bits', () => {
    const rows = fc.array(fc.record({ flag: fc.option(fc.boolean()) }), { maxLength: 150 })
    const not = { module: NUMBERS, function: 'not', parameters: [bool()], result: bool() }
    const isLong = {
      module: TEXTS,
      function: 'isLong',
      parameters: [utf8(), int32()],
      result: bool(),
    }
    fc.assert(
      fc.property(rows, (input) => {
        expect(call(not, { flag: nullable(bool()) }, input)).toEqual(
          input.map(({ flag }) => (flag === null ? null : !flag)),
        )
        const texts = input.map(({ flag }) => ({ text: String(flag), limit: 4 }))
        expect(call(isLong, { text: utf8(), limit: int32() }, texts)).toEqual(
          texts.map(({ text }) => text.length > 4),
        )
      }),
    )
  })

  it('takes and gives texts, of slices too', () => {
    const text = fc.oneof(fc.string({ unit: 'binary' }), fc.emailAddress())
    const rows = fc.array(fc.record({ text: fc.option(text), times: fc.nat({ max: 4 }) }), {
      minLength: 8,
      maxLength: 100,
    })
    const repeat: Call = {
      module: TEXTS,
      function: 'repeat',
      parameters: [utf8(), int32()],
      result: utf8(),
    }
    fc.assert(
      fc.property(rows, (input) => {
        expect(call(repeat, { text: nullable(utf8()), times: int32() }, input, kernels, 8)).toEqual(
          input.slice(8).map((row) => (row.text === null ? null : row.text.repeat(row.times))),
        )
      }),
    )
    const domain = { module: TEXTS, function: 'domain', parameters: [utf8()], result: utf8() }
    const emails = [{ email: 'Ada@Example.ORG' }, { email: 'none' }, { email: 'é@Ö.de' }]
    expect(call(domain, { email: utf8() }, emails)).toEqual(['example.org', '', 'ö.de'])
  })

  it('keeps what the module keeps, and frees the rest', () => {
    const slot = new Kernels()
    const occurrence: Call = {
      module: TEXTS,
      function: 'occurrence',
      parameters: [utf8()],
      result: int32(),
    }
    const rows = Array.from({ length: 2000 }, (_, i) => ({ key: `key number ${i % 500}` }))
    // What 200 batches allocate is more than the module's memory may take.
    for (let batch = 0; batch < 200; batch++) {
      const counts = call(occurrence, { key: utf8() }, rows, slot)
      expect(counts[1999]).toBe(batch * 4 + 4)
    }
  })

  it('is separate in each slot', () => {
    const [one, other] = [new Kernels(), new Kernels()]
    const occurrence = {
      module: TEXTS,
      function: 'occurrence',
      parameters: [utf8()],
      result: int32(),
    }
    const rows = [{ key: 'a' }, { key: 'a' }]
    expect(call(occurrence, { key: utf8() }, rows, one)).toEqual([1, 2])
    expect(call(occurrence, { key: utf8() }, rows, other)).toEqual([1, 2])
    expect(call(occurrence, { key: utf8() }, rows, one)).toEqual([3, 4])
    expect(call(toEuro, { price: float64() }, [{ price: 100 }], other)).toEqual([90.8])
  })
})

describe('a failing function', () => {
  it('that traps is named with its file and row', async () => {
    const divide = { function: 'divide', parameters: [int32(), int32()], result: int32() }
    const rows = [
      { a: 1, b: 1 },
      { a: 1, b: 0 },
    ]
    const error = await failure(() =>
      call({ module: NUMBERS, ...divide }, { a: int32(), b: int32() }, rows),
    )
    expect(error.code).toBe('USER_CODE_FAILED')
    expect(error.message).toBe('divide (numbers.as.ts) failed at row 1 of 2: divide by zero')
    expect(error.context).toEqual({ location: 'numbers.as.ts', row: 1 })
  })

  it('that aborts says what and where', async () => {
    const checked = { function: 'checked', parameters: [float64()], result: float64() }
    const rows = [{ price: 1 }, { price: 2 }, { price: -1 }]
    const error = await failure(() =>
      call({ module: TEXTS, ...checked }, { price: float64() }, rows),
    )
    expect(error.code).toBe('USER_CODE_FAILED')
    expect(error.message).toMatch(
      /^checked \(texts\.as\.ts\) failed at row 2 of 3: a price below zero \(texts\.as\.ts:\d+:\d+\)$/,
    )
    expect(call({ module: TEXTS, ...checked }, { price: float64() }, [{ price: 5 }])).toEqual([5])
  })

  it('that takes more memory than it may is stopped', async () => {
    const repeat = { function: 'repeat', parameters: [utf8(), int32()], result: utf8() }
    const fields = { text: utf8(), times: int32() }
    const error = await failure(() =>
      call(
        { module: TEXTS, ...repeat },
        fields,
        [{ text: 'x', times: 400_000_000 }],
        new Kernels(),
      ),
    )
    expect(error.code).toBe('USER_CODE_FAILED')
    expect(error.context.row).toBe(0)
  })
})

describe('a declaration', () => {
  it.each<[string, Call, Fields, string, string]>([
    [
      'of a function that is not there',
      { ...toEuro, function: 'toEuros' },
      { price: float64() },
      'NAME_UNKNOWN',
      "numbers.as.ts: exports no function toEuros. Did you mean 'toEuro'?",
    ],
    [
      'of a generic function',
      { ...toEuro, function: 'first' },
      { price: float64() },
      'NAME_UNKNOWN',
      "numbers.as.ts: first is generic; a column's value is a number, a bool or a string",
    ],
    [
      'of a function of arrays',
      { ...toEuro, function: 'sum' },
      { price: float64() },
      'NAME_UNKNOWN',
      "numbers.as.ts: sum has the type i32[]; a column's value is a number, a bool or a string",
    ],
    [
      'with other types',
      { ...toEuro, parameters: [int16()] },
      { price: int16() },
      'TYPE_MISMATCH',
      'numbers.as.ts: toEuro is (f64): f64, declared as (int16): float64, ' +
        'which would be (i16): f64',
    ],
    [
      'with a type that no function takes',
      { ...toEuro, parameters: [decimal(9, 2)] },
      { price: decimal(9, 2) },
      'UNSUPPORTED',
      'numbers.as.ts: toEuro is declared with decimal(9,2); a user function takes and gives ' +
        'bool, integers, floats, dates, timestamps, durations and utf8',
    ],
  ])('%s is refused', async (_, declared, fields, code, message) => {
    const error = await failure(() => call(declared, fields, []))
    expect([error.code, error.message]).toEqual([code, message])
  })
})
