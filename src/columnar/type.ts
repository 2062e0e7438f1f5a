// Column types: plain objects (they travel as JSON in a job graph) that also carry the TypeScript type
// of a row's value, so that a schema written once types the whole job.
//
//   kind                      in linear memory (Arrow's layout)        in a row
//   bool                      1 bit                                    boolean
//   int8..int32, uint8..32    1, 2, 4 bytes                            number
//   int64, uint64             8 bytes                                  bigint, or number (`as: 'number'`)
//   float32, float64          4, 8 bytes                               number
//   decimal(p, s)             8 bytes up to 18 digits, else 16         string ('12.50': exact)
//   timestamp(u), duration(u) 8 bytes, in the unit                     number of ms | bigint of us, ns
//   date                      4 bytes, days since 1970-01-01           Date at midnight UTC
//   utf8, binary              i32 offsets + bytes                      string, Uint8Array
//   list, struct              i32 offsets + child, children            array, object
//
// T1  A type is nullable only when it says so; null in a column that is not nullable is malformed.

import { DataflowError } from '../base/errors.ts'

export type TimeUnit = 's' | 'ms' | 'us' | 'ns'

export interface Bool<N extends boolean = boolean> {
  readonly kind: 'bool'
  readonly nullable: N
}
export type SmallIntKind = 'int8' | 'int16' | 'int32' | 'uint8' | 'uint16' | 'uint32'
export interface SmallInt<K extends SmallIntKind = SmallIntKind, N extends boolean = boolean> {
  readonly kind: K
  readonly nullable: N
}
export interface BigInt64<
  K extends 'int64' | 'uint64' = 'int64' | 'uint64',
  N extends boolean = boolean,
  A extends 'bigint' | 'number' = 'bigint' | 'number',
> {
  readonly kind: K
  readonly nullable: N
  /** What a row's value is; 'number' refuses values beyond 2^53 with UNSAFE_INTEGER. */
  readonly as: A
}
export interface Float<
  K extends 'float32' | 'float64' = 'float32' | 'float64',
  N extends boolean = boolean,
> {
  readonly kind: K
  readonly nullable: N
}
export interface Decimal<N extends boolean = boolean> {
  readonly kind: 'decimal'
  readonly nullable: N
  /** Digits in all, 1 to 38; up to 18 are held in 64 bits. */
  readonly precision: number
  /** Digits after the point. */
  readonly scale: number
}
export interface Utf8<N extends boolean = boolean> {
  readonly kind: 'utf8'
  readonly nullable: N
}
export interface Binary<N extends boolean = boolean> {
  readonly kind: 'binary'
  readonly nullable: N
}
export interface Timestamp<U extends TimeUnit = TimeUnit, N extends boolean = boolean> {
  readonly kind: 'timestamp'
  readonly nullable: N
  readonly unit: U
}
export interface Duration<U extends TimeUnit = TimeUnit, N extends boolean = boolean> {
  readonly kind: 'duration'
  readonly nullable: N
  readonly unit: U
}
export interface CalendarDate<N extends boolean = boolean> {
  readonly kind: 'date'
  readonly nullable: N
}
export interface List<T extends DataType = DataType, N extends boolean = boolean> {
  readonly kind: 'list'
  readonly nullable: N
  readonly item: T
}
export interface Struct<F extends Fields = Fields, N extends boolean = boolean> {
  readonly kind: 'struct'
  readonly nullable: N
  readonly fields: F
}

/** The type of a column. */
export type DataType =
  | Bool
  | SmallInt
  | BigInt64
  | Float
  | Decimal
  | Utf8
  | Binary
  | Timestamp
  | Duration
  | CalendarDate
  // The cycle (a list of lists) needs an interface's laziness, not an alias's.
  | AnyList
  | AnyStruct
interface AnyList extends List<DataType, boolean> {}
interface AnyStruct extends Struct<Fields, boolean> {}

/** Column names and their types, in order. */
export interface Fields {
  readonly [name: string]: DataType
}

type NonNullValue<T extends DataType> = T extends Bool
  ? boolean
  : T extends SmallInt | Float
    ? number
    : T extends { readonly kind: 'int64' | 'uint64'; readonly as: infer A }
      ? A extends 'number'
        ? number
        : bigint
      : T extends Decimal | Utf8
        ? string
        : T extends Binary
          ? Uint8Array
          : T extends { readonly kind: 'timestamp' | 'duration'; readonly unit: infer U }
            ? U extends 's' | 'ms'
              ? number
              : bigint
            : T extends CalendarDate
              ? Date
              : T extends List<infer I>
                ? ValueOf<I>[]
                : T extends Struct<infer F>
                  ? RowOf<F>
                  : never

/** The same type with nullability set. (An intersection would be never: `false & true`.) */
export type WithNull<T extends DataType, N extends boolean> = T extends Bool
  ? Bool<N>
  : T extends SmallInt<infer K>
    ? SmallInt<K, N>
    : T extends BigInt64<infer K, boolean, infer A>
      ? BigInt64<K, N, A>
      : T extends Float<infer K>
        ? Float<K, N>
        : T extends Decimal
          ? Decimal<N>
          : T extends Utf8
            ? Utf8<N>
            : T extends Binary
              ? Binary<N>
              : T extends Timestamp<infer U>
                ? Timestamp<U, N>
                : T extends Duration<infer U>
                  ? Duration<U, N>
                  : T extends CalendarDate
                    ? CalendarDate<N>
                    : T extends List<infer I>
                      ? List<I, N>
                      : T extends Struct<infer F>
                        ? Struct<F, N>
                        : never

/** The TypeScript type of a row's value in a column of this type. */
export type ValueOf<T extends DataType> =
  | NonNullValue<T>
  | (T['nullable'] extends false ? never : null)

/** The TypeScript type of a row of a schema. */
export type RowOf<F extends Fields> = { [K in keyof F]: ValueOf<F[K]> }

export const bool = (): Bool<false> => ({ kind: 'bool', nullable: false })
export const int8 = (): SmallInt<'int8', false> => ({ kind: 'int8', nullable: false })
export const int16 = (): SmallInt<'int16', false> => ({ kind: 'int16', nullable: false })
export const int32 = (): SmallInt<'int32', false> => ({ kind: 'int32', nullable: false })
export const uint8 = (): SmallInt<'uint8', false> => ({ kind: 'uint8', nullable: false })
export const uint16 = (): SmallInt<'uint16', false> => ({ kind: 'uint16', nullable: false })
export const uint32 = (): SmallInt<'uint32', false> => ({ kind: 'uint32', nullable: false })

/** A 64-bit integer: bigint in a row, or number with `{ as: 'number' }` (unsafe values refused). */
export function int64(): BigInt64<'int64', false, 'bigint'>
export function int64<A extends 'bigint' | 'number'>(options: {
  readonly as: A
}): BigInt64<'int64', false, A>
export function int64(options?: { readonly as: 'bigint' | 'number' }): BigInt64<'int64', false> {
  return { kind: 'int64', nullable: false, as: options?.as ?? 'bigint' }
}

/** An unsigned 64-bit integer: bigint in a row, or number with `{ as: 'number' }`. */
export function uint64(): BigInt64<'uint64', false, 'bigint'>
export function uint64<A extends 'bigint' | 'number'>(options: {
  readonly as: A
}): BigInt64<'uint64', false, A>
export function uint64(options?: { readonly as: 'bigint' | 'number' }): BigInt64<'uint64', false> {
  return { kind: 'uint64', nullable: false, as: options?.as ?? 'bigint' }
}

export const float32 = (): Float<'float32', false> => ({ kind: 'float32', nullable: false })
export const float64 = (): Float<'float64', false> => ({ kind: 'float64', nullable: false })
export const utf8 = (): Utf8<false> => ({ kind: 'utf8', nullable: false })
export const binary = (): Binary<false> => ({ kind: 'binary', nullable: false })
export const date = (): CalendarDate<false> => ({ kind: 'date', nullable: false })

/**
 * An exact number of `precision` digits, 1 to 38, `scale` of them after the point.
 * @throws CONFIG_INVALID
 */
export function decimal(precision: number, scale: number): Decimal<false> {
  const isPrecision = Number.isInteger(precision) && precision >= 1 && precision <= 38
  if (isPrecision && Number.isInteger(scale) && scale >= 0 && scale <= precision) {
    return { kind: 'decimal', nullable: false, precision, scale }
  }
  throw new DataflowError(
    'CONFIG_INVALID',
    `decimal(${precision}, ${scale}): a decimal has 1 to 38 digits, and 0 to all of them after ` +
      'the point: decimal(12, 2)',
  )
}

const TIME_UNITS: readonly TimeUnit[] = ['s', 'ms', 'us', 'ns']

function timeUnit<U extends TimeUnit>(unit: U, type: string): U {
  if (TIME_UNITS.includes(unit)) return unit
  throw new DataflowError(
    'CONFIG_INVALID',
    `${type}('${String(unit)}'): a unit is one of ${TIME_UNITS.join(', ')}`,
  )
}

/** A moment, counted in `unit`. @throws CONFIG_INVALID for a unit that is none */
export const timestamp = <U extends TimeUnit = 'ms'>(unit?: U): Timestamp<U, false> => ({
  kind: 'timestamp',
  nullable: false,
  unit: timeUnit(unit ?? ('ms' as U), 'timestamp'),
})
/** A length of time, counted in `unit`. @throws CONFIG_INVALID for a unit that is none */
export const duration = <U extends TimeUnit = 'ms'>(unit?: U): Duration<U, false> => ({
  kind: 'duration',
  nullable: false,
  unit: timeUnit(unit ?? ('ms' as U), 'duration'),
})
/** Values of one type, as an array. @throws CONFIG_INVALID for what is no type */
export const list = <T extends DataType>(item: T): List<T, false> => ({
  kind: 'list',
  nullable: false,
  item: givenType(item, 'list', 'the type of its items: list(utf8())'),
})
/** Values of several types, as an object. @throws CONFIG_INVALID for what are no types by name */
export const struct = <F extends Fields>(fields: F): Struct<F, false> => {
  const want = 'a type for each name: struct({ name: utf8() })'
  if (!isObject(fields) || isType(fields)) throw noType(`struct(${givenText(fields)})`, want)
  for (const [name, type] of Object.entries<unknown>(fields)) {
    if (!isType(type)) throw noType(`struct({ ${name}: ${givenText(type)} })`, want)
  }
  return { kind: 'struct', nullable: false, fields }
}
/** The same type, with null allowed. @throws CONFIG_INVALID for what is no type */
export const nullable = <T extends DataType>(type: T): WithNull<T, true> =>
  withNullable(givenType(type, 'nullable', 'a type: nullable(utf8())'), true) as WithNull<T, true>

const isObject = (given: unknown): given is object => typeof given === 'object' && given !== null

/** True for a type; in plain JavaScript anything may be in its place. */
export const isType = (given: unknown): given is DataType =>
  isObject(given) && 'kind' in given && typeof given.kind === 'string'

function givenType<T extends DataType>(given: T, place: string, want: string): T {
  if (!isType(given)) throw noType(`${place}(${givenText(given)})`, want)
  return given
}

function givenText(given: unknown): string {
  if (typeof given === 'string') return `'${given}'`
  if (typeof given === 'function') return given.name === '' ? 'a function' : given.name
  return isObject(given) ? (isType(given) ? typeName(given) : 'an object') : String(given)
}

const noType = (place: string, want: string): DataflowError =>
  new DataflowError('CONFIG_INVALID', `${place} takes ${want}`)

/** The type with nullability set: what a function of columns gives. */
export function withNullable(type: DataType, isNullable: boolean): DataType {
  return type.nullable === isNullable ? type : ({ ...type, nullable: isNullable } as DataType)
}

/** Bytes a value takes in its fixed-width buffer; 0 for bool (bits), utf8, binary, list and struct. */
export function byteWidth(type: DataType): 0 | 1 | 2 | 4 | 8 | 16 {
  switch (type.kind) {
    case 'int8':
    case 'uint8':
      return 1
    case 'int16':
    case 'uint16':
      return 2
    case 'int32':
    case 'uint32':
    case 'float32':
    case 'date':
      return 4
    case 'int64':
    case 'uint64':
    case 'float64':
    case 'timestamp':
    case 'duration':
      return 8
    case 'decimal':
      return type.precision <= 18 ? 8 : 16
    default:
      return 0
  }
}

/** True for types held as i32 offsets and bytes. */
export const isVariable = (type: DataType): boolean =>
  type.kind === 'utf8' || type.kind === 'binary'

/** How many of a unit make a second. */
export const UNITS_PER_SECOND: Readonly<Record<TimeUnit, number>> = {
  s: 1,
  ms: 1e3,
  us: 1e6,
  ns: 1e9,
}

/** A type as a reader writes it: `decimal(10,2)`, `timestamp[us]`, `utf8?` (nullable). */
export function typeName(type: DataType): string {
  const mark = type.nullable ? '?' : ''
  switch (type.kind) {
    case 'decimal':
      return `decimal(${type.precision},${type.scale})${mark}`
    case 'timestamp':
    case 'duration':
      return `${type.kind}[${type.unit}]${mark}`
    case 'list':
      return `list<${typeName(type.item)}>${mark}`
    case 'struct': {
      const fields = Object.entries(type.fields).map(
        ([name, field]) => `${name}: ${typeName(field)}`,
      )
      return `struct<${fields.join(', ')}>${mark}`
    }
    default:
      return type.kind + mark
  }
}

/** True when both are the same but for nullability and the row representation of 64-bit integers. */
export function sameType(a: DataType, b: DataType): boolean {
  if (a.kind !== b.kind) return false
  if (a.kind === 'decimal')
    return a.precision === (b as Decimal).precision && a.scale === (b as Decimal).scale
  if (a.kind === 'timestamp' || a.kind === 'duration') return a.unit === (b as Timestamp).unit
  if (a.kind === 'list') return sameType(a.item, (b as List).item)
  if (a.kind !== 'struct') return true
  const others = Object.entries((b as Struct).fields)
  const entries = Object.entries(a.fields)
  return (
    entries.length === others.length &&
    entries.every(([name, type], i) => name === others[i]![0] && sameType(type, others[i]![1]))
  )
}
