// Windows of the last n rows of each key against a ring that is looked through; and windows of a time that
// are let go.
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { AggregateEntry } from '../../src/kernels/aggregate.ts'
import { Kernels } from '../../src/kernels/module.ts'
import { type OverExtent, OverTable } from '../../src/kernels/over.ts'
import { inArena, place } from './linear-memory.ts'
import { OverTwin } from './reference/over.ts'

const kernels = new Kernels()
const KEYS = 3

const ENTRIES: readonly AggregateEntry[] = [
  { op: 'sumF64', kind: 64, offset: 0, countOffset: 0 },
  { op: 'maxF64', kind: 64, offset: 8, countOffset: 0 },
]
const template = new Uint8Array(new Float64Array([0, -Infinity]).buffer)

interface Coming {
  readonly keys: readonly number[]
  readonly values: readonly number[]
  readonly times?: readonly bigint[]
}

function withTable(extent: OverExtent, use: (table: OverTable, windows: number) => void): void {
  const table = new OverTable(kernels, { template, entries: ENTRIES }, extent)
  const windows = kernels.allocate(KEYS * 4)
  kernels.u8.fill(0, windows, windows + KEYS * 4)
  use(table, windows)
  kernels.release(windows)
  table.close()
}

/** Sum and greatest of each row's window. */
function applied(table: OverTable, windows: number, { keys, values, times }: Coming): number[][] {
  return inArena(kernels, () => {
    const n = keys.length
    const own = table.start(kernels.scratch(n * table.stride), n)
    const ids = place(kernels, Uint32Array.from(keys))
    const column = place(kernels, Float64Array.from(values))
    ENTRIES.forEach((_, entry) =>
      table.program.bind(entry, { values: column, validity: 0, filter: 0, offsets: 0 }),
    )
    table.program.update(own.pointers, 0, n)
    const out = kernels.scratch(n * table.stride)
    const at = times === undefined ? 0 : place(kernels, BigInt64Array.from(times))
    table.apply(windows, { ids, times: at, n }, own.rows, out)
    return keys.map((_, i) => [
      kernels.f64[(out >>> 3) + i * 2]!,
      kernels.f64[(out >>> 3) + i * 2 + 1]!,
    ])
  })
}

describe('windows that end at a row', () => {
  it('of rows equal a ring, whatever the batches are', () => {
    const batch = fc.array(fc.tuple(fc.nat({ max: KEYS - 1 }), fc.integer({ min: -9, max: 9 })), {
      maxLength: 20,
    })
    fc.assert(
      fc.property(
        fc.array(batch, { maxLength: 3 }),
        fc.integer({ min: 1, max: 6 }),
        (all, rows) => {
          const twin = new OverTwin(KEYS, rows)
          withTable({ kind: 'rows', rows }, (table, windows) => {
            for (const each of all) {
              const keys = each.map(([key]) => key)
              const values = each.map(([, value]) => value)
              const expected = each.map(([key, value]) => {
                const { sum, most } = twin.push(key, value)
                return [sum, most]
              })
              expect(applied(table, windows, { keys, values })).toEqual(expected)
            }
          })
        },
      ),
      { numRuns: 1_000 },
    )
  })

  it('of time let the windows go that no row can see', () => {
    withTable({ kind: 'range', span: 10n }, (table, windows) => {
      const coming = { keys: [0, 1, 1], values: [1, 2, 3], times: [0n, 5n, 12n] }
      expect(applied(table, windows, coming)).toEqual([
        [1, 1],
        [2, 2],
        [5, 3],
      ])
      expect(table.sweep(windows, KEYS, 12n)).toBe(1)
      expect(kernels.u32[windows >>> 2]).toBe(0)
      const again = { keys: [0, 1], values: [7, 7], times: [13n, 15n] }
      expect(applied(table, windows, again)).toEqual([
        [7, 7],
        [12, 7],
      ])
    })
  })

  it('of time reach to the ends of time', () => {
    const [least, most] = [-(2n ** 63n), 2n ** 63n - 1n]
    withTable({ kind: 'range', span: 10n }, (table, windows) => {
      const times = [least, least + 3n, 0n, most - 10n, most]
      const coming = { keys: [0, 0, 0, 0, 0], values: [1, 2, 4, 8, 16], times }
      expect(applied(table, windows, coming).map(([sum]) => sum)).toEqual([1, 3, 4, 8, 24])
    })
  })
})
