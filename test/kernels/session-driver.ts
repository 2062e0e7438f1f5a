// The kernel's table of sessions as an operator uses it: rows in, what has become one session merged, what is
// over told and given back. Accumulators are one number each.
import { expect } from 'vitest'
import { Kernels } from '../../src/kernels/module.ts'
import { SessionTable, type SessionTableOptions } from '../../src/kernels/session-table.ts'
import { place } from './linear-memory.ts'

export const kernels = new Kernels()
const STRIDE = 24
export const template = Uint8Array.from({ length: STRIDE }, (_, i) => (i < 16 ? 0 : i))
/** What nobody writes to. */
const REST = template.subarray(8)

export interface Row {
  readonly id: number
  /** After the latest time that the watermark has reached; before it for late rows. */
  readonly time: number
  readonly value: number
}

/** What is compared of a session. */
export type Told = readonly [id: number, start: number, end: number, sum: number]

export const byIdAndStart = (a: Told, b: Told): number => a[0] - b[0] || a[1] - b[1]

const u32 = (ptr: number, n: number): Uint32Array => kernels.u32.slice(ptr / 4, ptr / 4 + n)

/** The kernel's table, and what a user of it has to do. */
export class Driver {
  readonly #options: SessionTableOptions
  #table: SessionTable

  constructor(options: SessionTableOptions) {
    this.#options = options
    this.#table = new SessionTable(kernels, options)
  }

  get table(): SessionTable {
    return this.#table
  }

  /** Which rows are not late. */
  assign(all: readonly Row[]): boolean[] {
    const n = all.length
    const { multiplier, divisor } = this.#options
    const time = (millis: number): bigint => BigInt((millis * divisor) / multiplier)
    const times = place(
      kernels,
      BigInt64Array.from(all, (row) => time(row.time)),
      3,
    )
    const ids = place(
      kernels,
      Uint32Array.from(all, ({ id }) => id),
    )
    const [out, kept] = [kernels.scratch(n * 4), kernels.scratch((n >> 3) + 8)]
    const idCount = Math.max(0, ...all.map(({ id }) => id + 1))
    const assigned = this.#table.assign({ times, ids, n, idCount, rows: out, kept })
    if (assigned.kind !== 'assigned') throw new Error(`row ${assigned.row} is out of range`)
    const bits = kernels.take(kept, (n + 7) >> 3)
    const pointers = u32(out, n)
    const isKept = all.map((_, i) => ((bits[i >> 3]! >> (i & 7)) & 1) === 1)
    expect(Array.from(pointers, (pointer) => pointer !== 0)).toEqual(isKept)
    pointers.forEach((pointer, i) => {
      if (pointer !== 0) kernels.f64[pointer / 8]! += all[i]!.value
    })
    expect(this.#table.lateRows).toBe(isKept.filter((each) => !each).length)
    const { from, to, length } = assigned.merges
    const [sources, targets] = [u32(from, length), u32(to, length)]
    sources.forEach((source, i) => {
      kernels.f64[targets[i]! / 8]! += kernels.f64[source / 8]!
    })
    return isKept
  }

  /** The rows piece by piece: what each piece is of, and how its rows' sessions are with them. */
  assignByMerge(all: readonly Row[]): { done: number; bounds: (readonly [number, number])[] }[] {
    const { multiplier, divisor } = this.#options
    const time = (millis: number): bigint => BigInt((millis * divisor) / multiplier)
    const pieces = []
    for (let from = 0; from < all.length;) {
      const rest = all.slice(from)
      const n = rest.length
      const times = BigInt64Array.from(rest, (row) => time(row.time))
      const ids = Uint32Array.from(rest, ({ id }) => id)
      const out = kernels.scratch(n * 4)
      const kept = place(kernels, new Uint8Array((n >> 3) + 8))
      const [starts, ends] = [kernels.scratch(n * 8), kernels.scratch(n * 8)]
      const idCount = Math.max(...rest.map(({ id }) => id + 1))
      const given = {
        times: place(kernels, times),
        ids: place(kernels, ids),
        n,
        idCount,
        rows: out,
        kept,
      }
      const assigned = this.#table.assignUpToMerge(given, { starts, ends })
      if (assigned.kind !== 'assigned') throw new Error(`row ${assigned.row} is out of range`)
      const { done, merge } = assigned
      const pointers = u32(out, done)
      if (merge !== undefined) {
        // The row that merges is in the one that stays.
        expect(pointers[done - 1]).toBe(merge.to)
        kernels.f64[merge.to / 8]! += kernels.f64[merge.from / 8]!
        // Rows before it may be in the other, whose values are to be merged, too.
        for (let i = 0; i < done - 1; i++) {
          if (pointers[i] === merge.from) kernels.f64[merge.to / 8]! += rest[i]!.value
        }
      }
      const bits = kernels.take(kept, (done + 7) >> 3)
      const isKept = Array.from(pointers, (_, i) => ((bits[i >> 3]! >> (i & 7)) & 1) === 1)
      expect(Array.from(pointers, (pointer) => pointer !== 0)).toEqual(isKept)
      expect(this.#table.lateRows).toBe(isKept.filter((each) => !each).length)
      pointers.forEach((pointer, i) => {
        if (pointer !== 0 && pointer !== merge?.from) kernels.f64[pointer / 8]! += rest[i]!.value
      })
      const of = (ptr: number, i: number) => Number(kernels.i64[ptr / 8 + i]!)
      const bounds = Array.from(pointers, (pointer, i) =>
        pointer === 0 ? ([NaN, NaN] as const) : ([of(starts, i), of(ends, i)] as const),
      )
      pieces.push({ done, bounds })
      from += done
    }
    return pieces
  }

  again(most: number): Told[] {
    const told = this.#tell(this.#table.again(most))
    this.#free()
    return told
  }

  due(watermark: number, most: number): Told[] {
    const at = kernels.scratch(most * 4)
    const told: Told[] = []
    for (let found = most; found === most;) {
      found = this.#table.due(watermark, most, at)
      told.push(...this.#tell(u32(at, found)))
      this.#free()
    }
    return told
  }

  open(): Told[] {
    const at = kernels.scratch(28)
    const told: Told[] = []
    for (const n of this.#table.scan(7, at)) told.push(...this.#tell(u32(at, n)))
    return told
  }

  /** Another table of what this one holds, at its watermark. */
  restore(watermark: number): void {
    const all = this.open()
    this.#table.close()
    this.#table = new SessionTable(kernels, this.#options)
    if (watermark !== -Infinity) this.#table.due(watermark, 1, kernels.scratch(4))
    const at = kernels.scratch(all.length * 4)
    const ids = place(
      kernels,
      Uint32Array.from(all, ([id]) => id),
    )
    const [starts, ends] = [1, 2].map((field) =>
      place(
        kernels,
        BigInt64Array.from(all, (told) => BigInt(told[field]!)),
      ),
    )
    const idCount = Math.max(0, ...all.map(([id]) => id + 1))
    this.#table.restore({ ids, starts: starts!, ends: ends! }, all.length, idCount, at)
    u32(at, all.length).forEach((pointer, i) => {
      kernels.f64[pointer / 8] = all[i]![3]
    })
  }

  #tell(pointers: Uint32Array): Told[] {
    const n = pointers.length
    const [ids, starts, ends] = [
      kernels.scratch(n * 4),
      kernels.scratch(n * 8),
      kernels.scratch(n * 8),
    ]
    this.#table.bounds(place(kernels, pointers), n, { ids, starts, ends })
    const isWhole = (pointer: number): boolean =>
      Buffer.compare(kernels.u8.subarray(pointer + 8, pointer + STRIDE), REST) === 0
    expect(pointers.every(isWhole)).toBe(true)
    return Array.from(pointers, (pointer, i): Told => {
      const [start, end] = [kernels.i64[starts / 8 + i]!, kernels.i64[ends / 8 + i]!]
      return [kernels.u32[ids / 4 + i]!, Number(start), Number(end), kernels.f64[pointer / 8]!]
    })
  }

  /** Overwrites what goes: nobody may look at it again. */
  #free(): void {
    this.#table.free(5, (at, n) => {
      for (const pointer of u32(at, n)) kernels.f64[pointer / 8] = NaN
    })
  }
}
