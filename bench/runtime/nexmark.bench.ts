// Nexmark's queries in one slot, events generated as they are read and from Parquet files, at two rates of
// event time; and DuckDB with one thread beside some of them, over the same files.
//
//     node --conditions=millrace-source bench/runtime/nexmark.bench.ts [--quick] [--json] [--events n]
//     ... [--query q3,q5]
//
// B1  Rounds are interleaved: each goes over all queries and settings; medians of the rounds.
// B2  Rates are events a second of processor time, of the whole process: what else the machine does then
//     counts little. The start and the end of the job's threads are in it.
// B3  Before DuckDB is timed, our rows are compared with its own. Its answer is hashed, as ours is, so that
//     it leaves no column out; Parquet is read by both sides in each round.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'
import { nexmarkCommand } from '../../src/cli/nexmark.ts'
import { NEXMARK_QUERIES } from '../../src/cli/nexmark-queries.ts'
import type { QueryFigures } from '../../src/cli/nexmark-table.ts'
import { nexmark, parquetFile, StreamExecutionEnvironment } from '../../src/index.ts'
import { DuckDb } from '../../test/nexmark/duckdb.ts'
import { ORACLES } from '../../test/nexmark/oracle.ts'
import { median, processorMs } from './rounds.ts'

const RATES = [50_000, 10_000_000]
const BESIDE_DUCKDB = ['q2', 'q3', 'q4', 'q5', 'q7', 'q8', 'q11', 'q17', 'q20']
const KINDS = ['person', 'auction', 'bid'] as const

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    events: { type: 'string' },
    query: { type: 'string', default: Object.keys(NEXMARK_QUERIES).join() },
  },
})
const EVENTS = Number(values.events ?? (values.quick ? 200_000 : 2_000_000))
const ROUNDS = values.quick ? 1 : 3
const QUERIES = values.query.split(',')
const folder = mkdtempSync(join(tmpdir(), 'nexmark-bench-'))

const folderOf = (tps: number): string => join(folder, String(tps))

async function writeEvents(tps: number): Promise<void> {
  const sources = nexmark({ events: EVENTS, tps })
  const env = StreamExecutionEnvironment.getExecutionEnvironment({ parallelism: 1 })
  for (const kind of KINDS) {
    const file = parquetFile(join(folderOf(tps), `${kind}.parquet`))
    if (kind === 'person') env.fromSource(sources.person).sinkTo(file)
    else if (kind === 'auction') env.fromSource(sources.auction).sinkTo(file)
    else env.fromSource(sources.bid).sinkTo(file)
  }
  await env.execute('events')
}

interface Setting {
  readonly tps: number
  readonly from: 'generated' | 'files'
}

async function figures(query: string, { tps, from }: Setting, output?: string) {
  let printed = ''
  const code = await nexmarkCommand(
    {
      query,
      parallelism: 1,
      changelog: false,
      virtualClock: false,
      json: true,
      progress: false,
      ...(from === 'files' ? { input: folderOf(tps) } : { events: EVENTS, tps }),
      ...(output === undefined ? {} : { output }),
    },
    (text) => {
      printed += text
    },
  )
  if (code !== 0) throw new Error(`${query} failed: ${printed}`)
  return JSON.parse(printed) as QueryFigures
}

const cpuSeconds = ({ coresUsed, elapsedMs }: QueryFigures): number =>
  (coresUsed * elapsedMs) / 1_000

async function duckdbOverFiles(tps: number): Promise<DuckDBConnection> {
  const connection = await (await DuckDBInstance.create(':memory:')).connect()
  await connection.run('set threads = 1')
  for (const kind of KINDS) {
    const file = join(folderOf(tps), `${kind}.parquet`)
    await connection.run(`create view ${kind} as select * from '${file}'`)
  }
  return connection
}

/** Seconds of processor time. */
async function duckdbSeconds(connection: DuckDBConnection, query: string): Promise<number> {
  const hashed = `select bit_xor(hash(t)) from (${ORACLES[query]!.sql}) t`
  return (await processorMs(() => connection.runAndReadAll(hashed))) / 1_000
}

async function compareWithDuckdb(queries: readonly string[]): Promise<void> {
  for (const tps of RATES) {
    const duckdb = await DuckDb.over(folderOf(tps))
    for (const query of queries) {
      await figures(query, { tps, from: 'files' }, folder)
      await duckdb.expect(query, ORACLES[query]!)
      const file = join(folder, `${query}.ndjson`)
      const found = await duckdb.differences(query, file, ORACLES[query]!)
      if (found !== undefined) throw new Error(`${query}: ${JSON.stringify(found)}`)
      rmSync(file)
    }
    duckdb.close()
  }
}

const SETTINGS = RATES.flatMap((tps) =>
  (['generated', 'files'] as const).map((from): Setting => ({ tps, from })),
)

async function main(): Promise<void> {
  for (const tps of RATES) await writeEvents(tps)
  const beside = QUERIES.filter((query) => BESIDE_DUCKDB.includes(query))
  await compareWithDuckdb(beside)
  const connections = await Promise.all(RATES.map(duckdbOverFiles))
  const seconds = new Map<string, number[]>()
  const windows = new Map<string, number>()
  const add = (key: string, time: number) => {
    seconds.set(key, [...(seconds.get(key) ?? []), time])
  }
  for (let round = 0; round < ROUNDS; round++) {
    for (const query of QUERIES) {
      for (const setting of SETTINGS) {
        const run = await figures(query, setting)
        add(`${query} ${setting.tps} ${setting.from}`, cpuSeconds(run))
        windows.set(`${query} ${setting.tps}`, run.windowsFired)
      }
      if (!beside.includes(query)) continue
      for (const [i, tps] of RATES.entries()) {
        add(`${query} ${tps} duckdb`, await duckdbSeconds(connections[i]!, query))
      }
    }
  }
  for (const connection of connections) connection.closeSync()
  const rate = (key: string): number | undefined => {
    const times = seconds.get(key)
    return times === undefined ? undefined : EVENTS / median(times)
  }
  const rows = QUERIES.flatMap((query) =>
    RATES.map((tps) => ({
      query,
      tps,
      windowsFired: windows.get(`${query} ${tps}`) ?? 0,
      generated: rate(`${query} ${tps} generated`),
      files: rate(`${query} ${tps} files`),
      duckdb: rate(`${query} ${tps} duckdb`),
    })),
  )
  if (values.json) for (const row of rows) console.log(JSON.stringify(row))
  else print(rows)
}

function print(rows: readonly Readonly<Record<string, string | number | undefined>>[]): void {
  console.log(`${EVENTS} events, one slot; millions of events a second of processor time`)
  const names = ['query', 'tps', 'windowsFired', 'generated', 'files', 'duckdb']
  console.log(`| ${names.join(' | ')} |\n|${names.map(() => '---').join('|')}|`)
  for (const row of rows) {
    const cells = names.map((name) => {
      const value = row[name]
      if (typeof value !== 'number' || name === 'tps' || name === 'windowsFired') {
        return value === undefined ? '' : value.toLocaleString('en-US')
      }
      return (value / 1e6).toFixed(2)
    })
    console.log(`| ${cells.join(' | ')} |`)
  }
}

try {
  await main()
} finally {
  rmSync(folder, { recursive: true })
}
