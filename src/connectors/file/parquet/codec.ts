// How pages are compressed. What node:zlib has is taken from there (native; a library over own code);
// Snappy and LZ4, which it lacks, are kernels that work within linear memory.
//
// CO1 The result has exactly the bytes that the page header says, or the page is damaged: nothing larger
//     is ever made.
import { brotliDecompressSync, gunzipSync, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { CORRUPT } from '../../../kernels/hybrid.ts'
import { lz4Block } from '../../../kernels/lz4.ts'
import type { Kernels } from '../../../kernels/module.ts'
import { snappyBound, snappyCompress, snappyDecompress } from '../../../kernels/snappy.ts'
import type { ColumnChunk } from './footer.ts'

type Codec = ColumnChunk['codec']

const NATIVE: Partial<
  Record<Codec, (bytes: Uint8Array, options: { maxOutputLength: number }) => Uint8Array>
> = { GZIP: gunzipSync, ZSTD: zstdDecompressSync, BROTLI: brotliDecompressSync }

type Kernel = (kernels: Kernels, from: number, bytes: number, out: number, plain: number) => number

/** Ours, with the most that a byte may stand for: Snappy copies 64 bytes by 3, LZ4 255 by 1. */
const OWN: Partial<Record<Codec, { readonly run: Kernel; readonly ratioMax: number }>> = {
  SNAPPY: { run: snappyDecompress, ratioMax: 22 },
  LZ4_RAW: { run: lz4Block, ratioMax: 256 },
}

export const isSupported = (codec: Codec): boolean =>
  codec === 'UNCOMPRESSED' || OWN[codec] !== undefined || NATIVE[codec] !== undefined

/**
 * Decompresses `bytes` bytes at `from` to exactly `plainBytes`, which `into` makes room for.
 * @throws Error when they are no such thing
 */
export function decompress(
  kernels: Kernels,
  codec: Codec,
  { from, bytes, plainBytes }: { from: number; bytes: number; plainBytes: number },
  into: (bytes: number) => number,
): void {
  const native = NATIVE[codec]
  if (native !== undefined) {
    const plain = native(kernels.u8.subarray(from, from + bytes), {
      maxOutputLength: Math.max(1, plainBytes),
    })
    if (plain.length !== plainBytes) throw new Error(`${plain.length} of ${plainBytes} bytes`)
    // Making room may detach the view: it comes first.
    const to = into(plainBytes)
    kernels.u8.set(plain, to)
    return
  }
  const own = OWN[codec]!
  if (plainBytes > bytes * own.ratioMax) throw new Error(`more than ${codec} can make of it`)
  const done = own.run(kernels, from, bytes, into(plainBytes), plainBytes)
  if (done === CORRUPT) throw new Error(`no such ${codec} data`)
}

/** Numbers of parquet.thrift of what we write. */
export const WRITE_CODECS = { none: 0, snappy: 1, zstd: 6 } as const

export type WriteCodec = keyof typeof WRITE_CODECS

/** Compresses bytes of linear memory into bytes of their own. */
export function compress(
  kernels: Kernels,
  codec: WriteCodec,
  from: number,
  bytes: number,
): Uint8Array {
  switch (codec) {
    case 'none':
      return kernels.take(from, bytes)
    case 'zstd':
      return zstdCompressSync(kernels.u8.subarray(from, from + bytes))
    case 'snappy': {
      const mark = kernels.mark()
      const out = kernels.scratch(snappyBound(kernels, bytes))
      const compressed = kernels.take(out, snappyCompress(kernels, from, bytes, out))
      kernels.reset(mark)
      return compressed
    }
  }
}
