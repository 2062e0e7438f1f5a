// From aggregate specs to accumulators: what a group keeps, where in its row, and what each result is made
// of. aggregation.ts runs the plan.
//
// AP1  Aggregates break down into accumulators that they share: mean(x) is sum(x) and count(x), and
//      count(x) of a column without nulls is count(). Results that may be null look at their count.
// AP2  The counts come last in the program: `first` asks for a count before this block's rows are
//      in it.
import { DataflowError } from '../base/errors.ts'
import { isFloat } from '../columnar/expression-type.ts'
import type { Field, Schema } from '../columnar/schema.ts'
import {
  binary,
  byteWidth,
  type DataType,
  decimal,
  float64,
  int64,
  nullable,
  typeName,
  uint64,
} from '../columnar/type.ts'
import type { AggregateOp, ValueKind } from '../kernels/aggregate.ts'
import type { AggregateSpec } from './operator-spec.ts'

/** Which rows an accumulator takes: those where the column is not null and the filter is true. */
interface AcceptedRows {
  /** Position of the input column whose nulls are left out; -1 when it has none. */
  readonly nullsOf: number
  /** Position of a bool input column; -1 for none. */
  readonly filter: number
}

export interface Accumulator {
  readonly op: AggregateOp
  readonly kind: ValueKind
  readonly rows: AcceptedRows
  /** Position of the input column; -1 for count. */
  readonly column: number
  readonly offset: number
  readonly countOffset: number
}

export type Result =
  | { readonly kind: 'value'; readonly from: Accumulator; readonly countOffset: number }
  | {
      readonly kind: 'mean'
      readonly from: Accumulator
      readonly countOffset: number
      readonly unit: number
    }
  | { readonly kind: 'count'; readonly offset: number }

/** The count offset of a result that is never null. */
export const NO_COUNT = -1

/** Collects accumulators, each once, and gives them their places in a row. */
export class Planner {
  readonly #input: Schema
  readonly #accumulators = new Map<string, Accumulator>()
  #bytes = 0

  constructor(input: Schema) {
    this.#input = input
  }

  add({ function: name, column, filter }: AggregateSpec): Result {
    const position = column === undefined ? -1 : this.#input.indexOf(column)
    const type = position < 0 ? undefined : this.#input.fields[position]!.type
    const rows: AcceptedRows = {
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
    if (name === 'countDistinct') {
      const { offset } = this.#accumulator(distinctOp(type), position, rows, 0)
      return { kind: 'count', offset: offset + LIST_COUNT }
    }
    const mayBeNull = rows.nullsOf >= 0 || rows.filter >= 0
    const isPositional = name === 'first' || name === 'last'
    const countOffset = mayBeNull || isPositional ? this.#count(rows) : NO_COUNT
    const op =
      name === 'sum'
        ? sumOp(type)
        : isPositional
          ? pickOp(name, type)
          : orderOp(extremeOf(name), type)
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

  #count(rows: AcceptedRows): number {
    return this.#accumulator('count', -1, rows, 0).offset
  }

  #accumulator(
    op: AggregateOp,
    column: number,
    rows: AcceptedRows,
    countOffset: number,
  ): Accumulator {
    const key = `${op} ${column} ${rows.nullsOf} ${rows.filter}`
    let accumulator = this.#accumulators.get(key)
    if (accumulator === undefined) {
      const kind = column < 0 ? 64 : valueKind(this.#input.fields[column]!.type)
      accumulator = { op, kind, rows, column, offset: this.#bytes, countOffset }
      this.#accumulators.set(key, accumulator)
      this.#bytes += accumulatorBytes(accumulator)
    }
    return accumulator
  }
}

/** Where an accumulator with a list of values has their count (assembly/value-list.ts), and its bytes. */
const LIST_COUNT = 16
const LIST_BYTES = 32

function accumulatorBytes({ op, kind }: Accumulator): number {
  if (isListOp(op)) return LIST_BYTES
  return isWideOp(op) || kind === 'bytes' ? 16 : 8
}

/** True for accumulators that hold a list of values. */
export const isListOp = (op: AggregateOp): boolean => op.startsWith('distinct')

/** True for accumulators that hold memory outside their row. */
export const holdsMemory = ({ op, kind }: Accumulator): boolean => kind === 'bytes' || isListOp(op)

/** True for accumulators of 16 bytes. */
export const isWideOp = (op: AggregateOp): boolean => op.endsWith('128')

/** The column of an accumulator in a snapshot: values as wide as they are kept. */
export function stateField({ op, kind, column, rows }: Accumulator, input: Schema): Field {
  const nameOf = (position: number): string => input.fields[position]!.name
  const over = column >= 0 ? column : rows.nullsOf
  const filter = rows.filter < 0 ? '' : ` where ${nameOf(rows.filter)}`
  const name = `${op}(${over < 0 ? '' : nameOf(over)})${filter}`
  const type = column < 0 ? undefined : input.fields[column]!.type
  return { name, type: stateType(op, kind, type) }
}

function stateType(op: AggregateOp, kind: ValueKind, type: DataType | undefined): DataType {
  if (kind === 'bytes' || isListOp(op)) return nullable(binary())
  if (isWideOp(op)) return decimal(38, type?.kind === 'decimal' ? type.scale : 0)
  if (op.startsWith('count') || type === undefined) return int64()
  if (type.kind === 'float32' || type.kind === 'float64') return float64()
  return type.kind.startsWith('uint') || type.kind === 'bool' ? uint64() : int64()
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

/** Of bools: true is the greater. */
function extremeOf(name: 'min' | 'max' | 'any' | 'all'): 'min' | 'max' {
  if (name === 'any') return 'max'
  return name === 'all' ? 'min' : name
}

function pickOp(name: 'first' | 'last', type: DataType): AggregateOp {
  const kind = valueKind(type)
  if (kind === 'bytes') return `${name}Bytes`
  return kind === 128 ? `${name}128` : `${name}64`
}

function distinctOp(type: DataType): AggregateOp {
  const kind = valueKind(type)
  if (kind === 'bytes') return 'distinctBytes'
  if (kind === 128) return 'distinct128'
  return isFloat(type) ? 'distinctF64' : 'distinct64'
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
