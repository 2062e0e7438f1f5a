// A file format for tests of what is the same for every format: a magic line, the schema, then one
// row a line, in JSON with tags for what JSON has not. Simple on purpose; splits are byte ranges of
// lines.
import { readFileSync, statSync } from 'node:fs'
import { basename } from 'node:path'
import { DataflowError } from '../../../src/base/errors.ts'
import { BatchBuilder } from '../../../src/columnar/batch-builder.ts'
import { RowReader } from '../../../src/columnar/row-reader.ts'
import { Schema } from '../../../src/columnar/schema.ts'
import type { PollResult, SourceReader, Split } from '../../../src/connectors/connector.ts'
import type {
  FileFormat,
  FileReaderContext,
  FileSplit,
} from '../../../src/connectors/file/format.ts'
import type { FormatEntry } from '../../../src/connectors/file/formats.ts'

const MAGIC = 'TESTFMT'

const toJson = (row: unknown): string =>
  JSON.stringify(row, function (this: Record<string, unknown>, key) {
    const value = this[key]
    if (typeof value === 'bigint') return { $: 'bigint', v: String(value) }
    if (value instanceof Date) return { $: 'date', v: value.getTime() }
    if (value instanceof Uint8Array) return { $: 'bytes', v: [...value] }
    const isOdd = typeof value === 'number' && (!Number.isFinite(value) || Object.is(value, -0))
    return isOdd ? { $: 'number', v: Object.is(value, -0) ? '-0' : String(value) } : value
  })

const REVIVE: Readonly<Record<string, (v: never) => unknown>> = {
  bigint: (v: string) => BigInt(v),
  date: (v: number) => new Date(v),
  bytes: (v: number[]) => Uint8Array.from(v),
  number: (v: string) => Number(v),
}

const fromJson = (line: string): unknown =>
  JSON.parse(line, (_, value: { $?: string; v?: never } | null) =>
    typeof value === 'object' && value !== null && typeof value.$ === 'string'
      ? REVIVE[value.$]!(value.v!)
      : value,
  )

interface Lines {
  readonly schema: Schema
  /** Rows with the byte where each starts. */
  readonly rows: readonly { readonly at: number; readonly line: number; readonly text: string }[]
}

let parsed: { readonly key: string; readonly lines: Lines } | undefined

/** The file's lines; those of one file are kept, since each split asks for them. */
function readLines(path: string): Lines {
  const { size, mtimeMs } = statSync(path)
  const key = `${path} ${size} ${mtimeMs}`
  if (parsed?.key !== key) parsed = { key, lines: parseLines(path) }
  return parsed.lines
}

function parseLines(path: string): Lines {
  const [magic, schema, ...lines] = readFileSync(path, 'utf8').split('\n')
  if (magic !== MAGIC) throw new DataflowError('FORMAT_INVALID', `${path} is not ${MAGIC}`)
  let at = Buffer.byteLength(`${magic}\n${schema}\n`)
  const rows = lines.slice(0, -1).map((text, i) => {
    const row = { at, line: i + 3, text }
    at += Buffer.byteLength(text) + 1
    return row
  })
  return { schema: new Schema(JSON.parse(schema!)), rows }
}

class TestReader implements SourceReader {
  readonly #context: FileReaderContext
  #rows: Lines['rows'] = []
  #path = ''

  constructor(context: FileReaderContext) {
    this.#context = context
  }

  open(split: Split): void {
    this.#path = split['path'] as string
    const [start, end] = [split['start'] as number, split['end'] as number]
    this.#rows = readLines(this.#path).rows.filter(({ at }) => at >= start && at < end)
    this.#context.metrics.bytesIn += end - start
  }

  poll(): PollResult {
    const { kernels, schema, config } = this.#context
    if (this.#rows.length === 0) return 'split-ended'
    // Nulls in columns without are the source's to find, so that this can test it.
    const lenient = new Schema(
      schema.fields.map(({ name, type }) => ({ name, type: { ...type, nullable: true } })),
    )
    const builder = new BatchBuilder(kernels, lenient)
    for (const { at, line, text } of this.#rows.slice(0, config.batchRows)) {
      if (text.startsWith('{')) {
        builder.append(fromJson(text))
        continue
      }
      const record = Buffer.from(text, text.startsWith('\u00ff') ? 'latin1' : 'utf8')
      const where = { path: this.#path, line, offset: at, column: undefined, record }
      this.#context.malformed({ ...where, reason: 'it is no row' })
    }
    this.#rows = this.#rows.slice(config.batchRows)
    return builder.finish()
  }

  close(): void {}
}

export const testFormat: FileFormat = {
  name: 'test',
  extensions: ['.test'],
  schema: (path) => readLines(path).schema,
  plan(path, _options, splitBytes) {
    const size = statSync(path).size
    const splits: FileSplit[] = []
    for (let start = 0; start < size; start += splitBytes) {
      const end = Math.min(size, start + splitBytes)
      splits.push({
        id: `${basename(path)}[${start}-${end}]`,
        path,
        start,
        end,
        bytes: end - start,
      })
    }
    return splits
  },
  reader: (context) => new TestReader(context),
  encoder({ kernels, schema }) {
    const encoder = new TextEncoder()
    const reader = new RowReader(kernels, schema)
    return {
      begin: () => encoder.encode(`${MAGIC}\n${JSON.stringify(schema.fields)}\n`),
      encode: (batch) =>
        encoder.encode(
          reader
            .rows(batch)
            .map((row) => `${toJson(row)}\n`)
            .join(''),
        ),
      end: () => new Uint8Array(),
      close() {},
    }
  },
}

export const testEntry: FormatEntry = {
  name: 'test',
  title: 'TESTFMT',
  endings: ['.test'],
  lines: true,
  knows: () => 'types',
  load: () => Promise.resolve(testFormat),
}
