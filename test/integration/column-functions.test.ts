// Functions of columns against DuckDB, over the same rows: 3,000 of them, some values null, some rows dropped
// by a filter before.
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  type Column,
  type ColumnsOf,
  int32,
  nullable,
  StreamExecutionEnvironment,
  utf8,
} from '../../src/index.ts'

const SCHEMA = { n: int32(), s: nullable(utf8()), t: nullable(utf8()) }
type Columns = ColumnsOf<typeof SCHEMA>

const WORDS = ['', 'mill', 'Mühle', '水車 race', 'a%b_c', '  wide  ', '😀', 'ab', 'abcabc', 'x\\y']

interface Row {
  readonly n: number
  readonly s: string | null
  readonly t: string | null
}

const ROWS: readonly Row[] = Array.from({ length: 3_000 }, (_, n) => {
  const word = (i: number): string => WORDS[i % WORDS.length]!
  return {
    n: (n % 23) - 7,
    s: n % 13 === 0 ? null : word(n) + word(n * 7 + 3) + word((n >> 3) * 3),
    t: n % 17 === 0 ? null : word(n >> 2),
  }
})
const isKept = ({ n }: Row): boolean => n % 3 !== 0

let connection: DuckDBConnection
beforeAll(async () => {
  connection = await (await DuckDBInstance.create(':memory:')).connect()
  await connection.run('create table given (i int, n int, s varchar, t varchar)')
  const quoted = (text: string | null): string =>
    text === null ? 'null' : `'${text.replaceAll("'", "''")}'`
  const values = ROWS.filter(isKept).map(
    ({ n, s, t }, i) => `(${i}, ${n}, ${quoted(s)}, ${quoted(t)})`,
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
