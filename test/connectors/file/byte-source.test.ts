// Plain and compressed files give the same bytes, whatever the size of the caller's buffer; broken
// compression is told with its file.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { constants, gzipSync, zstdCompressSync } from 'node:zlib'
import { afterAll, describe, expect, it } from 'vitest'
import { type ByteSource, openBytes } from '../../../src/connectors/file/byte-source.ts'
import { sniffCompression } from '../../../src/connectors/file/compression.ts'

const folder = mkdtempSync(join(tmpdir(), 'byte-source-'))
afterAll(() => rmSync(folder, { recursive: true }))

// Not compressible to nothing: several blocks of every stage.
let seed = 1
const content = Uint8Array.from({ length: 3_000_000 }, () => {
  seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0
  return seed >>> 24
})
const compressed = {
  none: content,
  gzip: gzipSync(content),
  zstd: zstdCompressSync(content, { params: { [constants.ZSTD_c_checksumFlag]: 1 } }),
} as const

function write(name: string, bytes: Uint8Array): string {
  const path = join(folder, name)
  writeFileSync(path, bytes)
  return path
}

async function readAll(source: ByteSource, bufferBytes: number): Promise<Buffer> {
  const parts: Uint8Array[] = []
  const buffer = new Uint8Array(bufferBytes)
  for (;;) {
    const bytes = source.read(buffer)
    if (typeof bytes !== 'number') await bytes
    else if (bytes === 0) return Buffer.concat(parts)
    else parts.push(buffer.slice(0, bytes))
  }
}

describe.each(['none', 'gzip', 'zstd'] as const)('%s', (compression) => {
  it.each([1000, 65_536, 5_000_000])('gives all bytes through a buffer of %i', async (size) => {
    const source = openBytes(write(`a.${compression}`, compressed[compression]), compression)
    const bytes = await readAll(source, size)
    expect(bytes.equals(content)).toBe(true)
    expect(source.fileBytes).toBe(compressed[compression].length)
    source.close()
  })

  it('gives an empty file, and what was concatenated', async () => {
    const none = new Uint8Array()
    const empty = { none, gzip: gzipSync(none), zstd: zstdCompressSync(none) }[compression]
    const nothing = openBytes(write('empty', empty), compression)
    expect((await readAll(nothing, 100)).length).toBe(0)
    const part = compressed[compression]
    const thrice = Buffer.concat([part, empty, part, part])
    const source = openBytes(write('thrice', thrice), compression)
    expect((await readAll(source, 100_000)).length).toBe(content.length * 3)
    expect(source.fileBytes).toBe(thrice.length)
  })

  it('is known by its first bytes, and closes in the middle', async () => {
    expect(sniffCompression(compressed[compression])).toBe(compression)
    const source = openBytes(write('middle', compressed[compression]), compression)
    for (let bytes = source.read(new Uint8Array(10)); typeof bytes !== 'number';) {
      await bytes
      bytes = source.read(new Uint8Array(10))
    }
    source.close()
  })

  it('names a file that is not there', async () => {
    const path = join(folder, 'nowhere')
    const read = async (): Promise<unknown> => readAll(openBytes(path, compression), 10)
    await expect(read()).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' })
  })
})

describe.each(['gzip', 'zstd'] as const)('%s that is wrong', (compression) => {
  it('tells that a file is cut off', async () => {
    const path = write('cut', compressed[compression].subarray(0, 1_000_000))
    await expect(readAll(openBytes(path, compression), 65_536)).rejects.toMatchObject({
      code: 'FORMAT_INVALID',
      message: expect.stringMatching(/cut: its (gzip|zstd) data is cut off near byte \d+/),
    })
  })

  it('tells that a file is broken', async () => {
    const bytes = compressed[compression].slice()
    bytes.fill(0xff, 500_000, 500_100)
    await expect(readAll(openBytes(write('broken', bytes), compression), 65_536)).rejects.toThrow(
      expect.objectContaining({ code: 'FORMAT_INVALID' }),
    )
  })
})

describe('a range of a plain file', () => {
  it('starts where it should', async () => {
    const source = openBytes(write('range', content), 'none', 2_999_990)
    expect([...(await readAll(source, 4))]).toEqual([...content.subarray(2_999_990)])
    source.close()
  })
})
