// Rows that are kept by address against a Map of byte strings.
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Kernels } from '../../src/kernels/module.ts'
import { ByteRowStore, ROW_HEADER_BYTES, sameRows } from '../../src/kernels/row-store.ts'
import { bitsOf, inArena, place, readBits } from './linear-memory.ts'
import * as twin from './reference/row-store.ts'

const kernels = new Kernels()

const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 40 }),
  fc
    .constantFrom(0, 1, 3, 4, 7, 8, 12, 15, 16, 17, 32, 33, 300, 40_000)
    .map((n) => new Uint8Array(n)),
  // Where the size classes of the heap begin and end, with four bytes before a row.
  fc
    .tuple(
      fc.constantFrom(64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 1_280, 28_672, 32_768),
      fc.constantFrom(-5, -4, -3),
      fc.nat({ max: 255 }),
    )
    .map(([size, more, fill]) => new Uint8Array(size + more).fill(fill)),
)

/** Puts (lists of rows), and places of kept rows to free. */
const steps = fc.array(
  fc.oneof(
    fc.array(bytes, { maxLength: 12 }).map((rows) => ({ rows })),
    fc.array(fc.nat(), { maxLength: 8 }).map((free) => ({ free })),
  ),
  { maxLength: 12 },
)

const column = (rows: readonly Uint8Array[]) => {
  const offsets = new Int32Array(rows.length + 1)
  rows.forEach((row, i) => {
    offsets[i + 1] = offsets[i]! + row.length
  })
  return { offsets: place(kernels, offsets), values: place(kernels, Buffer.concat(rows), 3) }
}

const kept = (address: number): Uint8Array =>
  kernels.take(address + ROW_HEADER_BYTES, kernels.data.getUint32(address, true))

describe('a row store', () => {
  it('gives back what was put, until it is freed', () => {
    fc.assert(
      fc.property(steps, (all) => {
        const before = kernels.exports.allocated()
        const store = new ByteRowStore(kernels)
        const model = new Map<number, Uint8Array>()
        for (const step of all) {
          inArena(kernels, () => {
            if ('rows' in step) {
              const out = store.put(column(step.rows), step.rows.length)
              step.rows.forEach((row, i) => model.set(kernels.u32[(out >>> 2) + i]!, row))
            } else {
              const addresses = [...model.keys()]
              const gone = new Set(step.free.map((at) => addresses[at % addresses.length] ?? 0))
              for (const address of gone) model.delete(address)
              store.free(place(kernels, Uint32Array.from(gone)), gone.size)
            }
          })
          for (const [address, row] of model) expect(kept(address)).toEqual(row)
        }
        store.close()
        expect(kernels.exports.allocated() - before).toBeLessThanOrEqual(2 << 20)
      }),
      { numRuns: 1_000 },
    )
  })

  it('knows rows of the same bytes', () => {
    const pairs = fc.array(fc.tuple(bytes, bytes, fc.constantFrom('same', 'other', 'none')), {
      maxLength: 30,
    })
    fc.assert(
      fc.property(pairs, (all) =>
        inArena(kernels, () => {
          const store = new ByteRowStore(kernels)
          const left = all.map(([a]) => a)
          const right = all.map(([a, b, what]) => (what === 'same' ? a : b))
          const a = store.put(column(left), all.length)
          const b = store.put(column(right), all.length)
          all.forEach(([, , what], i) => {
            if (what === 'none') kernels.u32[((i % 2 === 0 ? a : b) >>> 2) + i] = 0
          })
          const isThere = all.map(([, , what]) => what !== 'none')
          expect(readBits(kernels, sameRows(kernels, a, b, all.length), all.length)).toEqual(
            bitsOf(twin.sameRows(left, right, isThere)),
          )
          store.close()
        }),
      ),
    )
  })
})
