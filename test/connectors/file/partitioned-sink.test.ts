// Folders by the values of columns: names, atomic appearance, few open files, what an earlier run left.
import * as fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  date,
  float64,
  int32,
  ndjson,
  ndjsonFile,
  nullable,
  parquetFile,
  StreamExecutionEnvironment,
  utf8,
} from '../../../src/index.ts'

let folder: string
beforeEach(() => {
  folder = fs.mkdtempSync(join(tmpdir(), 'partitions-'))
})
afterEach(() => {
  fs.rmSync(folder, { recursive: true, force: true })
})

const SCHEMA = { id: int32(), day: nullable(date()), city: nullable(utf8()) }
const DAY_MS = 86_400_000
const CITIES = ['Oslo', 'a/b', '', null, '..', 'x=y:z']

const rows = (n: number, cities: readonly (string | null)[] = CITIES) =>
  Array.from({ length: n }, (_, id) => ({
    id,
    day: new Date((20_000 + (id % 2)) * DAY_MS),
    city: cities[id % cities.length]!,
  }))

interface Run {
  readonly parallelism?: number
  readonly open?: number
  readonly ifExists?: 'replace' | 'fail'
}

async function write(data: ReturnType<typeof rows>, run: Run = {}): Promise<void> {
  const { parallelism = 1, open = 32, ifExists = 'replace' } = run
  const env = StreamExecutionEnvironment.getExecutionEnvironment({
    parallelism,
    config: { filePartitionsMax: open, batchRows: 64 },
  })
  env
    .fromCollection(data, { schema: SCHEMA })
    .rebalance()
    .sinkTo(ndjsonFile(`${folder}/out/`, { partitionBy: ['day', 'city'], ifExists }))
  await env.execute('partitions')
}

const files = (): string[] =>
  (fs.readdirSync(folder, { recursive: true, withFileTypes: true }) as fs.Dirent[])
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 5))
    .sort()

/** Rows by the folder of their file. */
function rowsByFolder(): Map<string, number[]> {
  const found = new Map<string, number[]>()
  for (const file of files()) {
    const partition = file.slice(0, file.lastIndexOf('/'))
    const ids = fs
      .readFileSync(join(folder, 'out', file), 'utf8')
      .split('\n')
      .slice(0, -1)
      .map((line) => (JSON.parse(line) as { id: number }).id)
    found.set(
      partition,
      [...(found.get(partition) ?? []), ...ids].sort((a, b) => a - b),
    )
  }
  return found
}

const FOLDERS = [
  'city=Oslo',
  'city=a%2Fb',
  'city=__HIVE_DEFAULT_PARTITION__',
  'city=__HIVE_DEFAULT_PARTITION__',
  'city=%2E%2E',
  'city=x%3Dy%3Az',
]

function expected(n: number): Map<string, number[]> {
  const found = new Map<string, number[]>()
  for (const { id, day } of rows(n)) {
    const partition = `day=${day.toISOString().slice(0, 10)}/${FOLDERS[id % FOLDERS.length]!}`
    found.set(partition, [...(found.get(partition) ?? []), id])
  }
  return found
}

describe('partitionBy', () => {
  it.each([1, 2, 4])('puts each row into the folder of its values (%d subtasks)', async (p) => {
    await write(rows(1_000), { parallelism: p })
    expect(rowsByFolder()).toEqual(expected(1_000))
  })

  it('holds few files open: a partition goes on in another part', async () => {
    await write(rows(1_000), { open: 2 })
    expect(rowsByFolder()).toEqual(expected(1_000))
    expect(files().some((file) => /part-0-[1-9]/.test(file))).toBe(true)
  })

  it('holds one run: what an earlier one left elsewhere goes', async () => {
    await write(rows(300), { parallelism: 4 })
    await write(rows(10, ['Rome']), { parallelism: 2 })
    expect([...rowsByFolder().keys()]).toEqual([
      'day=2024-10-04/city=Rome',
      'day=2024-10-05/city=Rome',
    ])
    await write([])
    expect(files()).toEqual([])
  })

  it("is not touched with ifExists: 'fail' when a partition has parts", async () => {
    await write(rows(3))
    const before = files()
    await expect(write(rows(30), { ifExists: 'fail' })).rejects.toThrowError(/exists already/)
    expect(files()).toEqual(before)
  })

  it('is read back by its folder', async () => {
    await write(rows(100))
    const env = StreamExecutionEnvironment.getExecutionEnvironment()
    const found = await Array.fromAsync(
      env.fromSource(ndjson(`${folder}/out/**/*.ndjson`, { schema: SCHEMA })).collect(),
    )
    expect(found.map(({ id }) => id).sort((a, b) => a - b)).toEqual(rows(100).map(({ id }) => id))
  })

  it.each([[['city']], [['day', 'city']]])('leaves nothing when the job fails (%s)', async (by) => {
    async function* failing() {
      yield* rows(300)
      // Null and the empty text have one folder.
      await vi.waitUntil(() => files().length >= 5, { timeout: 30_000, interval: 5 })
      throw new Error('no further')
    }
    const env = StreamExecutionEnvironment.getExecutionEnvironment({ config: { batchRows: 64 } })
    env
      .fromAsyncIterable(failing, { schema: SCHEMA })
      .sinkTo(ndjsonFile(`${folder}/out/`, { partitionBy: by }))
    await expect(env.execute()).rejects.toThrowError(/no further/)
    expect(fs.readdirSync(folder)).toEqual([])
  })

  it('leaves nothing when the job cannot begin', async () => {
    fs.writeFileSync(join(folder, 'there'), '')
    const env = StreamExecutionEnvironment.getExecutionEnvironment()
    const some = env.fromCollection(rows(3), { schema: SCHEMA }).filter(() => true)
    for (const name of ['a', 'b', 'c']) some.sinkTo(ndjsonFile(`${folder}/${name}/`))
    some.sinkTo(ndjsonFile(`${folder}/there`, { ifExists: 'fail' }))
    some.sinkTo(ndjsonFile(`${folder}/d/`))
    await expect(env.execute()).rejects.toThrowError(/exists already/)
    expect(fs.readdirSync(folder)).toEqual(['there'])
  })

  it('wants a folder, columns that are there, and values that name folders', async () => {
    expect(() => ndjsonFile(`${folder}/out.ndjson`, { partitionBy: ['a'] })).toThrowError(
      /partitionBy makes folders; end the path with '\/'/,
    )
    const env = StreamExecutionEnvironment.getExecutionEnvironment()
    const stream = env.fromCollection([{ a: 1.5 }], { schema: { a: float64() } })
    expect(() => stream.sinkTo(parquetFile(`${folder}/out/`, { partitionBy: ['b'] }))).toThrowError(
      /no column 'b'/,
    )
    stream.sinkTo(parquetFile(`${folder}/out/`, { partitionBy: ['a'] }))
    await expect(env.execute()).rejects.toThrowError(/'a' is float64, and folders are named by/)
  })
})
