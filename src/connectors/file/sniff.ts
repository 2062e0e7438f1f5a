// What a file looks like, by its first bytes: so that the wrong format is told from a broken file,
// and the message names the right one. Called once a file when splits are planned.
//
// S1  Only what cannot be meant is refused. Text that might be of the format passes: its reader
//     knows which line is wrong.
import { closeSync, openSync, readSync } from 'node:fs'
import { constants, gunzipSync, zstdDecompressSync } from 'node:zlib'
import { DataflowError } from '../../base/errors.ts'
import type { Compression } from './format.ts'
import { sniffCompression } from './compression.ts'
import { readError } from './file-system.ts'

type Content =
  | 'parquet'
  | 'arrow'
  | 'gzip'
  | 'zstd'
  | 'zip'
  | 'utf16'
  | 'binary'
  | 'jsonArray'
  | 'ndjson'
  | 'csv'
  | 'text'
  | 'empty'

const HEAD_BYTES = 4096

/** How each content is called, and what to do when it is not what was wanted. */
const CONTENTS: Readonly<Record<Content, { readonly name: string; readonly advice: string }>> = {
  parquet: { name: 'Parquet', advice: 'use parquet()' },
  arrow: { name: 'Arrow IPC', advice: 'use arrow()' },
  ndjson: { name: 'NDJSON', advice: 'use ndjson()' },
  csv: { name: 'CSV text', advice: 'use csv()' },
  text: { name: 'text', advice: 'use csv() or ndjson()' },
  gzip: { name: 'gzip data', advice: 'decompress it first' },
  zstd: { name: 'zstd data', advice: 'decompress it first' },
  zip: { name: 'a ZIP archive', advice: 'unpack it first' },
  utf16: { name: 'UTF-16 text', advice: 'convert it to UTF-8 first' },
  binary: { name: 'binary data', advice: 'name a file of that format' },
  jsonArray: { name: 'a JSON array', advice: 'write one object a line' },
  empty: { name: 'an empty file', advice: 'was it written to its end?' },
}

/** What is wanted: a format's name, and whether it is made of text lines. */
export interface Wanted {
  readonly name: string
  readonly title: string
  readonly lines: boolean
}

/**
 * Makes sure that a file may be of a format, and finds out how it is compressed.
 * @throws FORMAT_INVALID naming what it looks like, FILE_UNREADABLE
 */
export function checkContent(path: string, wanted: Wanted): Compression {
  const head = readHead(path)
  const compression = sniffCompression(head)
  const inside = wanted.lines && compression !== 'none' ? decompressHead(head, compression) : head
  const content = contentOf(inside)
  if (!fits(content, wanted)) {
    const { name, advice } = CONTENTS[content]
    throw new DataflowError(
      'FORMAT_INVALID',
      `${path} looks like ${name}, not ${wanted.title}; ${advice}`,
      { context: { location: path } },
    )
  }
  return wanted.lines ? compression : 'none'
}

function fits(content: Content, { name, lines }: Wanted): boolean {
  if (!lines) return content === name
  if (content === name || content === 'text' || content === 'empty') return true
  // What starts with a bracket may be a CSV field; in NDJSON it can only be wrong.
  return content === 'csv' ? name !== 'ndjson' : false
}

function readHead(path: string): Uint8Array {
  try {
    const file = openSync(path, 'r')
    try {
      const head = new Uint8Array(HEAD_BYTES)
      return head.subarray(0, readSync(file, head))
    } finally {
      closeSync(file)
    }
  } catch (error) {
    throw readError(path, error)
  }
}

/**
 * The first bytes of what is compressed; empty when they cannot be had, which the reader explains.
 */
function decompressHead(head: Uint8Array, compression: Compression): Uint8Array {
  const maxOutputLength = HEAD_BYTES * 256
  try {
    return compression === 'gzip'
      ? gunzipSync(head, { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength })
      : zstdDecompressSync(head, { finishFlush: constants.ZSTD_e_flush, maxOutputLength })
  } catch {
    // Broken or cut: the reader says at which byte.
    return new Uint8Array()
  }
}

const startsWith = (head: Uint8Array, ...bytes: readonly number[]): boolean =>
  bytes.every((byte, i) => head[i] === byte)

const ascii = (text: string): number[] => [...text].map((char) => char.charCodeAt(0))

function contentOf(head: Uint8Array): Content {
  if (head.length === 0) return 'empty'
  if (startsWith(head, ...ascii('PAR1'))) return 'parquet'
  // A stream starts with a continuation marker and the length of its first message, below 16 MiB.
  const isStream = startsWith(head, 0xff, 0xff, 0xff, 0xff) && head[7] === 0 && head.length >= 8
  if (startsWith(head, ...ascii('ARROW1')) || isStream) return 'arrow'
  if (startsWith(head, 0x50, 0x4b, 0x03, 0x04)) return 'zip'
  if (startsWith(head, 0xff, 0xfe) || startsWith(head, 0xfe, 0xff)) return 'utf16'
  const compression = sniffCompression(head)
  if (compression !== 'none') return compression
  return head.includes(0) ? 'binary' : textContent(head)
}

// A quote follows the brace in every object but the empty one.
const OBJECT_START = /^\s*\{\s*(["}]|$)/

function textContent(head: Uint8Array): Content {
  const lines = new TextDecoder()
    .decode(head)
    .split(/\r?\n/)
    .filter((line) => line.trim() !== '')
  const first = lines[0]?.trim() ?? ''
  if (/^\[\s*([{[]|$)/.test(first)) return 'jsonArray'
  if (OBJECT_START.test(first)) return 'ndjson'
  // NDJSON whose first line is broken, or CSV with JSON in its first column: its reader will tell.
  if (lines.some((line) => OBJECT_START.test(line))) return 'text'
  return /[,;\t|]/.test(first) ? 'csv' : 'text'
}
