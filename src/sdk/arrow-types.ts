// Our column types as apache-arrow's, and back. The library is handed in: it takes 100 ms to load, which
// only jobs that meet Arrow data in the client should wait for.
import type * as Arrow from 'apache-arrow'
import { unreachable } from '../base/assert.ts'
import { DataflowError } from '../base/errors.ts'
import {
  bool,
  type DataType,
  date,
  decimal,
  duration,
  type Fields,
  binary,
  float32,
  float64,
  int16,
  int32,
  int64,
  int8,
  list,
  struct,
  timestamp,
  type TimeUnit,
  uint16,
  uint32,
  uint64,
  uint8,
  utf8,
  withNullable,
} from '../columnar/type.ts'

export type ArrowModule = typeof Arrow

export const loadArrow = (): Promise<ArrowModule> => import('apache-arrow')

const UNITS: readonly TimeUnit[] = ['s', 'ms', 'us', 'ns']

export function toArrowType(arrow: ArrowModule, type: DataType): Arrow.DataType {
  switch (type.kind) {
    case 'bool':
      return new arrow.Bool()
    case 'int8':
      return new arrow.Int8()
    case 'int16':
      return new arrow.Int16()
    case 'int32':
      return new arrow.Int32()
    case 'int64':
      return new arrow.Int64()
    case 'uint8':
      return new arrow.Uint8()
    case 'uint16':
      return new arrow.Uint16()
    case 'uint32':
      return new arrow.Uint32()
    case 'uint64':
      return new arrow.Uint64()
    case 'float32':
      return new arrow.Float32()
    case 'float64':
      return new arrow.Float64()
    case 'decimal':
      return new arrow.Decimal(type.scale, type.precision, 128)
    case 'utf8':
      return new arrow.Utf8()
    case 'binary':
      return new arrow.Binary()
    case 'date':
      return new arrow.DateDay()
    case 'timestamp':
      return new arrow.Timestamp(UNITS.indexOf(type.unit))
    case 'duration':
      return new arrow.Duration(UNITS.indexOf(type.unit))
    case 'list':
      return new arrow.List(
        new arrow.Field('item', toArrowType(arrow, type.item), type.item.nullable),
      )
    case 'struct':
      return new arrow.Struct(toArrowFields(arrow, type.fields))
    default:
      return unreachable(type)
  }
}

export const toArrowFields = (arrow: ArrowModule, fields: Fields): Arrow.Field[] =>
  Object.entries(fields).map(
    ([name, type]) => new arrow.Field(name, toArrowType(arrow, type), type.nullable),
  )

// The numbers of Arrow's format (Schema.fbs), as apache-arrow names them; enums of the library would
// have to be loaded.
const TYPE_ID = {
  int: 2,
  float: 3,
  binary: 4,
  utf8: 5,
  bool: 6,
  decimal: 7,
  date: 8,
  timestamp: 10,
  list: 12,
  struct: 13,
  duration: 18,
  largeUtf8: 20,
  dictionary: -1,
} as const

/**
 * Our type of an Arrow field.
 * @throws UNSUPPORTED for types that we have not
 */
export function fromArrowField(field: Arrow.Field): DataType {
  return withNullable(fromArrowType(field.type, field.name), field.nullable)
}

function fromArrowType(type: Arrow.DataType, column: string): DataType {
  switch (type.typeId as number) {
    case TYPE_ID.bool:
      return bool()
    case TYPE_ID.int:
      return integerType(type as Arrow.Int)
    case TYPE_ID.float:
      if ((type as Arrow.Float).precision === 2) return float64()
      if ((type as Arrow.Float).precision === 1) return float32()
      break
    case TYPE_ID.decimal:
      return decimal((type as Arrow.Decimal).precision, (type as Arrow.Decimal).scale)
    case TYPE_ID.utf8:
    case TYPE_ID.largeUtf8:
      return utf8()
    case TYPE_ID.binary:
      return binary()
    case TYPE_ID.date:
      if ((type as Arrow.Date_).unit === 0) return date()
      break
    case TYPE_ID.timestamp:
      return timestamp(UNITS[(type as Arrow.Timestamp).unit]!)
    case TYPE_ID.duration:
      return duration(UNITS[(type as Arrow.Duration).unit]!)
    case TYPE_ID.list:
      return list(fromArrowField((type as Arrow.List).children[0]!))
    case TYPE_ID.struct: {
      const fields = (type as Arrow.Struct).children.map((child) => [
        child.name,
        fromArrowField(child),
      ])
      return struct(Object.fromEntries(fields) as Fields)
    }
    case TYPE_ID.dictionary:
      return fromArrowType((type as Arrow.Dictionary).dictionary, column)
    default:
  }
  throw new DataflowError(
    'UNSUPPORTED',
    `column '${column}' is of Arrow's type ${String(type)}, which no column here can be; cast it`,
    { context: { column } },
  )
}

function integerType({ isSigned, bitWidth }: Arrow.Int): DataType {
  switch (bitWidth) {
    case 8:
      return isSigned ? int8() : uint8()
    case 16:
      return isSigned ? int16() : uint16()
    case 32:
      return isSigned ? int32() : uint32()
    default:
      return isSigned ? int64() : uint64()
  }
}

/** True for a layout that is not the plain one of its values: those columns are decoded first. */
export const isEncoded = (type: Arrow.DataType): boolean =>
  type.typeId === TYPE_ID.dictionary || (type.typeId as number) === TYPE_ID.largeUtf8
