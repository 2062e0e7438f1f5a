// The functions that users name files with, end to end through the list of connectors: what they
// write and read back, the columns they find by themselves, and what they refuse while the job is
// built.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { IntervalYearMonth, makeVector, Table, tableToIPC } from 'apache-arrow'
import { afterEach, beforeEach, describe, expect, expectTypeOf, it } from 'vitest'
import { systemClock } from '../../../src/base/clock.ts'
import { DEFAULT_CONFIG } from '../../../src/base/config.ts'
import { BatchBuilder } from '../../../src/columnar/batch-builder.ts'
import { RowReader } from '../../../src/columnar/row-reader.ts'
import { Schema } from '../../../src/columnar/schema.ts'
import {
  type Fields,
  float64,
  int32,
  int64,
  nullable,
  type RowOf,
  timestamp,
  utf8,
} from '../../../src/columnar/type.ts'
import type {
  ConnectorEnvironment,
  SinkSpec,
  SourceSpec,
} from '../../../src/connectors/connector.ts'
import {
  arrow,
  arrowFile,
  csv,
  csvFile,
  ndjson,
  ndjsonFile,
  parquet,
} from '../../../src/connectors/file/files.ts'
import { loadConnector } from '../../../src/connectors/index.ts'
import { Kernels } from '../../../src/kernels/module.ts'
import { newMetrics } from '../../../src/operators/operator.ts'
import type { Row } from '../../columnar/random-rows.ts'

const kernels = new Kernels()
const world = { kernels, config: DEFAULT_CONFIG, subtaskIndex: 0, parallelism: 1 }
const environment: ConnectorEnvironment = {
  blob: () => new Uint8Array(),
  closure: undefined,
  clock: systemClock,
  toClient: () => Promise.resolve(),
}
let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'files-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

/** As it travels: through JSON. */
const sent = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T

async function write(spec: SinkSpec, fields: Fields, rows: readonly Row[]): Promise<void> {
  const connector = await loadConnector(spec.connector)
  const schema = Schema.of(fields)
  const sink = connector.sink!(sent(spec.config), environment)
  const writer = sink.writer({ ...world, schema, metrics: newMetrics() })
  try {
    await writer.open?.()
    const builder = new BatchBuilder(kernels, schema)
    for (const row of rows) builder.append(row)
    await writer.write(builder.finish())
    await writer.finish()
  } finally {
    await writer.close()
  }
}

/** @param columns those that the job needs; all of the spec's unless said otherwise */
async function read(spec: SourceSpec, columns?: readonly string[]): Promise<Row[]> {
  const connector = await loadConnector(spec.connector)
  const source = connector.source!(sent(spec.config), environment)
  const schema = Schema.of(spec.schema).project(columns ?? Object.keys(spec.schema))
  const reader = source.reader({ ...world, schema, metrics: newMetrics() })
  const rows: Row[] = []
  try {
    for (const split of await source.plan(1)) {
      await reader.open(split)
      for (let polled = reader.poll(); polled !== 'split-ended'; polled = reader.poll()) {
        if (polled instanceof Promise) await polled
        else rows.push(...new RowReader(kernels, schema).rows(polled))
      }
    }
  } finally {
    await reader.close()
  }
  return rows
}

const FIELDS = { iata: utf8(), name: nullable(utf8()), delay: float64(), flights: int64() }
const ROWS = [
  { iata: 'ATL', name: 'Hartsfield, "Atlanta"', delay: 1.5, flights: 7n },
  { iata: 'SEA', name: null, delay: -2, flights: 2n ** 60n },
]

describe('files', () => {
  it('give back what was written to them', async () => {
    for (const ending of ['', '.gz', '.zst']) {
      const path = join(folder, `a.csv${ending}`)
      await write(csvFile(path), FIELDS, ROWS)
      expect(await read(csv(path, { schema: FIELDS }))).toEqual(ROWS)
      const lines = join(folder, `a.ndjson${ending}`)
      await write(ndjsonFile(lines), FIELDS, ROWS)
      expect(await read(ndjson(lines, { schema: FIELDS }))).toEqual(ROWS)
    }
    expect(gunzipSync(readFileSync(join(folder, 'a.csv.gz'))).toString()).toBe(
      readFileSync(join(folder, 'a.csv'), 'utf8'),
    )
  })

  it('of Arrow are files, or streams by their ending', async () => {
    for (const name of ['a.arrow', 'a.arrows']) {
      const path = join(folder, name)
      await write(arrowFile(path), FIELDS, ROWS)
      expect(await read(arrow(path, { schema: FIELDS }))).toEqual(ROWS)
      expect(arrow(path).schema).toEqual(FIELDS)
    }
    expect(readFileSync(join(folder, 'a.arrow')).subarray(0, 6).toString()).toBe('ARROW1')
    expect(readFileSync(join(folder, 'a.arrows')).readUInt32LE(0)).toBe(0xffffffff)
  })

  it('of Parquet are read with their optional columns declared as required', async () => {
    const path = new URL('../data/flights-3m.parquet', import.meta.resolve('vega-datasets'))
    const own = parquet(path, { columns: ['origin', 'date'] }).schema
    expect(own).toEqual({ origin: nullable(utf8()), date: nullable(timestamp('us')) })
    const spec = parquet(path, {
      schema: { date: timestamp('us'), delay: int64(), origin: utf8() },
    })
    expect(spec.name).toBe('parquet flights-3m.parquet')
    const source = (await loadConnector('file')).source!(sent(spec.config), environment)
    expect(await source.plan(2)).toHaveLength(11)
    const plan = (schema: Fields): Promise<unknown> =>
      read(parquet(path, { schema }), Object.keys(schema))
    await expect(plan({ delay: int32() })).rejects.toThrow(
      /column 'delay': the file has int64, the schema int32/,
    )
    await expect(plan({ orgin: utf8() })).rejects.toThrow(/Did you mean 'origin'/)
    expect(() => csv(path)).toThrow(/looks like Parquet, not CSV; use parquet\(\)/)
  })

  it('in a folder are written in parts and read as one', async () => {
    const path = `${folder}/out/`
    await write(ndjsonFile(path, { compression: 'gzip', partRows: 1 }), FIELDS, ROWS)
    expect(await read(ndjson(path, { schema: FIELDS }))).toEqual(ROWS)
    expect(ndjsonFile(path).parallelism).toBe(undefined)
    expect(ndjsonFile(join(folder, 'a.ndjson')).parallelism).toBe(1)
  })

  it('with a declared schema type the rows', () => {
    const spec = csv(join(folder, 'a.csv'), { schema: FIELDS })
    type Expected = { iata: string; name: string | null; delay: number; flights: bigint }
    expectTypeOf<RowOf<typeof spec.schema>>().toEqualTypeOf<Expected>()
    expectTypeOf(ndjson(join(folder, 'a.ndjson'), { schema: FIELDS })).toEqualTypeOf<
      SourceSpec<typeof FIELDS>
    >()
  })

  it('without a declared schema show their own, all of it or some columns', async () => {
    const path = join(folder, 'a.csv')
    await write(csvFile(path), FIELDS, ROWS)
    const spec = csv(path)
    expect(Object.keys(spec.schema)).toEqual(['iata', 'name', 'delay', 'flights'])
    expect((await read(spec)).map((row) => row['delay'])).toEqual([1.5, -2])
    expect(Object.keys(csv(path, { columns: ['delay', 'iata'] }).schema)).toEqual(['delay', 'iata'])
    expect(() => csv(path, { columns: ['delays'] })).toThrow(/Did you mean 'delay'/)
    expect(() => csv(join(folder, 'b.csv'))).toThrow(/Did you mean 'a\.csv'/)
    expect(() => ndjson(path)).toThrow(/looks like CSV text, not NDJSON; use csv\(\)/)
    const packed = join(folder, 'packed.csv.gz')
    writeFileSync(packed, gzipSync(readFileSync(path)))
    expect(csv(packed).schema).toEqual(spec.schema)
  })

  it('name a column whose type has no counterpart here, not as one that is missing', async () => {
    const path = join(folder, 'a.arrow')
    const table = new Table({
      id: makeVector(Int32Array.of(1, 2)),
      span: makeVector({ type: new IntervalYearMonth(), length: 2, data: Int32Array.of(1, 2) }),
    })
    writeFileSync(path, tableToIPC(table, 'file'))
    expect(Object.keys(arrow(path).schema)).toEqual(['id'])
    const refused = {
      code: 'UNSUPPORTED',
      message: expect.stringMatching(/a\.arrow: column 'span' has the Arrow type Interval/),
    }
    expect(() => arrow(path, { columns: ['id', 'span'] })).toThrow(expect.objectContaining(refused))
    expect(() => arrow(path, { columns: ['id', 'spam'] })).toThrow(/a\.arrow has no column 'spam'/)
    await expect(read(arrow(path, { schema: { span: int32() } }))).rejects.toMatchObject(refused)
  })

  it('without a header are named by the schema, whatever the job needs of them', async () => {
    const path = join(folder, 'a.csv')
    writeFileSync(path, '1;x;2\n3;y;4\n')
    const schema = { a: int32(), b: utf8(), c: int32() }
    const spec = csv(path, { schema, header: false, delimiter: ';' })
    expect(await read(spec, ['c', 'a'])).toEqual([
      { c: 2, a: 1 },
      { c: 4, a: 3 },
    ])
  })

  it('of a header without a declared column fail while the job is planned', async () => {
    const content = 'iata,name\nATL,x\n'
    for (const bytes of [Buffer.from(content), gzipSync(content)]) {
      const path = join(folder, 'a.csv')
      writeFileSync(path, bytes)
      await expect(read(csv(path, { schema: { nme: utf8() } }))).rejects.toMatchObject({
        code: 'SCHEMA_MISMATCH',
        message: expect.stringMatching(/a\.csv has no column 'nme'\. Did you mean 'name'\?/),
      })
    }
  })

  it('separate by tabs in a .tsv', async () => {
    const path = join(folder, 'a.tsv')
    await write(csvFile(path), FIELDS, ROWS)
    expect(readFileSync(path, 'utf8')).toMatch(/^iata\tname\tdelay\tflights\n/)
    expect(await read(csv(path, { schema: FIELDS }))).toEqual(ROWS)
  })
})

describe('what is refused while a job is built', () => {
  it('is an ending that says another format', () => {
    expect(() => csvFile('out/a.ndjson')).toThrow(/the ending .ndjson says NDJSON; name it a\.csv/)
    expect(() => ndjsonFile('out/a.csv.gz')).toThrow(/says CSV; name it a\.ndjson/)
    expect(() => arrowFile('out/a.arrow.gz')).toThrow(/Arrow IPC files compress inside/)
    expect(csvFile('out/a.data').name).toBe('csv a.data')
  })

  it('is a dialect that cannot be', () => {
    expect(() => csv('a.csv', { schema: FIELDS, delimiter: '||' })).toThrow(/delimiter must be one/)
    expect(() => csvFile('a.csv', { quote: ',' })).toThrow(/csv: /)
  })

  it('is no path at all', () => {
    expect(() => csv([], { schema: FIELDS })).toThrow(/no path/)
    expect(() => csv('', { schema: FIELDS })).toThrow(/empty/)
  })

  it('is a connector or a format that is not there', async () => {
    await expect(loadConnector('files')).rejects.toThrow(
      /no connector 'files'\. Did you mean 'file'/,
    )
    const { source } = await loadConnector('file')
    expect(() => source!({ format: 'cvs' }, environment)).toThrow(/Did you mean 'csv'/)
  })
})
