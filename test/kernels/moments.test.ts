// The moments of groups against their twin, to the last bit; and merged ones against those of all rows.
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type AggregateEntry, AggregateProgram } from '../../src/kernels/aggregate.ts'
import { Kernels } from '../../src/kernels/module.ts'
import { SliceTable } from '../../src/kernels/slice-table.ts'
import { inArena, lengths, place } from './linear-memory.ts'
import * as twin from './reference/moments.ts'

const kernels = new Kernels()
const GROUPS = [0, 1, 2, 3]
const ENTRY: AggregateEntry = { op: 'momentsF64', kind: 64, offset: 8, countOffset: 0 }

class Groups {
  readonly program: AggregateProgram
  readonly #slices = new SliceTable(kernels, new Uint8Array(32), {
    size: 1n,
    offset: 0n,
    multiplier: 1n,
  })
  readonly #slice = this.#slices.detached()

  constructor() {
    this.program = new AggregateProgram(kernels, [ENTRY], this.#slices.heap)
  }

  rowsOf(ids: readonly number[]): number {
    const rows = kernels.scratch(ids.length * 4)
    this.#slices.rowsOf(this.#slice, place(kernels, Uint32Array.from(ids)), ids.length, rows)
    return rows
  }

  add(ids: readonly number[], values: readonly number[]): void {
    const ptr = place(kernels, Float64Array.from(values))
    this.program.bind(0, { values: ptr, validity: 0, filter: 0, offsets: 0 })
    this.program.update(this.rowsOf(ids), 0, ids.length)
  }

  remove(ids: readonly number[], values: readonly number[]): number | undefined {
    const ptr = place(kernels, Float64Array.from(values))
    this.program.bind(0, { values: ptr, validity: 0, filter: 0, offsets: 0 })
    return this.program.retract(this.rowsOf(ids), 0, ids.length)?.row
  }

  get(): number[][] {
    const rows = this.rowsOf(GROUPS)
    return GROUPS.map((_, i) => {
      const at = kernels.u32[rows / 4 + i]! + 8
      const { data } = kernels
      const count = Number(data.getBigInt64(at, true))
      return [count, data.getFloat64(at + 8, true), data.getFloat64(at + 16, true)]
    })
  }

  close(): void {
    this.program.close()
    this.#slices.close()
  }
}

const pairs = lengths(64, 200).chain((n) =>
  fc.array(fc.tuple(fc.nat({ max: 3 }), fc.double({ min: -1e6, max: 1e6, noNaN: true })), {
    minLength: n,
    maxLength: n,
  }),
)

describe('moments', () => {
  it('are those of the twin, and merge to those of all rows', () => {
    fc.assert(
      fc.property(pairs, pairs, (first, second) =>
        inArena(kernels, () => {
          const [a, b] = [new Groups(), new Groups()]
          const expected = twin.newMoments(GROUPS.length)
          const parts = [first, second].map((part) => ({
            ids: part.map(([id]) => id),
            values: part.map(([, value]) => value),
          }))
          a.add(parts[0]!.ids, parts[0]!.values)
          b.add(parts[1]!.ids, parts[1]!.values)
          twin.addMoments(expected, parts[0]!.ids, parts[0]!.values)
          const { counts, means, squares } = expected
          expect(a.get()).toEqual(GROUPS.map((id) => [counts[id]!, means[id]!, squares[id]!]))
          a.program.merge(b.rowsOf(GROUPS), a.rowsOf(GROUPS), GROUPS.length)
          twin.addMoments(expected, parts[1]!.ids, parts[1]!.values)
          a.get().forEach(([count, mean, square], id) => {
            expect(count).toBe(counts[id])
            expect(Math.abs(mean! - means[id]!)).toBeLessThanOrEqual(1e-8)
            expect(Math.abs(square! - squares[id]!)).toBeLessThanOrEqual(1e-12 * 1e12 * 200)
          })
          a.close()
          b.close()
        }),
      ),
      { numRuns: 1_000 },
    )
  })

  it('take values back as the twin does, and are as if those had never been', () => {
    const whole = fc.array(fc.tuple(fc.nat({ max: 3 }), fc.integer({ min: -99, max: 99 })), {
      maxLength: 200,
    })
    fc.assert(
      fc.property(whole, whole, (gone, staying) =>
        inArena(kernels, () => {
          const groups = new Groups()
          const [expected, straight] = [twin.newMoments(4), twin.newMoments(4)]
          const all = [...gone, ...staying]
          const ids = (some: typeof all) => some.map(([id]) => id)
          const values = (some: typeof all) => some.map(([, value]) => value)
          groups.add(ids(all), values(all))
          twin.addMoments(expected, ids(all), values(all))
          expect(groups.remove(ids(gone), values(gone))).toBeUndefined()
          twin.removeMoments(expected, ids(gone), values(gone))
          const { counts, means, squares } = expected
          expect(groups.get()).toEqual(GROUPS.map((id) => [counts[id]!, means[id]!, squares[id]!]))
          twin.addMoments(straight, ids(staying), values(staying))
          groups.get().forEach(([count, mean, square], id) => {
            expect(count).toBe(straight.counts[id])
            expect(mean).toBeCloseTo(straight.means[id]!, 8)
            expect(square).toBeCloseTo(straight.squares[id]!, 5)
          })
          groups.close()
        }),
      ),
      { numRuns: 1_000 },
    )
  })

  it('are zero when all is taken back, and say which value was not there', () => {
    inArena(kernels, () => {
      const groups = new Groups()
      groups.add([1, 1, 1], [0.1, NaN, 1e300])
      expect(groups.remove([1, 1, 1], [NaN, 0.1, 1e300])).toBeUndefined()
      expect(groups.get()[1]).toEqual([0, 0, 0])
      groups.add([2], [5])
      expect(groups.remove([2, 2, 2], [5, 6, 7])).toBe(1)
      groups.close()
    })
  })

  it('keep the digits of values that are large and close together', () => {
    inArena(kernels, () => {
      const groups = new Groups()
      groups.add([0, 0, 0], [1e9 + 4, 1e9 + 7, 1e9 + 13])
      expect(groups.get()[0]).toEqual([3, 1e9 + 8, 42])
      groups.close()
    })
  })
})
