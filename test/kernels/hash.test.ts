// The hash kernels against test vectors of the original, and against the scalar twin.
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type HashColumn, hashColumns } from '../../src/kernels/hash.ts'
import { Kernels } from '../../src/kernels/module.ts'
import { bitsOf, bools, inArena, lengths, place } from './linear-memory.ts'
import * as twin from './reference/hash.ts'

const kernels = new Kernels()

const read = (ptr: number, n: number): Uint32Array =>
  new Uint32Array(kernels.take(ptr, n * 4).buffer)

function bytesOf(texts: readonly (string | Uint8Array)[]): {
  offsets: Int32Array
  data: Uint8Array
} {
  const parts = texts.map((text) => (typeof text === 'string' ? Buffer.from(text) : text))
  const offsets = new Int32Array(texts.length + 1)
  parts.forEach((part, i) => (offsets[i + 1] = offsets[i]! + part.length))
  return { offsets, data: new Uint8Array(Buffer.concat(parts)) }
}

const hashTexts = (texts: readonly string[]): number[] =>
  inArena(kernels, () => {
    const { offsets, data } = bytesOf(texts)
    const column = { kind: 'bytes', values: place(kernels, data), validity: 0 } as const
    const all = [{ ...column, offsets: place(kernels, offsets) }]
    return [...read(hashColumns(kernels, all, texts.length), texts.length)]
  })

const seedsOf = (n: number): fc.Arbitrary<Uint32Array | undefined> =>
  fc.option(fc.uint32Array({ minLength: n, maxLength: n }), { nil: undefined })

describe('the hash of keys', () => {
  it('is MurmurHash3_x86_32 with seed 0, as published', () => {
    const texts = ['', 'test', 'Hello, world!', 'The quick brown fox jumps over the lazy dog']
    expect(hashTexts(texts)).toEqual([0, 0xba6bd213, 0xc0363e43, 0x2e4ff723])
  })

  it('has not changed: key groups of snapshots hang on it', () => {
    const hashes = inArena(kernels, () => {
      const one: HashColumn[] = [
        { kind: 1, values: place(kernels, Uint8Array.of(7)), offsets: 0, validity: 0 },
        { kind: 2, values: place(kernels, Uint16Array.of(7)), offsets: 0, validity: 0 },
        { kind: 4, values: place(kernels, Uint32Array.of(7)), offsets: 0, validity: 0 },
        { kind: 8, values: place(kernels, BigUint64Array.of(7n)), offsets: 0, validity: 0 },
        { kind: 16, values: place(kernels, BigUint64Array.of(7n, 1n)), offsets: 0, validity: 0 },
        { kind: 'float32', values: place(kernels, Float32Array.of(1.5)), offsets: 0, validity: 0 },
        { kind: 'float64', values: place(kernels, Float64Array.of(-0)), offsets: 0, validity: 0 },
        { kind: 'float64', values: place(kernels, Float64Array.of(NaN)), offsets: 0, validity: 0 },
        { kind: 'bool', values: place(kernels, Uint8Array.of(1)), offsets: 0, validity: 0 },
        {
          kind: 4,
          values: place(kernels, Uint32Array.of(7)),
          offsets: 0,
          validity: place(kernels, Uint8Array.of(0)),
        },
      ]
      const each = one.map((column) => read(hashColumns(kernels, [column], 1), 1)[0]!)
      return [...each, read(hashColumns(kernels, one, 1), 1)[0]!]
    })
    expect(hashes.map((hash) => hash.toString(16))).toMatchInlineSnapshot(`
      [
        "6882f382",
        "efb6665",
        "501a90f1",
        "f7cc5443",
        "820a3e07",
        "1673abc6",
        "63852afc",
        "5529940d",
        "e45ad1ab",
        "92ca2f0e",
        "67fc15b6",
      ]
    `)
  })

  const widths = [
    [1, Uint8Array],
    [2, Uint16Array],
    [4, Uint32Array],
    [8, Uint32Array],
    [16, Uint32Array],
  ] as const

  it.each(widths)('of %i-byte values equals the twin, with nulls and seeds', (width, Type) => {
    const inputs = lengths(4).chain((n) =>
      fc.tuple(
        fc.uint8Array({ minLength: n * width, maxLength: n * width }),
        fc.option(bools(n)),
        seedsOf(n),
        fc.nat({ max: 7 }),
      ),
    )
    fc.assert(
      fc.property(inputs, ([bytes, valid, seeds, misalignment]) =>
        inArena(kernels, () => {
          const n = bytes.length / width
          const expected = new Uint32Array(n)
          const values = new Type(bytes.buffer)
          if (width <= 2) twin.hashSmall(values as Uint8Array, n, seeds, expected)
          else twin.hashWords(values as Uint32Array, width / 4, n, seeds, expected)
          if (valid !== null) twin.hashNulls(bitsOf(valid), n, seeds, expected)
          const validity = valid === null ? 0 : place(kernels, bitsOf(valid))
          const at = place(kernels, bytes, misalignment)
          const out = kernels.scratch(n * 4)
          const start = seeds === undefined ? 0 : place(kernels, seeds)
          kernels.exports[`hashFixed${width}`](at, validity, n, start, out)
          expect(read(out, n)).toEqual(expected)
        }),
      ),
    )
  })

  it('of floats takes -0 for 0 and all NaNs for one', () => {
    const inputs = fc.array(fc.constantFrom(0, -0, 1.5, -1.5, NaN, Infinity, 1e-40), {
      maxLength: 40,
    })
    fc.assert(
      fc.property(inputs, fc.boolean(), (numbers, isWide) =>
        inArena(kernels, () => {
          const n = numbers.length
          const array = isWide ? Float64Array.from(numbers) : Float32Array.from(numbers)
          // Payload and sign of a NaN do not count.
          const bytes = new Uint8Array(array.buffer.slice(0))
          numbers.forEach((x, i) => {
            if (Number.isNaN(x)) bytes[i * array.BYTES_PER_ELEMENT] = i
          })
          const expected = new Uint32Array(n)
          twin.hashWords(twin.floatWords(array), isWide ? 2 : 1, n, undefined, expected)
          const column = { kind: isWide ? 'float64' : 'float32', offsets: 0, validity: 0 } as const
          const out = hashColumns(kernels, [{ ...column, values: place(kernels, bytes) }], n)
          expect(read(out, n)).toEqual(expected)
        }),
      ),
    )
  })

  it('of bools is that of the bytes 0 and 1', () => {
    fc.assert(
      fc.property(lengths(4).chain(bools), (values) =>
        inArena(kernels, () => {
          const n = values.length
          const expected = new Uint32Array(n)
          twin.hashSmall(Uint8Array.from(values, Number), n, undefined, expected)
          const bits = place(kernels, bitsOf(values))
          const column: HashColumn = { kind: 'bool', values: bits, offsets: 0, validity: 0 }
          expect(read(hashColumns(kernels, [column], n), n)).toEqual(expected)
        }),
      ),
    )
  })

  it('of bytes equals the twin, with nulls and seeds, in a slice of a larger column', () => {
    const inputs = fc
      .array(fc.uint8Array({ maxLength: 20 }), { maxLength: 60 })
      .chain((parts) =>
        fc.tuple(
          fc.constant(parts),
          fc.nat({ max: parts.length }),
          fc.option(bools(parts.length)),
          seedsOf(parts.length),
        ),
      )
    fc.assert(
      fc.property(inputs, ([parts, skipped, valid, seeds]) =>
        inArena(kernels, () => {
          const { offsets, data } = bytesOf(parts)
          const n = parts.length - skipped
          const bits = valid === null ? undefined : bitsOf(valid.slice(0, n))
          const expected = new Uint32Array(n)
          twin.hashBytes(offsets.subarray(skipped), data, n, seeds, expected)
          if (bits !== undefined) twin.hashNulls(bits, n, seeds, expected)
          const out = kernels.scratch(n * 4)
          kernels.exports.hashBytes(
            place(kernels, offsets) + skipped * 4,
            place(kernels, data, 3),
            bits === undefined ? 0 : place(kernels, bits),
            n,
            seeds === undefined ? 0 : place(kernels, seeds),
            out,
          )
          expect(read(out, n)).toEqual(expected)
        }),
      ),
    )
  })
})
