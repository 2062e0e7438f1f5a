// A Parquet schema as columns: hyparquet's list of elements to a tree of leaves, lists and structs, each
// with its type and with the levels at which it is there.
//
// PS1 A LIST's three levels become one list; a repeated field without annotation is a list of required
//     items, and a MAP a list of structs, as the format's rules of compatibility say.
// PS2 Timestamps have no time zone: they are instants. A time of day is an integer of its unit.
import type { SchemaElement } from 'hyparquet/src/types.js'
import {
  binary,
  bool,
  type DataType,
  date,
  decimal,
  duration,
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
} from '../../../columnar/type.ts'
import type { LevelNode } from '../../../kernels/levels.ts'

/** From a page's values to the column's. */
export type Conversion = 'none' | 'cast' | 'int96' | 'decimal' | 'float16'

export interface ParquetLeaf extends LevelNode {
  readonly kind: 'leaf'
  readonly type: DataType
  readonly path: string
  /** Its column chunk's number in a row group. */
  readonly index: number
  readonly physical: NonNullable<SchemaElement['type']>
  /** Of a fixed-length byte array. */
  readonly fixedBytes: number
  readonly conversion: Conversion
}

export interface ParquetList extends LevelNode {
  readonly kind: 'list'
  readonly type: DataType
  readonly path: string
  readonly item: ParquetNode
}

export interface ParquetStruct extends LevelNode {
  readonly kind: 'struct'
  readonly type: DataType
  readonly path: string
  readonly fields: readonly ParquetNode[]
}

export type ParquetNode = ParquetLeaf | ParquetList | ParquetStruct

/** A column of the file; without a node it cannot be read, and `reason` says why. */
export type ParquetColumn =
  | { readonly name: string; readonly node: ParquetNode }
  | { readonly name: string; readonly node: undefined; readonly reason: string }

/** Levels of definition and repetition are held in bytes. */
const LEVEL_MAX = 255

/**
 * @param durations which leaves are durations, of integers
 * @throws Error when the elements make no tree
 */
export function parquetColumns(
  elements: readonly SchemaElement[],
  durations: ReadonlyMap<number, TimeUnit>,
): readonly ParquetColumn[] {
  return new SchemaWalk(elements, durations).columns()
}

/** Each leaf below a node, the node itself if it is one. */
export function leavesOf(node: ParquetNode): readonly ParquetLeaf[] {
  if (node.kind === 'leaf') return [node]
  return node.kind === 'list' ? leavesOf(node.item) : node.fields.flatMap(leavesOf)
}

class NotReadable extends Error {}

interface Raw {
  readonly element: SchemaElement
  readonly children: readonly Raw[]
  /** The number of its first leaf. */
  readonly leaf: number
  /** Of a duration that is stored as an integer. */
  readonly unit: TimeUnit | undefined
}

const ROOT: LevelNode = { def: 0, rep: 0, ancestor: 0 }

class SchemaWalk {
  readonly #elements: readonly SchemaElement[]
  #next = 0
  #leaves = 0
  readonly #durations: ReadonlyMap<number, TimeUnit>

  constructor(elements: readonly SchemaElement[], durations: ReadonlyMap<number, TimeUnit>) {
    this.#elements = elements
    this.#durations = durations
  }

  columns(): readonly ParquetColumn[] {
    const root = this.#raw(0)
    if (this.#next !== this.#elements.length) throw new Error('the schema has more than one root')
    return root.children.map((child): ParquetColumn => {
      const { name } = child.element
      try {
        return { name, node: field(child, ROOT, name) }
      } catch (error) {
        if (!(error instanceof NotReadable)) throw error
        return { name, node: undefined, reason: error.message }
      }
    })
  }

  #raw(depth: number): Raw {
    const element = this.#elements[this.#next++]
    if (element === undefined || depth > 100) throw new Error('the schema is no tree')
    const leaf = this.#leaves
    const unit = this.#durations.get(leaf)
    if (element.type !== undefined) {
      this.#leaves++
      return { element, children: [], leaf, unit }
    }
    const children: Raw[] = []
    for (let i = 0; i < (element.num_children ?? 0); i++) children.push(this.#raw(depth + 1))
    return { element, children, leaf, unit: undefined }
  }
}

const isRepeated = ({ element }: Raw): boolean => element.repetition_type === 'REPEATED'
const isOptional = ({ element }: Raw): boolean => element.repetition_type === 'OPTIONAL'

/** A field as its parent sees it. */
function field(raw: Raw, parent: LevelNode, path: string): ParquetNode {
  // Repeated and not the middle of a LIST: a list that is always there.
  return isRepeated(raw) ? repeated(raw, parent, path, false) : single(raw, parent, path)
}

/** A list whose items are the repeated field `raw`; the list's own level is `list`. */
function repeated(
  raw: Raw,
  listLevel: LevelNode,
  path: string,
  isNullable: boolean,
  inner?: Raw,
): ParquetList {
  const level = listLevel.def + 1
  if (level > LEVEL_MAX) throw new NotReadable(`it is nested more than ${LEVEL_MAX} levels deep`)
  const items: LevelNode = { def: level, rep: listLevel.rep + 1, ancestor: level }
  const item = inner === undefined ? content(raw, items, path, false) : single(inner, items, path)
  return { kind: 'list', type: withNullable(list(item.type), isNullable), path, item, ...listLevel }
}

/** A field that is there once or not at all. */
function single(raw: Raw, parent: LevelNode, path: string): ParquetNode {
  if (!isOptional(raw)) return content(raw, parent, path, false)
  const def = parent.def + 1
  if (def > LEVEL_MAX) throw new NotReadable(`it is nested more than ${LEVEL_MAX} levels deep`)
  return content(raw, { ...parent, def }, path, true)
}

function content(raw: Raw, level: LevelNode, path: string, isNullable: boolean): ParquetNode {
  const { element, children } = raw
  if (element.type !== undefined) return leafNode(raw, level, path, isNullable)
  const kind = element.logical_type?.type ?? element.converted_type
  const [only] = children
  if (kind === 'LIST' && children.length === 1 && isRepeated(only!)) {
    return repeated(only!, level, path, isNullable, listItem(element, only!))
  }
  if ((kind === 'MAP' || kind === 'MAP_KEY_VALUE') && children.length === 1 && isRepeated(only!)) {
    return repeated(only!, level, path, isNullable)
  }
  if (children.length === 0) throw new NotReadable('it is a group without fields')
  const fields = children.map((child) => field(child, level, `${path}.${child.element.name}`))
  const types = fields.map((node, i) => [children[i]!.element.name, node.type] as const)
  const type = withNullable(struct(Object.fromEntries(types)), isNullable)
  return { kind: 'struct', type, path, fields, ...level }
}

/** The item below a list's repeated group; undefined where the group is the item itself. */
function listItem(outer: SchemaElement, middle: Raw): Raw | undefined {
  const { element, children } = middle
  if (element.type !== undefined || children.length !== 1) return undefined
  const isStruct = element.name === 'array' || element.name === `${outer.name}_tuple`
  return isStruct || isRepeated(children[0]!) ? undefined : children[0]
}

function leafNode(raw: Raw, level: LevelNode, path: string, isNullable: boolean): ParquetLeaf {
  const { type: physical, type_length: fixedBytes = 0 } = raw.element
  const [stored, conversion] = leafType(raw.element)
  const isDuration = raw.unit !== undefined && stored.kind === 'int64'
  const type = isDuration ? duration(raw.unit) : stored
  return {
    kind: 'leaf',
    type: withNullable(type, isNullable),
    path,
    index: raw.leaf,
    physical: physical!,
    fixedBytes,
    conversion,
    ...level,
  }
}

type LeafType = readonly [DataType, Conversion]

function leafType(element: SchemaElement): LeafType {
  switch (element.type) {
    case 'BOOLEAN':
      return [bool(), 'none']
    case 'INT32':
      return int32Type(element)
    case 'INT64':
      return int64Type(element)
    case 'INT96':
      return [timestamp('ns'), 'int96']
    case 'FLOAT':
      return [float32(), 'none']
    case 'DOUBLE':
      return [float64(), 'none']
    default:
      return bytesType(element)
  }
}

function int32Type(element: SchemaElement): LeafType {
  const { logical_type: logical, converted_type: converted } = element
  if (logical?.type === 'DATE' || converted === 'DATE') return [date(), 'none']
  if (logical?.type === 'DECIMAL' || converted === 'DECIMAL') return [decimalType(element), 'cast']
  const bits = logical?.type === 'INTEGER' ? logical.bitWidth : convertedBits(converted)
  const isSigned = logical?.type === 'INTEGER' ? logical.isSigned : !converted?.startsWith('UINT')
  if (bits === 8) return [isSigned ? int8() : uint8(), 'cast']
  if (bits === 16) return [isSigned ? int16() : uint16(), 'cast']
  return [isSigned ? int32() : uint32(), 'none']
}

function convertedBits(converted: SchemaElement['converted_type']): number {
  return Number(/^U?INT_(\d+)$/.exec(converted ?? '')?.[1] ?? 0)
}

const UNITS: Readonly<Record<string, TimeUnit>> = { MILLIS: 'ms', MICROS: 'us', NANOS: 'ns' }

function int64Type(element: SchemaElement): LeafType {
  const { logical_type: logical, converted_type: converted } = element
  if (logical?.type === 'TIMESTAMP') return [timestamp(UNITS[logical.unit]), 'none']
  if (converted === 'TIMESTAMP_MILLIS') return [timestamp('ms'), 'none']
  if (converted === 'TIMESTAMP_MICROS') return [timestamp('us'), 'none']
  if (logical?.type === 'DECIMAL' || converted === 'DECIMAL') {
    const type = decimalType(element)
    if (type.precision > 18)
      throw new NotReadable(`decimals of ${type.precision} digits in 64 bits`)
    return [type, 'none']
  }
  const isUnsigned =
    logical?.type === 'INTEGER' ? !logical.isSigned : converted?.startsWith('UINT') === true
  return [isUnsigned ? uint64() : int64(), 'none']
}

function bytesType(element: SchemaElement): LeafType {
  const { logical_type: logical, converted_type: converted } = element
  switch (logical?.type ?? converted) {
    case 'DECIMAL':
      return [decimalType(element), 'decimal']
    case 'FLOAT16':
      if (element.type_length === 2) return [float32(), 'float16']
      throw new NotReadable(`a half float of ${element.type_length} bytes`)
    case 'STRING':
    case 'UTF8':
    case 'ENUM':
    case 'JSON':
      return [utf8(), 'none']
    default:
      return [binary(), 'none']
  }
}

function decimalType(element: SchemaElement): ReturnType<typeof decimal> {
  const { logical_type: logical } = element
  const { precision = 0, scale = 0 } = logical?.type === 'DECIMAL' ? logical : element
  if (!(precision >= 1 && precision <= 38 && scale >= 0 && scale <= precision)) {
    throw new NotReadable(
      `decimal(${precision},${scale}) is beyond 38 digits or has a scale outside`,
    )
  }
  return decimal(precision, scale)
}
