// The flights file (3 M rows, 5 columns, zstd, dictionaries) to columns: our Parquet source against
// hyparquet, which gives arrays of JavaScript values. One thread, the file in the page cache.
//
//     node --conditions=millrace-source bench/runtime/parquet.bench.ts [--quick] [--json]
//
// B1  Every value of every column is compared before it is timed, row group by row group.
// B2  Rounds are interleaved; the ratio is the median of the rounds' ratios. hyparquet gets zstd from
//     node:zlib, as we do, and leaves values as they are stored.
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { zstdDecompressSync } from 'node:zlib'
import { parquetRead } from 'hyparquet'
import { DEFAULT_CONFIG } from '../../src/base/config.ts'
import type { RecordBatch } from '../../src/columnar/record-batch.ts'
import { parquetFormat } from '../../src/connectors/file/parquet.ts'
import { Kernels } from '../../src/kernels/module.ts'
import { newMetrics } from '../../src/operators/operator.ts'
import { median } from './rounds.ts'

const PATH = fileURLToPath(
  new URL('../data/flights-3m.parquet', import.meta.resolve('vega-datasets')),
)
const NAMES = ['date', 'delay', 'distance', 'origin', 'destination']
const ROWS = 3_000_000
const ROWS_PER_SECOND_WANTED = 3e6

const kernels = new Kernels()
const schema = parquetFormat.schema(PATH, {})

function* engineBatches(): Generator<RecordBatch> {
  const reader = parquetFormat.reader(
    {
      kernels,
      schema,
      config: DEFAULT_CONFIG,
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
  for (const split of parquetFormat.plan(PATH, {}, 1)) {
    void reader.open(split)
    for (;;) {
      const mark = kernels.mark()
      const polled = reader.poll()
      if (polled === 'split-ended' || polled instanceof Promise) break
      yield polled
      kernels.reset(mark)
    }
  }
  void reader.close()
}

const raw = (value: bigint): bigint => value
const bytes = readFileSync(PATH)
const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length)

/** Each column's pieces, as hyparquet gives them; `take` sees them and they are dropped. */
async function hyparquetColumns(
  take: (name: string, values: ArrayLike<unknown>, rowStart: number) => void,
): Promise<void> {
  await parquetRead({
    file,
    compressors: {
      ZSTD: (input, outputLength) => zstdDecompressSync(input, { maxOutputLength: outputLength }),
    },
    parsers: { timestampFromMicroseconds: raw },
    onChunk: ({ columnName, columnData, rowStart }) => take(columnName, columnData, rowStart),
  })
}

async function compare(): Promise<void> {
  const columns = new Map<string, unknown[]>(NAMES.map((name) => [name, []]))
  await hyparquetColumns((name, values, rowStart) => {
    const column = columns.get(name)!
    for (let i = 0; i < values.length; i++) column[rowStart + i] = values[i]
  })
  let start = 0
  for (const batch of engineBatches()) {
    NAMES.forEach((name, i) => compareColumn(batch, i, name, columns.get(name)!, start))
    start += batch.length
  }
  if (start !== ROWS) throw new Error(`${start} rows of ${ROWS}`)
}

function compareColumn(
  batch: RecordBatch,
  index: number,
  name: string,
  theirs: readonly unknown[],
  start: number,
): void {
  const { type, values, offsets } = batch.columns[index]!
  const { data, u8 } = kernels
  for (let row = 0; row < batch.length; row++) {
    let ours: unknown
    if (batch.columns[index]!.isNull(kernels, row)) ours = undefined
    else if (type.kind === 'utf8') {
      const from = data.getInt32(offsets + row * 4, true)
      const end = data.getInt32(offsets + row * 4 + 4, true)
      ours = Buffer.from(u8.buffer, values + from, end - from).toString('latin1')
    } else ours = data.getBigInt64(values + row * 8, true)
    const wanted = theirs[start + row] ?? undefined
    if (ours !== wanted) {
      throw new Error(`row ${start + row}, ${name}: ${String(ours)} and ${String(wanted)}`)
    }
  }
}

async function seconds(pass: () => Promise<number> | number, rows: number): Promise<number> {
  const start = process.hrtime.bigint()
  const read = await pass()
  if (read !== rows) throw new Error(`${read} of ${rows}`)
  return Number(process.hrtime.bigint() - start) / 1e9
}

function engineRows(): number {
  let rows = 0
  for (const batch of engineBatches()) rows += batch.length
  return rows
}

async function hyparquetValues(): Promise<number> {
  let values = 0
  await hyparquetColumns((_name, column) => {
    values += column.length
  })
  return values
}

const millions = (rate: number): string => `${(rate / 1e6).toFixed(2)} M rows/s`

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      quick: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
    },
  })
  await compare()
  const engine: number[] = []
  const rival: number[] = []
  for (let round = 0; round < (values.quick ? 3 : 9); round++) {
    const passes = [
      async () => engine.push(await seconds(engineRows, ROWS)),
      async () => rival.push(await seconds(hyparquetValues, ROWS * NAMES.length)),
    ]
    for (const pass of round % 2 === 0 ? passes : passes.toReversed()) await pass()
  }
  const figures = {
    rows: ROWS,
    columns: NAMES.length,
    engineRowsPerSecond: ROWS / median(engine),
    hyparquetRowsPerSecond: ROWS / median(rival),
    ratio: median(rival.map((time, i) => time / engine[i]!)),
    linearMemoryBytes: kernels.memoryBytes,
  }
  if (values.json) console.log(JSON.stringify(figures))
  else {
    const met = figures.engineRowsPerSecond >= ROWS_PER_SECOND_WANTED ? 'met' : 'NOT MET'
    console.log(`${ROWS} rows, ${NAMES.length} columns, equal on both sides; medians`)
    console.log(
      `millrace    ${millions(figures.engineRowsPerSecond)}   ${met} >=3, ` +
        `${(kernels.memoryBytes / 2 ** 20).toFixed(0)} MB of linear memory`,
    )
    console.log(
      `hyparquet   ${millions(figures.hyparquetRowsPerSecond)}   ` +
        `${figures.ratio.toFixed(1)}x of our time`,
    )
  }
}

await main()
