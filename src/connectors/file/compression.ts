// Compression of whole files (lines formats): by which ending and first bytes it is known, and the
// stage of a sink that compresses on the way to the file.
//
// Z1  A frame is one stream from start to end, so a compressed file is one split.
// Z2  write() copies what it is given; the work is done on libuv's threads, and at most
//     PENDING_BYTES_MAX of input wait for it.
import { once } from 'node:events'
import type { TransformOptions } from 'node:stream'
import {
  constants,
  createGzip,
  createZstdCompress,
  type ZlibOptions,
  type ZstdOptions,
} from 'node:zlib'
import type { AtomicFile } from './atomic-file.ts'
import type { Compression } from './format.ts'

const PENDING_BYTES_MAX = 1 << 20
// About what the tools' own defaults give, where speed matters as much as size.
const GZIP_LEVEL = 6

/** Endings of compressed files. */
export const COMPRESSION_ENDINGS = { gzip: '.gz', zstd: '.zst' } as const

/** By the path's ending. */
export function compressionOf(path: string): Compression {
  if (path.endsWith(COMPRESSION_ENDINGS.gzip)) return 'gzip'
  return path.endsWith(COMPRESSION_ENDINGS.zstd) ? 'zstd' : 'none'
}

/** By the file's first bytes. */
export function sniffCompression(head: Uint8Array): Compression {
  if (head[0] === 0x1f && head[1] === 0x8b) return 'gzip'
  const isZstd = head[0] === 0x28 && head[1] === 0xb5 && head[2] === 0x2f && head[3] === 0xfd
  return isZstd ? 'zstd' : 'none'
}

/** Where an encoder's bytes go. */
export interface ByteSink {
  /**
   * `bytes` may be reused when the call returns. A promise holds back further ones; it never
   * rejects: what failed is thrown by the next call.
   */
  write(bytes: Uint8Array): Promise<void> | undefined
  /** The end of the content: all of it is on disk when this settles. */
  seal(): Promise<void>
}

/** Compresses into a file. */
export class CompressedFile implements ByteSink {
  readonly #file: AtomicFile
  readonly #stream: ReturnType<typeof createGzip>
  // Ends with the stream; rejects with the file's error.
  readonly #pump: Promise<void>
  #failure: unknown

  constructor(file: AtomicFile, compression: 'gzip' | 'zstd') {
    this.#file = file
    // The types leave it out, but these streams take what every stream takes.
    const options: ZlibOptions & ZstdOptions & TransformOptions = {
      writableHighWaterMark: PENDING_BYTES_MAX,
    }
    this.#stream =
      compression === 'gzip'
        ? createGzip({ level: GZIP_LEVEL, ...options })
        : createZstdCompress({ ...options, params: { [constants.ZSTD_c_checksumFlag]: 1 } })
    this.#pump = this.#copy()
    this.#pump.catch((error: unknown) => {
      this.#failure = error
    })
  }

  write(bytes: Uint8Array): Promise<void> | undefined {
    if (this.#failure !== undefined) throw this.#failure
    if (bytes.length === 0 || this.#stream.write(bytes.slice())) return undefined
    return this.#drained()
  }

  async seal(): Promise<void> {
    this.#stream.end()
    await this.#pump
    await this.#file.seal()
  }

  /** Stops the work; the file is the caller's to abort. */
  async abort(): Promise<void> {
    this.#stream.destroy()
    // Destroying ends the copy with an error that says nothing new.
    await this.#pump.catch(() => undefined)
  }

  async #drained(): Promise<void> {
    try {
      await Promise.race([once(this.#stream, 'drain'), this.#pump])
    } catch {
      // It is #failure by now, for the next call.
    }
  }

  async #copy(): Promise<void> {
    for await (const bytes of this.#stream as AsyncIterable<Uint8Array>) {
      await this.#file.write(bytes)
    }
  }
}
