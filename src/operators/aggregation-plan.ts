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
import type { AggregateOp, ValueKind, ValueOrder } from '../kernels/aggregate.ts'
import type { AggregateSpec } from './operator-spec.ts'

/** Which rows an accumulator takes: those where its columns are not null and the filter is true. */
interface AcceptedRows {
  /** Position of the input column whose nulls are left out; -1 when it has none. */
  readonly nullsOf: number
  /** The same of a second column. */
  readonly byNullsOf: number
  /** Position of a bool input column; -1 for none. */
  readonly filter: number
}

export interface Accumulator {
  readonly op: AggregateOp
  readonly kind: ValueKind
  readonly rows: AcceptedRows
  /** Position of the input column; -1 for count. */
  readonly column: number
  /** The second column, of argMin and argMax. */
  readonly by?: {
    readonly kind: ValueKind
    readonly order: ValueOrder
    readonly column: number
  }
  readonly order?: ValueOrder
  readonly parameter?: number
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
  | {
      readonly kind: 'variance'
      readonly offset: number
      readonly isSample: boolean
      readonly isRoot: boolean
      readonly unit: number
    }
  | { readonly kind: 'count'; readonly offset: number }
  | { readonly kind: 'estimate'; readonly offset: number }
  | {
      readonly kind: 'quantile'
      readonly offset: number
      readonly countOffset: number
      readonly fraction: number
      readonly unit: number
    }
  | { readonly kind: 'list'; readonly from: Accumulator }

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

  add({ function: name, column, by, parameter = 0, filter }: AggregateSpec): Result {
    const position = column === undefined ? -1 : this.#input.indexOf(column)
    const type = position < 0 ? undefined : this.#input.fields[position]!.type
    const byPosition = by === undefined ? -1 : this.#input.indexOf(by)
    const rows: AcceptedRows = {
      nullsOf: this.#nullsOf(position),
      byNullsOf: this.#nullsOf(byPosition),
      filter: filter === undefined ? -1 : this.#filter(filter),
    }
    if (name === 'count') return { kind: 'count', offset: this.#count(rows) }
    if (type === undefined) throw new DataflowError('TYPE_MISMATCH', `${name}() takes a column`)
    const of = { column: position, rows, countOffset: 0 }
    const unit = type.kind === 'decimal' ? 10 ** type.scale : 1
    switch (name) {
      case 'mean': {
        const op = type.kind === 'bool' ? 'countTrue' : sumOp(type)
        const from = this.#accumulator({ ...of, op })
        return { kind: 'mean', from, countOffset: this.#count(rows), unit }
      }
      case 'countDistinct': {
        const { offset } = this.#accumulator({ ...of, op: distinctOp(type) })
        return { kind: 'count', offset: offset + LIST_COUNT }
      }
      case 'approxCountDistinct': {
        const order = orderOf(type)
        const { offset } = this.#accumulator({ ...of, op: 'approxDistinct', order })
        return { kind: 'estimate', offset }
      }
      case 'quantile': {
        const { offset } = this.#accumulator({ ...of, op: 'quantile', order: orderOf(type) })
        const countOffset = offset + LIST_COUNT
        return { kind: 'quantile', offset, countOffset, fraction: parameter, unit }
      }
      case 'collect':
      case 'topN': {
        const order = orderOf(type)
        return { kind: 'list', from: this.#accumulator({ ...of, op: name, order, parameter }) }
      }
      case 'varPop':
      case 'varSamp':
      case 'stddevPop':
      case 'stddevSamp': {
        const { offset } = this.#accumulator({ ...of, op: momentsOp(type) })
        const [isSample, isRoot] = [name.endsWith('Samp'), name.startsWith('stddev')]
        return { kind: 'variance', offset, isSample, isRoot, unit }
      }
      case 'argMin':
      case 'argMax': {
        const byType = this.#input.fields[byPosition]!.type
        const second = { kind: valueKind(byType), order: orderOf(byType), column: byPosition }
        const from = this.#accumulator({ ...of, op: name, by: second })
        return { kind: 'value', from, countOffset: from.offset + ARG_COUNT }
      }
      default:
        return this.#value(name, type, of)
    }
  }

  #value(
    name: 'sum' | 'min' | 'max' | 'any' | 'all' | 'first' | 'last',
    type: DataType,
    of: { readonly column: number; readonly rows: AcceptedRows },
  ): Result {
    const { rows } = of
    const mayBeNull = rows.nullsOf >= 0 || rows.filter >= 0
    const isPositional = name === 'first' || name === 'last'
    const countOffset = mayBeNull || isPositional ? this.#count(rows) : NO_COUNT
    const op =
      name === 'sum'
        ? sumOp(type)
        : isPositional
          ? pickOp(name, type)
          : orderOp(extremeOf(name), type)
    const from = this.#accumulator({ ...of, op, countOffset: isPositional ? countOffset : 0 })
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

  #nullsOf(position: number): number {
    return position >= 0 && this.#input.fields[position]!.type.nullable ? position : -1
  }

  #count(rows: AcceptedRows): number {
    return this.#accumulator({ op: 'count', column: -1, rows, countOffset: 0 }).offset
  }

  #accumulator(of: Omit<Accumulator, 'kind' | 'offset'>): Accumulator {
    const { op, column, by, parameter, rows } = of
    const key = `${op} ${column} ${by?.column} ${parameter} ${Object.values(rows).join(' ')}`
    let accumulator = this.#accumulators.get(key)
    if (accumulator === undefined) {
      const kind = column < 0 ? 64 : valueKind(this.#input.fields[column]!.type)
      accumulator = { ...of, kind, offset: this.#bytes }
      this.#accumulators.set(key, accumulator)
      this.#bytes += accumulatorBytes(accumulator)
    }
    return accumulator
  }
}

/** Where an accumulator of argMin has what it compares by, and whether it has (assembly/aggregate-arg.ts). */
const ARG_BY = 16
const ARG_COUNT = 32

/** Where an accumulator with a list of values has their count (assembly/value-list.ts), and its bytes. */
const LIST_COUNT = 16
const LIST_BYTES = 32

function accumulatorBytes({ op, kind }: Accumulator): number {
  if (isListOp(op)) return LIST_BYTES
  if (isArgOp(op)) return ARG_COUNT + 8
  if (isMomentsOp(op)) return 24
  return isWideOp(op) || kind === 'bytes' ? 16 : 8
}

const LIST_OPS: ReadonlySet<AggregateOp> = new Set<AggregateOp>([
  'distinct64',
  'distinctF64',
  'distinct128',
  'distinctBytes',
  'collect',
  'topN',
  'approxDistinct',
  'quantile',
])

/** True for accumulators that hold a list of values. */
export const isListOp = (op: AggregateOp): boolean => LIST_OPS.has(op)

const isArgOp = (op: AggregateOp): boolean => op.startsWith('arg')
/** True for accumulators of variances. */
export const isMomentsOp = (op: AggregateOp): boolean => op.startsWith('moments')

/** True for accumulators that hold memory outside their row. */
export const holdsMemory = ({ op, kind, by }: Accumulator): boolean =>
  kind === 'bytes' || by?.kind === 'bytes' || isListOp(op)

/** True for accumulators of 16 bytes. */
export const isWideOp = (op: AggregateOp): boolean => op.endsWith('128')

/** A column of an accumulator in a snapshot: values as wide as they are kept. */
export interface StatePart {
  readonly field: Field
  readonly width: 64 | 128 | 'bytes' | 'list'
  readonly offset: number
}

export function stateParts(accumulator: Accumulator, input: Schema): readonly StatePart[] {
  const { op, kind, column, by, rows, offset } = accumulator
  const nameOf = (position: number): string => input.fields[position]!.name
  const over = column >= 0 ? column : rows.nullsOf
  const filter = rows.filter < 0 ? '' : ` where ${nameOf(rows.filter)}`
  const second = by === undefined ? '' : `, ${nameOf(by.column)}`
  const name = `${op}(${over < 0 ? '' : nameOf(over)}${second})${filter}`
  const type = column < 0 ? undefined : input.fields[column]!.type
  const part = (suffix: string, of: DataType, at: number): StatePart => ({
    field: { name: `${name}${suffix}`, type: of },
    width: of.kind === 'binary' ? 'bytes' : byteWidth(of) === 16 ? 128 : 64,
    offset: offset + at,
  })
  if (isMomentsOp(op)) {
    return [part('', int64(), 0), part(' mean', float64(), 8), part(' squares', float64(), 16)]
  }
  if (by !== undefined) {
    return [
      part('', keptType(kind, type!), 0),
      part(' by', keptType(by.kind, input.fields[by.column]!.type), ARG_BY),
      part(' count', int64(), ARG_COUNT),
    ]
  }
  if (isListOp(op)) return [{ ...part('', nullable(binary()), 0), width: 'list' }]
  return [part('', stateType(op, kind, type), 0)]
}

function keptType(kind: ValueKind, type: DataType): DataType {
  if (kind === 'bytes') return nullable(binary())
  if (kind === 128) return decimal(38, type.kind === 'decimal' ? type.scale : 0)
  return isFloat(type) ? float64() : int64()
}

function stateType(op: AggregateOp, kind: ValueKind, type: DataType | undefined): DataType {
  if (kind === 'bytes') return nullable(binary())
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

function orderOf(type: DataType): ValueOrder {
  const kind = valueKind(type)
  if (kind === 'bytes') return kind
  if (kind === 128) return 'I128'
  if (isFloat(type)) return 'F64'
  return type.kind.startsWith('uint') || kind === 'bool' ? 'U64' : 'I64'
}

function orderOp(name: 'min' | 'max', type: DataType): AggregateOp {
  const order = orderOf(type)
  return order === 'bytes' ? `${name}Bytes` : `${name}${order}`
}

function momentsOp(type: DataType): AggregateOp {
  const order = orderOf(type)
  return order === 'bytes' ? 'momentsI64' : `moments${order}`
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
