// What a file source does before and around its format: finding files, checking schemas, nulls
// where there may be none, and the policies for malformed records.
import * as fs from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { DEFAULT_CONFIG } from '../../../src/base/config.ts'
import { RowReader } from '../../../src/columnar/row-reader.ts'
import { Schema } from '../../../src/columnar/schema.ts'
import { type Fields, float64, int32, nullable, utf8 } from '../../../src/columnar/type.ts'
import type { OnError, Split } from '../../../src/connectors/connector.ts'
import { FileSource, type FileSourceConfig } from '../../../src/connectors/file/file-source.ts'
import type { FormatEntry } from '../../../src/connectors/file/formats.ts'
import { MalformedRecords } from '../../../src/connectors/file/malformed-records.ts'
import { absolutePath } from '../../../src/connectors/file/paths.ts'
import { Kernels } from '../../../src/kernels/module.ts'
import { newMetrics, type OperatorMetrics } from '../../../src/operators/operator.ts'
import type { Row } from '../../columnar/random-rows.ts'
import { testEntry } from './test-format.ts'

const kernels = new Kernels()
// What follows lies beyond 2 GiB, where pointers are negative to JavaScript's signed shifts.
kernels.allocate(0x7fff_ff00)
const FIELDS = { id: int32(), name: nullable(utf8()) }
let folder: string
beforeEach(() => {
  folder = fs.mkdtempSync(join(tmpdir(), 'file-source-'))
})
afterEach(() => fs.rmSync(folder, { recursive: true, force: true }))

const upTo = (n: number, first = 0): number[] => Array.from({ length: n }, (_, i) => first + i)
const line = (row: object): string => JSON.stringify(row)

function write(name: string, lines: readonly (string | Uint8Array)[], fields = FIELDS): string {
  const path = join(folder, name)
  fs.mkdirSync(join(path, '..'), { recursive: true })
  const head = `TESTFMT\n${JSON.stringify(Schema.of(fields).fields)}\n`
  const parts = lines.flatMap((one) => [Buffer.from(one as string), Buffer.from('\n')])
  fs.writeFileSync(path, Buffer.concat([Buffer.from(head), ...parts]))
  return path
}
const writeIds = (name: string, ids: readonly number[]): string =>
  write(
    name,
    ids.map((id) => line({ id, name: `row ${id}` })),
  )

interface Options {
  readonly fields?: Fields
  readonly onError?: OnError
  readonly entry?: FormatEntry
}

function source(paths: readonly string[], options: Options = {}): FileSource {
  const config: FileSourceConfig = {
    format: 'test',
    paths: paths.map(absolutePath),
    schema: Schema.of(options.fields ?? FIELDS).fields,
    options: {},
    onError: options.onError ?? 'fail',
  }
  return new FileSource(config, options.entry ?? testEntry)
}

interface Read {
  readonly rows: Row[]
  readonly metrics: OperatorMetrics
}

/** Reads all splits as `parallelism` subtasks do, one after the other. */
async function read(from: FileSource, fields: Fields = FIELDS, parallelism = 1): Promise<Read> {
  const schema = Schema.of(fields)
  const metrics = newMetrics()
  const rows: Row[] = []
  const splits = await from.plan(parallelism)
  for (let subtaskIndex = 0; subtaskIndex < parallelism; subtaskIndex++) {
    const config = { ...DEFAULT_CONFIG, batchRows: 100 }
    const reader = from.reader({ kernels, config, subtaskIndex, parallelism, schema, metrics })
    try {
      for (const split of splits.filter((_, i) => i % parallelism === subtaskIndex)) {
        await reader.open(split)
        for (let polled = reader.poll(); polled !== 'split-ended'; polled = reader.poll()) {
          if (polled instanceof Promise) await polled
          else rows.push(...new RowReader(kernels, polled.schema).rows(polled))
        }
      }
    } finally {
      await reader.close()
    }
  }
  return { rows, metrics }
}

const idsOf = ({ rows }: Read): unknown[] => rows.map((row) => row['id'])
const names = (splits: readonly Split[]): string[] =>
  splits.map((split) => basename(split['path'] as string))

describe('paths', () => {
  it('are files, file: URLs, folders and globs: each file once, sorted in a path', async () => {
    const b = writeIds('b.test', [3])
    const a = writeIds('a.test', [1, 2])
    writeIds('deep/c.test', [4])
    fs.writeFileSync(join(folder, 'notes.txt'), '')
    fs.writeFileSync(join(folder, '.a.test.inprogress.1'), '')
    expect(idsOf(await read(source([b, a])))).toEqual([3, 1, 2])
    expect(idsOf(await read(source([pathToFileURL(a).href, b, a])))).toEqual([1, 2, 3])
    expect(idsOf(await read(source([folder])))).toEqual([1, 2, 3])
    expect(idsOf(await read(source([`${folder}/`])))).toEqual([1, 2, 3])
    expect(idsOf(await read(source([join(folder, '*.test')])))).toEqual([1, 2, 3])
    expect(idsOf(await read(source([join(folder, '**/*.test')])))).toEqual([1, 2, 3, 4])
  })

  it('with the signs of globs in their names are taken as they are', async () => {
    const odd = writeIds('a[1]*.test', [1])
    writeIds('a1x.test', [2])
    expect(idsOf(await read(source([odd])))).toEqual([1])
  })

  it('relative to the working directory', () => {
    expect(absolutePath('x/y.csv')).toBe(join(process.cwd(), 'x/y.csv'))
    expect(absolutePath('x/')).toBe(`${join(process.cwd(), 'x')}/`)
    expect(() => absolutePath('file://elsewhere/x')).toThrow(/is no file: URL/)
    expect(() => absolutePath('')).toThrow(/empty/)
  })

  it('that are missing name what is near', async () => {
    writeIds('flights.test', [1])
    const missing = async (...parts: string[]): Promise<unknown> =>
      source([join(folder, ...parts)]).plan(1)
    await expect(missing('fligths.test')).rejects.toMatchObject({
      code: 'FILE_NOT_FOUND',
      message: expect.stringMatching(/fligths\.test does not exist\. Did you mean 'flights\.test'/),
    })
    await expect(missing('data', 'in', 'x.test')).rejects.toThrow(
      /there is no data in .*There is: f/,
    )
    await expect(missing('*.csv')).rejects.toThrow(/no file matches .*\*\.csv\. There is: flights/)
    await expect(missing('data', '*.csv')).rejects.toThrow(/data does not exist/)
    fs.mkdirSync(join(folder, 'other'))
    await expect(missing('other')).rejects.toThrow(/ends with \.test\. The folder is empty\./)
  })
})

describe('splits', () => {
  it('follow the files and are told apart, also when files have one name', async () => {
    const paths = [writeIds('a/x.test', [1]), writeIds('b/x.test', [2]), writeIds('c.test', [3])]
    const splits = await source(paths).plan(2)
    expect(names(splits)).toEqual(['x.test', 'x.test', 'c.test'])
    expect(new Set(splits.map(({ id }) => id)).size).toBe(3)
    expect(splits[0]!.id).toMatch(/a\/x\.test\[0-\d+\]$/)
  })

  it('are enough for all readers, who share the rows', async () => {
    const name = 'long '.repeat(200)
    const lines = upTo(4000).map((id) => line({ id, name }))
    const from = source([write('big.test', lines)])
    expect((await from.plan(1)).length).toBe(4)
    const ids = idsOf(await read(from, FIELDS, 3)) as number[]
    expect(ids.sort((x, y) => x - y)).toEqual(upTo(4000))
  })

  it('are one for a compressed file, whatever its ending', async () => {
    const content = fs.readFileSync(writeIds('a.test', [1]))
    const entry: FormatEntry = { ...testEntry, knows: () => 'nothing' }
    const packed = join(folder, 'b.test')
    for (const [compression, bytes] of [
      ['gzip', gzipSync(content)],
      ['zstd', zstdCompressSync(content)],
    ] as const) {
      fs.writeFileSync(packed, bytes)
      const splits = await source([packed], { entry }).plan(4)
      expect(splits).toEqual([{ id: 'b.test', path: packed, bytes: bytes.length, compression }])
    }
  })
})

describe('a schema', () => {
  it('may name some columns in any order, and make an optional one required', async () => {
    const path = writeIds('a.test', [1, 2])
    const fields = { name: utf8() }
    const { rows } = await read(source([path], { fields }), fields)
    expect(rows).toEqual([{ name: 'row 1' }, { name: 'row 2' }])
  })

  it('with a column that a file has not, or of another type, fails early', async () => {
    const good = writeIds('a.test', [1])
    const other = write('b.test', [], { id: float64(), name: nullable(utf8()) } as never)
    const plan = (fields: Fields): Promise<unknown> => source([good, other], { fields }).plan(1)
    await expect(plan({ nme: utf8() })).rejects.toMatchObject({
      code: 'SCHEMA_MISMATCH',
      message: expect.stringMatching(/a\.test has no column 'nme'\. Did you mean 'name'\?/),
    })
    await expect(plan(FIELDS)).rejects.toMatchObject({
      code: 'SCHEMA_MISMATCH',
      message: expect.stringMatching(
        /b\.test, column 'id': the file has float64, the schema int32; declare what the file has/,
      ),
    })
  })

  it('is compared by names only where a file says no more, or not at all', async () => {
    const path = writeIds('a.test', [1])
    const plan = (knows: 'names' | 'nothing', fields: Fields): Promise<unknown> =>
      source([path], { fields, entry: { ...testEntry, knows: () => knows } }).plan(1)
    await expect(plan('names', { id: utf8() })).resolves.toHaveLength(1)
    await expect(plan('names', { idd: utf8() })).rejects.toThrow(/no column 'idd'/)
    await expect(plan('nothing', { idd: utf8() })).resolves.toHaveLength(1)
  })
})

describe('a null in a column without nulls', () => {
  const STRICT = { id: int32(), name: utf8() }
  const lines = upTo(250).map((id) => line({ id, name: [101, 230].includes(id) ? null : 'x' }))

  it('fails the job with its row', async () => {
    const path = write('a.test', lines)
    await expect(read(source([path], { fields: STRICT }), STRICT)).rejects.toMatchObject({
      code: 'RECORD_MALFORMED',
      context: { location: path, column: 'name', row: 101 },
      message: expect.stringMatching(
        /a\.test, row 101, column 'name': null, but the schema says utf8: declare it nullable/,
      ),
    })
  })

  it('is skipped and counted, or kept with its whole row', async () => {
    const path = write('a.test', lines)
    const skip = await read(source([path], { fields: STRICT, onError: 'skip' }), STRICT)
    expect(idsOf(skip)).toEqual(upTo(250).filter((id) => id !== 101 && id !== 230))
    expect(skip.metrics.malformedRecords).toBe(2)
    const onError = { deadLetter: join(folder, 'bad.ndjson') }
    await read(source([path], { fields: STRICT, onError }), STRICT)
    const [first] = fs.readFileSync(onError.deadLetter, 'utf8').split('\n')
    expect(JSON.parse(first!)).toMatchObject({
      file: path,
      row: 101,
      column: 'name',
      record: '{"id":101,"name":null}',
    })
  })

  it('is told from nulls that may be', async () => {
    const { rows } = await read(source([write('a.test', lines)]))
    expect(rows[101]).toEqual({ id: 101, name: null })
  })
})

const letters = (): string => join(folder, 'out/bad.ndjson')
const lettersOf = (path: string): Row[] =>
  fs
    .readFileSync(path, 'utf8')
    .trimEnd()
    .split('\n')
    .map((text) => JSON.parse(text) as Row)

describe('a malformed record', () => {
  const notUtf8 = Uint8Array.of(0xc3, 0xbf, 0xff, 0xfe)
  const lines = [line({ id: 1 }), 'oops', line({ id: 2 }), notUtf8, line({ id: 3 })]

  it('fails the job with file and line, and says what else can be done', async () => {
    const path = write('a.test', lines)
    await expect(read(source([path]))).rejects.toMatchObject({
      code: 'RECORD_MALFORMED',
      message: expect.stringMatching(/a\.test:4: it is no row; .* onError: 'skip' counts them/),
      context: { location: `${path}:4` },
    })
  })

  it('is skipped and counted', async () => {
    const result = await read(source([write('a.test', lines)], { onError: 'skip' }))
    expect(idsOf(result)).toEqual([1, 2, 3])
    expect(result.metrics.malformedRecords).toBe(2)
  })

  it('goes to the dead letters as it was, with its place', async () => {
    const path = write('a.test', lines)
    const result = await read(source([path], { onError: { deadLetter: letters() } }))
    expect(idsOf(result)).toEqual([1, 2, 3])
    expect(result.metrics.malformedRecords).toBe(2)
    const [first, second] = lettersOf(letters())
    const offset = fs.readFileSync(path).indexOf('oops')
    expect(first).toEqual({ file: path, line: 4, offset, reason: 'it is no row', record: 'oops' })
    expect(second).toMatchObject({ file: path, line: 6 })
    expect(fs.readdirSync(join(folder, 'out'))).toEqual(['bad.ndjson'])
  })

  it('that is not UTF-8 is kept in base64', async () => {
    const context = { metrics: newMetrics(), subtaskIndex: 0, parallelism: 1 }
    const malformed = new MalformedRecords({ deadLetter: letters() }, context)
    const record = Uint8Array.of(0x41, 0xff)
    malformed.report({ path: 'x.csv', line: 1, column: 'a', reason: 'no UTF-8', record })
    await malformed.close()
    expect(lettersOf(letters())).toEqual([
      {
        file: 'x.csv',
        line: 1,
        column: 'a',
        reason: 'no UTF-8',
        record: 'Qf8=',
        encoding: 'base64',
      },
    ])
  })

  it('has one file a subtask; those of an earlier run go', async () => {
    const paths = ['a', 'b', 'c'].map((name) => write(`${name}.test`, lines))
    const onError = { deadLetter: letters() }
    await read(source(paths, { onError }), FIELDS, 3)
    expect(fs.readdirSync(join(folder, 'out')).sort()).toEqual([
      'bad-1.ndjson',
      'bad-2.ndjson',
      'bad.ndjson',
    ])
    await read(source([paths[0]!, writeIds('good.test', [7])], { onError }), FIELDS, 2)
    expect(fs.readdirSync(join(folder, 'out'))).toEqual(['bad.ndjson'])
    await read(source([writeIds('good.test', [7])], { onError }))
    expect(fs.readdirSync(join(folder, 'out'))).toEqual([])
  })

  it('is kept also when the job fails later', async () => {
    const path = write('a.test', lines)
    const from = source([path], { onError: { deadLetter: letters() } })
    const world = { kernels, config: DEFAULT_CONFIG, subtaskIndex: 0, parallelism: 1 }
    const reader = from.reader({ ...world, schema: Schema.of(FIELDS), metrics: newMetrics() })
    await reader.open((await from.plan(1))[0]!)
    reader.poll()
    await reader.close()
    expect(lettersOf(letters())).toHaveLength(2)
  })
})
