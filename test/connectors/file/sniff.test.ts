// What a file looks like by its first bytes: which formats refuse it, in which words, and which
// take it.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { afterAll, describe, expect, it } from 'vitest'
import { FORMATS } from '../../../src/connectors/file/formats.ts'
import { checkContent } from '../../../src/connectors/file/sniff.ts'

const folder = mkdtempSync(join(tmpdir(), 'sniff-'))
afterAll(() => rmSync(folder, { recursive: true }))

describe('a file of another format', () => {
  const contents = {
    parquet: 'PAR1\0\0',
    arrowFile: 'ARROW1\0\0',
    arrowStream: Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0x10, 0, 0, 0, 1),
    zip: Uint8Array.of(0x50, 0x4b, 3, 4, 0),
    csv: 'date,delay\n2001-01-01,5\n',
    csvOfJson: 'payload,delay\n{"a":1},5\n',
    ndjson: '{"date":"2001-01-01"}\n',
    brokenNdjson: '"date":"2001","x":1}\n{"date":"2001"}\n',
    pretty: '[\n  {"a": 1}\n]\n',
    binary: Uint8Array.of(1, 0, 2),
    utf16: Uint8Array.of(0xff, 0xfe, 0x41, 0),
    gzipCsv: gzipSync('date,delay\n2001-01-01,5\n'.repeat(1000)),
    zstdNdjson: zstdCompressSync('{"date":"2001-01-01"}\n'.repeat(1000)),
    text: 'one word a line\nand no more\n',
    empty: '',
  }
  type Name = keyof typeof contents
  const refused: readonly (readonly [keyof typeof FORMATS, Name, RegExp])[] = [
    ['parquet', 'csv', /file looks like CSV text, not Parquet; use csv\(\)$/],
    ['parquet', 'ndjson', /looks like NDJSON, not Parquet; use ndjson\(\)$/],
    ['parquet', 'arrowFile', /looks like Arrow IPC, not Parquet; use arrow\(\)$/],
    ['parquet', 'gzipCsv', /looks like gzip data, not Parquet; decompress it first$/],
    ['parquet', 'empty', /looks like an empty file, not Parquet; was it written to its end/],
    ['arrow', 'parquet', /looks like Parquet, not Arrow IPC; use parquet\(\)$/],
    ['arrow', 'binary', /looks like binary data/],
    ['csv', 'parquet', /looks like Parquet, not CSV/],
    ['csv', 'arrowStream', /looks like Arrow IPC, not CSV/],
    ['csv', 'ndjson', /looks like NDJSON, not CSV/],
    ['csv', 'zstdNdjson', /looks like NDJSON, not CSV/],
    ['csv', 'pretty', /looks like a JSON array, not CSV; write one object a line/],
    ['csv', 'zip', /looks like a ZIP archive, not CSV; unpack it first/],
    ['csv', 'utf16', /looks like UTF-16 text, not CSV; convert it to UTF-8 first/],
    ['ndjson', 'csv', /looks like CSV text, not NDJSON; use csv\(\)/],
    ['ndjson', 'gzipCsv', /looks like CSV text, not NDJSON/],
    ['ndjson', 'pretty', /looks like a JSON array/],
    ['ndjson', 'binary', /looks like binary data/],
  ]
  it.each(refused)('%s() refuses %s', (name, content, message) => {
    const path = join(folder, 'file')
    writeFileSync(path, contents[content])
    expect(() => checkContent(path, FORMATS[name])).toThrow(
      expect.objectContaining({ code: 'FORMAT_INVALID', message: expect.stringMatching(message) }),
    )
  })

  const taken: readonly (readonly [keyof typeof FORMATS, Name, string])[] = [
    ['parquet', 'parquet', 'none'],
    ['arrow', 'arrowFile', 'none'],
    ['arrow', 'arrowStream', 'none'],
    ['csv', 'csv', 'none'],
    ['csv', 'gzipCsv', 'gzip'],
    ['csv', 'csvOfJson', 'none'],
    ['csv', 'text', 'none'],
    ['csv', 'empty', 'none'],
    ['ndjson', 'ndjson', 'none'],
    ['ndjson', 'zstdNdjson', 'zstd'],
    ['ndjson', 'brokenNdjson', 'none'],
    ['ndjson', 'text', 'none'],
  ]
  it.each(taken)('%s() takes %s', (name, content, compression) => {
    const path = join(folder, 'file')
    writeFileSync(path, contents[content])
    expect(checkContent(path, FORMATS[name])).toBe(compression)
  })
})
