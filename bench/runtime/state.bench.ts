// What state and timers cost a row: keyed process functions over one Arrow file, 10,000 keys, against the same
// logic over JavaScript Maps, row by row.
//
//     node --conditions=millrace-source bench/runtime/state.bench.ts [--quick] [--json]
//
// B1  The whole job counts: graph, deployment, file, keys, the function; by the processor time of the process.
//     A function without state is the first case: what the others take beyond it is their state.
// B2  The other side has its rows as typed arrays, makes an object of each, as the function's row is one, and
//     keeps its state in a Map by key: no snapshots, no checks of values, nothing that could move.
// B3  Both sides end with the same sums; rounds are interleaved, ratios are medians of the rounds' ratios.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { checksum } from '../../src/connectors/checksum.ts'
import {
  arrow,
  float64,
  int32,
  type KeyedContext,
  listStateDescriptor,
  mapStateDescriptor,
  StreamExecutionEnvironment,
  timestamp,
  valueStateDescriptor,
} from '../../src/index.ts'
import { Random } from '../random.ts'
import { median, processorMs } from './rounds.ts'
import { type TimedRows, writeTimedRows } from './timed-rows.ts'

const KEYS = 10_000
const ROWS_PER_MS = 100
const BATCH_ROWS = 16_384
const SCHEMA = { time: timestamp('ms'), key: int32(), n: float64() }
/** Lists are read and emptied when they are about so long. */
const LIST_LENGTH = 32
const SECOND_MS = 1_000
/** Times are of these days: numbers beyond 2^31, of which JavaScript makes objects. */
const START_MS = 1_700_000_000_000
/** Values are quarters: floats, whose sums are exact. */
const QUARTERS = 4

interface Row {
  readonly time: number
  readonly key: number
  readonly n: number
}

/** What a side has added up: the same on both sides, in whatever order timers of one time fire. */
interface Sums {
  calls: number
  sum: number
}

/** A case as a function of rows, and as a loop's body. */
interface Case {
  readonly name: string
  readonly process: (sums: Sums) => {
    processElement(row: Row, context: KeyedContext<number>): void
    onTimer?(timeMs: number, context: KeyedContext<number>): void
  }
  /** What is called for each row, and for each watermark. */
  readonly plain: (sums: Sums) => {
    row(row: Row): void
    watermark?(timeMs: number): void
  }
}

const total = valueStateDescriptor('total', float64(), { default: 0 })
const byKind = mapStateDescriptor('byKind', int32(), float64())
const list = listStateDescriptor('list', float64())

const add = (sums: Sums, value: number): void => {
  sums.calls++
  sums.sum += value
}

/** A second's end, at another moment for each key. */
const timerOf = ({ time, key }: Row): number =>
  time - (time % SECOND_MS) + SECOND_MS + (key % SECOND_MS)

const CASES: readonly Case[] = [
  {
    name: 'no state',
    process: (sums) => ({ processElement: ({ n }) => add(sums, n) }),
    plain: (sums) => ({ row: ({ n }) => add(sums, n) }),
  },
  {
    name: 'a value, read and written',
    process: (sums) => ({
      processElement(row, context) {
        const state = context.getState(total)
        const value = state.value() + row.n
        state.update(value)
        add(sums, value)
      },
    }),
    plain: (sums) => {
      const totals = new Map<number, number>()
      return {
        row(row) {
          const value = (totals.get(row.key) ?? 0) + row.n
          totals.set(row.key, value)
          add(sums, value)
        },
      }
    },
  },
  {
    name: 'a map of 16, an entry read and written',
    process: (sums) => ({
      processElement(row, context) {
        const state = context.getState(byKind)
        const value = (state.get(row.n & 15) ?? 0) + row.n
        state.put(row.n & 15, value)
        add(sums, value)
      },
    }),
    plain: (sums) => {
      const maps = new Map<number, Map<number, number>>()
      return {
        row(row) {
          let map = maps.get(row.key)
          if (map === undefined) maps.set(row.key, (map = new Map()))
          const value = (map.get(row.n & 15) ?? 0) + row.n
          map.set(row.n & 15, value)
          add(sums, value)
        },
      }
    },
  },
  {
    name: 'a list, added to, read when it is long',
    process: (sums) => ({
      processElement(row, context) {
        const state = context.getState(list)
        state.add(row.n)
        if (row.n % (LIST_LENGTH / QUARTERS) !== 0) return
        for (const each of state.get()) sums.sum += each
        state.clear()
        sums.calls++
      },
    }),
    plain: (sums) => {
      const lists = new Map<number, number[]>()
      return {
        row(row) {
          let values = lists.get(row.key)
          if (values === undefined) lists.set(row.key, (values = []))
          values.push(row.n)
          if (row.n % (LIST_LENGTH / QUARTERS) !== 0) return
          for (const each of values) sums.sum += each
          lists.delete(row.key)
          sums.calls++
        },
      }
    },
  },
  {
    name: 'a timer a second and key, asked for by each row',
    process: (sums) => ({
      processElement(row, context) {
        context.timerService().registerEventTimeTimer(timerOf(row))
      },
      onTimer: (timeMs, context) => add(sums, (timeMs % SECOND_MS) + context.currentKey),
    }),
    plain: (sums) => {
      const timers = new Map<number, Set<number>>()
      return {
        row(row) {
          const timeMs = timerOf(row)
          let keys = timers.get(timeMs)
          if (keys === undefined) timers.set(timeMs, (keys = new Set()))
          keys.add(row.key)
        },
        watermark(watermarkMs) {
          const due = [...timers.keys()].filter((timeMs) => timeMs <= watermarkMs)
          for (const timeMs of due.sort((a, b) => a - b)) {
            for (const key of timers.get(timeMs)!) add(sums, (timeMs % SECOND_MS) + key)
            timers.delete(timeMs)
          }
        },
      }
    },
  },
]

const folder = mkdtempSync(join(tmpdir(), 'state-bench-'))
const file = join(folder, 'rows.arrow')

function makeRows(rows: number): TimedRows {
  const random = new Random(1)
  const [times, keys] = [new Float64Array(rows), new Int32Array(rows)]
  const values = new Float64Array(rows)
  for (let i = 0; i < rows; i++) {
    times[i] = START_MS + Math.floor(i / ROWS_PER_MS)
    keys[i] = random.int(0, KEYS)
    values[i] = random.int(0, 1_000) / QUARTERS
  }
  return { times, keys, values }
}

async function ours({ name, process: make }: Case): Promise<Sums> {
  const sums = { calls: 0, sum: 0 }
  const env = StreamExecutionEnvironment.getExecutionEnvironment({ parallelism: 1 })
  env
    .fromSource(arrow(file, { schema: SCHEMA }))
    .assignWatermarks('time', { maxOutOfOrderness: 0 })
    .keyBy('key')
    .process(make(sums), { key: int32() })
    .sinkTo(checksum())
  await env.execute(name)
  return sums
}

async function theirs({ plain }: Case, { times, keys, values }: TimedRows): Promise<Sums> {
  const sums = { calls: 0, sum: 0 }
  const side = plain(sums)
  for (let at = 0; at < times.length; at += BATCH_ROWS) {
    const end = Math.min(times.length, at + BATCH_ROWS)
    for (let i = at; i < end; i++) side.row({ time: times[i]!, key: keys[i]!, n: values[i]! })
    side.watermark?.(times[end - 1]! - 1)
  }
  side.watermark?.(Infinity)
  return sums
}

async function timed(run: () => Promise<Sums>): Promise<[ms: number, sums: Sums]> {
  let sums: Sums | undefined
  const ms = await processorMs(async () => (sums = await run()))
  return [ms, sums!]
}

async function measure(side: Case, columns: TimedRows, rounds: number) {
  const rows = columns.times.length
  const [engine, plain]: [number[], number[]] = [[], []]
  for (let round = -1; round < rounds; round++) {
    const [ms, sums] = await timed(() => ours(side))
    const [plainMs, wanted] = await timed(() => theirs(side, columns))
    if (sums.calls !== wanted.calls || sums.sum !== wanted.sum || sums.calls === 0) {
      const show = ({ calls, sum }: Sums): string => `${calls} calls, sum ${sum}`
      throw new Error(`${side.name}: ${show(sums)} instead of ${show(wanted)}`)
    }
    if (round < 0) continue
    engine.push(ms)
    plain.push(plainMs)
  }
  return {
    name: side.name,
    nsPerRow: (median(engine) / rows) * 1e6,
    plainNsPerRow: (median(plain) / rows) * 1e6,
    ratio: median(engine.map((ms, i) => plain[i]! / ms)),
  }
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      quick: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      case: { type: 'string' },
    },
  })
  const rows = values.quick ? 1_000_000 : 4_000_000
  const rounds = values.quick ? 3 : 7
  const columns = makeRows(rows)
  writeTimedRows(file, columns, BATCH_ROWS)
  const cases = CASES.filter(({ name }) => name.includes(values.case ?? ''))
  const results = []
  for (const side of cases) results.push(await measure(side, columns, rounds))
  if (values.json) {
    console.log(JSON.stringify({ rows, keys: KEYS, rounds, cases: results }))
    return
  }
  console.log(`${rows} rows, ${KEYS} keys; sums equal those of Maps; ${rounds} rounds, medians`)
  for (const { name, nsPerRow, plainNsPerRow, ratio } of results) {
    console.log(
      `${name.padEnd(48)} ${nsPerRow.toFixed(0).padStart(4)} ns a row   ` +
        `Maps ${plainNsPerRow.toFixed(0).padStart(4)} ns   ${ratio.toFixed(2)}x`,
    )
  }
}

try {
  await main()
} finally {
  rmSync(folder, { recursive: true })
}
