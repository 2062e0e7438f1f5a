// Property tests of Snappy: the kernels against their twins and against hyparquet's decompressor, on text,
// noise, runs, and broken blocks.
import * as fc from 'fast-check'
import { snappyUncompress } from 'hyparquet'
import { describe, expect, it } from 'vitest'
import { CORRUPT } from '../../src/kernels/hybrid.ts'
import { Kernels } from '../../src/kernels/module.ts'
import {
  snappyBound,
  snappyCompress,
  snappyDecompress,
  snappyLength,
} from '../../src/kernels/snappy.ts'
import { inArena, place } from './linear-memory.ts'
import * as twin from './reference/snappy.ts'

const kernels = new Kernels()

const blocks = fc
  .array(
    fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc
        .tuple(fc.uint8Array({ minLength: 1, maxLength: 30 }), fc.nat({ max: 400 }))
        .map(([unit, times]) =>
          Uint8Array.from({ length: unit.length * times }, (_, i) => unit[i % unit.length]!),
        ),
      fc.string({ maxLength: 200 }).map((text) => new TextEncoder().encode(text.repeat(3))),
    ),
    { maxLength: 8 },
  )
  .map((parts) => Uint8Array.from(Buffer.concat(parts)))

/** Some blocks of more than 64 KB. */
const anyBlocks = fc.oneof(
  { weight: 20, arbitrary: blocks },
  {
    weight: 1,
    arbitrary: blocks.map((block) => {
      const large = new Uint8Array(150_000)
      for (let at = 0; at < large.length && block.length > 0; at += block.length + 7) {
        large.set(block.subarray(0, large.length - at), at)
      }
      return large
    }),
  },
)

function compress(block: Uint8Array): Uint8Array {
  const bound = snappyBound(kernels, block.length)
  const out = kernels.scratch(bound)
  const bytes = snappyCompress(kernels, place(kernels, block, 3), block.length, out)
  expect(bytes).toBeLessThanOrEqual(bound)
  return kernels.take(out, bytes)
}

function decompress(block: Uint8Array, bytes: number): Uint8Array | undefined {
  const out = kernels.scratch(bytes)
  // Only padding may be written behind the result.
  kernels.u8.fill(0x5a, out + bytes + 16, out + bytes + 64)
  const done = snappyDecompress(kernels, place(kernels, block, 1), block.length, out, bytes)
  expect([...kernels.take(out + bytes + 16, 48)]).toEqual(Array.from({ length: 48 }, () => 0x5a))
  return done === CORRUPT ? undefined : kernels.take(out, bytes)
}

describe('snappy', () => {
  it('compresses to the bytes that the twin makes, and back', () => {
    fc.assert(
      fc.property(anyBlocks, (block) =>
        inArena(kernels, () => {
          const compressed = compress(block)
          const expected = new Uint8Array(snappyBound(kernels, block.length))
          const bytes = twin.snappyCompress(block, expected)
          expect(Buffer.compare(compressed, expected.subarray(0, bytes))).toBe(0)
          const start = place(kernels, compressed)
          expect(snappyLength(kernels, start, compressed.length)).toBe(block.length)
          expect(Buffer.compare(decompress(compressed, block.length)!, block)).toBe(0)
        }),
      ),
    )
  })

  it('makes what another decompressor reads', () => {
    fc.assert(
      fc.property(blocks, (block) =>
        inArena(kernels, () => {
          const out = new Uint8Array(block.length)
          if (block.length > 0) snappyUncompress(compress(block), out)
          expect(out).toEqual(block)
        }),
      ),
    )
  })

  it('compresses runs at least 20 to 1', () => {
    inArena(kernels, () => {
      expect(compress(new Uint8Array(100_000)).length).toBeLessThan(5000)
    })
  })

  it('refuses a block of another length than it says', () => {
    inArena(kernels, () => {
      const block = compress(Uint8Array.from([1, 2, 3]))
      expect(decompress(block, 2)).toBeUndefined()
      expect(decompress(block, 4)).toBeUndefined()
      expect(decompress(new Uint8Array(), 0)).toBeUndefined()
    })
  })

  it('does with a broken block what the twin does, and writes nothing outside', () => {
    const broken = fc.tuple(
      blocks,
      fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { maxLength: 4 }),
    )
    fc.assert(
      fc.property(broken, fc.nat(), ([block, changes], cut) =>
        inArena(kernels, () => {
          const compressed = compress(block)
          for (const [at, byte] of changes) compressed[at % compressed.length] = byte
          const changed = compressed.subarray(0, compressed.length - (cut % 3))
          const out = new Uint8Array(block.length)
          const expected = twin.snappyDecompress(changed, out) ? out : undefined
          expect(decompress(changed, block.length)).toEqual(expected)
        }),
      ),
      { numRuns: 1000 },
    )
  })
})
