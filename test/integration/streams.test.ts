// Whole jobs through the embedded cluster, against the same computed by a loop: at several parallelisms,
// columnar and with row functions.
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import {
  bool,
  count,
  csv,
  float64,
  int32,
  max,
  mean,
  StreamExecutionEnvironment,
  sum,
  timestamp,
  tumble,
  utf8,
} from '../../src/index.ts'

const HOUR_MS = 3_600_000
const SCHEMA = { time: timestamp('ms'), city: utf8(), heat: float64(), isDay: bool() }

const ROWS = Array.from({ length: 50_000 }, (_, i) => ({
  time: i * 997,
  city: `city ${(i * 7) % 61}`,
  heat: ((i * 31) % 400) / 10,
  isDay: i % 3 === 0,
}))

interface Result {
  readonly windowStart: number
  readonly city: string
  readonly rows: number
  readonly hottest: number
}

/** Rows and greatest heat by city and hour. */
function expected(rows: Iterable<(typeof ROWS)[number]>): Result[] {
  const groups = new Map<string, { -readonly [K in keyof Result]: Result[K] }>()
  for (const { time, city, heat } of rows) {
    const windowStart = Math.floor(time / HOUR_MS) * HOUR_MS
    const key = `${windowStart} ${city}`
    const group = groups.get(key) ?? { windowStart, city, rows: 0, hottest: -Infinity }
    group.rows++
    group.hottest = Math.max(group.hottest, heat)
    groups.set(key, group)
  }
  return sorted([...groups.values()])
}

const sorted = (results: Result[]): Result[] =>
  results.sort((a, b) => a.windowStart - b.windowStart || (a.city < b.city ? -1 : 1))

const environment = (parallelism: number): StreamExecutionEnvironment =>
  StreamExecutionEnvironment.getExecutionEnvironment({ parallelism })

describe('a job', () => {
  it.each([1, 2, 4])('of expressions gives the same in %d subtasks', async (parallelism) => {
    const results = environment(parallelism)
      .fromCollection(ROWS, { schema: SCHEMA })
      .where((r) => r.heat.gt(10).and(r.isDay))
      .assignWatermarks('time')
      .keyBy('city')
      .window(tumble('1h'))
      .aggregate({ rows: count(), hottest: max((r) => r.heat) })
      .select((r) => ({
        windowStart: r.windowStart,
        city: r.city,
        rows: r.rows,
        hottest: r.hottest,
      }))
    const rows = await Array.fromAsync(results.collect())
    expect(sorted(rows)).toEqual(expected(ROWS.filter(({ heat, isDay }) => heat > 10 && isDay)))
  })

  it('of row functions gives the same, and carries event time along', async () => {
    const results = environment(2)
      .fromCollection(ROWS, { schema: SCHEMA })
      .assignWatermarks('time')
      .filter(({ isDay }) => isDay)
      .flatMap(
        ({ city, heat }) => [
          { city, heat },
          { city, heat: heat + 1 },
        ],
        {
          city: utf8(),
          heat: float64(),
        },
      )
      .keyBy('city')
      .window(tumble('1h'))
      .aggregate({ rows: count(), hottest: max('heat') })
      .map(({ windowStart, city, rows, hottest }) => ({ windowStart, city, rows, hottest }), {
        windowStart: timestamp('ms'),
        city: utf8(),
        rows: int32(),
        hottest: float64(),
      })
    const rows = await Array.fromAsync(results.collect())
    const doubled = ROWS.filter(({ isDay }) => isDay).flatMap((row) => [
      row,
      { ...row, heat: row.heat + 1 },
    ])
    expect(sorted(rows)).toEqual(expected(doubled))
  })

  it('of a flatMap has the rows it collects, and those it gives', async () => {
    const words = environment(1)
      .fromCollection([{ line: 'the mill' }, { line: '' }, { line: 'a race' }])
      .flatMap(
        ({ line }, out) => {
          for (const word of line.split(' ')) if (word !== '') out.collect({ word })
          return line === '' ? [{ word: '-' }] : undefined
        },
        { word: utf8() },
      )
    const rows = await Array.fromAsync(words.collect())
    expect(rows.map(({ word }) => word)).toEqual(['the', 'mill', '-', 'a', 'race'])
    const keyed = environment(1)
      .fromCollection([{ line: 'the mill' }])
      .keyBy('line')
      .flatMap(({ line }, out) => line.split(' ').forEach((each) => out.collect({ line: each })))
    expect(await Array.fromAsync(keyed.collect())).toEqual([{ line: 'the' }, { line: 'mill' }])
  })

  it('of a union has the rows of both, in one event time', async () => {
    const env = environment(2)
    const half = ROWS.length / 2
    const stream = (rows: typeof ROWS) => env.fromCollection(rows, { schema: SCHEMA })
    const results = stream(ROWS.slice(0, half))
      .assignWatermarks('time')
      .union(stream(ROWS.slice(half)).assignWatermarks('time'))
      .keyBy('city')
      .window(tumble('1h'))
      .aggregate({ rows: count(), hottest: max('heat') })
      .drop('windowEnd')
    expect(sorted(await Array.fromAsync(results.collect()))).toEqual(expected(ROWS))
  })

  it('of windows over windows adds up', async () => {
    const results = environment(2)
      .fromCollection(ROWS, { schema: SCHEMA })
      .assignWatermarks('time')
      .keyBy('city')
      .window(tumble('1h'))
      .aggregate({ rows: count(), dayShare: mean('isDay') })
      .keyBy((r) => ({ all: r.city.contains('city') }))
      .window(tumble('1d'))
      .aggregate({ rows: sum('rows'), hours: count() })
    const rows = await Array.fromAsync(results.collect())
    const hours = expected(ROWS)
    expect(rows.reduce((total, row) => total + row.rows, 0)).toBe(ROWS.length)
    expect(rows.map(({ windowStart, hours: n }) => [windowStart, n])).toEqual([[0, hours.length]])
  })

  it('joins a table, with nulls or without', async () => {
    const env = environment(1)
    const path = join(mkdtempSync(join(tmpdir(), 'millrace-')), 'lands.csv')
    writeFileSync(path, 'town,land\nOslo,Norway\nRome,Italy\n')
    const lands = csv(path, { schema: { town: utf8(), land: utf8() } })
    const towns = env.fromCollection([{ name: 'Oslo' }, { name: 'Atlantis' }])
    const left = towns.lookupJoin(lands, { on: { name: 'town' }, take: ['land'] })
    const inner = towns.lookupJoin(lands, { on: { name: 'town' }, take: ['land'], join: 'inner' })
    const [leftRows, innerRows] = [left.collect(), inner.collect()]
    await env.execute('lands')
    expect(await Array.fromAsync(leftRows)).toEqual([
      { name: 'Oslo', land: 'Norway' },
      { name: 'Atlantis', land: null },
    ])
    expect(await Array.fromAsync(innerRows)).toEqual([{ name: 'Oslo', land: 'Norway' }])
  })

  it('whose function throws fails with operator, place and first cause', async () => {
    const rows = environment(1)
      .fromCollection([{ n: 1 }, { n: 2 }])
      .filter(({ n }) => {
        if (n === 2) throw new RangeError('two is too much')
        return true
      })
      .collect()
    await expect(Array.fromAsync(rows)).rejects.toThrowError(
      /operator 'Filter' \(test\/integration\/streams\.test\.ts:\d+\).*two is too much/,
    )
  })
})
