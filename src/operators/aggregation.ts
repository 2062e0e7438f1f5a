// Aggregates as the kernels keep them: from specs and an input schema to accumulators, and from
// accumulators to output columns. The window operator holds one; rows and slices are its business.
//
// AG1  Aggregates break down into accumulators that they share: mean(x) is sum(x) and count(x), and
//      count(x) of a column without nulls is count(). Results that may be null look at their count.
// AG2  The counts come last in the program: `first` asks for a count before this block's rows are
//      in it.
import { assert, unreachable } from '../base/assert.ts'
import { DataflowError } from '../base/errors.ts'
import type { Schema } from '../columnar/schema.ts'
import { byteWidth, type DataType, typeName } from '../columnar/type.ts'
import { Vector } from '../columnar/vector.ts'
import {
  aggregateBytes,
  type AggregateEntry,
  aggregateFixed,
  type AggregateInput,
  aggregateMean,
  type AggregateOp,
  type AggregateOverflow,
  aggregateValidity,
  type ValueKind,
} from '../kernels/aggregate.ts'
import { validityAnd } from '../kernels/bitmap.ts'
import type { Kernels } from '../kernels/module.ts'
import type { AggregateSpec } from './operator-spec.ts'

/** Which rows an accumulator takes: those where the column is not null and the filter is true. */
interface Rows {
  /** Position of the input column whose nulls are left out; -1 when it has none. */
  readonly nullsOf: number
  /** Position of a bool input column; -1 for none. */
  readonly filter: number
}

interface Accumulator {
  readonly op: AggregateOp
  readonly kind: ValueKind
  readonly rows: Rows
  /** Position of the input column; -1 for count. */
  readonly column: number
  readonly offset: number
  readonly countOffset: number
}

type Result =
  | { readonly kind: 'value'; readonly from: Accumulator; readonly countOffset: number }
  | {
      readonly kind: 'mean'
      readonly from: Accumulator
      readonly countOffset: number
      readonly unit: number
    }
  | { readonly kind: 'count'; readonly offset: number }

const NO_COUNT = -1

export class Aggregation {
  /** A group's accumulators as they start. */
  readonly template: Uint8Array
  readonly entries: readonly AggregateEntry[]
  /** True when accumulators hold memory outside themselves. */
  readonly holdsBytes: boolean
  /** Positions of the input columns that are read. */
  readonly columns: readonly number[]
  readonly #input: Schema
  readonly #accumulators: readonly Accumulator[]
  readonly #results: readonly Result[]

  /** @throws COLUMN_NOT_FOUND, TYPE_MISMATCH */
  constructor(input: Schema, specs: readonly AggregateSpec[]) {
    const plan = new Planner(input)
    this.#input = input
    this.#results = specs.map((spec) => plan.add(spec))
    this.#accumulators = plan.ordered()
    this.entries = this.#accumulators
    this.template = plan.template()
    this.holdsBytes = this.#accumulators.some(({ kind }) => kind === 'bytes')
    const read = this.#accumulators.flatMap(({ column, rows }) => [
      column,
      rows.nullsOf,
      rows.filter,
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
    return this.#accumulators.map(({ column, rows }) => ({
      values: column < 0 ? 0 : columns(column).values,
      offsets: column < 0 ? 0 : columns(column).offsets,
      validity: rows.nullsOf < 0 ? 0 : columns(rows.nullsOf).validity,
      filter: rows.filter < 0 ? 0 : filterOf(rows.filter),
    }))
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

  /** The error of a sum that does not fit. */
  overflow({ entry }: AggregateOverflow): DataflowError {
    const column = this.#input.fields[this.#accumulators[entry]!.column]!
    return new DataflowError(
      'ARITHMETIC_OVERFLOW',
      `the sum of '${column.name}' (${typeName(column.type)}) is too large; cast it to float64 ` +
        'or to a decimal before it is summed',
      { context: { column: column.name } },
    )
  }
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

/** Sums are wide whatever they add up; the others give what they took. */
function resultKind({ op, kind }: Accumulator): ValueKind {
  if (op === 'sumI128') return 128
  return op.startsWith('sum') ? 64 : kind
}

/** Collects accumulators, each once, and gives them their places in a row. */
class Planner {
  readonly #input: Schema
  readonly #accumulators = new Map<string, Accumulator>()
  #bytes = 0

  constructor(input: Schema) {
    this.#input = input
  }

  add({ function: name, column, filter }: AggregateSpec): Result {
    const position = column === undefined ? -1 : this.#input.indexOf(column)
    const type = position < 0 ? undefined : this.#input.fields[position]!.type
    const rows: Rows = {
      nullsOf: type?.nullable === true ? position : -1,
      filter: filter === undefined ? -1 : this.#filter(filter),
    }
    if (name === 'count') return { kind: 'count', offset: this.#count(rows) }
    if (type === undefined) throw new DataflowError('TYPE_MISMATCH', `${name}() takes a column`)
    if (name === 'mean') {
      const op = type.kind === 'bool' ? 'countTrue' : sumOp(type)
      return {
        kind: 'mean',
        from: this.#accumulator(op, position, rows, 0),
        countOffset: this.#count(rows),
        unit: type.kind === 'decimal' ? 10 ** type.scale : 1,
      }
    }
    const mayBeNull = rows.nullsOf >= 0 || rows.filter >= 0
    const isPositional = name === 'first' || name === 'last'
    const countOffset = mayBeNull || isPositional ? this.#count(rows) : NO_COUNT
    const op =
      name === 'sum' ? sumOp(type) : isPositional ? pickOp(name, type) : orderOp(name, type)
    const from = this.#accumulator(op, position, rows, isPositional ? countOffset : 0)
    return { kind: 'value', from, countOffset: mayBeNull ? countOffset : NO_COUNT }
  }

  ordered(): Accumulator[] {
    const all = [...this.#accumulators.values()]
    return [...all.filter(({ op }) => op !== 'count'), ...all.filter(({ op }) => op === 'count')]
  }

  template(): Uint8Array {
    const template = new Uint8Array(this.#bytes)
    const view = new DataView(template.buffer)
    for (const { op, offset } of this.#accumulators.values()) writeStart(view, op, offset)
    return template
  }

  #filter(name: string): number {
    const position = this.#input.indexOf(name)
    const { type } = this.#input.fields[position]!
    if (type.kind !== 'bool') {
      throw new DataflowError(
        'TYPE_MISMATCH',
        `the filter '${name}' is ${typeName(type)}, not bool`,
      )
    }
    return position
  }

  #count(rows: Rows): number {
    return this.#accumulator('count', -1, rows, 0).offset
  }

  #accumulator(op: AggregateOp, column: number, rows: Rows, countOffset: number): Accumulator {
    const key = `${op} ${column} ${rows.nullsOf} ${rows.filter}`
    let accumulator = this.#accumulators.get(key)
    if (accumulator === undefined) {
      const kind = column < 0 ? 64 : valueKind(this.#input.fields[column]!.type)
      accumulator = { op, kind, rows, column, offset: this.#bytes, countOffset }
      this.#accumulators.set(key, accumulator)
      this.#bytes += op.endsWith('128') || op.endsWith('Bytes') ? 16 : 8
    }
    return accumulator
  }
}

function valueKind(type: DataType): ValueKind {
  switch (type.kind) {
    case 'int8':
    case 'int16':
    case 'int32':
    case 'uint8':
    case 'uint16':
    case 'uint32':
    case 'float32':
    case 'bool':
      return type.kind
    case 'date':
      return 'int32'
    case 'utf8':
    case 'binary':
      return 'bytes'
    case 'list':
    case 'struct':
      throw new DataflowError('TYPE_MISMATCH', `${typeName(type)} cannot be aggregated`)
    default:
      return byteWidth(type) === 16 ? 128 : 64
  }
}

function sumOp(type: DataType): AggregateOp {
  if (type.kind === 'float32' || type.kind === 'float64') return 'sumF64'
  if (type.kind === 'decimal') return 'sumI128'
  return type.kind === 'uint64' ? 'sumU64' : 'sumI64'
}

function orderOp(name: 'min' | 'max', type: DataType): AggregateOp {
  const kind = valueKind(type)
  if (kind === 'bytes') return `${name}Bytes`
  if (kind === 128) return `${name}I128`
  if (type.kind === 'float32' || type.kind === 'float64') return `${name}F64`
  return type.kind.startsWith('uint') || kind === 'bool' ? `${name}U64` : `${name}I64`
}

function pickOp(name: 'first' | 'last', type: DataType): AggregateOp {
  const kind = valueKind(type)
  if (kind === 'bytes') return `${name}Bytes`
  return kind === 128 ? `${name}128` : `${name}64`
}

const I64_MAX = 2n ** 63n - 1n

/** Extremes start beyond every value; everything else starts with zeros. */
function writeStart(view: DataView, op: AggregateOp, offset: number): void {
  switch (op) {
    case 'minI64':
      return view.setBigInt64(offset, I64_MAX, true)
    case 'maxI64':
      return view.setBigInt64(offset, -I64_MAX - 1n, true)
    case 'minU64':
      return view.setBigInt64(offset, -1n, true)
    case 'minF64':
      return view.setFloat64(offset, NaN, true)
    case 'maxF64':
      return view.setFloat64(offset, -Infinity, true)
    case 'minI128':
      view.setBigInt64(offset, -1n, true)
      return view.setBigInt64(offset + 8, I64_MAX, true)
    case 'maxI128':
      return view.setBigInt64(offset + 8, -I64_MAX - 1n, true)
    default:
  }
}
