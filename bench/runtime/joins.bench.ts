// An unbounded inner join of two million rows on one core: our engine at parallelism 1 over two Arrow files,
// against DuckDB with one thread over its own tables in memory, and against a JavaScript Map of arrays over
// typed arrays. Two sets of keys: about one match a row, and skewed ones with a hot key.
//
//     node --conditions=millrace-source bench/runtime/joins.bench.ts [--quick] [--json]
//
// B1  All sides materialise the pairs of row numbers that meet: ours as an Arrow file, DuckDB's as a table,
//     the Map's as two typed arrays. Count and a checksum that knows no order are compared.
// B2  Ours keeps both sides and gives each pair as soon as both rows are there; the others build a table of
//     one side that they know whole, and probe it with the other.
// B3  Times are processor time of the whole process, all of its threads together: what others do on the
//     machine counts less. Rounds are interleaved; ratios are medians of the rounds' ratios.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { DuckDBInstance } from '@duckdb/node-api'
import { tableFromIPC } from 'apache-arrow'
import { MiniCluster } from '../../src/cluster/mini-cluster.ts'
import {
  arrow,
  arrowFile,
  int32,
  int64,
  parquet,
  StreamExecutionEnvironment,
} from '../../src/index.ts'
import { median, processorMs } from './rounds.ts'

const ROWS = 1_000_000
const SCHEMA = { id: int32(), key: int64() }

/** Keys of row i of side s, in SQL: hash() is DuckDB's. */
const CASES = {
  distinct: `hash(i * 2 + s) % ${ROWS}`,
  // A tenth of a per cent of the rows of each side has one key; the others lie close at one end.
  skewed: `case when i % 1000 = 0 then 0
    else 1 + (power((hash(i * 2 + s) % 1000000) / 1000000.0, 2) * ${ROWS})::bigint end`,
} as const
type Case = keyof typeof CASES

const folder = mkdtempSync(join(tmpdir(), 'joins-bench-'))
const cluster = new MiniCluster({ slots: 1 })
const instance = await DuckDBInstance.create(':memory:', { threads: '1' })
const duckdb = await instance.connect()
const result = join(folder, 'result.arrow')

const environment = (): StreamExecutionEnvironment =>
  StreamExecutionEnvironment.getExecutionEnvironment({ parallelism: 1, executor: cluster })

const fileOf = (name: Case, side: number): string => join(folder, `${name}${side}.arrow`)

async function prepare(name: Case): Promise<void> {
  for (const side of [0, 1]) {
    const file = join(folder, `${name}${side}.parquet`)
    await duckdb.run(
      `create table ${name}${side} as
       select i::int id, (${CASES[name]})::bigint "key" from range(${ROWS}) t(i), (select ${side} s)`,
    )
    await duckdb.run(`copy ${name}${side} to '${file}' (format parquet)`)
    const env = environment()
    env.fromSource(parquet(file, { schema: SCHEMA })).sinkTo(arrowFile(fileOf(name, side)))
    await env.execute('parquet to arrow')
  }
}

async function ours(name: Case): Promise<void> {
  const env = environment()
  const [left, right] = [0, 1].map((side) =>
    env.fromSource(arrow(fileOf(name, side), { schema: SCHEMA })),
  )
  left!
    .join(right!, { on: { key: 'key' }, select: (l, r) => ({ l: l.id, r: r.id }) })
    .sinkTo(arrowFile(result))
  await env.execute('join')
}

async function theirs(name: Case): Promise<void> {
  await duckdb.run(
    `create or replace table result as
     select l.id l, r.id r from ${name}0 l join ${name}1 r using ("key")`,
  )
}

interface Sides {
  readonly left: BigInt64Array
  readonly right: BigInt64Array
}

let pairs: readonly [Int32Array, Int32Array] = [new Int32Array(0), new Int32Array(0)]

/** A Map from key to row numbers; pairs go into typed arrays that grow. Keys are numbers: it may. */
function mapJoin({ left, right }: Sides): void {
  const rowsOf = new Map<number, number[]>()
  for (let row = 0; row < right.length; row++) {
    const key = Number(right[row]!)
    const rows = rowsOf.get(key)
    if (rows === undefined) rowsOf.set(key, [row])
    else rows.push(row)
  }
  let [l, r] = [new Int32Array(ROWS), new Int32Array(ROWS)]
  let n = 0
  for (let row = 0; row < left.length; row++) {
    const rows = rowsOf.get(Number(left[row]!))
    if (rows === undefined) continue
    for (const match of rows) {
      if (n === l.length) {
        const [wideL, wideR] = [new Int32Array(n * 2), new Int32Array(n * 2)]
        wideL.set(l)
        wideR.set(r)
        l = wideL
        r = wideR
      }
      l[n] = row
      r[n++] = match
    }
  }
  pairs = [l.subarray(0, n), r.subarray(0, n)]
}

/** The count of pairs and a sum that does not depend on their order. */
function answerOf([l, r]: readonly [Int32Array, Int32Array]): string {
  let sum = 0
  for (let i = 0; i < l.length; i++) sum += (l[i]! * 1_000_003 + r[i]! * 7_919) % 1_000_007
  return `${l.length} ${sum}`
}

function answerOfFile(): string {
  const table = tableFromIPC(readFileSync(result))
  return answerOf(
    ['l', 'r'].map((name) => table.getChild(name)!.toArray() as Int32Array) as [
      Int32Array,
      Int32Array,
    ],
  )
}

async function answerOfTable(): Promise<string> {
  const reader = await duckdb.runAndReadAll(
    `select count(*), sum((l::bigint * 1000003 + r::bigint * 7919) % 1000007)::bigint from result`,
  )
  return reader.getRows()[0]!.join(' ')
}

async function measure(name: Case, rounds: number) {
  await prepare(name)
  const [left, right] = [0, 1].map((side) => {
    const keys = tableFromIPC(readFileSync(fileOf(name, side))).getChild('key')!
    return keys.toArray() as BigInt64Array
  })
  const sides = {
    millrace: () => ours(name),
    duckdb: () => theirs(name),
    map: async () => mapJoin({ left: left!, right: right! }),
  }
  const times: Record<keyof typeof sides, number[]> = { millrace: [], duckdb: [], map: [] }
  for (let round = -2; round < rounds; round++) {
    for (const [side, run] of Object.entries(sides) as [
      keyof typeof sides,
      () => Promise<void>,
    ][]) {
      const ms = await processorMs(run)
      if (round >= 0) times[side].push(ms)
    }
  }
  const answers = [answerOfFile(), await answerOfTable(), answerOf(pairs)]
  if (new Set(answers).size > 1) throw new Error(`answers differ: ${answers.join('; ')}`)
  const ratioTo = (side: keyof typeof sides): number =>
    median(times[side].map((time, i) => time / times.millrace[i]!))
  return {
    name,
    pairs: Number(answers[0]!.split(' ')[0]),
    millraceMs: median(times.millrace),
    duckdbMs: median(times.duckdb),
    mapMs: median(times.map),
    ratioToDuckdb: ratioTo('duckdb'),
    ratioToMap: ratioTo('map'),
  }
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      quick: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
    },
  })
  const rounds = values.quick ? 3 : 9
  const all = []
  for (const name of Object.keys(CASES) as Case[]) {
    const figures = await measure(name, rounds)
    all.push(figures)
    if (values.json) continue
    const perRow = (ms: number): string => `${((ms / ROWS / 2) * 1e6).toFixed(0)} ns a row`
    console.log(
      `${name} keys: ${figures.pairs} pairs, equal on all sides; ${rounds} rounds, medians`,
    )
    console.log(
      `  millrace     ${figures.millraceMs.toFixed(0)} ms   ${perRow(figures.millraceMs)}`,
    )
    const line = (side: string, ms: number, ratio: number): void =>
      console.log(`  ${side}${ms.toFixed(0)} ms   ${ratio.toFixed(2)}x of ours`)
    line('DuckDB       ', figures.duckdbMs, figures.ratioToDuckdb)
    line('a Map        ', figures.mapMs, figures.ratioToMap)
  }
  if (values.json) console.log(JSON.stringify(all))
}

try {
  await main()
} finally {
  await cluster.close()
  duckdb.closeSync()
  rmSync(folder, { recursive: true })
}
