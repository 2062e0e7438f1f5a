// Look-up joins against a naive model (a Map of rows), over random tables in random batches.
import * as fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import { BatchBuilder } from '../../src/columnar/batch-builder.ts'
import type { RecordBatch } from '../../src/columnar/record-batch.ts'
import { Schema } from '../../src/columnar/schema.ts'
import { bool, type Fields, float64, int32, list, nullable, utf8 } from '../../src/columnar/type.ts'
import { Kernels } from '../../src/kernels/module.ts'
import { createLookupJoin } from '../../src/operators/lookup-join.ts'
import type { OperatorSpec } from '../../src/operators/operator-spec.ts'
import type { Json } from '../../src/base/json.ts'
import { OperatorHarness, type Row } from './operator-harness.ts'

const kernels = new Kernels()

const TABLE: Fields = {
  code: nullable(utf8()),
  zone: nullable(int32()),
  label: nullable(utf8()),
  weight: float64(),
  open: nullable(bool()),
  tags: nullable(list(nullable(utf8()))),
}
const STREAM: Fields = { row: int32(), place: nullable(utf8()), area: nullable(int32()) }
const TAKE: readonly (readonly [string, string])[] = [
  ['name', 'label'],
  ['heavy', 'weight'],
  ['isOpen', 'open'],
  ['tags', 'tags'],
]

interface Case {
  readonly on: readonly (readonly [string, string])[]
  readonly join: 'left' | 'inner'
  readonly table: readonly Row[]
  readonly tableBatch: number
  readonly stream: readonly Row[]
  readonly every: number
}

type Spec = Extract<OperatorSpec, { readonly kind: 'lookupJoin' }>

function specOf(of: Pick<Case, 'on' | 'join'>, table: Fields = TABLE, take = TAKE): Spec {
  const tableColumns = Object.entries(table).map(([name, type]) => ({
    name,
    type: type as unknown as Json,
  }))
  return { kind: 'lookupJoin', connector: 'test', config: null, tableColumns, take, ...of }
}

function harnessOf(of: Case): OperatorHarness<Spec> {
  const input = Schema.of(STREAM)
  const taken = TAKE.map(([name, from]) => {
    const type = TABLE[from]!
    return { name, type: of.join === 'left' ? nullable(type) : type }
  })
  return new OperatorHarness({
    kernels,
    factory: createLookupJoin,
    config: specOf(of),
    input,
    output: new Schema([...input.fields, ...taken]),
    table: (schema) => tableBatches(schema, of),
  })
}

async function* tableBatches(
  schema: Schema,
  { table, tableBatch }: Case,
): AsyncGenerator<RecordBatch> {
  const builder = new BatchBuilder(kernels, schema, 'own')
  for (let at = 0; at < table.length; at += tableBatch) {
    for (const row of table.slice(at, at + tableBatch)) builder.append(row)
    yield builder.finish()
  }
  builder.close()
}

/** A row's key, undefined when a part of it is null. */
function keyOf(row: Row, names: readonly string[]): string | undefined {
  const values = names.map((name) => row[name])
  return values.includes(null) ? undefined : JSON.stringify(values)
}

function joined({ on, join, table, stream, every }: Case): Row[] {
  const tableNames = on.map(([, name]) => name)
  const byKey = new Map(table.map((row) => [keyOf(row, tableNames), row]))
  byKey.delete(undefined)
  return stream
    .filter((_, i) => i % every === 0)
    .flatMap((row) => {
      const key = keyOf(
        row,
        on.map(([name]) => name),
      )
      const match = key === undefined ? undefined : byKey.get(key)
      if (match === undefined && join === 'inner') return []
      const taken = TAKE.map(([name, from]) => [name, match?.[from] ?? null])
      return [{ ...row, ...Object.fromEntries(taken) }]
    })
}

const anyCode = fc.option(
  fc.constantFrom('', 'ORD', 'SFO', 'a code of more than sixteen', 'x', 'y'),
)
const anyZone = fc.option(fc.integer({ min: 0, max: 3 }))

const scenario: fc.Arbitrary<Case> = fc
  .constantFrom<Case['on']>(
    [['place', 'code']],
    [['area', 'zone']],
    [
      ['place', 'code'],
      ['area', 'zone'],
    ],
  )
  .chain((on) => {
    const keys = on.map(([, name]) => name)
    const hasNull = (row: Row): boolean => keys.some((name) => row[name] === null)
    let nulls = 0
    const table = fc.uniqueArray(
      fc.record({
        code: anyCode,
        zone: anyZone,
        label: fc.option(fc.string({ maxLength: 20 })),
        weight: fc.double({ noNaN: true }),
        open: fc.option(fc.boolean()),
        tags: fc.option(fc.array(fc.option(fc.string({ maxLength: 20 })), { maxLength: 3 })),
      }),
      {
        maxLength: 40,
        // Keys are unique; rows with a null key may be many.
        selector: (row) =>
          hasNull(row) ? `null ${nulls++}` : JSON.stringify(keys.map((k) => (row as Row)[k])),
      },
    )
    return fc.record({
      on: fc.constant(on),
      join: fc.constantFrom<'left' | 'inner'>('left', 'inner'),
      table,
      tableBatch: fc.constantFrom(1, 3, 64),
      stream: fc.array(fc.record({ row: fc.nat(), place: anyCode, area: anyZone }), {
        maxLength: 200,
      }),
      every: fc.constantFrom(1, 2, 5),
    })
  })

const airport = (code: string, label: string): Row => ({
  code,
  zone: 1,
  label,
  weight: 1,
  open: true,
  tags: [],
})

const open: OperatorHarness<Spec>[] = []
afterEach(() => open.splice(0).forEach((harness) => harness.close()))

async function opened(of: Case): Promise<OperatorHarness<Spec>> {
  const harness = harnessOf(of)
  open.push(harness)
  await harness.open()
  return harness
}

describe('a look-up join', () => {
  it('equals a naive model', async () => {
    await fc.assert(
      fc.asyncProperty(scenario, async (of) => {
        const before = kernels.exports.allocated()
        const harness = await opened(of)
        const isIn = of.every === 1 ? undefined : (_: Row, i: number) => i % of.every === 0
        expect(harness.batch(of.stream, isIn)).toEqual(joined(of))
        harness.close()
        // The arena keeps a chunk or two.
        expect(kernels.exports.allocated() - before).toBeLessThanOrEqual(4 << 20)
      }),
      { numRuns: 1_000 },
    )
  })

  const case0: Case = {
    on: [['place', 'code']],
    join: 'left',
    table: [],
    tableBatch: 2,
    stream: [],
    every: 1,
  }

  it('refuses a table whose key is there twice, in one batch or in two, and names it', async () => {
    const table = [airport('ORD', 'a'), airport('SFO', 'b'), airport('ORD', 'c')]
    for (const tableBatch of [1, 2, 3]) {
      await expect(opened({ ...case0, table, tableBatch })).rejects.toMatchObject({
        code: 'RECORD_MALFORMED',
        message: expect.stringContaining('code = ORD more than once'),
      })
    }
  })

  it('refuses keys of different types, and says which', () => {
    const on = [['area', 'code']] as const
    expect(() => harnessOf({ ...case0, on })).toThrow(/'area' \(int32\?\).*'code' \(utf8\?\)/)
  })
})
