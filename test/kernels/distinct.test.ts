// Sets in accumulators against JavaScript's: values of 8 and 16 bytes and texts, few and many; merged into
// others, read back from their export, given back without a rest.
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  aggregateBytes,
  type AggregateEntry,
  aggregateFixed,
  AggregateProgram,
} from '../../src/kernels/aggregate.ts'
import { aggregateHeld } from '../../src/kernels/aggregate-state.ts'
import { Kernels } from '../../src/kernels/module.ts'
import { SliceTable } from '../../src/kernels/slice-table.ts'
import { inArena, place } from './linear-memory.ts'
import * as twin from './reference/distinct.ts'

const kernels = new Kernels()
const NOTHING = { values: 0, validity: 0, filter: 0, offsets: 0 }
const GROUPS = [0, 1, 2]
const GRID = { size: 1n, offset: 0n, multiplier: 1n }

const OPS = {
  distinct64: 64,
  distinct128: 128,
  distinctBytes: 'bytes',
} as const
type Op = keyof typeof OPS

/** What a small number stands for: often it ends as another does. */
function valueOf(op: Op, seed: number): string {
  if (op === 'distinct64') return String(BigInt(seed) << BigInt((seed % 3) * 20))
  if (op === 'distinct128') return String((BigInt(seed) << 64n) | BigInt(seed % 2))
  return seed % 4 === 0
    ? `${seed}`
    : `the same beginning of a text ${'x'.repeat(seed % 30)} ${seed}`
}

/** A column of such values. */
function columnOf(op: Op, values: readonly string[]): { values: number; offsets: number } {
  if (op === 'distinctBytes') {
    const parts = values.map((text) => Buffer.from(text))
    const offsets = new Int32Array(parts.length + 1)
    parts.forEach((part, i) => (offsets[i + 1] = offsets[i]! + part.length))
    const bytes = new Uint8Array(Buffer.concat(parts))
    return { values: place(kernels, bytes), offsets: place(kernels, offsets) }
  }
  const words = values.map(BigInt).flatMap((x) => (op === 'distinct64' ? [x] : [x, x >> 64n]))
  const low = BigUint64Array.from(words.map((word) => BigInt.asUintN(64, word)))
  return { values: place(kernels, low), offsets: 0 }
}

class Sets {
  readonly program: AggregateProgram
  readonly #slices = new SliceTable(kernels, new Uint8Array(40), GRID)
  readonly #slice = this.#slices.detached()
  readonly #op: Op

  constructor(op: Op) {
    this.#op = op
    const entry: AggregateEntry = { op, kind: OPS[op], offset: 8, countOffset: 0 }
    this.program = new AggregateProgram(kernels, [entry], this.#slices.heap)
  }

  rowsOf(ids: readonly number[]): number {
    const rows = kernels.scratch(ids.length * 4)
    this.#slices.rowsOf(this.#slice, place(kernels, Uint32Array.from(ids)), ids.length, rows)
    return rows
  }

  add(ids: readonly number[], values: readonly string[]): void {
    this.program.bind(0, { ...NOTHING, ...columnOf(this.#op, values) })
    this.program.update(this.rowsOf(ids), 0, ids.length)
  }

  counts(): number[] {
    const out = aggregateFixed(kernels, this.rowsOf(GROUPS), GROUPS.length, 8 + 16, 64)
    return GROUPS.map((_, i) => Number(kernels.data.getBigInt64(out + i * 8, true)))
  }

  readBack(from: Sets): void {
    const rows = from.rowsOf(GROUPS)
    const held = aggregateHeld(kernels, rows, GROUPS.length, 8)
    const column = { ...held, ...aggregateBytes(kernels, rows, GROUPS.length, 8) }
    this.program.setList(0, this.rowsOf(GROUPS), GROUPS.length, 8, column)
  }

  close(): void {
    this.program.release(this.rowsOf(GROUPS), GROUPS.length)
    expect(kernels.u32[kernels.u32[this.rowsOf([0]) >>> 2]! / 4 + 2]).toBe(0)
    this.program.close()
    this.#slices.close()
  }
}

const rows = fc
  .record({
    most: fc.constantFrom(3, 12, 300, 5_000),
    seeds: fc.array(fc.tuple(fc.nat(), fc.nat({ max: 2 })), { maxLength: 400 }),
  })
  .map(({ most, seeds }) => seeds.map(([seed, id]) => [seed % most, id] as const))

describe.each(Object.keys(OPS) as Op[])('%s', (op) => {
  it('counts, merges and is read back as a Set', () => {
    fc.assert(
      fc.property(rows, rows, (first, second) =>
        inArena(kernels, () => {
          const allocated = kernels.exports.allocated()
          const made = [new Sets(op), new Sets(op), new Sets(op)] as const
          const wanted = made.map(() => GROUPS.map(() => new Set<string>()))
          const parts = [first, second].map((part) => ({
            ids: part.map(([, id]) => id),
            values: part.map(([seed]) => valueOf(op, seed)),
          }))
          parts.forEach(({ ids, values }, i) => {
            made[i]!.add(ids, values)
            twin.addDistinct(ids, values, wanted[i]!)
            expect(made[i]!.counts()).toEqual(wanted[i]!.map((set) => set.size))
          })
          made[2].readBack(made[0])
          expect(made[2].counts()).toEqual(wanted[0]!.map((set) => set.size))
          made[2].program.merge(made[1].rowsOf(GROUPS), made[2].rowsOf(GROUPS), GROUPS.length)
          const both = wanted[0]!.map((set, i) => set.union(wanted[1]![i]!).size)
          expect(made[2].counts()).toEqual(both)
          // What was merged knows its values: none of them is new.
          for (const { ids, values } of parts) made[2].add(ids, values)
          expect(made[2].counts()).toEqual(both)
          for (const one of made) one.close()
          expect(kernels.exports.allocated() - allocated).toBeLessThanOrEqual(2 << 20)
        }),
      ),
      { numRuns: 1_000 },
    )
  })

  it('holds many', () => {
    inArena(kernels, () => {
      const sets = new Sets(op)
      const seeds = Array.from({ length: 150_000 }, (_, i) => i)
      for (let round = 0; round < 2; round++) {
        for (let from = 0; from < seeds.length; from += 10_000) {
          inArena(kernels, () => {
            const part = seeds.slice(from, from + 10_000)
            sets.add(
              part.map(() => 1),
              part.map((seed) => valueOf(op, seed)),
            )
          })
        }
      }
      const wanted = new Set(seeds.map((seed) => valueOf(op, seed))).size
      expect(sets.counts()).toEqual([0, wanted, 0])
      sets.close()
    })
  })
})
