// Files of lines to columns, the source included: our readers of CSV and NDJSON against what one
// writes in JavaScript (blocks of the file decoded, split into lines, JSON.parse or String.split a
// line, values put into the same typed arrays). One thread, the file in the page cache.
//
//     node --conditions=millrace-source bench/runtime/lines.bench.ts [--quick] [--json]
//
// B1  Before it is timed, every value of every batch is compared.
// B2  Rounds are interleaved, and the ratio is the median of the rounds' ratios.
import {
  closeSync,
  mkdtempSync,
  openSync,
  readSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { StringDecoder } from 'node:string_decoder'
import { parseArgs } from 'node:util'
import { DEFAULT_CONFIG } from '../../src/base/config.ts'
import type { RecordBatch } from '../../src/columnar/record-batch.ts'
import { Schema } from '../../src/columnar/schema.ts'
import { float64, int64, nullable, utf8 } from '../../src/columnar/type.ts'
import { csvFormat } from '../../src/connectors/file/csv.ts'
import type { FileFormat } from '../../src/connectors/file/format.ts'
import { ndjsonFormat } from '../../src/connectors/file/ndjson.ts'
import { Kernels } from '../../src/kernels/module.ts'
import { newMetrics } from '../../src/operators/operator.ts'
import type { TwinColumn } from '../../test/kernels/reference/twin-column.ts'
import { csvBytes, jsonBytes, type LineRow } from '../kernels/line-data.ts'
import { newColumns, put, splitLine } from '../kernels/line-rivals.ts'
import { Random } from '../random.ts'
import { median } from './rounds.ts'

const SCHEMA = Schema.of({
  id: int64(),
  price: float64(),
  name: nullable(utf8()),
  time: int64(),
})
const BATCH_ROWS = DEFAULT_CONFIG.batchRows
const BLOCK_BYTES = 1 << 20
const RATIO_WANTED = 5

const kernels = new Kernels()

/** All batches of a file, by our reader. */
async function* engineBatches(format: FileFormat, path: string): AsyncGenerator<RecordBatch> {
  const reader = format.reader(
    {
      kernels,
      config: DEFAULT_CONFIG,
      schema: SCHEMA,
      subtaskIndex: 0,
      parallelism: 1,
      metrics: newMetrics(),
      onError: 'fail',
      malformed: ({ reason }) => {
        throw new Error(reason)
      },
    },
    {},
  )
  for (const split of format.plan(path, { multiline: false }, 32 << 20)) {
    await reader.open(split)
    for (let polled = reader.poll(); polled !== 'split-ended'; polled = reader.poll()) {
      if (polled instanceof Promise) await polled
      else yield polled
    }
  }
  await reader.close()
}

interface RivalBatch {
  readonly columns: readonly TwinColumn[]
  readonly rows: number
}

/** All batches of a file, by a parser of lines. */
function* rivalBatches(
  path: string,
  hasHeader: boolean,
  parse: (line: string) => LineRow,
): Generator<RivalBatch> {
  const file = openSync(path, 'r')
  const block = Buffer.alloc(BLOCK_BYTES)
  const decoder = new StringDecoder('utf8')
  let rest = ''
  let skip = hasHeader
  let columns = newColumns(BATCH_ROWS)
  let rows = 0
  for (let bytes = 1; bytes > 0;) {
    bytes = readSync(file, block, 0, BLOCK_BYTES, null)
    const lines = (rest + decoder.write(block.subarray(0, bytes))).split('\n')
    rest = lines.pop()!
    for (const line of lines) {
      if (skip) {
        skip = false
        continue
      }
      put(columns, rows++, parse(line))
      if (rows < BATCH_ROWS) continue
      yield { columns, rows }
      columns = newColumns(BATCH_ROWS)
      rows = 0
    }
  }
  closeSync(file)
  if (rows > 0) yield { columns, rows }
}

/**
 * Rows in a stable order of batches of other sizes, so that both sides can be compared one by one.
 */
function* rivalRows(batches: Generator<RivalBatch>): Generator<readonly unknown[]> {
  for (const { columns, rows } of batches) {
    for (let row = 0; row < rows; row++) yield columns.map((column) => column.value(row))
  }
}

async function compare(side: Case, path: string): Promise<void> {
  const rival = rivalRows(side.rival(path))
  let rowCount = 0
  for await (const batch of engineBatches(side.format, path)) {
    const [id, price, name, time] = batch.columns
    const { data, u8 } = kernels
    for (let row = 0; row < batch.length; row++, rowCount++) {
      const start = data.getInt32(name!.offsets + row * 4, true)
      const end = data.getInt32(name!.offsets + row * 4 + 4, true)
      const ours = [
        data.getBigInt64(id!.values + row * 8, true),
        data.getFloat64(price!.values + row * 8, true),
        Buffer.from(u8.subarray(name!.values + start, name!.values + end)).toString('utf8'),
        data.getBigInt64(time!.values + row * 8, true),
      ]
      const theirs = rival.next().value as readonly unknown[] | undefined
      if (theirs === undefined || ours.some((value, i) => value !== theirs[i])) {
        throw new Error(`${side.name}: row ${rowCount} differs: ${ours} and ${theirs}`)
      }
    }
  }
  if (rival.next().done !== true) throw new Error(`${side.name}: ${rowCount} rows are not all`)
}

interface Case {
  readonly name: string
  readonly rivalName: string
  readonly format: FileFormat
  readonly head: string
  readonly lines: (random: Random, rows: number) => Uint8Array
  readonly rival: (path: string) => Generator<RivalBatch>
}

const CASES: readonly Case[] = [
  {
    name: 'CSV',
    rivalName: 'split',
    format: csvFormat,
    head: 'id,price,name,time\n',
    lines: csvBytes,
    rival: (path) => rivalBatches(path, true, splitLine),
  },
  {
    name: 'NDJSON',
    rivalName: 'JSON.parse',
    format: ndjsonFormat,
    head: '',
    lines: jsonBytes,
    rival: (path) => rivalBatches(path, false, (line) => JSON.parse(line) as LineRow),
  },
]

async function seconds(pass: () => Promise<number> | number, rows: number): Promise<number> {
  const start = process.hrtime.bigint()
  const read = await pass()
  if (read !== rows) throw new Error(`${read} rows of ${rows}`)
  return Number(process.hrtime.bigint() - start) / 1e9
}

async function engineRows(side: Case, path: string): Promise<number> {
  let rows = 0
  for await (const batch of engineBatches(side.format, path)) rows += batch.length
  return rows
}

function rivalRowCount(side: Case, path: string): number {
  let rows = 0
  for (const batch of side.rival(path)) rows += batch.rows
  return rows
}

async function measure(side: Case, folder: string, rows: number, rounds: number) {
  const path = join(folder, `lines${side.format.extensions[0]}`)
  const random = new Random(0x6c696e65)
  const parts = [Buffer.from(side.head)]
  for (let made = 0; made < rows; made += BATCH_ROWS) {
    parts.push(Buffer.from(side.lines(random, Math.min(BATCH_ROWS, rows - made))))
  }
  writeFileSync(path, Buffer.concat(parts))
  const bytes = statSync(path).size
  await compare(side, path)
  const engine: number[] = []
  const rival: number[] = []
  for (let round = 0; round < rounds; round++) {
    const passes = [
      async () => engine.push(await seconds(() => engineRows(side, path), rows)),
      async () => rival.push(await seconds(() => rivalRowCount(side, path), rows)),
    ]
    for (const pass of round % 2 === 0 ? passes : passes.toReversed()) await pass()
  }
  return {
    name: side.name,
    rival: side.rivalName,
    rows,
    bytes,
    engineNsPerRow: (median(engine) / rows) * 1e9,
    rivalNsPerRow: (median(rival) / rows) * 1e9,
    ratio: median(rival.map((time, i) => time / engine[i]!)),
  }
}

type Result = Awaited<ReturnType<typeof measure>>

function describe({ name, rival, bytes, rows, engineNsPerRow, rivalNsPerRow, ratio }: Result) {
  const bytesPerRow = bytes / rows
  const megabytes = (bytesPerRow / engineNsPerRow) * 1e3
  const rate = `${(1e3 / engineNsPerRow).toFixed(1)} M rows/s, ${megabytes.toFixed(0)} MB/s`
  const ours = `ours ${engineNsPerRow.toFixed(0)} ns (${rate})`
  const verdict = `${ratio >= RATIO_WANTED ? 'met' : 'NOT MET'} >=${RATIO_WANTED}`
  const theirs = `${rival} ${rivalNsPerRow.toFixed(0)} ns: ${ratio.toFixed(1)}x, ${verdict}`
  return `${name}: ${bytesPerRow.toFixed(0)} B a row, ${ours}, ${theirs}`
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      quick: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
    },
  })
  const folder = mkdtempSync(join(tmpdir(), 'lines-bench-'))
  const results = []
  try {
    for (const side of CASES) {
      const result = await measure(side, folder, values.quick ? 200_000 : 1_000_000, 7)
      results.push(result)
      console.log(describe(result))
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
  if (values.json) console.log(JSON.stringify(results))
}

await main()
