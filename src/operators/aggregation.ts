// Aggregates as the kernels keep them: from specs and an input schema to accumulators, and from
// accumulators to output columns. The window operator holds one; rows and slices are its business.
//
// AG1  The state of a group is data: `stateFields` names its columns, exportState() fills them and
//      importState() reads them back into fresh accumulator rows.
// AG2  An aggregation over a changelog takes rows back (AggregateProgram.retract) after it has added the
//      others of a batch; functions that cannot are refused when it is made.
import { assert, unreachable } from '../base/assert.ts'
import { DataflowError } from '../base/errors.ts'
import type { Field, Schema } from '../columnar/schema.ts'
import { type DataType, typeName } from '../columnar/type.ts'
import { Vector } from '../columnar/vector.ts'
import {
  aggregateBytes,
  type AggregateEntry,
  aggregateFixed,
  type AggregateInput,
  aggregateMean,
  type AggregateOverflow,
  type AggregateProgram,
  aggregateValidity,
  aggregateVariance,
  type ValueKind,
} from '../kernels/aggregate.ts'
import {
  aggregateEstimate,
  aggregateQuantile,
  type ListItems,
  listItems,
} from '../kernels/value-list.ts'
import { aggregateHeld } from '../kernels/aggregate-state.ts'
import { validityAnd } from '../kernels/bitmap.ts'
import type { Kernels } from '../kernels/module.ts'
import { canRetract } from './aggregate-type.ts'
import {
  type Accumulator,
  holdsMemory,
  isMomentsOp,
  NO_COUNT,
  Planner,
  type Result,
  type StatePart,
  stateParts,
} from './aggregation-plan.ts'
import type { AggregateFunctionName, AggregateSpec } from './operator-spec.ts'

export interface AggregationOptions {
  /** Rows are taken back, too: the input is a changelog. */
  readonly isRetracting?: boolean
}

export class Aggregation {
  /** A group's accumulators as they start. */
  readonly template: Uint8Array
  readonly entries: readonly AggregateEntry[]
  /** True when accumulators hold memory outside themselves. */
  readonly holdsBytes: boolean
  /** Positions of the input columns that are read. */
  readonly columns: readonly number[]
  /** The columns of a group's state; a name says which accumulator it is. */
  readonly stateFields: readonly Field[]
  readonly #input: Schema
  readonly #accumulators: readonly Accumulator[]
  readonly #parts: readonly (StatePart & { readonly entry: number })[]
  readonly #results: readonly Result[]

  /** @throws COLUMN_NOT_FOUND, TYPE_MISMATCH; UNSUPPORTED for what cannot take rows back */
  constructor(
    input: Schema,
    specs: readonly AggregateSpec[],
    { isRetracting = false }: AggregationOptions = {},
  ) {
    if (isRetracting) specs.forEach(refuseRetraction)
    const plan = new Planner(input)
    this.#input = input
    this.#results = specs.map((spec) => plan.add(spec))
    this.#accumulators = plan.ordered()
    this.entries = this.#accumulators
    this.template = plan.template()
    this.#parts = this.#accumulators.flatMap((accumulator, entry) =>
      stateParts(accumulator, input).map((part) => ({ ...part, entry })),
    )
    this.stateFields = this.#parts.map(({ field }) => field)
    this.holdsBytes = this.#accumulators.some(holdsMemory)
    const read = this.#accumulators.flatMap(({ column, by, rows }) => [
      column,
      by?.column ?? -1,
      ...Object.values(rows),
    ])
    this.columns = [...new Set(read)].filter((column) => column >= 0)
  }

  /**
   * What each entry reads, from the input columns by position. Filters without their nulls go to
   * scratch.
   */
  inputs(kernels: Kernels, columns: (position: number) => Vector, n: number): AggregateInput[] {
    const filters = new Map<number, number>()
    const filterOf = (position: number): number => {
      let bits = filters.get(position)
      if (bits === undefined) {
        const { values, validity } = columns(position)
        bits = validityAnd(kernels, values, validity, n)
        filters.set(position, bits)
      }
      return bits
    }
    const bitsOf = (position: number): number => (position < 0 ? 0 : columns(position).validity)
    return this.#accumulators.map(({ column, by, rows }) => {
      const [one, two] = [bitsOf(rows.nullsOf), bitsOf(rows.byNullsOf)]
      return {
        values: column < 0 ? 0 : columns(column).values,
        offsets: column < 0 ? 0 : columns(column).offsets,
        byValues: by === undefined ? 0 : columns(by.column).values,
        byOffsets: by === undefined ? 0 : columns(by.column).offsets,
        validity: one === 0 || two === 0 ? one + two : validityAnd(kernels, one, two, n),
        filter: rows.filter < 0 ? 0 : filterOf(rows.filter),
      }
    })
  }

  /** The aggregates of n groups, whose accumulators `rows` points to, as columns of these types. */
  results(kernels: Kernels, rows: number, n: number, types: readonly DataType[]): Vector[] {
    assert(types.length === this.#results.length, `${types.length} types of aggregates`)
    return this.#results.map((result, i) => {
      const base = { type: types[i]!, length: n }
      switch (result.kind) {
        case 'count': {
          const values = aggregateFixed(kernels, rows, n, result.offset, 64)
          return new Vector({ ...base, values })
        }
        case 'mean': {
          const { from, countOffset, unit } = result
          const parts = { op: from.op, offset: from.offset, countOffset, unit }
          const values = aggregateMean(kernels, rows, n, parts)
          return new Vector({ ...base, ...validityOf(kernels, rows, n, countOffset), values })
        }
        case 'estimate': {
          const values = aggregateEstimate(kernels, rows, n, result.offset)
          return new Vector({ ...base, values })
        }
        case 'quantile': {
          const nulls = aggregateValidity(kernels, rows, n, result.countOffset)
          const values = aggregateQuantile(kernels, rows, n, result)
          return new Vector({ ...base, ...nulls, values })
        }
        case 'list': {
          const { kind, offset } = result.from
          const packed = aggregateBytes(kernels, rows, n, offset)
          return listVector(base, listItems(kernels, packed, n, kind))
        }
        case 'variance': {
          // Of a sample, one row is not enough.
          const { offset, isSample } = result
          const nulls = aggregateValidity(kernels, rows, n, offset, isSample ? 2 : 1)
          const values = aggregateVariance(kernels, rows, n, result)
          return new Vector({ ...base, ...nulls, values })
        }
        case 'value': {
          const { from, countOffset } = result
          const nulls = validityOf(kernels, rows, n, countOffset)
          const kind = resultKind(from)
          if (kind === 'bytes') {
            const bytes = aggregateBytes(kernels, rows, n, from.offset)
            return new Vector({ ...base, ...nulls, ...bytes })
          }
          const values = aggregateFixed(kernels, rows, n, from.offset, kind)
          return new Vector({ ...base, ...nulls, values })
        }
        default:
          return unreachable(result)
      }
    })
  }

  /**
   * The state of n groups, whose accumulators `rows` points to, as columns in the order of
   * `stateFields`; in the arena.
   * @throws RECORD_TOO_LARGE
   */
  exportState(kernels: Kernels, rows: number, n: number): Vector[] {
    return this.#parts.map(({ field, width, offset }) => {
      const base = { type: field.type, length: n }
      if (width === 'bytes' || width === 'list') {
        const held = aggregateHeld(kernels, rows, n, offset)
        return new Vector({ ...base, ...held, ...aggregateBytes(kernels, rows, n, offset) })
      }
      return new Vector({ ...base, values: aggregateFixed(kernels, rows, n, offset, width) })
    })
  }

  /**
   * Sets the accumulators of n groups, fresh from the template, from what exportState() gave.
   * @param columns in the order of `stateFields`, without a selection
   * @throws MEMORY_EXHAUSTED
   */
  importState(
    program: AggregateProgram,
    columns: readonly Vector[],
    rows: number,
    n: number,
  ): void {
    assert(columns.length === this.stateFields.length, `${columns.length} columns of state`)
    this.#parts.forEach(({ width, offset, entry }, i) => {
      const column = columns[i]!
      if (width === 'list') program.setList(entry, rows, n, offset, column)
      else if (width === 'bytes') program.setBytes(rows, n, offset, column)
      else program.setFixed(rows, n, offset, width, column.values)
    })
  }

  /** The row that takes a value back which is not there, if that is what has failed. */
  missingRow({ entry, row }: AggregateOverflow): number | undefined {
    return isMomentsOp(this.#accumulators[entry]!.op) ? row : undefined
  }

  /** The error of a sum or a list that does not fit. */
  overflow({ entry }: AggregateOverflow): DataflowError {
    const { column: position, op, parameter } = this.#accumulators[entry]!
    const column = this.#input.fields[position]!
    if (op === 'collect') return tooManyCollected(column.name, parameter!)
    return new DataflowError(
      'ARITHMETIC_OVERFLOW',
      `the sum of '${column.name}' (${typeName(column.type)}) is too large; cast it to float64 ` +
        'or to a decimal before it is summed',
      { context: { column: column.name } },
    )
  }
}

export const tooManyCollected = (column: string, limit: number): DataflowError =>
  new DataflowError(
    'RECORD_TOO_LARGE',
    `collect() has more than ${limit} values of '${column}' in a group; give it a higher limit, or ` +
      'use topN()',
    { context: { column } },
  )

function listVector(
  { type, length }: { readonly type: DataType; readonly length: number },
  { offsets, count, items }: ListItems,
): Vector {
  assert(type.kind === 'list', 'a list of values is asked for as one')
  const child = new Vector({ type: type.item, length: count, ...items })
  return new Vector({ type, length, offsets, children: [child] })
}

function validityOf(
  kernels: Kernels,
  rows: number,
  n: number,
  countOffset: number,
): { validity: number; nullCount: number } {
  if (countOffset === NO_COUNT) return { validity: 0, nullCount: 0 }
  return aggregateValidity(kernels, rows, n, countOffset)
}

const REASONS: Partial<Record<AggregateFunctionName, string>> = {
  approxCountDistinct: ': it does not know which values it has seen; countDistinct() does',
}

function refuseRetraction({ name, function: of }: AggregateSpec): void {
  if (canRetract(of)) return
  throw new DataflowError(
    'UNSUPPORTED',
    `'${name}' is ${of}() of a stream whose rows change, and ${of}() cannot take a row back` +
      `${REASONS[of] ?? ''}`,
  )
}

/** Sums are wide whatever they add up; the others give what they took. */
function resultKind({ op, kind }: Accumulator): ValueKind {
  if (op === 'sumI128') return 128
  return op.startsWith('sum') ? 64 : kind
}
