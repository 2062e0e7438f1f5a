// argMin and argMax of every type by every type with an order, against the rows themselves: added in two
// batches with a snapshot and a restore between them, and merged.
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Schema } from '../../src/columnar/schema.ts'
import { bool, type DataType, nullable, typeName } from '../../src/columnar/type.ts'
import { Kernels } from '../../src/kernels/module.ts'
import { aggregateType } from '../../src/operators/aggregate-type.ts'
import type { AggregateSpec } from '../../src/operators/operator-spec.ts'
import { ALL_LEAVES, valueOf } from '../columnar/random-rows.ts'
import { Accumulators } from './accumulators.ts'
import type { Row } from './operator-harness.ts'

const kernels = new Kernels()
/** Each is a case of its own: a run has ten. */
const GROUPS = Array.from({ length: 10 }, (_, i) => i)
const LEAVES = Object.values(ALL_LEAVES)

const isOrdered = (type: DataType): boolean => {
  try {
    aggregateType('min', type, false)
    return true
  } catch {
    return false
  }
}

const SPECS: readonly AggregateSpec[] = [
  { name: 'least', function: 'argMin', column: 'value', by: 'by' },
  { name: 'greatest', function: 'argMax', column: 'value', by: 'by' },
  { name: 'kept', function: 'argMax', column: 'value', by: 'by', filter: 'kept' },
]

/** A value as something that compares. */
function rank(type: DataType, value: unknown): number | bigint | string {
  if (value instanceof Date) return value.getTime()
  if (typeof value === 'boolean') return Number(value)
  if (type.kind === 'decimal') return BigInt((value as string).replace('.', ''))
  if (type.kind === 'utf8') return Buffer.from(value as string).toString('latin1')
  return value as number | bigint
}

function argOf(rows: readonly Row[], type: DataType, isMin: boolean): unknown {
  let best: Row | undefined
  for (const row of rows) {
    if (row['value'] === null || row['by'] === null) continue
    const [a, b] = [rank(type, row['by']), best && rank(type, best['by'])]
    const isLess = b !== undefined && (a < b || (Number.isNaN(b) && !Number.isNaN(a)))
    const isMore = b !== undefined && (a > b || (Number.isNaN(a) && !Number.isNaN(b)))
    if (best === undefined || (isMin ? isLess : isMore)) best = row
  }
  return best === undefined ? null : best['value']
}

const wantedOf = (rows: readonly Row[], type: DataType): Row => ({
  least: argOf(rows, type, true),
  greatest: argOf(rows, type, false),
  kept: argOf(
    rows.filter((row) => row['kept'] === true),
    type,
    false,
  ),
})

describe.each(LEAVES.filter(isOrdered).map((type) => [typeName(type), type] as const))(
  'argMin and argMax by %s',
  (_, byType) => {
    it('are values of the extreme row', () => {
      const columns = fc.constantFrom(...LEAVES).chain((type) =>
        fc.record({
          type: fc.constant(type),
          rows: fc.array(
            fc.record({
              value: valueOf(type),
              by: valueOf(byType),
              kept: fc.option(fc.boolean()),
              group: fc.nat({ max: 9 }),
            }),
            { maxLength: 120 },
          ),
        }),
      )
      fc.assert(
        fc.property(columns, fc.nat({ max: 120 }), ({ type, rows }, cut) => {
          const schema = Schema.of({ value: type, by: byType, kept: nullable(bool()) })
          const made = [0, 1, 2].map(() => new Accumulators(kernels, schema, SPECS))
          const [straight, before, after] = made as [Accumulators, Accumulators, Accumulators]
          const groups = rows.map(({ group }) => group)
          straight.add(rows.slice(0, cut), groups.slice(0, cut))
          before.add(rows.slice(cut), groups.slice(cut))
          after.restore(straight.snapshot(GROUPS), GROUPS)
          after.mergeFrom(before, GROUPS)
          straight.add(rows.slice(cut), groups.slice(cut))
          const wanted = GROUPS.map((id) =>
            wantedOf(
              rows.filter(({ group }) => group === id),
              byType,
            ),
          )
          expect(straight.results(GROUPS)).toEqual(wanted)
          expect(after.results(GROUPS)).toEqual(wanted)
          for (const one of made) one.close(GROUPS)
        }),
        { numRuns: 1_000 / GROUPS.length },
      )
    })
  },
)
