// The buffers of an Arrow message's body, wherever they are: in linear memory, compressed, or still in the
// file. Who decodes asks for ranges of them.
//
// IB1 at() gives bytes that its caller may read with K4's margin; they live as long as the body, or as
//     the arena's turn when they were read for the call.
// IB2 A region that lies outside of the body, or a range outside of its region, is FORMAT_INVALID.
import type { BufferRegion } from 'apache-arrow/ipc/metadata/message'
import { zstdDecompressSync } from 'node:zlib'
import { DataflowError } from '../base/errors.ts'
import { CORRUPT } from '../kernels/hybrid.ts'
import { lz4Frame } from '../kernels/lz4.ts'
import type { Kernels } from '../kernels/module.ts'

/** Bytes of a file or a buffer. */
export interface RandomBytes {
  readonly size: number
  /** Fills all of `into` from `position`; fails when that is beyond the end. */
  read(into: Uint8Array, position: number): void
}

export interface Body {
  /** How many bytes a buffer has. */
  length(buffer: number): number
  /** Bytes [from, from + bytes) of a buffer. */
  at(buffer: number, from: number, bytes: number): number
  close(): void
}

/** Where a message's buffers are. */
export interface BodyPlace {
  readonly bytes: RandomBytes
  /** Of the body's first byte. */
  readonly start: number
  readonly bodyBytes: number
  readonly regions: readonly BufferRegion[]
}

/** What is wrong with a message; the caller says in which file. */
export function corrupt(why: string): DataflowError {
  return new DataflowError('FORMAT_INVALID', `damaged Arrow data: ${why}`)
}

function regionOf({ regions, bodyBytes }: BodyPlace, buffer: number): BufferRegion {
  const region = regions[buffer]
  if (region === undefined) throw corrupt('a buffer is missing')
  const { offset, length } = region
  if (offset < 0 || length < 0 || offset + length > bodyBytes) {
    throw corrupt('a buffer lies outside of the body')
  }
  return region
}

function checkRange(length: number, from: number, bytes: number): void {
  if (from < 0 || from + bytes > length) {
    throw corrupt(`a buffer of ${length} bytes ends before its rows`)
  }
}

/** A body whose needed ranges are read at once into one block: the way of batches of usual size. */
export class LoadedBody implements Body {
  readonly #kernels: Kernels
  readonly #place: BodyPlace
  #ptr: number

  /** @param ranges [start, end) within the body, in order */
  constructor(
    kernels: Kernels,
    place: BodyPlace,
    ranges: readonly (readonly [number, number])[],
    count: (bytes: number) => void,
  ) {
    this.#kernels = kernels
    this.#place = place
    this.#ptr = kernels.allocate(place.bodyBytes)
    try {
      for (const [from, to] of ranges) {
        if (from < 0 || to > place.bodyBytes) throw corrupt('a buffer lies outside of the body')
        place.bytes.read(kernels.u8.subarray(this.#ptr + from, this.#ptr + to), place.start + from)
        count(to - from)
      }
    } catch (error) {
      this.close()
      throw error
    }
  }

  length(buffer: number): number {
    return regionOf(this.#place, buffer).length
  }

  at(buffer: number, from: number, bytes: number): number {
    const { offset, length } = regionOf(this.#place, buffer)
    checkRange(length, from, bytes)
    return this.#ptr + offset + from
  }

  close(): void {
    this.#kernels.release(this.#ptr)
    this.#ptr = 0
  }
}

/** A body that stays in the file: each range is read when it is asked for, into the arena. */
export class FileBody implements Body {
  readonly #kernels: Kernels
  readonly #place: BodyPlace
  readonly #count: (bytes: number) => void

  constructor(kernels: Kernels, place: BodyPlace, count: (bytes: number) => void) {
    this.#kernels = kernels
    this.#place = place
    this.#count = count
  }

  length(buffer: number): number {
    return regionOf(this.#place, buffer).length
  }

  at(buffer: number, from: number, bytes: number): number {
    const { offset, length } = regionOf(this.#place, buffer)
    checkRange(length, from, bytes)
    const ptr = this.#kernels.scratch(bytes)
    const into = this.#kernels.u8.subarray(ptr, ptr + bytes)
    this.#place.bytes.read(into, this.#place.start + offset + from)
    this.#count(bytes)
    return ptr
  }

  close(): void {
    // Nothing is held.
  }
}

export type BodyCodec = 'lz4' | 'zstd'

/** A body of compressed buffers: those that are asked for are decompressed, each once. */
export class CompressedBody implements Body {
  readonly #kernels: Kernels
  readonly #place: BodyPlace
  readonly #codec: BodyCodec
  readonly #count: (bytes: number) => void
  readonly #plain = new Map<number, { readonly ptr: number; readonly bytes: number }>()

  constructor(
    kernels: Kernels,
    place: BodyPlace,
    codec: BodyCodec,
    count: (bytes: number) => void,
  ) {
    this.#kernels = kernels
    this.#place = place
    this.#codec = codec
    this.#count = count
  }

  length(buffer: number): number {
    return this.#load(buffer).bytes
  }

  at(buffer: number, from: number, bytes: number): number {
    const plain = this.#load(buffer)
    checkRange(plain.bytes, from, bytes)
    return plain.ptr + from
  }

  close(): void {
    for (const { ptr } of this.#plain.values()) this.#kernels.release(ptr)
    this.#plain.clear()
  }

  /** A buffer: its length as i64 (-1: stored as it is), then its bytes. */
  #load(buffer: number): { readonly ptr: number; readonly bytes: number } {
    const done = this.#plain.get(buffer)
    if (done !== undefined) return done
    const { offset, length } = regionOf(this.#place, buffer)
    const kernels = this.#kernels
    const mark = kernels.mark()
    const from = kernels.scratch(length)
    this.#place.bytes.read(kernels.u8.subarray(from, from + length), this.#place.start + offset)
    this.#count(length)
    const plain =
      length === 0 ? { ptr: kernels.allocate(0), bytes: 0 } : this.#inflate(from, length)
    this.#plain.set(buffer, plain)
    kernels.reset(mark)
    return plain
  }

  #inflate(from: number, length: number): { readonly ptr: number; readonly bytes: number } {
    const kernels = this.#kernels
    if (length < 8) throw corrupt('a compressed buffer is cut off')
    const said = Number(kernels.data.getBigInt64(from, true))
    const packed = length - 8
    const bytes = said === -1 ? packed : said
    if (bytes < 0 || bytes > Math.max(packed, packed * RATIO_MAX[this.#codec])) {
      throw corrupt(`a compressed buffer of ${length} bytes claims ${said}`)
    }
    if (said === -1) return { ptr: this.#copy(kernels.take(from + 8, packed)), bytes }
    if (this.#codec === 'zstd') {
      return { ptr: this.#copy(inflateZstd(kernels.take(from + 8, packed), bytes)), bytes }
    }
    const ptr = kernels.allocate(bytes)
    if (lz4Frame(kernels, from + 8, packed, ptr, bytes) !== CORRUPT) return { ptr, bytes }
    kernels.release(ptr)
    throw corrupt('a buffer does not decompress')
  }

  #copy(bytes: Uint8Array): number {
    const ptr = this.#kernels.allocate(bytes.length)
    this.#kernels.u8.set(bytes, ptr)
    return ptr
  }
}

// A byte of LZ4 stands for at most 255; zstd has no such bound, so what one buffer may take is bounded.
const RATIO_MAX = { lz4: 256, zstd: 1 << 20 }

function inflateZstd(packed: Uint8Array, bytes: number): Uint8Array {
  let plain: Uint8Array
  try {
    plain = zstdDecompressSync(packed, { maxOutputLength: Math.max(1, bytes) })
  } catch (error) {
    throw new DataflowError('FORMAT_INVALID', 'damaged Arrow data: a buffer does not decompress', {
      cause: error,
    })
  }
  if (plain.length === bytes) return plain
  throw corrupt('a buffer decompresses to another length than it says')
}
