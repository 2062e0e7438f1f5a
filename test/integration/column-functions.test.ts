// Functions of columns against DuckDB, over the same rows: 3,000 of them, some values null, some rows dropped
// by a filter before.
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  type Column,
  type ColumnsOf,
  decimal,
  float64,
  int32,
  nullable,
  StreamExecutionEnvironment,
  utf8,
  when,
} from '../../src/index.ts'

const SCHEMA = {
  n: int32(),
  x: nullable(float64()),
  price: decimal(9, 3),
  s: nullable(utf8()),
  t: nullable(utf8()),
}
type Columns = ColumnsOf<typeof SCHEMA>

const WORDS = ['', 'mill', 'Mühle', '水車 race', 'a%b_c', '  wide  ', '😀', 'ab', 'abcabc', 'x\\y']

interface Row {
  readonly n: number
  readonly x: number | null
  readonly price: string
  readonly s: string | null
  readonly t: string | null
}

const ROWS: readonly Row[] = Array.from({ length: 3_000 }, (_, n) => {
  const word = (i: number): string => WORDS[i % WORDS.length]!
  return {
    n: (n % 23) - 7,
    x: n % 11 === 0 ? null : ((n * 7919) % 20_011) / 160 - 40,
    price: (((n * 4_999) % 100_003) / 1_000 - 50).toFixed(3),
    s: n % 13 === 0 ? null : word(n) + word(n * 7 + 3) + word((n >> 3) * 3),
    t: n % 17 === 0 ? null : word(n >> 2),
  }
})
const isKept = ({ n }: Row): boolean => n % 3 !== 0

let connection: DuckDBConnection
beforeAll(async () => {
  connection = await (await DuckDBInstance.create(':memory:')).connect()
  await connection.run(
    'create table given (i int, n int, x double, price decimal(9, 3), s varchar, t varchar)',
  )
  const quoted = (text: string | null): string =>
    text === null ? 'null' : `'${text.replaceAll("'", "''")}'`
  const values = ROWS.filter(isKept).map(
    ({ n, x, price, s, t }, i) => `(${i}, ${n}, ${x}, ${price}, ${quoted(s)}, ${quoted(t)})`,
  )
  await connection.run(`insert into given values ${values.join(', ')}`)
})
afterAll(() => connection.closeSync())

async function ours(of: (r: Columns) => Column): Promise<unknown[]> {
  const env = StreamExecutionEnvironment.getExecutionEnvironment()
  const rows = env
    .fromCollection(ROWS, { schema: SCHEMA })
    .where((r) => r.n.mod(3).ne(0))
    .select((r) => ({ x: of(r) }))
  const got = (await Array.fromAsync(rows.collect())) as unknown as { x: unknown }[]
  return got.map(({ x }) => x)
}

async function theirs(sql: string): Promise<unknown[]> {
  const reader = await connection.runAndReadAll(`select ${sql} from given order by i`)
  return reader.getRows().map(([x]) => (typeof x === 'bigint' ? Number(x) : x))
}

type Case = readonly [sql: string, of: (r: Columns) => Column]

describe('a function of texts is that of DuckDB:', () => {
  it.each<Case>([
    ["s like 'M%'", (r) => r.s.like('M%')],
    ["s not like '%l'", (r) => r.s.like('%l').not()],
    ["s like '%a%'", (r) => r.s.like('%a%')],
    ["s like 'm_ll%a_'", (r) => r.s.like('m_ll%a_')],
    ["s like '%水_%😀%'", (r) => r.s.like('%水_%😀%')],
    ["s like '%a^%b^_%' escape '^'", (r) => r.s.like('%a\\%b\\_%')],
    ["s like '%x\\y%b%' escape '^'", (r) => r.s.like('%x\\\\y%b%')],
    ["s like ''", (r) => r.s.like('')],
    ["ltrim(s, ' ')", (r) => r.s.trimStart()],
    ["rtrim(s, ' ')", (r) => r.s.trimEnd()],
    // oxlint-disable-next-line unicorn/no-array-reverse -- no array
    ['reverse(s)', (r) => r.s.reverse()],
    ['left(s, 3)', (r) => r.s.left(3)],
    ['left(s, n)', (r) => r.s.left(r.n)],
    ['right(s, 3)', (r) => r.s.right(3)],
    ['right(s, n)', (r) => r.s.right(r.n)],
    ["lpad(s, greatest(12, length(s)::int), '·')", (r) => r.s.padStart(12, '·')],
    ["rpad(s, greatest(n, length(s)::int), t || 'xy')", (r) => r.s.padEnd(r.n, r.t.concat('xy'))],
    ['lpad(s, 5, t || 0)', (r) => r.s.left(5).padStart(5, r.t.concat('0'))],
    ["s || '-' || t || '.'", (r) => r.s.concat('-', r.t, '.')],
    ['repeat(s, 3)', (r) => r.s.repeat(3)],
    ['repeat(t, n)', (r) => r.t.repeat(r.n)],
    ['instr(s, t) - 1', (r) => r.s.indexOf(r.t)],
    ["instr(s, 'ab') - 1", (r) => r.s.indexOf('ab')],
  ])('%s', async (sql, of) => {
    const expected = await theirs(sql)
    expect(new Set(expected).size).toBeGreaterThan(1)
    expect(await ours(of)).toEqual(expected)
  })
})

/** The same; of floats, but for the last places, in which two libraries of mathematics differ. */
function expectNear(got: readonly unknown[], wanted: readonly unknown[]): void {
  expect(got.length).toBe(wanted.length)
  const far = wanted.filter((value, i) => {
    const other = got[i]
    if (typeof value !== 'number' || typeof other !== 'number') return value !== other
    return Math.abs(other - value) > Math.abs(value) * 1e-14
  })
  expect(far).toEqual([])
}

describe('a function of numbers is that of DuckDB:', () => {
  it.each<Case>([
    ['round(x)', (r) => r.x.round()],
    ['round(x, 2)', (r) => r.x.round(2)],
    ['round(x, -1)', (r) => r.x.round(-1)],
    ['round(price, 2)::double', (r) => r.price.round(2)],
    ['round(price, 0)::double', (r) => r.price.round(0)],
    ['round(n::double, -1)', (r) => r.n.round(-1)],
    ['sign(x)::double', (r) => r.x.sign()],
    ['sign(n)::double', (r) => r.n.sign()],
    ['exp(x / 10)', (r) => r.x.div(10).exp()],
    ['case when x > 0 then ln(x) end', (r) => when(r.x.gt(0)).then(r.x.ln()).otherwise(null)],
    ['log10(abs(x) + 1)', (r) => r.x.abs().add(1).log10()],
    ['log2(abs(price::double) + 1)', (r) => r.price.cast(float64()).abs().add(1).log2()],
    ['pow(abs(x), 1.5)', (r) => r.x.abs().pow(1.5)],
    ['pow(x, n)', (r) => r.x.pow(r.n)],
    ['nullif(n, 3)', (r) => r.n.nullIf(3)],
    ["nullif(s, 'millmill')", (r) => r.s.nullIf('millmill')],
    ['nullif(x, round(x, 1))', (r) => r.x.nullIf(r.x.round(1))],
  ])('%s', async (sql, of) => {
    const expected = await theirs(sql)
    expect(new Set(expected).size).toBeGreaterThan(1)
    expectNear(await ours(of), expected)
  })
})
