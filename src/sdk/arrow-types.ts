// The columns of a table of apache-arrow, read off the table itself: columnar/arrow-schema.ts would load
// parts of the library, 60 ms of every job's start.
import type * as Arrow from 'apache-arrow'
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

const UNITS: readonly TimeUnit[] = ['s', 'ms', 'us', 'ns']

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
