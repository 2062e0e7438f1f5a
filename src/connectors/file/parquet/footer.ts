// A Parquet file's footer: its columns, and where each column chunk of each row group lies. hyparquet
// reads the Thrift; nothing that it gives is trusted before it is checked here.
//
// PF1 Every column chunk lies between the two magic words, so that reading one never leaves the file.
// PF2 A footer is read once a file and reader, and holds no values.
import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { parquetMetadata } from 'hyparquet/src/metadata.js'
import type { ColumnMetaData, FileMetaData, ParquetParsers } from 'hyparquet/src/types.js'
import { isDataflowError } from '../../../base/errors.ts'
import { type Field, Schema } from '../../../columnar/schema.ts'
import { type TimeUnit, UNITS_PER_SECOND } from '../../../columnar/type.ts'
import { readError } from '../file-system.ts'
import { DURATIONS_KEY } from './file-schema.ts'
import { damaged, unsupported } from './file-error.ts'
import { leavesOf, type ParquetColumn, parquetColumns, type ParquetNode } from './schema-tree.ts'

export interface ColumnChunk {
  /** Of its first page (a dictionary, if it has one). */
  readonly offset: number
  readonly bytes: number
  /** Values, nulls included. */
  readonly values: number
  readonly codec: ColumnMetaData['codec']
  /** Of its pages, when decompressed. */
  readonly plainBytes: number
}

export interface RowGroup {
  readonly rows: number
  /** By leaf. */
  readonly chunks: readonly ColumnChunk[]
}

export interface ParquetFooter {
  readonly path: string
  readonly columns: readonly ParquetColumn[]
  readonly rowGroups: readonly RowGroup[]
}

const MAGIC = 'PAR1'
const TAIL_BYTES = 8
const FIRST_READ_BYTES = 64 << 10

/**
 * @throws FORMAT_INVALID, UNSUPPORTED (encrypted), FILE_NOT_FOUND, FILE_UNREADABLE
 */
export function readFooter(path: string): ParquetFooter {
  let file: number
  try {
    file = openSync(path, 'r')
  } catch (error) {
    throw readError(path, error)
  }
  try {
    return parseFooter(path, readTail(path, file), fstatSync(file).size)
  } catch (error) {
    throw isDataflowError(error) ? error : readError(path, error)
  } finally {
    closeSync(file)
  }
}

/** The schema of what can be read of a file. */
export function footerSchema({ columns }: ParquetFooter): Schema {
  return new Schema(
    columns.flatMap(({ name, node }): Field[] =>
      node === undefined ? [] : [{ name, type: node.type }],
    ),
  )
}

/**
 * The node of a column.
 * @throws UNSUPPORTED, FORMAT_INVALID when there is none
 */
export function columnNode({ path, columns }: ParquetFooter, name: string): ParquetNode {
  const column = columns.find((candidate) => candidate.name === name)
  if (column === undefined) throw damaged({ path, column: name }, 'the column is gone')
  if (column.node !== undefined) return column.node
  throw unsupported({ path, column: name }, `${column.reason}; leave the column out`)
}

/** Bytes of a node's column chunks. */
export function nodeBytes(group: RowGroup, node: ParquetNode): number {
  return leavesOf(node).reduce((sum, { index }) => sum + group.chunks[index]!.bytes, 0)
}

/** The end of the file, from the metadata on. */
function readTail(path: string, file: number): Uint8Array {
  const { size } = fstatSync(file)
  const first = readAt(file, Math.max(0, size - FIRST_READ_BYTES), Math.min(size, FIRST_READ_BYTES))
  const magic = ascii(first.subarray(-4))
  if (magic === 'PARE') throw unsupported({ path }, 'the file is encrypted, which is not supported')
  if (size < 4 + TAIL_BYTES || magic !== MAGIC) {
    const head = ascii(readAt(file, 0, Math.min(4, size)))
    throw damaged(
      { path, offset: Math.max(0, size - 4) },
      head === MAGIC
        ? `the file ends after ${size} bytes without its footer: it is cut short`
        : 'this is no Parquet file: it begins and ends without PAR1',
    )
  }
  const bytes = new DataView(first.buffer).getUint32(first.length - TAIL_BYTES, true) + TAIL_BYTES
  if (bytes > size - 4) {
    throw damaged({ path, offset: size - TAIL_BYTES }, `a footer of ${bytes} bytes does not fit`)
  }
  return bytes <= first.length ? first.subarray(-bytes) : readAt(file, size - bytes, bytes)
}

function readAt(file: number, position: number, bytes: number): Uint8Array {
  const into = new Uint8Array(bytes)
  return into.subarray(0, readSync(file, into, 0, bytes, position))
}

const ascii = (bytes: Uint8Array): string => String.fromCharCode(...bytes)

// Statistics are not used; as they come they cost no conversion.
const RAW_STATISTICS: Partial<ParquetParsers> = {
  timestampFromMilliseconds: (value) => value,
  timestampFromMicroseconds: (value) => value,
  timestampFromNanoseconds: (value) => value,
  dateFromDays: (value) => value,
  stringFromBytes: (value) => value,
  uuidFromBytes: (value) => value,
}

function parseFooter(path: string, tail: Uint8Array, size: number): ParquetFooter {
  const place = { path, offset: size - tail.length }
  let metadata: FileMetaData
  let columns: readonly ParquetColumn[]
  try {
    metadata = parquetMetadata(tail, { parsers: RAW_STATISTICS, geoparquet: false })
    columns = parquetColumns(metadata.schema, durationsOf(metadata))
  } catch (error) {
    throw damaged(place, 'the footer cannot be read', error)
  }
  const leaves = metadata.schema.filter(({ type }) => type !== undefined).length
  const end = size - tail.length
  const rowGroups = metadata.row_groups.map((group, rowGroup): RowGroup => {
    if (group.columns.length !== leaves) {
      throw damaged(place, `row group ${rowGroup} has ${group.columns.length} of ${leaves} columns`)
    }
    const rows = count(group.num_rows)
    if (rows === undefined) throw damaged(place, `row group ${rowGroup} has ${group.num_rows} rows`)
    const chunks = group.columns.map(({ meta_data: meta, file_path: other }, leaf) => {
      if (other !== undefined) throw unsupported(place, `its values are in another file, ${other}`)
      const chunk = meta && columnChunk(meta, end)
      if (chunk === undefined) {
        throw damaged(place, `row group ${rowGroup} says of column ${leaf} what cannot be`)
      }
      return chunk
    })
    return { rows, chunks }
  })
  return { path, columns, rowGroups }
}

/** Which integers our own writer says are durations: by the leaf's number, their unit. */
function durationsOf({ key_value_metadata: entries }: FileMetaData): ReadonlyMap<number, TimeUnit> {
  const durations = new Map<number, TimeUnit>()
  const value = entries?.find(({ key }) => key === DURATIONS_KEY)?.value
  if (value === undefined) return durations
  for (const [leaf, unit] of Object.entries(JSON.parse(value) as Record<string, unknown>)) {
    if (isTimeUnit(unit)) durations.set(Number(leaf), unit)
  }
  return durations
}

const isTimeUnit = (unit: unknown): unit is TimeUnit =>
  typeof unit === 'string' && Object.hasOwn(UNITS_PER_SECOND, unit)

function columnChunk(meta: ColumnMetaData, end: number): ColumnChunk | undefined {
  const data = count(meta.data_page_offset)
  const bytes = count(meta.total_compressed_size)
  const values = count(meta.num_values)
  const plainBytes = count(meta.total_uncompressed_size)
  if (data === undefined || bytes === undefined) return undefined
  if (values === undefined || plainBytes === undefined || typeof meta.codec !== 'string') {
    return undefined
  }
  // Some writers say 0 when there is no dictionary.
  const dictionary = count(meta.dictionary_page_offset) ?? 0
  const offset = dictionary > 0 ? Math.min(dictionary, data) : data
  if (offset < MAGIC.length || offset + bytes > end) return undefined
  return { offset, bytes, values, codec: meta.codec, plainBytes }
}

/** A count that the footer gives as a bigint; undefined when it is none. */
function count(value: unknown): number | undefined {
  if (typeof value !== 'bigint' || value < 0n || value > Number.MAX_SAFE_INTEGER) return undefined
  return Number(value)
}
