// The flights query on one core: our engine at parallelism 1 over an Arrow file, against DuckDB
// with one thread. DuckDB reads no Arrow files without an extension that has to be downloaded, so
// it gets the same rows twice: as the Parquet file they came from, and as a table of its own in
// memory, for which it reads no file at all. Both sides materialise their result, and the answers
// are compared.
//
//     node --conditions=millrace-source bench/runtime/flights.bench.ts [--quick] [--json]
//
// B1  The whole job is timed: graph, deployment to a waiting slot, file, result. The slot's thread
//     is kept from round to round, as DuckDB's process is.
// B2  Rounds are interleaved; ratios are medians of the rounds' ratios.
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { DuckDBInstance } from '@duckdb/node-api'
import { tableFromIPC } from 'apache-arrow'
import { MiniCluster } from '../../src/cluster/mini-cluster.ts'
import {
  arrow,
  arrowFile,
  count,
  int64,
  max,
  mean,
  parquet,
  StreamExecutionEnvironment,
  timestamp,
  tumble,
  utf8,
} from '../../src/index.ts'
import { median } from './rounds.ts'

const DATA = new URL('../data/flights-3m.parquet', import.meta.resolve('vega-datasets'))
const SCHEMA = { date: timestamp('us'), delay: int64(), origin: utf8() }
const ROWS = 3_000_000

const folder = mkdtempSync(join(tmpdir(), 'flights-bench-'))
const file = join(folder, 'flights.arrow')
const result = join(folder, 'result.arrow')

const cluster = new MiniCluster({ slots: 1 })
const environment = (): StreamExecutionEnvironment =>
  StreamExecutionEnvironment.getExecutionEnvironment({ parallelism: 1, executor: cluster })

async function writeArrowFile(): Promise<void> {
  const env = environment()
  env.fromSource(parquet(DATA, { schema: SCHEMA })).sinkTo(arrowFile(file))
  await env.execute('parquet to arrow')
}

async function ours(): Promise<void> {
  const env = environment()
  env
    .fromSource(arrow(file, { schema: SCHEMA }))
    .assignWatermarks('date')
    .keyBy('origin')
    .window(tumble('1h'))
    .aggregate({
      flights: count(),
      averageDelay: mean('delay'),
      maxDelay: max('delay'),
      lateShare: mean((flight) => flight.delay.gt(15)),
    })
    .sinkTo(arrowFile(result))
  await env.execute('flights')
}

const query = (from: string): string => `
  create or replace table result as
  select time_bucket(interval '1 hour', date) w, origin, count(*) flights, avg(delay) averageDelay,
    max(delay) maxDelay, avg((delay > 15)::int) lateShare
  from ${from} group by all`

const instance = await DuckDBInstance.create(':memory:', { threads: '1' })
const duckdb = await instance.connect()

async function duckdbOver(from: string): Promise<void> {
  await duckdb.run(query(from))
}

/** Both results as text, rounded where sums in another order differ. */
async function compare(): Promise<number> {
  const reader = await duckdb.runAndReadAll(
    `select epoch_ms(w), origin, flights, averageDelay, maxDelay, lateShare from result`,
  )
  const theirs = reader.getRows().map((row) => rowText(row))
  const table = tableFromIPC(await import('node:fs').then((fs) => fs.readFileSync(result)))
  const names = ['windowStart', 'origin', 'flights', 'averageDelay', 'maxDelay', 'lateShare']
  const columns = names.map((name) => table.getChild(name)!)
  const mine = Array.from({ length: table.numRows }, (_, i) =>
    rowText(columns.map((column) => column.get(i) as unknown)),
  )
  theirs.sort()
  mine.sort()
  const different = mine.findIndex((row, i) => row !== theirs[i])
  if (mine.length !== theirs.length || different >= 0) {
    throw new Error(`answers differ: ${mine[different]} and ${theirs[different]}`)
  }
  return mine.length
}

const rowText = (row: readonly unknown[]): string =>
  row
    .map((value) => {
      if (typeof value !== 'number' && typeof value !== 'bigint') return String(value)
      return Number(value).toFixed(6)
    })
    .join(' ')

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      quick: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
    },
  })
  const rounds = values.quick ? 3 : 9
  await writeArrowFile()
  await duckdb.run(`create table flights as select * from '${fileURLToPath(DATA)}'`)
  const sides = {
    millrace: ours,
    duckdbParquet: () => duckdbOver(`'${fileURLToPath(DATA)}'`),
    duckdbTable: () => duckdbOver('flights'),
  }
  const times: Record<keyof typeof sides, number[]> = {
    millrace: [],
    duckdbParquet: [],
    duckdbTable: [],
  }
  for (let round = -2; round < rounds; round++) {
    for (const [name, run] of Object.entries(sides) as [
      keyof typeof sides,
      () => Promise<void>,
    ][]) {
      const start = performance.now()
      await run()
      if (round >= 0) times[name].push(performance.now() - start)
    }
  }
  const groups = await compare()
  const ratioTo = (side: keyof typeof sides): number =>
    median(times[side].map((time, i) => time / times.millrace[i]!))
  const figures = {
    rows: ROWS,
    groups,
    arrowFileBytes: statSync(file).size,
    millraceMs: median(times.millrace),
    duckdbParquetMs: median(times.duckdbParquet),
    duckdbTableMs: median(times.duckdbTable),
    ratioToParquet: ratioTo('duckdbParquet'),
    ratioToTable: ratioTo('duckdbTable'),
  }
  if (values.json) console.log(JSON.stringify(figures))
  else {
    const ns = (ms: number): string => `${((ms / ROWS) * 1e6).toFixed(0)} ns a row`
    console.log(`${groups} groups, equal on both sides; ${rounds} rounds, medians`)
    console.log(
      `millrace, Arrow file       ${figures.millraceMs.toFixed(0)} ms   ${ns(figures.millraceMs)}`,
    )
    console.log(
      `DuckDB, Parquet file       ${figures.duckdbParquetMs.toFixed(0)} ms   ` +
        `${figures.ratioToParquet.toFixed(2)}x of ours`,
    )
    console.log(
      `DuckDB, table in memory    ${figures.duckdbTableMs.toFixed(0)} ms   ` +
        `${figures.ratioToTable.toFixed(2)}x of ours`,
    )
  }
}

try {
  await main()
} finally {
  await cluster.close()
  duckdb.closeSync()
  rmSync(folder, { recursive: true })
}
