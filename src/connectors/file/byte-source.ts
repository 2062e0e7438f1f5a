// The bytes of a file for readers of lines: a range of a plain file, or all that a compressed one
// holds.
//
// B1  A plain file is read when asked, straight into the caller's memory (linear memory, too). A
//     compressed one is read and decompressed ahead in the background, by at most AHEAD_BYTES.
// B2  All frames of a compressed file are read, as the tools do (logs are compressed and appended).
// B3  read() gives 0 at the end only. A promise means that there is nothing yet: read again after
//     it.
import { closeSync, createReadStream, openSync, type ReadStream, readSync, statSync } from 'node:fs'
import type { TransformOptions } from 'node:stream'
import { createGunzip, createZstdDecompress, type ZlibOptions, type ZstdOptions } from 'node:zlib'
import { DataflowError } from '../../base/errors.ts'
import { readError } from './file-system.ts'
import type { Compression } from './format.ts'

const AHEAD_BYTES = 1 << 20
const NO_BYTES = new Uint8Array()

export interface ByteSource {
  /**
   * Fills the start of `into`: how many bytes, 0 at the end.
   * @throws FILE_UNREADABLE, FORMAT_INVALID for broken compression
   */
  read(into: Uint8Array): number | Promise<void>
  /** Bytes taken from the file itself so far: compressed ones, where it is compressed. */
  readonly fileBytes: number
  close(): void
}

/**
 * @param start first byte, of a plain file
 * @throws FILE_NOT_FOUND, FILE_UNREADABLE
 */
export function openBytes(path: string, compression: Compression, start = 0): ByteSource {
  return compression === 'none'
    ? new PlainBytes(path, start)
    : new DecompressedBytes(path, compression)
}

class PlainBytes implements ByteSource {
  readonly #path: string
  readonly #file: number
  #position: number
  fileBytes = 0

  constructor(path: string, start: number) {
    this.#path = path
    this.#position = start
    try {
      this.#file = openSync(path, 'r')
    } catch (error) {
      throw readError(path, error)
    }
  }

  read(into: Uint8Array): number {
    try {
      const bytes = readSync(this.#file, into, 0, into.length, this.#position)
      this.#position += bytes
      this.fileBytes += bytes
      return bytes
    } catch (error) {
      throw readError(this.#path, error)
    }
  }

  close(): void {
    closeSync(this.#file)
  }
}

class DecompressedBytes implements ByteSource {
  readonly #path: string
  readonly #compression: 'gzip' | 'zstd'
  readonly #size: number
  #file!: ReadStream
  #stream!: ReturnType<typeof createGunzip>
  #start = 0
  #failure: DataflowError | undefined
  #ended = false
  #wake: (() => void) | undefined
  // What the stream gave and the caller has not taken.
  #rest: Uint8Array = NO_BYTES

  constructor(path: string, compression: 'gzip' | 'zstd') {
    this.#path = path
    this.#compression = compression
    try {
      this.#size = statSync(path).size
    } catch (error) {
      throw readError(path, error)
    }
    this.#decompressFrom(0)
  }

  get fileBytes(): number {
    return this.#start + this.#stream.bytesWritten
  }

  #decompressFrom(start: number): void {
    // The types leave it out, but these streams take what every stream takes.
    const options: ZlibOptions & ZstdOptions & TransformOptions = {
      readableHighWaterMark: AHEAD_BYTES,
      chunkSize: AHEAD_BYTES >> 3,
    }
    const file = createReadStream(this.#path, { start, highWaterMark: AHEAD_BYTES >> 2 })
    const stream =
      this.#compression === 'gzip' ? createGunzip(options) : createZstdDecompress(options)
    this.#start = start
    this.#file = file
    this.#stream = stream
    file.on('error', (error) => this.#fail(readError(this.#path, error)))
    stream.on('error', (error) => {
      // Once a frame has ended, what Node says of the bytes after it means nothing.
      if (stream === this.#stream && !this.#ended) this.#fail(this.#broken(error))
    })
    stream.on('readable', () => this.#wake?.())
    stream.on('end', () => this.#endFrame())
    file.pipe(stream)
  }

  /**
   * Node's stream goes on over the members of a gzip file, but ends after a zstd file's first
   * frame.
   */
  #endFrame(): void {
    const consumed = this.fileBytes
    if (this.#compression === 'zstd' && consumed < this.#size) {
      this.#file.destroy()
      this.#decompressFrom(consumed)
    } else {
      this.#ended = true
      this.#wake?.()
    }
  }

  read(into: Uint8Array): number | Promise<void> {
    let filled = 0
    while (filled < into.length) {
      if (this.#rest.length === 0) this.#rest = (this.#stream.read() as Uint8Array) ?? NO_BYTES
      if (this.#rest.length === 0) break
      const part = this.#rest.subarray(0, into.length - filled)
      into.set(part, filled)
      filled += part.length
      this.#rest = this.#rest.subarray(part.length)
    }
    if (filled > 0) return filled
    if (this.#failure !== undefined) throw this.#failure
    if (this.#ended) return 0
    return new Promise((resolve) => {
      this.#wake = resolve
    })
  }

  close(): void {
    this.#file.destroy()
    this.#stream.destroy()
  }

  #fail(error: DataflowError): void {
    this.#failure ??= error
    this.#wake?.()
  }

  #broken(cause: Error): DataflowError {
    const isCut = 'code' in cause && cause.code === 'Z_BUF_ERROR'
    const what = isCut ? 'is cut off' : 'is broken'
    return new DataflowError(
      'FORMAT_INVALID',
      `${this.#path}: its ${this.#compression} data ${what} near byte ${this.fileBytes} ` +
        `(${cause.message}); was it written to its end?`,
      { cause, context: { location: this.#path } },
    )
  }
}
