// Rows that wait for their time: columns, key ids and times, from which those that are due are taken.
//
// WR1  Rows know by segments, a batch each, how early they may be: who asks for what is due only looks
//      through those that may have some.
// WR2  Row numbers are good until the next rebuild().
import type { Selection } from '../columnar/record-batch.ts'
import type { DataType } from '../columnar/type.ts'
import { joinBefore } from '../kernels/join-time.ts'
import type { Kernels } from '../kernels/module.ts'
import { timestampRange } from '../kernels/timestamp.ts'
import { type AppendedRows, JoinSide } from './join-side.ts'

/** Rows that lie together: none of them is earlier than `least`. */
interface Segment {
  /** The number of the row behind the last one. */
  end: number
  least: bigint
}

/** Beyond so many segments neighbours become one. */
const SEGMENTS_MAX = 256

export class WaitingRows {
  /** The rows themselves. */
  readonly side: JoinSide
  readonly #kernels: Kernels
  #segments: readonly Segment[] = []

  constructor(kernels: Kernels, types: readonly DataType[]) {
    this.#kernels = kernels
    this.side = new JoinSide(kernels, { types, counts: false, changes: false, timed: true })
  }

  append(rows: AppendedRows & { readonly times: number }): void {
    this.side.append(rows)
    const range = timestampRange(this.#kernels, rows.times, 0, rows.length)
    if (range === undefined) return
    const segments = [...this.#segments, { end: this.side.rows, least: range.least }]
    this.#segments = segments.length > SEGMENTS_MAX ? paired(segments) : segments
  }

  /** The rows before a time, in a block that is the caller's: it may live over steps. */
  due(first: bigint): Selection | undefined {
    const kernels = this.#kernels
    const found = this.#segments
      .map((segment, i) => ({ segment, from: this.#segments[i - 1]?.end ?? 0 }))
      .filter(({ segment }) => segment.least < first)
    const most = found.reduce((sum, { segment, from }) => sum + segment.end - from, 0)
    if (most === 0) return undefined
    const rows = kernels.allocate(most * 4)
    let length = 0
    for (const { segment, from } of found) {
      const mark = kernels.mark()
      const range = { from, to: segment.end, room: segment.end - from }
      const due = joinBefore(kernels, this.side, range, first)
      kernels.u8.copyWithin(rows + length * 4, due.rows, due.rows + due.length * 4)
      length += due.length
      segment.least = first
      kernels.reset(mark)
    }
    if (length > 0) return { rows, length }
    kernels.release(rows)
    return undefined
  }

  /** Lets go of rows that are gone, when they may be the half. */
  tidy(keyCount: number): void {
    const { useless, rows } = this.side
    if (useless > 0 && useless * 2 >= rows) this.rebuild(keyCount)
  }

  rebuild(keyCount: number): void {
    const segments = this.#segments
    const ends = this.side.rebuild(
      keyCount,
      segments.map(({ end }) => end),
    )
    this.#segments = segments
      .map(({ least }, i) => ({ least, end: ends[i]! }))
      .filter(({ end }, i) => end > (ends[i - 1] ?? 0))
  }

  close(): void {
    this.side.close()
  }
}

const paired = (segments: readonly Segment[]): readonly Segment[] =>
  segments.flatMap((segment, i) => {
    if (i % 2 === 1) return []
    const { end, least } = segments[i + 1] ?? segment
    return [{ end, least: least < segment.least ? least : segment.least }]
  })
