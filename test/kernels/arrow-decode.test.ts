// Property tests of the kernels that bring Arrow's buffers to ours, against their scalar twins.
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  decimalNarrow,
  decimalWiden,
  dictionaryRows,
  offsetsNarrow,
  viewExtents,
  viewsCopy,
} from '../../src/kernels/arrow-decode.ts'
import { Kernels } from '../../src/kernels/module.ts'
import { NO_ROW } from '../../src/kernels/operand.ts'
import { bitsOf, bools, inArena, lengths, place } from './linear-memory.ts'
import * as twin from './reference/arrow-decode.ts'

const kernels = new Kernels()
const wide = fc.oneof(
  fc.bigInt({ min: -(2n ** 127n), max: 2n ** 127n - 1n }),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.constantFrom(2n ** 63n, -(2n ** 63n) - 1n, 0n, -1n),
)

const withValidity = fc
  .array(wide, { maxLength: 40 })
  .chain((values) => fc.tuple(fc.constant(values), fc.option(bools(values.length))))

function words(values: readonly bigint[]): Int32Array {
  const out = new BigInt64Array(values.length * 2)
  values.forEach((value, i) => {
    out[i * 2] = BigInt.asIntN(64, value)
    out[i * 2 + 1] = value >> 64n
  })
  return new Int32Array(out.buffer)
}

describe('decimals', () => {
  it('of 128 bits become 64, up to the first that does not fit and is not null', () => {
    fc.assert(
      fc.property(withValidity, ([values, valid]) =>
        inArena(kernels, () => {
          const n = values.length
          const bits = valid === null ? undefined : bitsOf(valid)
          const expected = new Int32Array(n * 2)
          const bad = twin.decimalNarrow(words(values), bits, n, expected)
          const out = kernels.scratch(n * 8)
          const from = place(kernels, words(values), 3)
          const validity = bits === undefined ? 0 : place(kernels, bits)
          expect(decimalNarrow(kernels, from, validity, n, out)).toBe(bad < 0 ? NO_ROW : bad)
          const good = bad < 0 ? n : bad
          expect(kernels.i32.slice(out >> 2, (out >> 2) + good * 2)).toEqual(
            expected.subarray(0, good * 2),
          )
        }),
      ),
    )
  })

  it('of 64 bits become 128', () => {
    fc.assert(
      fc.property(fc.bigInt64Array({ maxLength: 40 }), (values) =>
        inArena(kernels, () => {
          const out = kernels.scratch(values.length * 16)
          decimalWiden(kernels, place(kernels, values, 5), values.length, out)
          const at = out >> 2
          expect(kernels.i32.slice(at, at + values.length * 4)).toEqual(words([...values]))
        }),
      ),
    )
  })
})

describe('dictionary indices', () => {
  it.each([1, 2, 4, 8] as const)('of %i bytes become row numbers, null where null', (bytes) => {
    const inputs = lengths(16, 90).chain((n) =>
      fc.tuple(
        fc.array(fc.nat({ max: 260 }), { minLength: n, maxLength: n }),
        fc.option(bools(n)),
        fc.integer({ min: 1, max: 300 }),
      ),
    )
    fc.assert(
      fc.property(inputs, ([indices, valid, size]) =>
        inArena(kernels, () => {
          const n = indices.length
          const array = toArray(bytes, indices)
          const bits = valid === null ? undefined : bitsOf(valid)
          const expected = new Uint32Array(n)
          const own = Uint32Array.from(array, Number)
          const bad = twin.dictionaryRows(own, bits, n, size, expected)
          const out = kernels.scratch(n * 4)
          const validity = bits === undefined ? 0 : place(kernels, bits)
          const input = { values: place(kernels, array, 1), bytes, validity, length: n }
          expect(dictionaryRows(kernels, input, size, out)).toBe(bad < 0 ? NO_ROW : bad)
          const good = bad < 0 ? n : bad
          const got = kernels.u32.slice(out >> 2, (out >> 2) + good)
          expect(got).toEqual(expected.subarray(0, good))
        }),
      ),
    )
  })

  it('that are negative are too large', () => {
    inArena(kernels, () => {
      const values = place(kernels, BigInt64Array.of(0n, -1n))
      const input = { values, bytes: 8, validity: 0, length: 2 } as const
      expect(dictionaryRows(kernels, input, 10, kernels.scratch(8))).toBe(1)
    })
  })
})

describe('large offsets', () => {
  it('become small ones from 0, unless they fall or pass 2 GiB', () => {
    const offset = fc.oneof(
      fc.bigInt({ min: 0n, max: 2n ** 33n }),
      fc.bigInt({ min: 0n, max: 99n }),
    )
    fc.assert(
      fc.property(
        fc.array(offset, { minLength: 1, maxLength: 40 }),
        fc.boolean(),
        (values, isSorted) =>
          inArena(kernels, () => {
            const from = BigInt64Array.from(
              isSorted ? values.toSorted((a, b) => (a < b ? -1 : 1)) : values,
            )
            const n = from.length - 1
            const expected = new Int32Array(n + 1)
            const out = kernels.scratch((n + 1) * 4)
            const fits = twin.offsetsNarrow(from, n, expected)
            expect(offsetsNarrow(kernels, place(kernels, from, 4), n, out)).toBe(fits)
            if (fits) expect(kernels.i32.slice(out >> 2, (out >> 2) + n + 1)).toEqual(expected)
          }),
      ),
    )
  })
})

describe('views of texts', () => {
  const buffers = [fc.uint8Array({ minLength: 40, maxLength: 80 })]
  const view = fc.oneof(
    fc.uint8Array({ maxLength: 12 }).map((inline): twin.View => {
      return { length: inline.length, inline, buffer: 0, offset: 0 }
    }),
    fc.record({
      length: fc.integer({ min: 13, max: 30 }),
      buffer: fc.nat({ max: 2 }),
      offset: fc.nat({ max: 10 }),
    }),
  )
  const broken = fc.constantFrom(
    { length: 13, buffer: 3, offset: 0 },
    { length: 14, buffer: 0xffffffff, offset: 0 },
    { length: 15, buffer: 0, offset: -1 },
  )
  const column = fc
    .array(fc.oneof({ arbitrary: view, weight: 40 }, broken), { maxLength: 40 })
    .chain((views) => fc.tuple(fc.constant(views), fc.option(bools(views.length))))

  function viewBytes(views: readonly twin.View[]): Uint8Array {
    const data = new DataView(new ArrayBuffer(views.length * 16))
    views.forEach(({ length, inline, buffer, offset }, row) => {
      data.setUint32(row * 16, length, true)
      data.setUint32(row * 16 + 8, buffer, true)
      data.setInt32(row * 16 + 12, offset, true)
      if (inline === undefined) return
      new Uint8Array(data.buffer).fill(0, row * 16 + 4, row * 16 + 16)
      new Uint8Array(data.buffer).set(inline, row * 16 + 4)
    })
    return new Uint8Array(data.buffer)
  }

  it('become a column of those that are not null, read from the parts they mean', () => {
    fc.assert(
      fc.property(column, fc.tuple(buffers[0]!, buffers[0]!, buffers[0]!), ([views, valid], data) =>
        inArena(kernels, () => {
          const n = views.length
          const values = place(kernels, viewBytes(views), 7)
          const validity = valid === null ? 0 : place(kernels, bitsOf(valid))
          const given = { values, validity, length: n }
          const expected = twin.viewTexts(views, valid, data)
          const found = viewExtents(kernels, given, 3)
          if (typeof expected === 'number') {
            expect(found.bad).toBe(expected)
            return
          }
          expect(found.bad).toBe(NO_ROW)
          expect(found.bytes).toBe(expected.flat().length)
          // Only the parts are there, each somewhere else.
          const starts = found.extents.map(({ from, to }, i) =>
            place(kernels, data[i]!.subarray(from, to), i),
          )
          const texts = viewsCopy(kernels, given, found, starts)
          const offsets = kernels.i32.slice(texts.offsets >> 2, (texts.offsets >> 2) + n + 1)
          const got = expected.map((_, row) => [
            ...kernels.u8.subarray(texts.values + offsets[row]!, texts.values + offsets[row + 1]!),
          ])
          expect(got).toEqual(expected)
        }),
      ),
      { numRuns: 1_000 },
    )
  })
})

function toArray(bytes: 1 | 2 | 4 | 8, values: readonly number[]) {
  if (bytes === 1) return Uint8Array.from(values)
  if (bytes === 2) return Uint16Array.from(values)
  if (bytes === 4) return Uint32Array.from(values)
  return BigUint64Array.from(values, BigInt)
}
