// What sliding windows cost beside tumbling ones: whole jobs at parallelism 1 over one Arrow file, 10,000 keys,
// a count, a sum and a maximum. Each job's answer is compared with sums over typed arrays.
//
//     node --conditions=millrace-source bench/runtime/windows.bench.ts [--quick] [--json]
//
// B1  The whole job counts: graph, deployment to a waiting slot, file, windows, a sink that hashes the results;
//     by the processor time of the process, so that what else the machine does is not in it.
// B2  Rounds are interleaved; ratios are medians of the rounds' ratios to tumbling windows of 10 s.
// B3  Tumbling windows as short as a slide have as many results as the sliding ones: the rest is the merge.
// B4  Times are in order but for 200 ms: neighbours are often in different slices.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { tableFromIPC } from 'apache-arrow'
import { MiniCluster } from '../../src/cluster/mini-cluster.ts'
import { checksum } from '../../src/connectors/checksum.ts'
import {
  arrow,
  arrowFile,
  count,
  int32,
  max,
  slide,
  StreamExecutionEnvironment,
  sum,
  type TimeWindow,
  timestamp,
  tumble,
} from '../../src/index.ts'
import { Random } from '../random.ts'
import { median, processorMs } from './rounds.ts'
import { type TimedRows, writeTimedRows } from './timed-rows.ts'

const KEYS = 10_000
const ROWS_PER_MS = 500
const DISORDER_MS = 200
const BATCH_ROWS = 16_384
const SCHEMA = { time: timestamp('ms'), key: int32(), n: int32() }

const WINDOWS = {
  'tumbling 10 s': { sizeMs: 10_000, slideMs: 10_000 },
  'tumbling 1 s': { sizeMs: 1_000, slideMs: 1_000 },
  'sliding 10 s / 1 s': { sizeMs: 10_000, slideMs: 1_000 },
  'sliding 20 s / 1 s': { sizeMs: 20_000, slideMs: 1_000 },
  'tumbling 100 ms': { sizeMs: 100, slideMs: 100 },
  'sliding 10 s / 100 ms': { sizeMs: 10_000, slideMs: 100 },
} as const
type Name = keyof typeof WINDOWS
const NAMES = Object.keys(WINDOWS) as Name[]

const folder = mkdtempSync(join(tmpdir(), 'windows-bench-'))
const file = join(folder, 'rows.arrow')
const resultFile = join(folder, 'result.arrow')
const cluster = new MiniCluster({ slots: 1 })

/** A row each 2 microseconds, with a random key. */
function makeRows(rows: number): TimedRows {
  const random = new Random(1)
  const columns = {
    times: new Float64Array(rows),
    keys: new Int32Array(rows),
    values: new Int32Array(rows),
  }
  for (let i = 0; i < rows; i++) {
    columns.times[i] = Math.floor(i / ROWS_PER_MS) + random.int(0, DISORDER_MS)
    columns.keys[i] = random.int(0, KEYS)
    columns.values[i] = random.int(-1_000, 1_000)
  }
  return columns
}

const windowOf = (name: Name): TimeWindow => {
  const { sizeMs, slideMs } = WINDOWS[name]
  return sizeMs === slideMs ? tumble(sizeMs) : slide(sizeMs, slideMs)
}

function job(name: Name) {
  const env = StreamExecutionEnvironment.getExecutionEnvironment({
    parallelism: 1,
    executor: cluster,
  })
  const results = env
    .fromSource(arrow(file, { schema: SCHEMA }))
    .assignWatermarks('time', { maxOutOfOrderness: DISORDER_MS })
    .keyBy('key')
    .window(windowOf(name))
    .aggregate({ rows: count(), total: sum('n'), most: max('n') })
  return { env, results }
}

async function timed(name: Name): Promise<number> {
  const { env, results } = job(name)
  results.sinkTo(checksum())
  return processorMs(() => env.execute(name))
}

/** Compares a job's results with sums over arrays by slice and key; gives how many there are. */
async function compare(name: Name, { times, keys, values }: TimedRows): Promise<number> {
  const { env, results } = job(name)
  results.sinkTo(arrowFile(resultFile))
  await env.execute(name)
  const { sizeMs, slideMs } = WINDOWS[name]
  const perWindow = sizeMs / slideMs
  const slices = Math.ceil((times.length / ROWS_PER_MS + DISORDER_MS) / slideMs) + 2 * perWindow
  const [counts, totals] = [new Float64Array(slices * KEYS), new Float64Array(slices * KEYS)]
  const most = new Int32Array(slices * KEYS).fill(-(2 ** 31))
  for (let i = 0; i < times.length; i++) {
    const at = (Math.floor(times[i]! / slideMs) + perWindow - 1) * KEYS + keys[i]!
    counts[at]! += 1
    totals[at]! += values[i]!
    most[at] = Math.max(most[at]!, values[i]!)
  }
  const table = tableFromIPC(readFileSync(resultFile))
  const seen = new Uint8Array(slices * KEYS)
  for (const batch of table.batches) {
    const column = (field: string): ArrayLike<number | bigint> =>
      batch.getChild(field)!.toArray() as ArrayLike<number | bigint>
    const [starts, key, rows, total, top] = ['windowStart', 'key', 'rows', 'total', 'most'].map(
      column,
    )
    for (let i = 0; i < batch.numRows; i++) {
      // Slice 0 of the arrays is where the first window begins.
      const first = Number(starts![i]!) / slideMs + perWindow - 1
      let [wantRows, wantTotal, wantMost] = [0, 0, -Infinity]
      for (let slice = first; slice < first + perWindow; slice++) {
        const at = slice * KEYS + Number(key![i]!)
        wantRows += counts[at]!
        wantTotal += totals[at]!
        wantMost = Math.max(wantMost, most[at]!)
      }
      seen[first * KEYS + Number(key![i]!)]! += 1
      const got = [rows, total, top].map((values_) => Number(values_![i]!))
      if (got[0] !== wantRows || got[1] !== wantTotal || got[2] !== wantMost) {
        throw new Error(
          `${name}: window ${first}: ${got} instead of ${[wantRows, wantTotal, wantMost]}`,
        )
      }
    }
  }
  for (let first = 0; first < slices; first++) {
    for (let key = 0; key < KEYS; key++) {
      let rows = 0
      for (let slice = first; slice < Math.min(slices, first + perWindow); slice++) {
        rows += counts[slice * KEYS + key]!
      }
      if ((rows > 0 ? 1 : 0) !== seen[first * KEYS + key]) {
        throw new Error(
          `${name}: window ${first}, key ${key} came ${seen[first * KEYS + key]} times`,
        )
      }
    }
  }
  return table.numRows
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      quick: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
    },
  })
  const rows = (values.quick ? 24_000 : 32_000) * ROWS_PER_MS
  const rounds = values.quick ? 3 : 7
  const columns = makeRows(rows)
  writeTimedRows(file, columns, BATCH_ROWS)
  const results = new Map<Name, number>()
  for (const name of NAMES) results.set(name, await compare(name, columns))
  const times = new Map(NAMES.map((name) => [name, [] as number[]]))
  for (let round = -1; round < rounds; round++) {
    for (const name of NAMES) {
      const ms = await timed(name)
      if (round >= 0) times.get(name)!.push(ms)
    }
  }
  const base = times.get('tumbling 10 s')!
  const figures = NAMES.map((name) => ({
    name,
    results: results.get(name)!,
    nsPerRow: (median(times.get(name)!) / rows) * 1e6,
    ratio: median(times.get(name)!.map((ms, i) => ms / base[i]!)),
  }))
  if (values.json) {
    console.log(JSON.stringify({ rows, keys: KEYS, rounds, windows: figures }))
    return
  }
  console.log(
    `${rows} rows, ${KEYS} keys; answers equal those of arrays; ${rounds} rounds, medians`,
  )
  for (const { name, results: emitted, nsPerRow, ratio } of figures) {
    console.log(
      `${name.padEnd(24)} ${nsPerRow.toFixed(1)} ns a row   ${ratio.toFixed(2)}x   ` +
        `${emitted} results`,
    )
  }
}

try {
  await main()
} finally {
  await cluster.close()
  rmSync(folder, { recursive: true })
}
