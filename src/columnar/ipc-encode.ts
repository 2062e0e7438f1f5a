// Record batches as Arrow IPC messages: metadata by apache-arrow's flatbuffers, bodies copied once out of
// linear memory.
//
//   message   0xffffffff | u32 metadata length | metadata, padded to 8 | body: buffers, each padded to 64
//
// IE1  A message is valid until the next call: its bytes are a buffer that is used again.
// IE2  What was written after the schema message fits it: same columns, in the same order.
import {
  BufferRegion,
  FieldNode,
  Message,
  RecordBatch as RecordBatchHeader,
} from 'apache-arrow/ipc/metadata/message'
import { decimalWiden } from '../kernels/arrow-decode.ts'
import { bitmapCount } from '../kernels/bitmap.ts'
import type { Kernels } from '../kernels/module.ts'
import { toArrowSchema } from './arrow-schema.ts'
import { compact, gatherVector } from './gather.ts'
import type { RecordBatch } from './record-batch.ts'
import type { Schema } from './schema.ts'
import { byteWidth, isVariable } from './type.ts'
import type { Vector } from './vector.ts'

/** The end of a stream: a message without metadata. */
export const END_OF_STREAM = Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0)

const PREFIX_BYTES = 8
const BODY_ALIGNMENT = 64

/** One buffer of a body: bytes of linear memory, or 64-bit decimals to be widened. */
interface BodyBuffer {
  readonly from: number
  readonly bytes: number
  readonly widen: boolean
}

const padded = (bytes: number, to: number): number => Math.ceil(bytes / to) * to

/** A message as encoded: where its body begins is what a file's footer wants to know. */
export interface EncodedMessage {
  readonly bytes: Uint8Array<ArrayBuffer>
  /** Prefix and metadata. */
  readonly metadataBytes: number
  readonly bodyBytes: number
}

export function encodeSchemaMessage(schema: Schema): Uint8Array {
  return framed(Message.encode(Message.from(toArrowSchema(schema))), 0, new Uint8Array()).bytes
}

export class BatchEncoder {
  readonly #kernels: Kernels
  #buffer: Uint8Array<ArrayBuffer> = new Uint8Array()

  constructor(kernels: Kernels) {
    this.#kernels = kernels
  }

  encode(batch: RecordBatch): EncodedMessage {
    const mark = this.#kernels.mark()
    const dense = compact(this.#kernels, batch)
    const nodes: FieldNode[] = []
    const buffers: BodyBuffer[] = []
    for (const column of dense.columns) {
      addVector(this.#kernels, gatherVector(this.#kernels, column, undefined), nodes, buffers)
    }
    const regions: BufferRegion[] = []
    let bodyBytes = 0
    for (const { bytes, widen } of buffers) {
      const size = widen ? bytes * 2 : bytes
      regions.push(new BufferRegion(bodyBytes, size))
      bodyBytes += padded(size, BODY_ALIGNMENT)
    }
    const header = new RecordBatchHeader(dense.length, nodes, regions, null)
    const message = Message.from(header, bodyBytes) as Message
    const result = framed(Message.encode(message), bodyBytes, this.#buffer)
    this.#buffer = new Uint8Array(result.bytes.buffer)
    const body = result.bytes.subarray(result.metadataBytes)
    buffers.forEach((buffer, i) => this.#copy(buffer, body, regions[i]!))
    this.#kernels.reset(mark)
    return result
  }

  #copy(
    { from, bytes, widen }: BodyBuffer,
    body: Uint8Array,
    { offset, length }: BufferRegion,
  ): void {
    if (widen) {
      const wide = this.#kernels.scratch(length)
      decimalWiden(this.#kernels, from, bytes / 8, wide)
      body.set(this.#kernels.u8.subarray(wide, wide + length), offset)
    } else body.set(this.#kernels.u8.subarray(from, from + bytes), offset)
    // A reused buffer has an older message's bytes where this one is only padded.
    body.fill(0, offset + length, offset + padded(length, BODY_ALIGNMENT))
  }
}

function framed(
  metadata: Uint8Array,
  bodyBytes: number,
  reuse: Uint8Array<ArrayBuffer>,
): EncodedMessage {
  const metadataBytes = padded(PREFIX_BYTES + metadata.length, BODY_ALIGNMENT)
  const total = metadataBytes + bodyBytes
  const whole = reuse.length >= total ? reuse : new Uint8Array(2 ** Math.ceil(Math.log2(total)))
  const bytes = whole.subarray(0, total)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, 0xffffffff, true)
  view.setUint32(4, metadataBytes - PREFIX_BYTES, true)
  bytes.set(metadata, PREFIX_BYTES)
  bytes.fill(0, PREFIX_BYTES + metadata.length, metadataBytes)
  return { bytes, metadataBytes, bodyBytes }
}

function addVector(
  kernels: Kernels,
  vector: Vector,
  nodes: FieldNode[],
  buffers: BodyBuffer[],
): void {
  const { type, length, validity, values, offsets } = vector
  const nulls = validity === 0 ? 0 : length - bitmapCount(kernels, validity, length)
  nodes.push(new FieldNode(length, nulls))
  const add = (from: number, bytes: number, widen = false): void => {
    buffers.push({ from, bytes, widen })
  }
  add(validity, nulls === 0 ? 0 : (length + 7) >> 3)
  const width = byteWidth(type)
  if (width > 0) add(values, length * width, type.kind === 'decimal' && width === 8)
  else if (type.kind === 'bool') add(values, (length + 7) >> 3)
  else if (isVariable(type) || type.kind === 'list') {
    add(offsets, (length + 1) * 4)
    if (isVariable(type)) add(values, vector.dataBytes(kernels))
  }
  for (const child of vector.children) addVector(kernels, child, nodes, buffers)
}
