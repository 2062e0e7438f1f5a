// Rows with a time, a key and a number, as an Arrow file: what benchmarks of keyed state and windows read.
import { writeFileSync } from 'node:fs'
import {
  type Data,
  type DataType,
  Field,
  Float64,
  Int32,
  makeData,
  RecordBatch,
  RecordBatchFileWriter,
  Schema,
  Struct,
  TimestampMillisecond,
} from 'apache-arrow'

export interface TimedRows {
  /** Milliseconds since the epoch. */
  readonly times: Float64Array
  readonly keys: Int32Array
  readonly values: Int32Array | Float64Array
}

/** Columns `time`, `key` and `n`. */
export function writeTimedRows(
  file: string,
  { times, keys, values }: TimedRows,
  batchRows: number,
): void {
  const types = {
    time: new TimestampMillisecond(),
    key: new Int32(),
    n: values instanceof Int32Array ? new Int32() : new Float64(),
  }
  const numbers = (from: number, to: number): Data<DataType> =>
    values instanceof Int32Array
      ? makeData({ type: new Int32(), data: values.subarray(from, to) })
      : makeData({ type: new Float64(), data: values.subarray(from, to) })
  const fields = Object.entries(types).map(([name, type]) => new Field(name, type, false))
  const schema = new Schema(fields)
  const writer = new RecordBatchFileWriter()
  for (let at = 0; at < times.length; at += batchRows) {
    const end = Math.min(times.length, at + batchRows)
    const time = BigInt64Array.from(times.subarray(at, end), BigInt)
    const children = [
      makeData({ type: types.time, data: time }),
      makeData({ type: types.key, data: keys.subarray(at, end) }),
      numbers(at, end),
    ]
    const type = new Struct(fields)
    writer.write(new RecordBatch(schema, makeData({ type, length: end - at, children })))
  }
  writer.finish()
  writeFileSync(file, writer.toUint8Array(true))
}
