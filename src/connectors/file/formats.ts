// The list of file formats: what is known of each without loading it, and how it is loaded. A new
// format is a file beside this one, a line here, and a test that calls the conformance suite.
import { createRequire } from 'node:module'
import { extname } from 'node:path'
import type { Json } from '../../base/json.ts'
import type { FileFormat } from './format.ts'

export interface FormatEntry {
  readonly name: string
  /** In messages: `... looks like CSV text, not Parquet`. */
  readonly title: string
  /** Endings of its files; the first is given to files that are made. */
  readonly endings: readonly string[]
  /** Made of text lines: then whole files may be compressed. */
  readonly lines: boolean
  /** What a file says of its own columns: their types, only their names, or nothing that binds. */
  knows(options: Json): 'types' | 'names' | 'nothing'
  load(): Promise<FileFormat>
}

const hasHeader = (options: Json): boolean =>
  (options as { readonly header?: boolean } | null)?.header !== false

export const FORMATS = {
  parquet: {
    name: 'parquet',
    title: 'Parquet',
    endings: ['.parquet'],
    lines: false,
    knows: () => 'types',
    load: async () => (await import('./parquet.ts')).parquetFormat,
  },
  arrow: {
    name: 'arrow',
    title: 'Arrow IPC',
    endings: ['.arrow', '.arrows', '.feather', '.ipc'],
    lines: false,
    knows: () => 'types',
    load: async () => (await import('./arrow.ts')).arrowFormat,
  },
  csv: {
    name: 'csv',
    title: 'CSV',
    endings: ['.csv', '.tsv', '.txt'],
    lines: true,
    knows: (options) => (hasHeader(options) ? 'names' : 'nothing'),
    load: async () => (await import('./csv.ts')).csvFormat,
  },
  ndjson: {
    name: 'ndjson',
    title: 'NDJSON',
    endings: ['.ndjson', '.jsonl', '.json'],
    lines: true,
    knows: () => 'nothing',
    load: async () => (await import('./ndjson.ts')).ndjsonFormat,
  },
} as const satisfies Record<string, FormatEntry>

export type FormatName = keyof typeof FORMATS

const require = createRequire(import.meta.url)
const ENDING = extname(import.meta.url)

/** A format at once, since the builders of jobs are not async; loaded only when it is asked for. */
export function formatNow(name: FormatName): FileFormat {
  const module = require(`./${name}${ENDING}`) as Readonly<Record<string, FileFormat>>
  return module[`${name}Format`]!
}
