// What the tests of CSV and NDJSON share.
import { writeFileSync } from 'node:fs'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import type { DataflowError } from '../../../src/base/errors.ts'
import type { Json } from '../../../src/base/json.ts'
import type { Schema } from '../../../src/columnar/schema.ts'
import type { DataType } from '../../../src/columnar/type.ts'
import type {
  FileFormat,
  FileReaderContext,
  MalformedRecord,
} from '../../../src/connectors/file/format.ts'
import { readerContext, readSplits } from '../../conformance/file-format.ts'
import type { Row } from '../../columnar/random-rows.ts'

/** A float is written as JavaScript does, which leaves out a negative zero's sign. */
export function plainFloats(type: DataType, value: unknown): unknown {
  if (type.kind === 'list') {
    return Array.isArray(value) ? value.map((item) => plainFloats(type.item, item)) : value
  }
  if (type.kind === 'struct' && value !== null) {
    const row = value as Readonly<Record<string, unknown>>
    const fields = Object.entries(type.fields).map(([name, t]) => [name, plainFloats(t, row[name])])
    return Object.fromEntries(fields)
  }
  return value === 0 ? 0 : value
}

export interface Gathered {
  /** With onError 'fail'. */
  readonly failure: DataflowError | undefined
  /** Without. */
  readonly read: Row[]
  readonly malformed: MalformedRecord[]
}

/** Reads bytes as a file of that path: once until it fails, and once past all malformed records. */
export async function gatherMalformed(
  format: FileFormat,
  path: string,
  bytes: Uint8Array,
  schema: Schema,
  splitBytes = 1 << 30,
  options: Json = {},
): Promise<Gathered> {
  const compression = path.endsWith('.gz') ? 'gzip' : path.endsWith('.zst') ? 'zstd' : 'none'
  const compressed = { gzip: gzipSync, zstd: zstdCompressSync, none: (raw: Uint8Array) => raw }
  writeFileSync(path, compressed[compression](bytes))
  const splits =
    compression === 'none'
      ? format.plan(path, options, splitBytes)
      : [{ id: path, path, bytes: 0, compression }]
  const failing = readerContext(schema)
  const bounded = { ...failing, config: { ...failing.config, recordBytesMax: 2_000 } }
  let failure: DataflowError | undefined
  await readSplits({ format, options }, bounded, splits).catch((error: DataflowError) => {
    failure = error
  })
  const malformed: MalformedRecord[] = []
  const gathering: FileReaderContext = { ...bounded, malformed: (record) => malformed.push(record) }
  const read = await readSplits({ format, options }, gathering, splits)
  return { failure, read, malformed }
}
