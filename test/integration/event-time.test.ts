// Event time end to end: sources that make watermarks split by split, over files whose order is not that of
// their times; streaming and batch mode; aligned sources. At parallelism 1, 2 and 4.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { isDataflowError } from '../../src/base/errors.ts'
import {
  count,
  csv,
  int32,
  type RuntimeMode,
  StreamExecutionEnvironment,
  sum,
  timestamp,
  tumble,
  WatermarkStrategy,
} from '../../src/index.ts'

const SCHEMA = { time: timestamp('ms'), key: int32(), n: int32() }
const folder = mkdtempSync(join(tmpdir(), 'millrace-'))
afterAll(() => rmSync(folder, { recursive: true }))

interface Row {
  readonly time: number
  readonly key: number
  readonly n: number
}

/** A small generator of numbers, so that a run can be had again. */
function randomOf(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

/** Files that lie anywhere in time; within one, rows are at most 500 ms out of order. */
function writeFiles(name: string, files: number, rows: number, seed: number): Row[] {
  const random = randomOf(seed)
  const all: Row[] = []
  for (let file = 0; file < files; file++) {
    const start = random(files) * 20_000
    const own = Array.from({ length: rows }, (_, i) => ({
      time: start + i * 50 + random(500),
      key: random(5),
      n: random(100),
    }))
    const lines = own.map((row) => `${row.time},${row.key},${row.n}`)
    writeFileSync(join(folder, `${name}-${file}.csv`), `time,key,n\n${lines.join('\n')}\n`)
    all.push(...own)
  }
  return all
}

const source = (name: string) => csv(join(folder, `${name}-*.csv`), { schema: SCHEMA })

type Window = { windowStart: number; key: number; rows: bigint; total: bigint | number | null }

const textOf = (windows: readonly object[]): string[] =>
  windows.map((window) => JSON.stringify(Object.values(window).map(String))).sort()

/** Tumbling windows of one second. */
function model(rows: readonly Row[]): string[] {
  const windows = new Map<string, { start: number; key: number; rows: number; total: number }>()
  for (const { time, key, n } of rows) {
    const start = Math.floor(time / 1_000) * 1_000
    const id = `${start} ${key}`
    const window = windows.get(id) ?? { start, key, rows: 0, total: 0 }
    windows.set(id, { ...window, rows: window.rows + 1, total: window.total + n })
  }
  return textOf([...windows.values()])
}

async function run(
  name: string,
  parallelism: number,
  options: { readonly mode?: RuntimeMode; readonly isBehind?: boolean } = {},
): Promise<{ windows: string[]; lateRows: number }> {
  const { mode = 'streaming', isBehind = false } = options
  const env = StreamExecutionEnvironment.getExecutionEnvironment({
    parallelism,
    config: { batchRows: 64 },
  }).setRuntimeMode(mode)
  const strategy = WatermarkStrategy.forBoundedOutOfOrderness<typeof SCHEMA>('time', '500ms')
  const stream = isBehind
    ? env.fromSource(source(name)).assignTimestampsAndWatermarks(strategy)
    : env.fromSource(source(name), strategy)
  const windows = stream
    .keyBy('key')
    .window(tumble('1s'))
    .aggregate({ rows: count(), total: sum('n') })
  const collected = windows.collect()
  const client = await env.executeAsync()
  const got: Window[] = []
  for await (const row of collected) {
    got.push({ ...row, windowStart: Number(row.windowStart) } as unknown as Window)
  }
  const { lateRows } = await client.result()
  const all = got.map(({ windowStart, key, rows, total }) => ({ windowStart, key, rows, total }))
  return { windows: textOf(all), lateRows }
}

describe('a source with a strategy', () => {
  const rows = writeFiles('shuffled', 9, 200, 7)
  const expected = model(rows)

  it.each([1, 2, 4])('is late in nothing, whatever its splits hold, at %i', async (p) => {
    const { windows, lateRows } = await run('shuffled', p)
    expect(lateRows).toBe(0)
    expect(windows).toEqual(expected)
  })

  it.each([1, 2, 4])('gives the same in batch mode, at %i', async (p) => {
    for (const mode of ['batch', 'automatic'] as const) {
      expect((await run('shuffled', p, { mode })).windows).toEqual(expected)
    }
    // In batch mode nothing is late, also behind a source.
    const behind = await run('shuffled', p, { mode: 'batch', isBehind: true })
    expect([behind.lateRows, behind.windows]).toEqual([0, expected])
  })

  it('does what an operator behind the source cannot', async () => {
    expect((await run('shuffled', 1, { isBehind: true })).lateRows).toBeGreaterThan(0)
  })

  it('may take its time from an expression, whose columns are read for it alone', async () => {
    const env = StreamExecutionEnvironment.getExecutionEnvironment({ parallelism: 2 })
    const strategy = WatermarkStrategy.forBoundedOutOfOrderness<typeof SCHEMA>(
      (r) => r.time.cast(timestamp('us')),
      '500ms',
    )
    const windows = env
      .fromSource(source('shuffled'), strategy)
      .keyBy('key')
      .window(tumble('1s'))
      .aggregate({ rows: count() })
    let total = 0
    for await (const row of windows.collect()) total += Number(row.rows)
    expect(total).toBe(rows.length)
  })
})

describe('aligned sources', () => {
  const DRIFT_MS = 2_000
  // One has a row every 50 ms, the other every 5 ms: it is ten times slower in event time.
  writeFiles('fast', 1, 2_000, 1)
  const slow = Array.from({ length: 4_000 }, (_, i) => `${i * 5},0,${i}`)
  writeFileSync(join(folder, 'slow-0.csv'), `time,key,n\n${slow.join('\n')}\n`)
  const steady = Array.from({ length: 4_000 }, (_, i) => `${i * 50},1,${i}`)
  writeFileSync(join(folder, 'steady-0.csv'), `time,key,n\n${steady.join('\n')}\n`)

  async function arrivals(isAligned: boolean): Promise<{ key: number; time: number }[]> {
    const env = StreamExecutionEnvironment.getExecutionEnvironment({ config: { batchRows: 20 } })
    const plain = WatermarkStrategy.forMonotonousTimestamps<typeof SCHEMA>('time')
    const strategy = isAligned ? plain.withWatermarkAlignment('both', DRIFT_MS) : plain
    const both = env
      .fromSource(source('slow'), strategy)
      .union(env.fromSource(source('steady'), strategy))
    const got: { key: number; time: number }[] = []
    for await (const { key, time } of both.collect()) got.push({ key, time: Number(time) })
    return got
  }

  /** How far the steady source was ahead of the slow one at most, while that had rows. */
  function greatestDrift(rows: readonly { key: number; time: number }[]): number {
    const latest = [0, 0]
    let greatest = 0
    let left = rows.filter(({ key }) => key === 0).length
    for (const { key, time } of rows) {
      latest[key] = time
      if (key === 0) left--
      if (left > 0) greatest = Math.max(greatest, latest[1]! - latest[0]!)
    }
    return greatest
  }

  it('stay near each other', async () => {
    const aligned = await arrivals(true)
    expect(aligned).toHaveLength(8_000)
    // How many batches of 1,000 ms are read before the word to wait arrives is up to the machine; without
    // it, the steady source runs away.
    expect(greatestDrift(await arrivals(false))).toBeGreaterThan(4 * greatestDrift(aligned))
  })

  it.each([1, 2, 4])('come to their end at parallelism %i', async (parallelism) => {
    const env = StreamExecutionEnvironment.getExecutionEnvironment({
      parallelism,
      config: { batchRows: 32 },
    })
    const strategy = WatermarkStrategy.forBoundedOutOfOrderness<typeof SCHEMA>(
      'time',
      '500ms',
    ).withWatermarkAlignment('all', '1s')
    const streams = ['shuffled', 'slow', 'steady'].map((name) =>
      env.fromSource(source(name), strategy),
    )
    const windows = streams[0]!
      .union(...streams.slice(1))
      .keyBy('key')
      .window(tumble('1s'))
      .aggregate({ rows: count() })
    let total = 0
    for await (const row of windows.collect()) total += Number(row.rows)
    expect(total).toBe(9 * 200 + 8_000)
  })
})

describe('what is refused', () => {
  const failure = (work: () => unknown): unknown => {
    try {
      work()
    } catch (error) {
      if (isDataflowError(error)) return `${error.code}: ${error.message}`
    }
    return undefined
  }

  it('an endless source in batch mode', () => {
    const env = StreamExecutionEnvironment.getExecutionEnvironment().setRuntimeMode('batch')
    env.fromAsyncIterable(() => [{ n: 1 }], { schema: { n: int32() }, unbounded: true }).print()
    expect(failure(() => env.explain())).toMatch(
      /^UNSUPPORTED: 'Source: iterable' \(.*\) never ends, and batch mode gives its results at the end/,
    )
    env.setRuntimeMode('automatic')
    expect(env.explain()).not.toMatch(/batch:/)
  })

  it('a mode that is none', () => {
    const env = StreamExecutionEnvironment.getExecutionEnvironment()
    expect(failure(() => env.setRuntimeMode('bach' as never))).toMatch(/Did you mean 'batch'/)
  })

  it('an alignment without a source, a strategy for a source that makes its own watermarks', () => {
    const env = StreamExecutionEnvironment.getExecutionEnvironment()
    const strategy = WatermarkStrategy.forMonotonousTimestamps<typeof SCHEMA>('time')
    const rows = env.fromSource(source('shuffled'))
    const aligned = strategy.withWatermarkAlignment('group', '1s')
    expect(failure(() => rows.assignTimestampsAndWatermarks(aligned))).toMatch(
      /withWatermarkAlignment\(\) needs a source that can wait/,
    )
    const own = { ...source('shuffled'), eventTime: 'time' }
    expect(failure(() => env.fromSource(own, strategy))).toMatch(/makes its watermarks itself/)
  })
})
