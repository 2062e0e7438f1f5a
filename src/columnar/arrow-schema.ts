// Our schemas as Arrow's and back. What Arrow has and we have not is UNSUPPORTED, naming the column.
//
// AS1  Decimals of up to 18 digits are 64 bits here and 128 in Arrow: every reader knows those.
// AS2  `as: 'number'` of a 64-bit integer is a matter of rows, and is not written.
import { Field as ArrowField, Schema as ArrowSchema } from 'apache-arrow/schema'
import { DateUnit, Precision, TimeUnit as ArrowTimeUnit, Type } from 'apache-arrow/enum'
import {
  Binary as ArrowBinary,
  Bool as ArrowBool,
  type DataType as ArrowType,
  type Date_ as ArrowDate,
  DateDay,
  Decimal as ArrowDecimal,
  type Dictionary as ArrowDictionary,
  DurationMicrosecond,
  DurationMillisecond,
  DurationNanosecond,
  DurationSecond,
  Float as ArrowFloat,
  Int as ArrowInt,
  List as ArrowList,
  Struct as ArrowStruct,
  type Time as ArrowTime,
  type Timestamp as ArrowTimestamp,
  TimestampMicrosecond,
  TimestampMillisecond,
  TimestampNanosecond,
  TimestampSecond,
  Utf8 as ArrowUtf8,
} from 'apache-arrow/type'
import { unreachable } from '../base/assert.ts'
import { DataflowError } from '../base/errors.ts'
import { type Field, Schema } from './schema.ts'
import type { DataType, TimeUnit } from './type.ts'

const TIMESTAMPS = {
  s: TimestampSecond,
  ms: TimestampMillisecond,
  us: TimestampMicrosecond,
  ns: TimestampNanosecond,
}
const DURATIONS = {
  s: DurationSecond,
  ms: DurationMillisecond,
  us: DurationMicrosecond,
  ns: DurationNanosecond,
}
const UNITS: Readonly<Record<ArrowTimeUnit, TimeUnit>> = {
  [ArrowTimeUnit.SECOND]: 's',
  [ArrowTimeUnit.MILLISECOND]: 'ms',
  [ArrowTimeUnit.MICROSECOND]: 'us',
  [ArrowTimeUnit.NANOSECOND]: 'ns',
}

export const toArrowSchema = (schema: Schema): ArrowSchema =>
  new ArrowSchema(schema.fields.map(toArrowField))

const toArrowField = ({ name, type }: Field): ArrowField =>
  new ArrowField(name, toArrowType(type), type.nullable)

function toArrowType(type: DataType): ArrowType {
  switch (type.kind) {
    case 'bool':
      return new ArrowBool()
    case 'int8':
    case 'int16':
    case 'int32':
    case 'int64':
    case 'uint8':
    case 'uint16':
    case 'uint32':
    case 'uint64': {
      const bits = Number(type.kind.replace(/\D/g, '')) as 8 | 16 | 32 | 64
      return new ArrowInt(!type.kind.startsWith('u') as true, bits)
    }
    case 'float32':
      return new ArrowFloat(Precision.SINGLE)
    case 'float64':
      return new ArrowFloat(Precision.DOUBLE)
    case 'decimal':
      return new ArrowDecimal(type.scale, type.precision, 128)
    case 'utf8':
      return new ArrowUtf8()
    case 'binary':
      return new ArrowBinary()
    case 'timestamp':
      return new TIMESTAMPS[type.unit]()
    case 'duration':
      return new DURATIONS[type.unit]()
    case 'date':
      return new DateDay()
    case 'list':
      return new ArrowList(new ArrowField('item', toArrowType(type.item), type.item.nullable))
    case 'struct':
      return new ArrowStruct(
        Object.entries(type.fields).map(([name, field]) => toArrowField({ name, type: field })),
      )
    default:
      return unreachable(type)
  }
}

/** The columns that we can hold; the others by name, with why not. */
export interface ImportedSchema {
  readonly schema: Schema
  readonly unsupported: ReadonlyMap<string, string>
}

export function fromArrowSchema(schema: ArrowSchema): ImportedSchema {
  const fields: Field[] = []
  const unsupported = new Map<string, string>()
  for (const field of schema.fields) {
    const type = fromArrowType(field.type as ArrowType, field.nullable)
    if (type === undefined) unsupported.set(field.name, String(field.type))
    else fields.push({ name: field.name, type })
  }
  return { schema: new Schema(fields), unsupported }
}

/** @throws UNSUPPORTED naming the column and its Arrow type */
export function unsupportedColumn(where: string, name: string, type: string): DataflowError {
  return new DataflowError(
    'UNSUPPORTED',
    `${where}: column '${name}' has the Arrow type ${type}, which has no counterpart here; ` +
      `leave it out of the schema, or cast it where the file is made`,
    { context: { column: name } },
  )
}

/** Our type for an Arrow type; undefined when there is none. */
export function fromArrowType(type: ArrowType, isNullable: boolean): DataType | undefined {
  const nullable = isNullable
  switch (type.typeId) {
    case Type.Bool:
      return { kind: 'bool', nullable }
    case Type.Int: {
      const { isSigned, bitWidth } = type as ArrowInt
      const kind = `${isSigned ? '' : 'u'}int${bitWidth}` as 'int32'
      return bitWidth === 64
        ? { kind: kind as unknown as 'int64', nullable, as: 'bigint' }
        : { kind, nullable }
    }
    case Type.Float: {
      const { precision } = type as ArrowFloat
      // Half floats are widened.
      return { kind: precision === Precision.DOUBLE ? 'float64' : 'float32', nullable }
    }
    case Type.Decimal: {
      const { precision, scale, bitWidth } = type as ArrowDecimal
      if (bitWidth !== 128 || scale < 0) return undefined
      return { kind: 'decimal', nullable, precision, scale }
    }
    case Type.Utf8:
    case Type.LargeUtf8:
    case Type.Utf8View:
      return { kind: 'utf8', nullable }
    case Type.Binary:
    case Type.LargeBinary:
    case Type.BinaryView:
    case Type.FixedSizeBinary:
      return { kind: 'binary', nullable }
    case Type.Timestamp:
      return { kind: 'timestamp', nullable, unit: UNITS[(type as ArrowTimestamp).unit] }
    case Type.Duration:
      return { kind: 'duration', nullable, unit: UNITS[(type as ArrowTimestamp).unit] }
    case Type.Date:
      // Days, or milliseconds at midnight.
      return (type as ArrowDate).unit === DateUnit.DAY
        ? { kind: 'date', nullable }
        : { kind: 'timestamp', nullable, unit: 'ms' }
    case Type.Time:
      // The time of day, as an integer of its unit.
      return (type as ArrowTime).bitWidth === 64
        ? { kind: 'int64', nullable, as: 'bigint' }
        : { kind: 'int32', nullable }
    case Type.Dictionary:
      return fromArrowType((type as ArrowDictionary).dictionary as ArrowType, nullable)
    case Type.List:
    case Type.LargeList:
    case Type.FixedSizeList:
    case Type.Map: {
      const child = (type as ArrowList).children[0]!
      const item = fromArrowType(child.type as ArrowType, child.nullable)
      return item && { kind: 'list', nullable, item }
    }
    case Type.Struct: {
      const fields: [string, DataType][] = []
      for (const child of (type as ArrowStruct).children) {
        const field = fromArrowType(child.type as ArrowType, child.nullable)
        if (field === undefined) return undefined
        fields.push([child.name, field])
      }
      return { kind: 'struct', nullable, fields: Object.fromEntries(fields) }
    }
    default:
      return undefined
  }
}
