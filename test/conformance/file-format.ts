// What every file format must do: its test calls fileFormatConformance(). Random schemas and rows
// go through the format's encoder into a file and back through its reader, whole, in splits, and in
// part.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { DEFAULT_CONFIG } from '../../src/base/config.ts'
import type { Json } from '../../src/base/json.ts'
import { BatchBuilder } from '../../src/columnar/batch-builder.ts'
import type { RecordBatch } from '../../src/columnar/record-batch.ts'
import { RowReader } from '../../src/columnar/row-reader.ts'
import { Schema } from '../../src/columnar/schema.ts'
import { type DataType, type Fields, nullable, int32, utf8 } from '../../src/columnar/type.ts'
import type { FileFormat, FileReaderContext, FileSplit } from '../../src/connectors/file/format.ts'
import { malformedError } from '../../src/connectors/file/malformed-records.ts'
import { Kernels } from '../../src/kernels/module.ts'
import { newMetrics } from '../../src/operators/operator.ts'
import { ALL_LEAVES, anyType, leafType, type Row, rowOf, sample } from '../columnar/random-rows.ts'

export interface FormatUnderTest {
  readonly format: FileFormat
  readonly options?: Json
  /** Types that the format holds; all unless said otherwise. */
  readonly holds?: (type: DataType) => boolean
  /** False where it holds no lists and structs. */
  readonly nested?: boolean
  /** False where schema() guesses (CSV, NDJSON): then only the names must come back. */
  readonly typed?: boolean
  /** Rows that come back otherwise than they went in: what is expected of a value. */
  readonly readsAs?: (type: DataType, value: unknown) => unknown
  /** True for formats that split at any record; others may give fewer splits than asked for. */
  readonly splitsAnywhere?: boolean
}

const kernels = new Kernels()
// What follows lies beyond 2 GiB, where pointers are negative to JavaScript's signed shifts.
kernels.allocate(0x7fff_ff00)
const allocated = (): number => kernels.exports.allocated()

/** Rows as batches of at most `batchRows`; they live until the arena is reset. */
function batchesOf(schema: Schema, rows: readonly Row[], batchRows: number): RecordBatch[] {
  const batches: RecordBatch[] = []
  const builder = new BatchBuilder(kernels, schema)
  for (let at = 0; at < rows.length; at += batchRows) {
    for (const row of rows.slice(at, at + batchRows)) builder.append(row)
    batches.push(builder.finish())
  }
  return batches
}

/** The bytes of a file with these batches. */
export function encodeFile(
  { format, options = {} }: FormatUnderTest,
  schema: Schema,
  batches: readonly RecordBatch[],
): Uint8Array {
  const context = { kernels, schema, config: DEFAULT_CONFIG, metrics: newMetrics() }
  const encoder = format.encoder({ ...context, subtaskIndex: 0, parallelism: 1 }, options)
  const parts = [encoder.begin().slice()]
  for (const batch of batches) parts.push(encoder.encode(batch).slice())
  parts.push(encoder.end().slice())
  encoder.close()
  return Buffer.concat(parts)
}

/** A reader's world; malformed records throw, as with onError 'fail'. */
export function readerContext(schema: Schema, batchRows = 1000): FileReaderContext {
  return {
    kernels,
    schema,
    config: { ...DEFAULT_CONFIG, batchRows },
    subtaskIndex: 0,
    parallelism: 1,
    metrics: newMetrics(),
    onError: 'fail',
    malformed(record) {
      throw malformedError(record)
    },
  }
}

/** All rows of some splits, read one after the other by one reader. */
export async function readSplits(
  { format, options = {} }: FormatUnderTest,
  context: FileReaderContext,
  splits: readonly FileSplit[],
): Promise<Row[]> {
  const reader = format.reader(context, options)
  const rows: Row[] = []
  try {
    for (const split of splits) {
      await reader.open(split)
      for (;;) {
        // The arena's part of a poll ends with the subtask's step.
        const mark = kernels.mark()
        const polled = reader.poll()
        if (polled === 'split-ended') break
        if (polled instanceof Promise) {
          await polled
          continue
        }
        expect(polled.rowCount).toBeLessThanOrEqual(context.config.batchRows)
        expect(polled.schema.names).toEqual(context.schema.names)
        for (const row of new RowReader(kernels, context.schema).rows(polled)) rows.push(row)
        kernels.reset(mark)
      }
    }
  } finally {
    await reader.close()
  }
  return rows
}

function randomRows(fields: Fields, count: number, seed: number): Row[] {
  const distinct = fc.sample(rowOf(fields), { numRuns: Math.min(count, 97), seed })
  return Array.from({ length: count }, (_, i) => distinct[i % distinct.length]!)
}

export function fileFormatConformance(tested: FormatUnderTest): void {
  const { format, options = {}, holds = () => true, typed = true, nested = true } = tested
  const readsAs = tested.readsAs ?? ((_: DataType, value: unknown) => value)
  const folder = mkdtempSync(join(tmpdir(), `conformance-${format.name}-`))
  afterAll(() => rmSync(folder, { recursive: true }))
  const path = join(folder, `file${format.extensions[0]}`)
  const held = (fields: Fields): Fields =>
    Object.fromEntries(Object.entries(fields).filter(([, type]) => holds(type)))
  const types = (nested ? anyType : leafType).filter(holds)
  const expected = (fields: Fields, rows: readonly Row[]): Row[] =>
    rows.map((row) =>
      Object.fromEntries(
        Object.entries(fields).map(([name, type]) => [name, readsAs(type, row[name])]),
      ),
    )

  function write(fields: Fields, rows: readonly Row[], batchRows = 1000): Schema {
    const schema = Schema.of(fields)
    const mark = kernels.mark()
    // Not over the file before: file systems that guard against crashes then wait for the disk.
    rmSync(path, { force: true })
    writeFileSync(path, encodeFile(tested, schema, batchesOf(schema, rows, batchRows)))
    kernels.reset(mark)
    return schema
  }
  const whole = (): readonly FileSplit[] => format.plan(path, options, Number.MAX_SAFE_INTEGER)

  describe(`the format ${format.name}`, () => {
    it('gives back every type that it holds, with and without nulls', async () => {
      const fields = held(ALL_LEAVES)
      const rows = randomRows(fields, 500, 1)
      const schema = write(fields, rows, 128)
      expect(await readSplits(tested, readerContext(schema), whole())).toEqual(
        expected(fields, rows),
      )
    })

    it('gives back any schema and rows, and the schema itself', async () => {
      await fc.assert(
        fc.asyncProperty(sample(types, 40), async ({ fields, rows }) => {
          const schema = write(fields, rows)
          if (typed) expect(format.schema(path, options).toString()).toBe(schema.toString())
          else if (rows.length > 0) expect(format.schema(path, options).names).toEqual(schema.names)
          expect(await readSplits(tested, readerContext(schema), whole())).toEqual(
            expected(fields, rows),
          )
        }),
        // Each writes and reads a file.
        { numRuns: 300 },
      )
    })

    it('gives each row once and in order, whatever the size of splits and batches', async () => {
      const fields = held(ALL_LEAVES)
      const rows = randomRows(fields, 1200, 2)
      const schema = write(fields, rows, 200)
      const sizes = [Number.MAX_SAFE_INTEGER, 100_000, 20_001]
      let most = 0
      for (const splitBytes of sizes) {
        const splits = format.plan(path, options, splitBytes)
        expect(new Set(splits.map(({ id }) => id)).size).toBe(splits.length)
        most = Math.max(most, splits.length)
        const read = await readSplits(tested, readerContext(schema, 177), splits)
        expect(read).toEqual(expected(fields, rows))
        // Two readers share the splits.
        const odd = splits.filter((_, i) => i % 2 === 1)
        const even = splits.filter((_, i) => i % 2 === 0)
        const evenRows = await readSplits(tested, readerContext(schema), even)
        const oddRows = await readSplits(tested, readerContext(schema), odd)
        expect(evenRows.length + oddRows.length).toBe(rows.length)
      }
      if (tested.splitsAnywhere === true) expect(most).toBeGreaterThan(10)
    })

    it('reads only the columns that are wanted, in the order that is wanted', async () => {
      const fields = held({ ...ALL_LEAVES, last: utf8() })
      const rows = randomRows(fields, 300, 3)
      write(fields, rows)
      const names = ['last', ...Object.keys(fields).filter((_, i) => i % 3 === 1)].toReversed()
      const wanted = Object.fromEntries(names.map((name) => [name, fields[name]!]))
      const read = await readSplits(tested, readerContext(Schema.of(wanted)), whole())
      expect(read).toEqual(expected(wanted, rows))
    })

    it('gives no rows for a file without rows', async () => {
      const schema = write({ id: int32(), name: nullable(utf8()) }, [])
      expect(await readSplits(tested, readerContext(schema), whole())).toEqual([])
    })

    it('encodes slices of larger batches', async () => {
      const fields = held(ALL_LEAVES)
      const rows = randomRows(fields, 100, 4)
      const schema = Schema.of(fields)
      const mark = kernels.mark()
      const [batch] = batchesOf(schema, rows, 100)
      writeFileSync(path, encodeFile(tested, schema, [batch!.slice(8, 45), batch!.slice(64, 36)]))
      kernels.reset(mark)
      expect(await readSplits(tested, readerContext(schema), whole())).toEqual(
        expected(fields, [...rows.slice(8, 53), ...rows.slice(64)]),
      )
    })

    it('counts the bytes that it reads', async () => {
      const fields = { name: utf8() }
      const schema = write(fields, randomRows(fields, 2000, 5))
      const context = readerContext(schema)
      await readSplits(tested, context, whole())
      expect(context.metrics.bytesIn).toBeGreaterThan(0)
    })

    it('gives all its memory back, also when it is closed in the middle', async () => {
      const fields = held(ALL_LEAVES)
      const schema = write(fields, randomRows(fields, 3000, 6), 500)
      const close = async (): Promise<void> => {
        const mark = kernels.mark()
        const reader = format.reader(readerContext(schema, 100), options)
        await reader.open(whole()[0]!)
        for (let polled = reader.poll(); polled instanceof Promise; polled = reader.poll()) {
          await polled
        }
        await reader.close()
        kernels.reset(mark)
      }
      await close()
      const before = allocated()
      await close()
      await readSplits(tested, readerContext(schema), whole())
      expect(allocated()).toBe(before)
      const context = { kernels, schema, config: DEFAULT_CONFIG, metrics: newMetrics() }
      const encoder = format.encoder({ ...context, subtaskIndex: 0, parallelism: 1 }, options)
      encoder.begin()
      const mark = kernels.mark()
      encoder.encode(batchesOf(schema, randomRows(fields, 50, 7), 50)[0]!)
      kernels.reset(mark)
      encoder.close()
      expect(allocated()).toBe(before)
    })
  })
}
