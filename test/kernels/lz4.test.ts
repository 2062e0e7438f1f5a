// Property tests of LZ4: blocks of any sequences, frames of any blocks, and broken ones of both.
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CORRUPT } from '../../src/kernels/hybrid.ts'
import { lz4Block, lz4Frame } from '../../src/kernels/lz4.ts'
import { Kernels } from '../../src/kernels/module.ts'
import { inArena, place } from './linear-memory.ts'
import { lz4Block as twinBlock, lz4Sequences } from './reference/lz4.ts'

const kernels = new Kernels()

const sequences = fc.tuple(
  fc.array(
    fc.record({
      literals: fc.uint8Array({ maxLength: 40 }),
      offset: fc.oneof(fc.nat({ max: 20 }), fc.nat({ max: 60_000 })),
      length: fc.oneof(fc.nat({ max: 20 }), fc.nat({ max: 700 })),
    }),
    { maxLength: 12 },
  ),
  fc.uint8Array({ maxLength: 300 }),
)

type Decompress = typeof lz4Block

function run(decompress: Decompress, from: Uint8Array, bytes: number): Uint8Array | undefined {
  const out = kernels.scratch(bytes)
  kernels.u8.fill(0x5a, out + bytes + 16, out + bytes + 64)
  const done = decompress(kernels, place(kernels, from, 1), from.length, out, bytes)
  const behind = kernels.take(out + bytes + 16, 48)
  expect(behind.every((byte) => byte === 0x5a)).toBe(true)
  return done === CORRUPT ? undefined : kernels.take(out, bytes)
}

const u32 = (value: number): number[] => [...new Uint8Array(Uint32Array.of(value).buffer)]

/** Blocks in a frame, some of them stored as they are. */
function frame(blocks: readonly { block: Uint8Array; plain: Uint8Array; stored: boolean }[]) {
  const size = blocks.reduce((sum, { plain }) => sum + plain.length, 0)
  const bytes = [...u32(0x184d2204), 0b0110_1000, 0x40, ...u32(size), 0, 0, 0, 0, 0]
  for (const { block, plain, stored } of blocks) {
    const body = stored ? plain : block
    bytes.push(...u32(stored ? body.length + 2 ** 31 : body.length), ...body)
  }
  return Uint8Array.from([...bytes, ...u32(0)])
}

describe('lz4', () => {
  it('decompresses blocks of any sequences', () => {
    fc.assert(
      fc.property(sequences, ([parts, last]) =>
        inArena(kernels, () => {
          const { block, plain } = lz4Sequences(parts, last)
          expect(twinBlock(block, new Uint8Array(plain.length))).toBe(true)
          expect(run(lz4Block, block, plain.length)).toEqual(plain)
          expect(run(lz4Block, block, plain.length + 1)).toBeUndefined()
        }),
      ),
    )
  })

  it('does with a broken block what the twin does, and writes nothing outside', () => {
    const changes = fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { maxLength: 3 })
    fc.assert(
      fc.property(sequences, changes, fc.nat({ max: 3 }), ([parts, last], changed, cut) =>
        inArena(kernels, () => {
          const { block, plain } = lz4Sequences(parts, last)
          for (const [at, byte] of changed) block[at % block.length] = byte
          const broken = block.subarray(0, Math.max(0, block.length - cut))
          const out = new Uint8Array(plain.length)
          const expected = twinBlock(broken, out) ? out : undefined
          expect(run(lz4Block, broken, plain.length)).toEqual(expected)
        }),
      ),
      { numRuns: 1000 },
    )
  })

  it('decompresses frames, stored blocks too, and refuses what is cut or changed', () => {
    const blocks = fc.array(fc.tuple(sequences, fc.boolean()), { maxLength: 4 })
    fc.assert(
      fc.property(blocks, fc.nat(), (parts, at) =>
        inArena(kernels, () => {
          const made = parts.map(([[list, last], stored]) => ({
            ...lz4Sequences(list, last),
            stored,
          }))
          const whole = frame(made)
          const plain = Uint8Array.from(made.flatMap((block) => [...block.plain]))
          expect(run(lz4Frame, whole, plain.length)).toEqual(plain)
          expect(run(lz4Frame, whole.subarray(0, at % whole.length), plain.length)).toBeUndefined()
          const changed = whole.with(at % whole.length, 0xee)
          const got = run(lz4Frame, changed, plain.length)
          if (got !== undefined) expect(got).toHaveLength(plain.length)
        }),
      ),
    )
  })
})
