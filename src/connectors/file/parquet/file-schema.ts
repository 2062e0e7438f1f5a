// A schema as Parquet has it: the footer's elements, and each leaf with how its values are stored.
//
// FS1 Timestamps are written as local ones (not adjusted to UTC), as Arrow's are without a time zone.
//     Parquet has no seconds: they are stored as milliseconds. Durations are integers.
import { unreachable } from '../../../base/assert.ts'
import type { Schema } from '../../../columnar/schema.ts'
import type { DataType, TimeUnit } from '../../../columnar/type.ts'
import { ThriftByte, type ThriftStruct } from './thrift-writer.ts'

/** Numbers of parquet.thrift. */
export const PHYSICAL = {
  BOOLEAN: 0,
  INT32: 1,
  INT64: 2,
  FLOAT: 4,
  DOUBLE: 5,
  BYTE_ARRAY: 6,
  FIXED_LEN_BYTE_ARRAY: 7,
} as const

/** Where the footer says which leaves are durations: Parquet has no such type. */
export const DURATIONS_KEY = 'millrace.durations'

export type Physical = keyof typeof PHYSICAL

const REQUIRED = 0
const OPTIONAL = 1
const REPEATED = 2
const CONVERTED = { UTF8: 0, LIST: 3, DECIMAL: 5, DATE: 6, UINT_8: 11, INT_8: 15 } as const

/** A leaf on its way into a file. */
export interface WrittenLeaf {
  readonly type: DataType
  readonly path: readonly string[]
  readonly physical: Physical
  /** The highest levels. */
  readonly def: number
  readonly rep: number
}

export interface FileSchema {
  /** Of the footer: the root first, depth first. */
  readonly elements: readonly ThriftStruct[]
  /** In the order of the column chunks. */
  readonly leaves: readonly WrittenLeaf[]
}

export function fileSchema(schema: Schema): FileSchema {
  const elements: ThriftStruct[] = [{ 4: 'schema', 5: schema.length }]
  const leaves: WrittenLeaf[] = []
  for (const { name, type } of schema.fields) {
    addField(name, type, { path: [], def: 0, rep: 0 }, elements, leaves)
  }
  return { elements, leaves }
}

interface Parent {
  readonly path: readonly string[]
  readonly def: number
  readonly rep: number
}

function addField(
  name: string,
  type: DataType,
  parent: Parent,
  elements: ThriftStruct[],
  leaves: WrittenLeaf[],
): void {
  const repetition = type.nullable ? OPTIONAL : REQUIRED
  const here = {
    path: [...parent.path, name],
    def: parent.def + (type.nullable ? 1 : 0),
    rep: parent.rep,
  }
  if (type.kind === 'struct') {
    const fields = Object.entries(type.fields)
    elements.push({ 3: repetition, 4: name, 5: fields.length })
    for (const [field, inner] of fields) addField(field, inner, here, elements, leaves)
    return
  }
  if (type.kind === 'list') {
    elements.push({ 3: repetition, 4: name, 5: 1, 6: CONVERTED.LIST, 10: { 3: {} } })
    elements.push({ 3: REPEATED, 4: 'list', 5: 1 })
    const items = { path: [...here.path, 'list'], def: here.def + 1, rep: here.rep + 1 }
    addField('element', type.item, items, elements, leaves)
    return
  }
  const { physical, annotation } = stored(type)
  elements.push({
    1: PHYSICAL[physical],
    2: physical === 'FIXED_LEN_BYTE_ARRAY' ? 16 : undefined,
    3: repetition,
    4: name,
    ...annotation,
  })
  leaves.push({ type, physical, ...here })
}

interface Stored {
  readonly physical: Physical
  /** Fields 6 (converted type), 7 (scale), 8 (precision) and 10 (logical type) of the element. */
  readonly annotation?: ThriftStruct
}

function stored(type: Exclude<DataType, { kind: 'list' | 'struct' }>): Stored {
  switch (type.kind) {
    case 'bool':
      return { physical: 'BOOLEAN' }
    case 'int32':
      return { physical: 'INT32' }
    case 'int8':
    case 'int16':
    case 'uint8':
    case 'uint16':
    case 'uint32':
      return { physical: 'INT32', annotation: integer(type.kind) }
    case 'int64':
    case 'duration':
      return { physical: 'INT64' }
    case 'uint64':
      return { physical: 'INT64', annotation: integer(type.kind) }
    case 'float32':
      return { physical: 'FLOAT' }
    case 'float64':
      return { physical: 'DOUBLE' }
    case 'date':
      return { physical: 'INT32', annotation: { 6: CONVERTED.DATE, 10: { 6: {} } } }
    case 'timestamp':
      return {
        physical: 'INT64',
        annotation: { 10: { 8: { 1: false, 2: { [TIME_UNITS[type.unit]]: {} } } } },
      }
    case 'decimal': {
      const { precision, scale } = type
      const logical = { 5: { 1: scale, 2: precision } }
      return {
        physical: precision <= 18 ? 'INT64' : 'FIXED_LEN_BYTE_ARRAY',
        annotation: { 6: CONVERTED.DECIMAL, 7: scale, 8: precision, 10: logical },
      }
    }
    case 'utf8':
      return { physical: 'BYTE_ARRAY', annotation: { 6: CONVERTED.UTF8, 10: { 1: {} } } }
    case 'binary':
      return { physical: 'BYTE_ARRAY' }
    default:
      return unreachable(type)
  }
}

const TIME_UNITS: Readonly<Record<TimeUnit, number>> = { s: 1, ms: 1, us: 2, ns: 3 }

function integer(kind: string): ThriftStruct {
  const isSigned = !kind.startsWith('u')
  const bits = Number(kind.replace(/\D/g, ''))
  const first = isSigned ? CONVERTED.INT_8 : CONVERTED.UINT_8
  return { 6: first + Math.log2(bits / 8), 10: { 10: { 1: new ThriftByte(bits), 2: isSigned } } }
}
