// The first bytes of a file of lines, decompressed: its byte-order mark, its header, and the
// records from which a schema is guessed. Read at once, since schemas are wanted when a job is
// built.
import { closeSync, openSync, readSync } from 'node:fs'
import { constants, gunzipSync, zstdDecompressSync } from 'node:zlib'
import { readError } from './file-system.ts'
import { sniffCompression } from './compression.ts'

/** A header, and all records that a guess is made from, lie within. */
export const HEAD_BYTES = 1 << 20
const COMPRESSED_BYTES = 256 << 10

export interface LineHead {
  /** Without the byte-order mark, up to HEAD_BYTES. */
  readonly bytes: Uint8Array
  /** Bytes of the mark: where the first record starts. */
  readonly markBytes: 0 | 3
  /** True when this is all of the file. */
  readonly isWhole: boolean
}

/** @throws FILE_NOT_FOUND, FILE_UNREADABLE */
export function readLineHead(path: string): LineHead {
  const raw = readStart(path, HEAD_BYTES + 3)
  const compression = sniffCompression(raw)
  const bytes = compression === 'none' ? raw : decompressStart(raw, compression)
  const hasMark = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf
  const markBytes = hasMark ? 3 : 0
  return {
    bytes: bytes.subarray(markBytes, markBytes + HEAD_BYTES),
    markBytes,
    isWhole: compression === 'none' && raw.length < HEAD_BYTES + 3,
  }
}

function readStart(path: string, length: number): Uint8Array {
  try {
    const file = openSync(path, 'r')
    try {
      const start = new Uint8Array(length)
      return start.subarray(0, readSync(file, start, 0, length, 0))
    } finally {
      closeSync(file)
    }
  } catch (error) {
    throw readError(path, error)
  }
}

// What comes out of the first compressed bytes; nothing when they are broken, which the reader
// explains.
function decompressStart(raw: Uint8Array, compression: 'gzip' | 'zstd'): Uint8Array {
  for (let length = COMPRESSED_BYTES; length >= 4096; length >>= 2) {
    const start = raw.subarray(0, length)
    try {
      const maxOutputLength = 64 << 20
      return compression === 'gzip'
        ? gunzipSync(start, { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength })
        : zstdDecompressSync(start, { finishFlush: constants.ZSTD_e_flush, maxOutputLength })
    } catch {
      // Too much comes out of so little, or the bytes are broken: a shorter start tells.
    }
  }
  return new Uint8Array()
}
