// The main job on its three million flights against DuckDB's answer to the same query, row by row, at
// parallelism 1, 2 and 4. The job is the example's own module, with its sinks in a temporary folder.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { DuckDBInstance } from '@duckdb/node-api'
import { tableFromIPC } from 'apache-arrow'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { StreamExecutionEnvironment } from '../../src/index.ts'

const JOB = new URL('../../examples/flights.ts', import.meta.url)
const DATA = new URL('../data/', import.meta.resolve('vega-datasets'))
const path = (file: string): string => fileURLToPath(new URL(file, DATA))

const QUERY = `
  select epoch_ms(w) windowStart, epoch_ms(w) + 3600000 windowEnd, origin, name, state,
    flights, averageDelay, maxDelay, lateShare
  from (
    select time_bucket(interval '1 hour', date) w, origin, count(*) flights, avg(delay) averageDelay,
      max(delay) maxDelay, avg((delay > 15)::int) lateShare
    from '${path('flights-3m.parquet')}' group by all
  ) left join read_csv('${path('airports.csv')}', all_varchar = true) on iata = origin
  order by windowStart, origin`

type Row = readonly [
  start: number,
  end: number,
  origin: string,
  name: string | null,
  state: string | null,
  flights: number,
  averageDelay: number,
  maxDelay: number,
  lateShare: number,
]

const folder = mkdtempSync(join(tmpdir(), 'millrace-flights-'))
const workingFolder = process.cwd()
let expected: Row[]

beforeAll(async () => {
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  const reader = await connection.runAndReadAll(QUERY)
  expected = reader
    .getRows()
    .map((row) => row.map((value) => (typeof value === 'bigint' ? Number(value) : value)) as never)
  connection.closeSync()
})
afterAll(() => {
  process.chdir(workingFolder)
  rmSync(folder, { recursive: true })
})

const byWindowAndOrigin = (a: Row, b: Row): number =>
  a[0] - b[0] || (a[2] < b[2] ? -1 : a[2] > b[2] ? 1 : 0)

/** Sums in another order differ in the last digits. */
function expectSame(got: Row[], want: readonly Row[]): void {
  expect(got).toHaveLength(want.length)
  got.sort(byWindowAndOrigin)
  for (const [i, row] of got.entries()) {
    const other = want[i]!
    const near = Math.abs(row[6] - other[6]) < 1e-9 * Math.max(1, Math.abs(other[6]))
    const share = Math.abs(row[8] - other[8]) < 1e-12
    const rest = row.every((value, c) => c === 6 || c === 8 || value === other[c])
    if (!near || !share || !rest) expect(row, `row ${i}`).toEqual(other)
  }
}

function arrowRows(file: string): Row[] {
  const table = tableFromIPC(readFileSync(file))
  const columns = table.schema.names.map((name) => table.getChild(name)!)
  return Array.from(
    { length: table.numRows },
    (_, i) =>
      columns.map((column) => {
        const value = column.get(i) as unknown
        return typeof value === 'bigint' ? Number(value) : value
      }) as unknown as Row,
  )
}

const ndjsonRows = (file: string): Row[] =>
  readFileSync(file, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => {
      const row = JSON.parse(line) as Record<string, never>
      const { windowStart, windowEnd, ...rest } = row
      return [Date.parse(windowStart!), Date.parse(windowEnd!), ...Object.values(rest)] as never
    })

describe('the flights job', () => {
  it.each([1, 2, 4])('equals DuckDB row by row at parallelism %i', async (parallelism) => {
    process.chdir(folder)
    const env = StreamExecutionEnvironment.getExecutionEnvironment({ parallelism, name: 'flights' })
    const { default: job } = (await import(JOB.href)) as {
      default: (env: StreamExecutionEnvironment) => void
    }
    // The example writes to out/ in the working folder, which its paths are resolved against here.
    job(env)
    const result = await env.execute()
    expect(result).toMatchObject({
      rows: 3_000_000,
      windowsFired: 424_259,
      lateRows: 0,
      rowObjects: 0,
      malformedRecords: 0,
    })
    expectSame(arrowRows(join(folder, 'out/flights.arrow')), expected)
    expectSame(ndjsonRows(join(folder, 'out/flights.ndjson')), expected)
  })
})
