// The hash of texts in checksums against its scalar twin.
import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { checksumColumns } from '../../src/kernels/checksum.ts'
import { hashColumns } from '../../src/kernels/hash.ts'
import { Kernels } from '../../src/kernels/module.ts'
import { bitsOf, inArena, place } from './linear-memory.ts'
import * as twin from './reference/checksum.ts'

const kernels = new Kernels()

const text = fc.option(fc.uint8Array({ maxLength: 50 }))

const columnOf = (texts: readonly (Uint8Array | null)[]) => {
  const offsets = new Int32Array(texts.length + 1)
  texts.forEach((each, i) => (offsets[i + 1] = offsets[i]! + (each?.length ?? 0)))
  return { offsets, data: new Uint8Array(texts.flatMap((each) => [...(each ?? [])])) }
}

const read = (ptr: number, n: number): Uint32Array =>
  new Uint32Array(kernels.take(ptr, n * 4).buffer)

it('hashes texts as the twin does, on from the columns before', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(), text), { maxLength: 40 }), (rows) =>
      inArena(kernels, () => {
        const n = rows.length
        const { offsets, data } = columnOf(rows.map(([, each]) => each))
        const bits = bitsOf(rows.map(([, each]) => each !== null))
        const numbers = place(
          kernels,
          Uint32Array.from(rows, ([number]) => number),
        )
        const first = { kind: 4, values: numbers, offsets: 0, validity: 0 } as const
        const second = {
          kind: 'bytes',
          values: place(kernels, data, 5),
          offsets: place(kernels, offsets),
          validity: place(kernels, bits),
        } as const
        const seeds = read(hashColumns(kernels, [first], n), n)
        const [behind, alone] = [new Uint32Array(n), new Uint32Array(n)]
        twin.checksumBytes(offsets, data, bits, n, seeds, behind)
        twin.checksumBytes(offsets, data, bits, n, undefined, alone)
        expect(read(checksumColumns(kernels, [first, second], n), n)).toEqual(behind)
        expect(read(checksumColumns(kernels, [second], n), n)).toEqual(alone)
      }),
    ),
  )
})

it('tells texts apart that differ in a byte, in length, or in being null', () => {
  const texts = [
    null,
    '',
    '\0',
    '\0\0',
    'a',
    'b',
    'a\0',
    '12345678',
    '123456780',
    '12345678'.repeat(2),
  ]
  inArena(kernels, () => {
    const parts = texts.map((each) => (each === null ? null : new TextEncoder().encode(each)))
    const { offsets, data } = columnOf(parts)
    const column = {
      kind: 'bytes',
      values: place(kernels, data),
      offsets: place(kernels, offsets),
      validity: place(kernels, bitsOf(parts.map((each) => each !== null))),
    } as const
    const hashes = read(checksumColumns(kernels, [column], texts.length), texts.length)
    expect(new Set(hashes).size).toBe(texts.length)
  })
})
