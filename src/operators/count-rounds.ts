// Rows that are counted up to a number: a batch goes in rounds, in each of which a group's accumulators
// are completed once at most. Used by the operators whose windows fire by a number of rows.
//
// CR1  The rows of a round are those between two firings of their group; a later round's come after.
// CR2  What fires is a copy of the accumulators as they are then: it is emitted later, in larger batches.
import { bitmapBytes } from '../kernels/bitmap.ts'
import type { Kernels } from '../kernels/module.ts'
import { type TriggerRows, triggerRounds } from '../kernels/trigger.ts'
import type { FiredCopies } from './fired-copies.ts'
import type { WindowInput } from './window-input.ts'
import type { WindowParts } from './window-parts.ts'
import type { TriggerFiring } from './window-spec.ts'

const NONE = 0xffffffff
const COMPLETES = 0x80000000

export interface Round {
  readonly number: number
  /** Bitmap of its rows. */
  readonly kept: number
  /** The rows that complete something, in order. */
  readonly completing: readonly number[]
}

export interface CountedRows {
  /** The rounds of each row: u32, as triggerRounds() gives them. */
  readonly rounds: number
  /** Each round's bitmap lives until the next. */
  readonly each: () => Generator<Round>
}

/** Counts rows up to `every`. */
export function countRounds(kernels: Kernels, rows: TriggerRows, every: number): CountedRows {
  const { n } = rows
  const rounds = kernels.scratch(n * 4)
  const most = triggerRounds(kernels, rows, every, rounds)
  return { rounds, each: () => eachRound(kernels, rounds, n, most) }
}

function* eachRound(kernels: Kernels, rounds: number, n: number, most: number): Generator<Round> {
  const rowsOf = Array.from({ length: most }, (): number[] => [])
  const completing = Array.from({ length: most }, (): number[] => [])
  const view = kernels.u32
  for (let row = 0; row < n; row++) {
    const round = view[rounds / 4 + row]!
    if (round === NONE) continue
    const number = round & ~COMPLETES
    rowsOf[number]!.push(row)
    if ((round & COMPLETES) !== 0) completing[number]!.push(row)
  }
  const kept = kernels.scratch(bitmapBytes(n))
  for (let number = 0; number < most; number++) {
    const bits = kernels.u8
    bits.fill(0, kept, kept + bitmapBytes(n))
    for (const row of rowsOf[number]!) bits[kept + (row >> 3)]! |= 1 << (row & 7)
    yield { number, kept, completing: completing[number]! }
  }
}

export interface CountedFirings {
  readonly kernels: Kernels
  readonly input: WindowInput
  readonly parts: Pick<WindowParts, 'program' | 'results'>
  readonly copies: FiredCopies
  readonly firing: TriggerFiring
  /** u32 key ids a row. */
  readonly ids: number
  /** Start and end of a row's window, as they are with that row. */
  readonly boundsOf: (row: number) => readonly [bigint, bigint]
  readonly flush: () => void
}

/** Takes rows (of inputs that are bound) round by round, and fires what each completes. */
export function fireCounted(all: TriggerRows, firings: CountedFirings): void {
  const { kernels, input, copies, firing, ids, boundsOf } = firings
  const { program, results } = firings.parts
  for (const { kept, completing } of countRounds(kernels, all, firing.count).each()) {
    input.updateBound(program, all.rows, kept, all.n)
    for (let at = 0; at < completing.length;) {
      if (results.room === 0) firings.flush()
      const some = completing.slice(at, at + results.room)
      at += some.length
      const from = kernels.scratch(some.length * 4)
      copies.fresh(some.length, results.rows)
      some.forEach((row, i) => {
        const [start, end] = boundsOf(row)
        kernels.u32[from / 4 + i] = kernels.u32[all.rows / 4 + row]!
        kernels.u32[results.ids / 4 + i] = kernels.u32[ids / 4 + row]!
        kernels.i64[results.starts / 8 + i] = start
        kernels.i64[results.ends / 8 + i] = end
      })
      const overflow = program.merge(from, results.rows, some.length)
      if (overflow !== undefined) throw input.aggregation.overflow(overflow)
      if (firing.purging) copies.reset({ rows: from, n: some.length, offset: 0 })
      results.added(some.length)
    }
  }
}
