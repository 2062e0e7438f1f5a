// Every Nexmark query, run as the command line runs it, against DuckDB's answer: at several parallelisms, with
// events in order and out of it, generated and from files. `npm run test:nexmark` runs it over a million events
// and all combinations; the normal run takes fewer of both.
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import process from 'node:process'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { nexmarkCommand, type NexmarkCommandOptions } from '../../src/cli/nexmark.ts'
import { NEXMARK_QUERIES } from '../../src/cli/nexmark-queries.ts'
import { nexmark, parquetFile, StreamExecutionEnvironment } from '../../src/index.ts'
import { DuckDb } from './duckdb.ts'
import { type ModelBid, modelBids, q10Folders, q12Rows } from './model.ts'
import { ORACLES } from './oracle.ts'

const EVENTS = Number(process.env['NEXMARK_EVENTS'] ?? 60_000)
const IS_FULL = EVENTS >= 1_000_000
// Fifty seconds, or thirty, over midnight; out of order by a second or two, within the watermark's four.
const RULES = IS_FULL
  ? { tps: 20_000, outOfOrder: 20_000, seed: 20_260_101 }
  : { tps: 2_000, outOfOrder: 4_000, seed: 7 }
const START = '2026-01-31T23:59:43Z'

const folder = mkdtempSync(join(tmpdir(), 'nexmark-'))
let duckdb: DuckDb

/** Events as files, in order and out of it. */
async function writeEvents(name: string, outOfOrder: number): Promise<void> {
  const { tps, seed } = RULES
  const startMs = Date.parse(START)
  const { person, auction, bid } = nexmark({ events: EVENTS, tps, seed, startMs, outOfOrder })
  const env = StreamExecutionEnvironment.getExecutionEnvironment()
  env.fromSource(person).sinkTo(parquetFile(join(folder, name, 'person.parquet')))
  env.fromSource(auction).sinkTo(parquetFile(join(folder, name, 'auction.parquet')))
  env.fromSource(bid).sinkTo(parquetFile(join(folder, name, 'bid.parquet')))
  await env.execute('events')
}

beforeAll(async () => {
  await writeEvents('ordered', 1)
  await writeEvents('shuffled', RULES.outOfOrder)
  duckdb = await DuckDb.over(join(folder, 'ordered'))
}, 600_000)
afterAll(() => {
  duckdb.close()
  rmSync(folder, { recursive: true })
}, 60_000)

interface Run {
  readonly parallelism: number
  readonly order: 'ordered' | 'shuffled'
  readonly from: 'generated' | 'files'
}

const ALL_RUNS = [1, 2, 4].flatMap((parallelism) =>
  (['ordered', 'shuffled'] as const).flatMap((order) =>
    (['generated', 'files'] as const).map((from): Run => ({ parallelism, order, from })),
  ),
)
const SOME_RUNS: Run[] = [
  { parallelism: 1, order: 'ordered', from: 'generated' },
  { parallelism: 2, order: 'shuffled', from: 'files' },
  { parallelism: 4, order: 'shuffled', from: 'generated' },
]
/** In batch mode what would be updated comes out once. */
const UPDATED = ['q4', 'q6', 'q9', 'q15', 'q16', 'q17', 'q18', 'q19']
const RUNS = IS_FULL ? ALL_RUNS : SOME_RUNS

const QUERIES = Object.keys(NEXMARK_QUERIES).filter((query) => query in ORACLES)

async function run(
  query: string,
  { parallelism, order, from }: Run,
  more: Partial<NexmarkCommandOptions> = {},
): Promise<{ code: number; figures: Record<string, unknown>; output: string }> {
  const output = join(folder, `${parallelism}-${order}-${from}`)
  const { tps, seed } = RULES
  const outOfOrder = order === 'ordered' ? 1 : RULES.outOfOrder
  const generated = { events: EVENTS, tps, seed, outOfOrder, startTime: START }
  let printed = ''
  const options = {
    query,
    output,
    parallelism,
    changelog: false,
    virtualClock: false,
    json: true,
    progress: false,
    ...(from === 'files' ? { input: join(folder, order) } : generated),
    ...more,
  }
  const code = await nexmarkCommand(options, (text) => {
    printed += text
  })
  const figures = JSON.parse(printed) as Record<string, unknown>
  const files = join(output, query === 'q10' ? 'q10/*/*/*.ndjson' : `${query}.ndjson`)
  return { code, figures, output: files }
}

const modelEvents = new Map<Run['order'], ModelBid[]>()

/** The bids of the models, made once. */
function bidsOf(order: Run['order']): ModelBid[] {
  const rules = { seed: RULES.seed, tps: RULES.tps, baseMs: Date.parse(START) }
  const group = order === 'ordered' ? 1 : RULES.outOfOrder
  const bids = modelEvents.get(order) ?? modelBids({ events: EVENTS, rules, group })
  modelEvents.set(order, bids)
  return bids
}

const rowsIn = (file: string): string[] => readFileSync(file, 'utf8').trimEnd().split('\n')

describe.each(QUERIES)('%s', (query) => {
  const oracle = ORACLES[query]!

  it.each(RUNS)(
    "equals DuckDB's answer ($order, $from, $parallelism subtasks)",
    async (setting) => {
      await duckdb.expect(query, oracle)
      const { code, figures, output } = await run(query, setting)
      expect(figures).toMatchObject({ query, lateRows: 0, rowObjects: 0 })
      expect(code).toBe(0)
      expect(await duckdb.differences(query, output, oracle)).toBeUndefined()
      expect(figures['rowsOut']).toBe(await duckdb.count(`select * from ${query}`))
      expect(figures['rowsOut']).toBeGreaterThan(0)
      // Results of a million events in all settings are some twenty gigabytes.
      for (const file of globSync(output)) rmSync(file)
    },
    600_000,
  )
})

describe.each(UPDATED)('%s', (query) => {
  it.each(IS_FULL ? [1, 2, 4] : [2])(
    "equals DuckDB's answer in batch mode (%d subtasks)",
    async (parallelism) => {
      const oracle = ORACLES[query]!
      await duckdb.expect(query, oracle)
      const setting: Run = { parallelism, order: 'shuffled', from: 'generated' }
      const { output } = await run(query, setting, { runtimeMode: 'batch' })
      expect(await duckdb.differences(query, output, oracle)).toBeUndefined()
    },
    600_000,
  )
})

describe('q12', () => {
  const orders = ['ordered', 'shuffled'] as const
  it.each([1, 2, 4].flatMap((parallelism) => orders.map((order) => ({ order, parallelism }))))(
    'counts bids by bidder and ten seconds of a clock that moves ($order, $parallelism subtasks)',
    async ({ parallelism, order }) => {
      const setting: Run = { parallelism, order, from: 'generated' }
      const { figures, output } = await run('q12', setting, { virtualClock: true })
      const expected = q12Rows(bidsOf(order))
      expect(rowsIn(output).sort()).toEqual(expected.sort())
      const windows = expected.map((text) => (JSON.parse(text) as { starttime: string }).starttime)
      expect(new Set(windows).size).toBeGreaterThan(3)
      expect(figures).toMatchObject({ lateRows: 0, rowObjects: 0 })
    },
    600_000,
  )

  it.each([1, 2, 4])(
    'counts bids from files in one window: the clock stands (%d subtasks)',
    async (parallelism) => {
      const setting: Run = { parallelism, order: 'shuffled', from: 'files' }
      const { output } = await run('q12', setting, { virtualClock: true })
      const oracle = {
        sql: `select bidder, count(*) as bid_count, timestamp '2026-01-01' as starttime,
          timestamp '2026-01-01 00:00:10' as endtime from bid group by bidder`,
      }
      await duckdb.expect('q12', oracle)
      expect(await duckdb.differences('q12', output, oracle)).toBeUndefined()
    },
    600_000,
  )
})

describe('q10', () => {
  it.each([1, 2, 4])(
    'writes each bid into the folder of its day and minute (%d subtasks)',
    async (parallelism) => {
      const { output } = await run('q10', { parallelism, order: 'shuffled', from: 'generated' })
      const found = new Map(globSync(output).map((file) => [file, rowsIn(file)]))
      const expected = q10Folders(bidsOf('shuffled'))
      const folders = [...found.keys()].map((file) =>
        dirname(relative(join(output, '../../..'), file)),
      )
      expect(new Set(folders)).toEqual(new Set(expected.keys()))
      for (const [name, rows] of expected) {
        const ours = [...found]
          .filter(([file]) => file.includes(name))
          .flatMap(([, texts]) => texts)
        expect(ours.sort()).toEqual(rows.sort())
      }
    },
    600_000,
  )
})

describe('rows in files', () => {
  it('have their columns in order, and times as ISO 8601 with milliseconds', async () => {
    const { output } = await run('q11', { parallelism: 1, order: 'ordered', from: 'generated' })
    const [line] = readFileSync(output, 'utf8').split('\n')
    expect(line).toMatch(
      /^\{"bidder":\d+,"bid_count":\d+,"starttime":"2026-0[12]-\d\dT[\d:]{8}\.\d{3}Z","endtime":"/,
    )
  })
})
