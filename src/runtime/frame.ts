// A frame: some rows of a batch as one run of bytes, to be queued in a slot, sent to another, or put on a
// wire. Decoding is pointer arithmetic: the vectors point into the frame.
//
//   0   u32 magic   4   u32 rows   8   u32 bytes   12  u32 words in the table
//   16  table: for each vector, depth first: u32 validity, values, offsets (from the frame's start, 0 for
//       none), nulls (0xffffffff: not counted), length
//   ..  buffers, each 64-byte aligned, padded as K4 of the kernels' ABI asks
//
// F1  A frame decodes only under the schema it was made with; sizes are checked against it and `bytes`.
// F2  The frame's start is 64-byte aligned wherever it lies.
import { assert } from '../base/assert.ts'
import { DataflowError } from '../base/errors.ts'
import { RecordBatch, type Selection } from '../columnar/record-batch.ts'
import type { Schema } from '../columnar/schema.ts'
import { gatherVector } from '../columnar/gather.ts'
import { byteWidth, type DataType, isVariable } from '../columnar/type.ts'
import { Vector } from '../columnar/vector.ts'
import type { Kernels } from '../kernels/module.ts'

const MAGIC = 0x31464d52
const HEADER_BYTES = 16
const ENTRY_BYTES = 20
const ALIGNMENT = 64
const PADDING = 64

/** Bytes in a block of linear memory. Who holds it releases it. */
export interface Frame {
  readonly ptr: number
  readonly bytes: number
  readonly rows: number
}

interface Buffer {
  readonly from: number
  readonly bytes: number
}

interface Entry {
  readonly validity: Buffer
  readonly values: Buffer
  readonly offsets: Buffer
  readonly nulls: number
  readonly length: number
}

/**
 * Makes a frame of the batch's rows (all that are in, or those of `rows`), in a block of its own.
 * @throws MEMORY_EXHAUSTED
 */
export function encodeFrame(kernels: Kernels, batch: RecordBatch, rows?: Selection): Frame {
  const selection = rows ?? batch.selection
  const count = selection?.length ?? batch.length
  const mark = kernels.mark()
  const entries: Entry[] = []
  for (const column of batch.columns) {
    addEntries(kernels, entries, gatherVector(kernels, column, selection))
  }
  const tableBytes = HEADER_BYTES + entries.length * ENTRY_BYTES
  let bytes = aligned(tableBytes)
  for (const entry of entries) {
    bytes += place(entry.validity) + place(entry.values) + place(entry.offsets)
  }
  const ptr = kernels.allocate(bytes)
  writeFrame(kernels, ptr, bytes, count, entries)
  kernels.reset(mark)
  return { ptr, bytes, rows: count }
}

function addEntries(kernels: Kernels, entries: Entry[], vector: Vector): void {
  const { type, length } = vector
  const width = byteWidth(type)
  const hasOffsets = isVariable(type) || type.kind === 'list'
  let valuesBytes = width > 0 ? length * width : 0
  if (type.kind === 'bool') valuesBytes = (length + 7) >> 3
  if (isVariable(type)) valuesBytes = vector.dataBytes(kernels)
  entries.push({
    validity: {
      from: vector.validity,
      bytes: vector.validity === 0 ? 0 : (length + 7) >> 3,
    },
    values: { from: vector.values, bytes: valuesBytes },
    offsets: { from: vector.offsets, bytes: hasOffsets ? (length + 1) * 4 : 0 },
    nulls: vector.nullCount < 0 ? 0xffffffff : vector.nullCount,
    length,
  })
  for (const child of vector.children) addEntries(kernels, entries, child)
}

const aligned = (bytes: number): number => (bytes + ALIGNMENT - 1) & -ALIGNMENT
const place = (buffer: Buffer): number => (buffer.bytes === 0 ? 0 : aligned(buffer.bytes + PADDING))

function writeFrame(
  kernels: Kernels,
  ptr: number,
  bytes: number,
  rows: number,
  entries: readonly Entry[],
): void {
  const { u32, u8 } = kernels
  let word = ptr >>> 2
  u32[word++] = MAGIC
  u32[word++] = rows
  u32[word++] = bytes
  u32[word++] = entries.length * (ENTRY_BYTES / 4)
  let at = aligned(HEADER_BYTES + entries.length * ENTRY_BYTES)
  const put = (buffer: Buffer): number => {
    if (buffer.bytes === 0) return 0
    u8.copyWithin(ptr + at, buffer.from, buffer.from + buffer.bytes)
    const start = at
    at += place(buffer)
    return start
  }
  for (const entry of entries) {
    u32[word++] = put(entry.validity)
    u32[word++] = put(entry.values)
    u32[word++] = put(entry.offsets)
    u32[word++] = entry.nulls
    u32[word++] = entry.length
  }
}

/**
 * The batch in a frame at `ptr`, whose vectors point into it.
 * @throws FORMAT_INVALID when the bytes are no frame of this schema
 */
export function decodeFrame(kernels: Kernels, schema: Schema, ptr: number): RecordBatch {
  const word = ptr >>> 2
  const { u32 } = kernels
  if (u32[word] !== MAGIC) throw corrupt('it does not start with a frame header')
  const rows = u32[word + 1]!
  const reader = new FrameReader(kernels, ptr, u32[word + 2]!, u32[word + 3]!)
  const columns = schema.fields.map((field) => reader.vector(field.type))
  for (const column of columns) {
    if (column.length !== rows) throw corrupt(`a column has ${column.length} of ${rows} rows`)
  }
  return new RecordBatch(schema, rows, columns)
}

class FrameReader {
  readonly #kernels: Kernels
  readonly #ptr: number
  readonly #bytes: number
  readonly #end: number
  #word: number

  constructor(kernels: Kernels, ptr: number, bytes: number, words: number) {
    this.#kernels = kernels
    this.#ptr = ptr
    this.#bytes = bytes
    this.#word = (ptr + HEADER_BYTES) >>> 2
    this.#end = this.#word + words
    assert(ptr % ALIGNMENT === 0, `a frame at ${ptr} is not aligned`)
  }

  vector(type: DataType): Vector {
    if (this.#word + 5 > this.#end) throw corrupt('it has fewer columns than the schema')
    const { u32 } = this.#kernels
    const validity = u32[this.#word]!
    const values = u32[this.#word + 1]!
    const offsets = u32[this.#word + 2]!
    const nulls = u32[this.#word + 3]!
    const length = u32[this.#word + 4]!
    this.#word += 5
    const width = byteWidth(type)
    const hasOffsets = isVariable(type) || type.kind === 'list'
    this.#check(validity, validity === 0 ? 0 : (length + 7) >> 3)
    this.#check(values, type.kind === 'bool' ? (length + 7) >> 3 : length * width)
    this.#check(offsets, hasOffsets ? (length + 1) * 4 : 0)
    return new Vector({
      type,
      length,
      nullCount: nulls === 0xffffffff ? -1 : nulls,
      validity: validity === 0 ? 0 : this.#ptr + validity,
      values: this.#ptr + values,
      offsets: hasOffsets ? this.#ptr + offsets : 0,
      children: this.#children(type),
    })
  }

  #children(type: DataType): Vector[] {
    if (type.kind === 'list') return [this.vector(type.item)]
    if (type.kind === 'struct') return Object.values(type.fields).map((field) => this.vector(field))
    return []
  }

  #check(at: number, bytes: number): void {
    if (at + bytes > this.#bytes) throw corrupt(`a buffer of ${bytes} bytes lies outside`)
  }
}

function corrupt(why: string): DataflowError {
  return new DataflowError('FORMAT_INVALID', `a frame between subtasks is damaged: ${why}`)
}
