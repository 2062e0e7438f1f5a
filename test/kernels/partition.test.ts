// Key groups, their owners, and rows by owner, against scalar twins.
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Kernels } from '../../src/kernels/module.ts'
import { keyGroupTargets, partitionRows } from '../../src/kernels/partition.ts'
import { inArena, lengths, place } from './linear-memory.ts'
import * as twin from './reference/partition.ts'

const kernels = new Kernels()

const groups = fc
  .oneof(fc.constantFrom(1, 2, 128, 32_768), fc.integer({ min: 1, max: 32_768 }))
  .chain((maxParallelism) =>
    fc.record({
      maxParallelism: fc.constant(maxParallelism),
      targets: fc.oneof(
        fc.integer({ min: 1, max: maxParallelism }),
        fc.integer({ min: 1, max: Math.min(8, maxParallelism) }),
      ),
    }),
  )

/** Hashes at the borders, where a reciprocal would go wrong. */
const hashesOf = (maxParallelism: number): fc.Arbitrary<Uint32Array> =>
  lengths(8).chain((n) =>
    fc
      .array(
        fc.oneof(
          fc.nat({ max: 0xffffffff }),
          fc
            .tuple(fc.nat({ max: 0xffffffff }), fc.constantFrom(-1, 0, 1))
            .map(([x, d]) => x - (x % maxParallelism) + d),
          fc.constantFrom(0, 0xffffffff, 0x80000000),
        ),
        { minLength: n, maxLength: n },
      )
      .map((all) => Uint32Array.from(all)),
  )

describe('owners of key groups', () => {
  it('are floor(hash mod maxParallelism * parallelism / maxParallelism)', () => {
    const inputs = groups.chain((of) => fc.tuple(fc.constant(of), hashesOf(of.maxParallelism)))
    fc.assert(
      fc.property(inputs, ([of, hashes]) =>
        inArena(kernels, () => {
          const n = hashes.length
          const expected = new Uint16Array(n)
          twin.keyGroupTargets(hashes, n, of.maxParallelism, of.targets, expected)
          const out = keyGroupTargets(kernels, place(kernels, hashes), n, of)
          expect(new Uint16Array(kernels.take(out, n * 2).buffer)).toEqual(expected)
        }),
      ),
      { numRuns: 1_000 },
    )
  })
})

describe('a partition', () => {
  it('groups rows by target and keeps their order, with and without a selection', () => {
    const inputs = fc
      .integer({ min: 1, max: 300 })
      .chain((targets) =>
        lengths(4).chain((n) =>
          fc.tuple(
            fc.constant(targets),
            fc.array(fc.nat({ max: targets - 1 }), { minLength: n, maxLength: n }),
            fc.option(fc.subarray(Array.from({ length: n }, (_, i) => i))),
          ),
        ),
      )
    fc.assert(
      fc.property(inputs, ([targets, targetOf, selected]) =>
        inArena(kernels, () => {
          const length = targetOf.length
          const of = Uint16Array.from(targetOf)
          const rows = selected === null ? undefined : Uint32Array.from(selected)
          const n = rows?.length ?? length
          const starts = new Uint32Array(targets + 1)
          const expected = new Uint32Array(n)
          twin.partitionRows(of, rows, n, starts, expected)
          const selection =
            rows === undefined ? undefined : { rows: place(kernels, rows), length: n }
          const parts = partitionRows(kernels, place(kernels, of), selection, { length, targets })
          expect(parts.length).toBe(targets)
          parts.forEach((part, target) => {
            const got = new Uint32Array(kernels.take(part.rows, part.length * 4).buffer)
            expect(got).toEqual(expected.slice(starts[target], starts[target + 1]))
          })
        }),
      ),
    )
  })
})
