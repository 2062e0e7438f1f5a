// The session table against its twin: rows in and out of order, sessions that become one, that fire, fire
// again for late rows and are gone, key ids that are renamed, and tables made of what others held.
//
// Accumulators are one number that the test adds to, through the pointers that the kernel gives: were one
// to move, to be given back too early or to be merged into another, a sum would be wrong.
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Kernels } from '../../src/kernels/module.ts'
import { SessionTable, type SessionTableOptions } from '../../src/kernels/session-table.ts'
import { inArena, lengths, place } from './linear-memory.ts'
import { type Session, Sessions } from './reference/session-table.ts'

const kernels = new Kernels()
const STRIDE = 24
const template = Uint8Array.from({ length: STRIDE }, (_, i) => (i < 16 ? 0 : i))
/** What nobody writes to. */
const REST = template.subarray(8)

interface Row {
  readonly id: number
  /** After the latest time that the watermark has reached; before it for late rows. */
  readonly time: number
  readonly value: number
}

type Step =
  | { readonly kind: 'rows'; readonly rows: readonly Row[]; readonly isInOrder: boolean }
  | { readonly kind: 'watermark'; readonly by: number; readonly most: number }
  | { readonly kind: 'rename' }
  | { readonly kind: 'restore' }

/** Few keys whose rows meet often; some far from the others. */
const keyId = fc.oneof(fc.nat(3), fc.nat(40), fc.constantFrom(1_023, 1_024, 5_000))

const rows = fc.constantFrom(12, 60, 600, 20_000).chain((span) => {
  const time = fc.integer({ min: -(span >> 2), max: span })
  const row = fc.record({ id: keyId, time, value: fc.integer({ min: 1, max: 1_000 }) })
  return lengths(64, 150).chain((n) => fc.array(row, { minLength: n, maxLength: n }))
})

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({ kind: fc.constant('rows'), rows, isInOrder: fc.boolean() }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('watermark'),
      by: fc.oneof(fc.nat(15), fc.nat(200), fc.nat(30_000)),
      most: fc.constantFrom(1, 3, 1_000),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('rename') }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('restore') }) },
)

const scenario = fc.record({
  gap: fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 1_000 })),
  lateness: fc.oneof(fc.constant(0), fc.nat(30), fc.nat(2_000)),
  start: fc.constantFrom(0, 0, -100_000, 1_700_000_000_000),
  scale: fc.constantFrom([1, 1], [1_000, 1], [1, 1_000]),
  steps: fc.array(step, { minLength: 1, maxLength: 14 }),
})

/** What is compared of a session. */
type Told = readonly [id: number, start: number, end: number, sum: number]

const byIdAndStart = (a: Told, b: Told): number => a[0] - b[0] || a[1] - b[1]

const u32 = (ptr: number, n: number): Uint32Array => kernels.u32.slice(ptr / 4, ptr / 4 + n)

/** The kernel's table, and what a user of it has to do. */
class Driver {
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

function marked(table: SessionTable): number[] {
  const bits = place(kernels, new Uint8Array(1_024))
  table.mark(bits)
  return [...kernels.take(bits, 1_024)].flatMap((byte, at) =>
    [0, 1, 2, 3, 4, 5, 6, 7].filter((bit) => (byte >> bit) & 1).map((bit) => at * 8 + bit),
  )
}

describe('a session table', () => {
  it('does with rows, watermarks, renamings and restores what its twin does', () => {
    fc.assert(
      fc.property(scenario, ({ gap, lateness, start, scale, steps }) =>
        inArena(kernels, () => {
          const [multiplier, divisor] = scale as [number, number]
          const options = { template, gapMs: gap, latenessMs: lateness, multiplier, divisor }
          const driver = new Driver(options)
          const twin = new Sessions({ gap, lateness })
          const tell = (all: readonly Session[]): Told[] =>
            all.map((each): Told => [each.id, each.start, twin.endOf(each), each.sum])
          let now = start
          let watermark = -Infinity
          for (const of of steps) {
            if (of.kind === 'rows') {
              const all = of.rows.map((row) => {
                const time = now + row.time
                return { ...row, time: time - (time % multiplier) }
              })
              if (of.isInOrder) all.sort((a, b) => a.time - b.time)
              const sessions: (Session | undefined)[] = []
              const merges: [Session, Session][] = []
              twin.assign(
                Float64Array.from(all, ({ time }) => time),
                Uint32Array.from(all, ({ id }) => id),
                sessions,
                (from, to) => merges.push([from, to]),
              )
              all.forEach(({ value }, i) => {
                if (sessions[i] !== undefined) sessions[i].sum += value
              })
              for (const [from, to] of merges) to.sum += from.sum
              expect(driver.assign(all)).toEqual(all.map((_, i) => sessions[i] !== undefined))
              const again = driver.again(all.length).toSorted(byIdAndStart)
              expect(again).toEqual(tell(twin.again()).toSorted(byIdAndStart))
            } else if (of.kind === 'watermark') {
              now += of.by
              watermark = now
              const fired = driver.due(watermark, of.most).toSorted(byIdAndStart)
              expect(fired).toEqual(tell(twin.due(watermark)).toSorted(byIdAndStart))
            } else if (of.kind === 'rename') {
              const live = [...new Set(twin.open().map(({ id }) => id))]
              expect(marked(driver.table)).toEqual(live)
              const map = new Uint32Array(8_192)
              live.forEach((id, rank) => (map[id] = rank))
              driver.table.remap(place(kernels, map))
              twin.remap(new Map(live.map((id, rank) => [id, rank])))
            } else {
              driver.restore(watermark)
            }
            expect(driver.open()).toEqual(tell(twin.open()))
            expect(driver.table.size).toBe(twin.size)
            expect(driver.table.nextDueMs).toBe(twin.nextDue())
          }
          driver.table.close()
        }),
      ),
      { numRuns: 1_000 },
    )
  })

  it('names the row whose time is out of range', () => {
    const beyond = 2n ** 53n + 1n
    const scales = fc.constantFrom<[bigint, bigint]>([1_000n, 1n], [1n, 1n], [1n, 1_000n])
    fc.assert(
      fc.property(fc.nat(40), fc.boolean(), scales, (row, isNegative, [multiplier, divisor]) =>
        inArena(kernels, () => {
          const table = new SessionTable(kernels, {
            template,
            gapMs: 10,
            latenessMs: 0,
            multiplier: Number(multiplier),
            divisor: Number(divisor),
          })
          const n = 41
          const far = (beyond * divisor) / multiplier + 1n
          const times = new BigInt64Array(n)
          times[row] = isNegative ? -far : far
          const [out, kept] = [kernels.scratch(n * 4), kernels.scratch(16)]
          const assigned = table.assign({
            times: place(kernels, times),
            ids: place(kernels, new Uint32Array(n)),
            n,
            idCount: 1,
            rows: out,
            kept,
          })
          expect(assigned).toEqual({ kind: 'outOfRange', row })
          table.close()
        }),
      ),
    )
  })

  it('gives all its memory back', () => {
    const before = kernels.exports.allocated()
    inArena(kernels, () => {
      const options = { template, gapMs: 10, latenessMs: 5, multiplier: 1, divisor: 1 }
      const driver = new Driver(options)
      const all = Array.from({ length: 1_000 }, (_, i) => ({ id: i % 300, time: i * 7, value: 1 }))
      driver.assign(all)
      driver.due(3_000, 1_000)
      driver.table.close()
    })
    expect(kernels.exports.allocated() - before).toBeLessThanOrEqual(2 << 20)
  })
})
