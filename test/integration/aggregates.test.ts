// Aggregates of all rows and by key against DuckDB, over the same rows: 20,000 of them, some values null.
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  approxCountDistinct,
  argMax,
  argMin,
  countDistinct,
  float64,
  int32,
  median,
  nullable,
  quantile,
  stddevPop,
  stddevSamp,
  StreamExecutionEnvironment,
  utf8,
  varPop,
  varSamp,
} from '../../src/index.ts'

const SCHEMA = { k: int32(), x: nullable(float64()), n: int32(), s: nullable(utf8()) }
/** Rows that a rule makes on both sides. */
const SQL_ROWS = `select (i % 7)::int as k, case when i % 13 = 0 then null
  else 1e6 + ((i::bigint * 7919) % 10007) / 16 end as x, ((i::bigint * 31) % 20011)::int as n,
  case when i % 17 = 0 then null else 'text ' || ((i::bigint * 13) % 997) end as s
  from range(20000) t(i)`
const ROWS = Array.from({ length: 20_000 }, (_, i) => ({
  k: i % 7,
  x: i % 13 === 0 ? null : 1e6 + ((i * 7_919) % 10_007) / 16,
  n: (i * 31) % 20_011,
  s: i % 17 === 0 ? null : `text ${(i * 13) % 997}`,
}))

let connection: DuckDBConnection
beforeAll(async () => {
  connection = await (await DuckDBInstance.create(':memory:')).connect()
})
afterAll(() => connection.closeSync())

const rounded = (value: unknown): unknown => {
  if (typeof value === 'bigint') return Number(value)
  return typeof value === 'number' ? Number(value.toPrecision(10)) : value
}

describe('aggregates', () => {
  it.each([1, 3])('are those of DuckDB at parallelism %i', async (parallelism) => {
    const env = StreamExecutionEnvironment.getExecutionEnvironment({ parallelism })
    const rows = env
      .fromCollection(ROWS, { schema: SCHEMA })
      .keyBy('k')
      .aggregate((r) => ({
        texts: countDistinct('s'),
        numbers: countDistinct('x').where(r.n.lt(5_000)),
        first: argMin('s', 'n'),
        last: argMax('n', 'n').where(r.x.gt(1_000_300)),
        vp: varPop('x'),
        vs: varSamp('x'),
        dp: stddevPop('n'),
        ds: stddevSamp('n').where(r.n.lt(100)),
        middle: median('x').where(r.n.lt(2_000)),
        high: quantile('n', 0.9).where(r.n.lt(3_000)),
      }))
      .materialize()
    const got = await Array.fromAsync(rows.collect())
    const reader = await connection.runAndReadAll(`select k, count(distinct s),
      count(distinct x) filter (n < 5000), arg_min(s, n), arg_max(n, n) filter (x > 1000300),
      var_pop(x), var_samp(x), stddev_pop(n), stddev_samp(n) filter (n < 100), median(x) filter (n < 2000),
      quantile_cont(n, 0.9) filter (n < 3000)
      from (${SQL_ROWS}) group by k order by k`)
    const wanted = reader.getRows().map((row) => row.map(rounded))
    const ours = got.toSorted((a, b) => a.k - b.k).map((row) => Object.values(row).map(rounded))
    expect(ours).toEqual(wanted)
  })

  it('that are approximate are near those of DuckDB', async () => {
    const env = StreamExecutionEnvironment.getExecutionEnvironment({ parallelism: 2 })
    const rows = env
      .fromCollection(ROWS, { schema: SCHEMA })
      .aggregate({
        texts: approxCountDistinct('s'),
        numbers: approxCountDistinct('x'),
        low: quantile('n', 0.1),
        middle: median('n'),
        high: quantile('n', 0.99),
      })
      .materialize()
    const [got] = await Array.fromAsync(rows.collect())
    const reader = await connection.runAndReadAll(`select count(distinct s), count(distinct x),
      quantile_cont(n, 0.1), median(n), quantile_cont(n, 0.99) from (${SQL_ROWS})`)
    const wanted = reader.getRows()[0]!.map(Number)
    Object.values(got!).forEach((value, i) => {
      // Of counts 4 %; of ranks 1 % of the 20,000 values, which are spread evenly.
      const slack = i < 2 ? wanted[i]! * 0.04 : 200
      expect(Math.abs(Number(value) - wanted[i]!)).toBeLessThanOrEqual(slack)
    })
  })
})
