// Output appears as a whole or not at all: names, parts, replacing, compression, and every way to
// fail, on the real file system and on one whose disk fills up.
import * as fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync, zstdDecompressSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { DEFAULT_CONFIG } from '../../../src/base/config.ts'
import { BatchBuilder } from '../../../src/columnar/batch-builder.ts'
import type { RecordBatch } from '../../../src/columnar/record-batch.ts'
import { Schema } from '../../../src/columnar/schema.ts'
import { int32, utf8 } from '../../../src/columnar/type.ts'
import type { SinkWriter } from '../../../src/connectors/connector.ts'
import { FileSink, type FileSinkConfig } from '../../../src/connectors/file/file-sink.ts'
import {
  type FileSystem,
  nodeFileSystem,
  type OpenFile,
} from '../../../src/connectors/file/file-system.ts'
import { Kernels } from '../../../src/kernels/module.ts'
import { newMetrics } from '../../../src/operators/operator.ts'
import { testEntry } from './test-format.ts'

const kernels = new Kernels()
const schema = Schema.of({ id: int32(), name: utf8() })
let folder: string
beforeEach(() => {
  folder = fs.mkdtempSync(join(tmpdir(), 'file-sink-'))
})
afterEach(() => {
  fs.rmSync(folder, { recursive: true, force: true })
})

function batch(first: number, length: number, name = 'x'): RecordBatch {
  const builder = new BatchBuilder(kernels, schema)
  for (let i = 0; i < length; i++) builder.append({ id: first + i, name })
  return builder.finish()
}

interface Options extends Partial<FileSinkConfig> {
  readonly subtask?: number
  readonly of?: number
  readonly fs?: FileSystem
}

function writerTo(path: string, options: Options = {}): SinkWriter & { bytesOut(): number } {
  const { subtask = 0, of = 1, fs: system, ...config } = options
  const defaults: FileSinkConfig = {
    format: 'test',
    path,
    options: {},
    compression: 'none',
    ifExists: 'replace',
    partBytes: null,
    partRows: null,
  }
  const metrics = newMetrics()
  const sink = new FileSink({ ...defaults, ...config }, testEntry, system)
  const world = { kernels, schema, config: DEFAULT_CONFIG, metrics }
  const writer = sink.writer({ ...world, subtaskIndex: subtask, parallelism: of })
  return Object.assign(writer, { bytesOut: () => metrics.bytesOut })
}

/** What a slot does with a sink. */
async function run(writer: SinkWriter, batches: readonly RecordBatch[]): Promise<void> {
  try {
    await writer.open?.()
    for (const one of batches) await writer.write(one)
    await writer.finish()
  } finally {
    await writer.close()
  }
}

const ids = (text: string): number[] =>
  text
    .split('\n')
    .slice(2, -1)
    .map((line) => (JSON.parse(line) as { id: number }).id)
const idsIn = (path: string): number[] => ids(fs.readFileSync(path, 'utf8'))
const upTo = (n: number, first = 0): number[] => Array.from({ length: n }, (_, i) => first + i)
const all = (): string[] => fs.readdirSync(folder, { recursive: true }) as string[]

describe('a single file', () => {
  it('is there after finish(), as a whole, in a folder that is made for it', async () => {
    const path = join(folder, 'a/b/out.test')
    const writer = writerTo(path)
    await writer.open!()
    await writer.write(batch(0, 5))
    await writer.write(batch(5, 3))
    expect(fs.readdirSync(join(folder, 'a/b'))).toEqual([
      expect.stringMatching(/^\.out\.test\.inprogress\.[0-9a-f-]{36}$/),
    ])
    await writer.finish()
    await writer.close()
    expect(fs.readdirSync(join(folder, 'a/b'))).toEqual(['out.test'])
    expect(idsIn(path)).toEqual(upTo(8))
    expect(writer.bytesOut()).toBe(fs.statSync(path).size)
  })

  it('holds more than any buffer, written in any size of batches', async () => {
    const path = join(folder, 'big.test')
    const sizes = [1, 4000, 60, 16_000, 9000]
    let first = 0
    const batches = sizes.map((size) => {
      const made = batch(first, size, 'long '.repeat(40))
      first += size
      return made
    })
    await run(writerTo(path), batches)
    expect(fs.statSync(path).size).toBeGreaterThan(5 << 20)
    expect(idsIn(path)).toEqual(upTo(first))
  })

  it('leaves nothing behind when it is closed without finish()', async () => {
    const writer = writerTo(join(folder, 'a/b/out.test'))
    await writer.open!()
    await writer.write(batch(0, 10_000, 'long '.repeat(40)))
    await writer.close()
    expect(all()).toEqual([])
  })

  it('leaves the folders that others use', async () => {
    const writer = writerTo(join(folder, 'a/out.test'))
    await writer.open!()
    fs.writeFileSync(join(folder, 'a/other'), '')
    await writer.close()
    expect(all().sort()).toEqual(['a', 'a/other'])
  })

  it('replaces a file only at finish(), and keeps it when the job fails', async () => {
    const path = join(folder, 'out.test')
    await run(writerTo(path), [batch(0, 3)])
    const failing = writerTo(path)
    await failing.open!()
    await failing.write(batch(100, 3))
    await failing.close()
    expect(idsIn(path)).toEqual(upTo(3))
    await run(writerTo(path), [batch(7, 2)])
    expect(idsIn(path)).toEqual([7, 8])
    expect(all()).toEqual(['out.test'])
  })

  it("is not replaced with ifExists: 'fail', nor is one that comes during the job", async () => {
    const path = join(folder, 'out.test')
    const late = writerTo(path, { ifExists: 'fail' })
    await late.open!()
    await late.write(batch(0, 1))
    fs.writeFileSync(path, 'mine')
    await expect(late.finish()).rejects.toMatchObject({ code: 'FILE_EXISTS' })
    await late.close()
    await expect(run(writerTo(path, { ifExists: 'fail' }), [])).rejects.toMatchObject({
      code: 'FILE_EXISTS',
      message: expect.stringMatching(/out\.test exists already; .* ifExists: 'replace'$/),
    })
    expect(fs.readFileSync(path, 'utf8')).toBe('mine')
    expect(all()).toEqual(['out.test'])
  })

  it('is written without rows, too', async () => {
    await run(writerTo(join(folder, 'empty.test')), [batch(0, 0)])
    expect(fs.readFileSync(join(folder, 'empty.test'), 'utf8')).toMatch(/^TESTFMT\n.*\n$/)
  })

  it('follows a link to the file it means', async () => {
    fs.mkdirSync(join(folder, 'there'))
    fs.writeFileSync(join(folder, 'there/real.test'), '')
    fs.symlinkSync(join(folder, 'there/real.test'), join(folder, 'link.test'))
    await run(writerTo(join(folder, 'link.test')), [batch(0, 2)])
    expect(fs.lstatSync(join(folder, 'link.test')).isSymbolicLink()).toBe(true)
    expect(idsIn(join(folder, 'there/real.test'))).toEqual([0, 1])
  })

  it.each([
    ['gzip', gunzipSync],
    ['zstd', zstdDecompressSync],
  ] as const)('is compressed by %s', async (compression, decompress) => {
    const path = join(folder, 'out.test.packed')
    const batches = [batch(0, 10_000, 'long '.repeat(40)), batch(10_000, 10), batch(10_010, 9000)]
    const writer = writerTo(path, { compression })
    await run(writer, batches)
    const bytes = fs.readFileSync(path)
    expect(writer.bytesOut()).toBe(bytes.length)
    expect(ids(decompress(bytes).toString())).toEqual(upTo(19_010))
    const closed = writerTo(join(folder, 'closed'), { compression })
    await closed.open!()
    await closed.write(batch(0, 10_000))
    await closed.close()
    expect(all()).toEqual(['out.test.packed'])
  })
})

const partsFolder = (): string => `${join(folder, 'out')}/`

describe('a folder', () => {
  it('gets parts by subtask, a new one when one is full by rows', async () => {
    const batches = upTo(5).map((i) => batch(i * 10, 10))
    await run(writerTo(partsFolder(), { partRows: 20, subtask: 0, of: 2 }), batches)
    await run(writerTo(partsFolder(), { partRows: 20, subtask: 1, of: 2 }), [batch(900, 3)])
    expect(fs.readdirSync(partsFolder()).sort()).toEqual([
      'part-0-0.test',
      'part-0-1.test',
      'part-0-2.test',
      'part-1-0.test',
    ])
    expect(idsIn(join(partsFolder(), 'part-0-1.test'))).toEqual(upTo(20, 20))
    expect(idsIn(join(partsFolder(), 'part-0-2.test'))).toEqual(upTo(10, 40))
    expect(idsIn(join(partsFolder(), 'part-1-0.test'))).toEqual(upTo(3, 900))
  })

  it('rolls by bytes, and has no part without rows but the very first', async () => {
    const full = upTo(4).map((i) => batch(i, 1, 'long '.repeat(100)))
    await run(writerTo(partsFolder(), { partBytes: 900, subtask: 0, of: 2 }), full)
    await run(writerTo(partsFolder(), { subtask: 1, of: 2 }), [])
    expect(fs.readdirSync(partsFolder()).sort()).toEqual(['part-0-0.test', 'part-0-1.test'])
    fs.rmSync(partsFolder(), { recursive: true })
    await run(writerTo(partsFolder(), { subtask: 1, of: 2 }), [])
    expect(all()).toEqual([])
    await run(writerTo(partsFolder(), { subtask: 0, of: 2 }), [])
    expect(fs.readdirSync(partsFolder())).toEqual(['part-0-0.test'])
  })

  it('shows no part before finish(), nor after close() without it', async () => {
    const writer = writerTo(partsFolder(), { partRows: 10 })
    await writer.open!()
    for (let i = 0; i < 5; i++) await writer.write(batch(i * 10, 10))
    expect(fs.readdirSync(partsFolder()).every((name) => name.startsWith('.part-0-'))).toBe(true)
    await writer.close()
    expect(all()).toEqual([])
  })

  it('holds one run: further parts of an earlier one go, other files stay', async () => {
    const batches = upTo(4).map((i) => batch(i * 10, 10))
    for (const subtask of [0, 1, 2]) {
      await run(writerTo(partsFolder(), { partRows: 10, subtask, of: 3 }), batches)
    }
    fs.writeFileSync(join(partsFolder(), 'notes.txt'), '')
    fs.writeFileSync(join(partsFolder(), 'part-0-9.csv'), '')
    await run(writerTo(partsFolder(), { subtask: 1, of: 2 }), [batch(0, 1)])
    await run(writerTo(partsFolder(), { subtask: 0, of: 2, compression: 'gzip' }), [batch(0, 1)])
    expect(fs.readdirSync(partsFolder()).sort()).toEqual([
      'notes.txt',
      'part-0-0.test.gz',
      'part-0-9.csv',
      'part-1-0.test',
    ])
  })

  it("is not touched with ifExists: 'fail' when it has parts", async () => {
    await run(writerTo(partsFolder(), { ifExists: 'fail' }), [batch(0, 1)])
    await expect(run(writerTo(partsFolder(), { ifExists: 'fail' }), [])).rejects.toMatchObject({
      code: 'FILE_EXISTS',
    })
    expect(fs.readdirSync(partsFolder())).toEqual(['part-0-0.test'])
  })
})

describe('what cannot be written', () => {
  it('is a folder without a slash, or what is no regular file', () => {
    expect(() => writerTo(folder)).toThrow(/is a folder; end the path with '\/'/)
    expect(() => writerTo('/dev/null')).toThrow(/no regular file/)
  })

  it('is a path below a file', async () => {
    fs.writeFileSync(join(folder, 'file'), '')
    await expect(run(writerTo(join(folder, 'file/out.test')), [])).rejects.toMatchObject({
      code: 'FILE_UNWRITABLE',
      message: expect.stringMatching(/file is no folder, or lies below a file/),
    })
  })

  // Root may write anywhere, so the system is asked for its answer.
  it('is a folder without the right to write, told before the first row', async () => {
    const denied: FileSystem = {
      ...nodeFileSystem,
      open: () => Promise.reject(Object.assign(new Error('EACCES: denied'), { code: 'EACCES' })),
    }
    const writer = writerTo(join(folder, 'made/out.test'), { fs: denied })
    await expect(writer.open!()).rejects.toMatchObject({
      code: 'FILE_UNWRITABLE',
      message: expect.stringMatching(/the folder .*made may not be written; change its rights/),
    })
    await writer.close()
    expect(all()).toEqual([])
  })
})

/** A disk with room for so many bytes: the write that fills it is short, the next one fails. */
function disk(bytesFree: number, shortWrites = false): FileSystem {
  let free = bytesFree
  const limited = (file: OpenFile): OpenFile => ({
    async write(bytes, offset, length) {
      const most = shortWrites ? Math.min(free, 1000) : free
      if (most === 0 && length > 0) {
        throw Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' })
      }
      const { bytesWritten } = await file.write(bytes, offset, Math.min(length, most))
      free -= bytesWritten
      return { bytesWritten }
    },
    sync: () => file.sync(),
    close: () => file.close(),
  })
  return {
    ...nodeFileSystem,
    open: async (path, flags) => limited(await nodeFileSystem.open(path, flags)),
  }
}

const manyBatches = (): RecordBatch[] =>
  upTo(20).map((i) => batch(i * 1000, 1000, 'long '.repeat(50)))

describe('a disk', () => {
  it('that takes little at a time gets every byte', async () => {
    const path = join(folder, 'out.test')
    await run(writerTo(path, { fs: disk(Infinity, true) }), manyBatches().slice(0, 3))
    expect(idsIn(path)).toEqual(upTo(3000))
  })

  it.each(['none', 'gzip'] as const)(
    'that is full fails the job with the path, and nothing is left (%s)',
    async (compression) => {
      const path = join(folder, 'made/out.test')
      const options = { fs: disk(compression === 'none' ? 2_500_000 : 5000), compression }
      await expect(run(writerTo(path, options), manyBatches())).rejects.toMatchObject({
        code: 'FILE_UNWRITABLE',
        message: expect.stringMatching(/out\.test: the disk is full, \d+ bytes in; free space/),
      })
      expect(all()).toEqual([])
    },
  )

  it('that is full in a later part withdraws the earlier ones', async () => {
    const options = { fs: disk(2_500_000), partRows: 1000 }
    await expect(run(writerTo(`${folder}/out/`, options), manyBatches())).rejects.toMatchObject({
      code: 'FILE_UNWRITABLE',
    })
    expect(all()).toEqual([])
  })
})
