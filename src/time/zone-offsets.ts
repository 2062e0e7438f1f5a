// How far the clocks of a time zone are from UTC: from Intl, which knows the zones' history. Used by the
// windows on a grid of a zone's days.
//
// ZO1  Intl is asked for a stretch of time at once, when somebody first needs a moment in it: never by row.
// ZO2  A change of the clocks is found when the offset before it and after differ seven days on: a zone
//      that changed its clocks and changed them back within a week is not known to have.
// ZO3  Wall clocks step: an hour comes twice, or never. What is asked here is so chosen that stretches
//      of the wall clock that follow one another are stretches of time that do.
import { DataflowError, didYouMean } from '../base/errors.ts'

/** A stretch of time with one offset: from one moment to before another, milliseconds. */
export interface ZoneStretch {
  readonly from: number
  readonly to: number
  readonly offsetMs: number
}

const DAY_MS = 86_400_000
const STEP_MS = 7 * DAY_MS
/** 52 steps: about a year. */
const BLOCK_MS = 52 * STEP_MS
const BLOCKS_MAX = 1_024
/** What a Date can hold, less what is looked at around it. */
const DATE_MAX = 8.64e15 - 4 * BLOCK_MS
/** More than the clocks of any zone have ever been moved. */
const SHIFT_MAX_MS = 2 * DAY_MS

export class ZoneOffsets {
  readonly #format: Intl.DateTimeFormat
  /** At most BLOCKS_MAX, then it begins anew. */
  readonly #blocks = new Map<number, readonly ZoneStretch[]>()
  /** Where the last moment was: the next one is mostly there, too. */
  #last: ZoneStretch = { from: 0, to: 0, offsetMs: 0 }

  /** @throws CONFIG_INVALID for a name that is no time zone */
  constructor(timeZone: string) {
    this.#format = formatOf(timeZone)
  }

  /** The stretches that have a moment from one to another, both included, in order. */
  between(fromMs: number, toMs: number): readonly ZoneStretch[] {
    const [from, to] = [fromMs, toMs].map((ms) => Math.min(DATE_MAX, Math.max(-DATE_MAX, ms)))
    const found: ZoneStretch[] = []
    for (let block = Math.floor(from! / BLOCK_MS); block * BLOCK_MS <= to!; block++) {
      for (const stretch of this.#block(block)) {
        const last = found.at(-1)
        if (last?.offsetMs === stretch.offsetMs)
          found[found.length - 1] = { ...last, to: stretch.to }
        else found.push(stretch)
      }
    }
    return found.filter((stretch) => stretch.to > from! && stretch.from <= to!)
  }

  /** The wall clock at a moment, as milliseconds since its 1970-01-01T00:00. */
  localMs(ms: number): number {
    if (ms < this.#last.from || ms >= this.#last.to) this.#last = this.between(ms, ms)[0]!
    return ms + this.#last.offsetMs
  }

  /** The earliest that the wall clock shows at a moment or after it: it may be put back yet. */
  leastLocalFrom(ms: number): number {
    return Math.min(
      ...this.between(ms, ms + SHIFT_MAX_MS).map(
        ({ from, offsetMs }) => Math.max(from, ms) + offsetMs,
      ),
    )
  }

  /** The first moment at which the wall clock shows a time or a later one. */
  firstAt(localMs: number): number {
    const moments = this.between(localMs - SHIFT_MAX_MS, localMs + SHIFT_MAX_MS)
      .map(({ from, to, offsetMs }) => ({ to, ms: Math.max(from, localMs - offsetMs) }))
      .filter(({ to, ms }) => ms < to)
    return Math.min(...moments.map(({ ms }) => ms))
  }

  /** The moment from which on the wall clock never shows an earlier time. */
  endAt(localMs: number): number {
    const moments = this.between(localMs - SHIFT_MAX_MS, localMs + SHIFT_MAX_MS)
      .map(({ from, to, offsetMs }) => ({ from, ms: Math.min(to, localMs - offsetMs) }))
      .filter(({ from, ms }) => from < ms)
    return Math.max(...moments.map(({ ms }) => ms))
  }

  #block(block: number): readonly ZoneStretch[] {
    const known = this.#blocks.get(block)
    if (known !== undefined) return known
    if (this.#blocks.size >= BLOCKS_MAX) this.#blocks.clear()
    const stretches = this.#stretches(block * BLOCK_MS, (block + 1) * BLOCK_MS)
    this.#blocks.set(block, stretches)
    return stretches
  }

  #stretches(start: number, end: number): readonly ZoneStretch[] {
    const stretches: ZoneStretch[] = []
    let from = start
    let offsetMs = this.#offsetAt(start)
    for (let at = start; at < end; at += STEP_MS) {
      const next = this.#offsetAt(at + STEP_MS)
      if (next === offsetMs) continue
      const change = this.#changeWithin(at, at + STEP_MS)
      stretches.push({ from, to: change, offsetMs })
      ;[from, offsetMs] = [change, next]
    }
    stretches.push({ from, to: end, offsetMs })
    return stretches.filter((stretch) => stretch.to > stretch.from)
  }

  /** The first moment of the later offset. */
  #changeWithin(before: number, after: number): number {
    const offset = this.#offsetAt(before)
    let [low, high] = [before, after]
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2)
      if (this.#offsetAt(middle) === offset) low = middle
      else high = middle
    }
    return high
  }

  #offsetAt(ms: number): number {
    const parts: Record<string, number> = {}
    for (const { type, value } of this.#format.formatToParts(ms)) parts[type] = Number(value)
    const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts
    const local = new Date(0)
    local.setUTCFullYear(yearOf(ms, year), month - 1, day)
    local.setUTCHours(hour, minute, second)
    return local.getTime() - Math.floor(ms / 1_000) * 1_000
  }
}

/** Intl counts the years before Christ forwards: the one that is near is meant. */
function yearOf(ms: number, year: number): number {
  const near = new Date(ms).getUTCFullYear()
  return Math.abs(year - near) <= 1 ? year : 1 - year
}

/** @throws CONFIG_INVALID for a name that is no time zone */
export function checkedTimeZone(timeZone: unknown): string {
  formatOf(timeZone)
  return timeZone as string
}

function formatOf(timeZone: unknown): Intl.DateTimeFormat {
  try {
    if (typeof timeZone === 'string') {
      return new Intl.DateTimeFormat('en-US', {
        timeZone,
        calendar: 'gregory',
        numberingSystem: 'latn',
        hourCycle: 'h23',
        year: 'numeric',
        month: 'numeric',
        day: 'numeric',
        hour: 'numeric',
        minute: 'numeric',
        second: 'numeric',
      })
    }
  } catch {
    // A RangeError says no more than that it is none.
  }
  const hint = didYouMean(String(timeZone), Intl.supportedValuesOf('timeZone'))
  throw new DataflowError(
    'CONFIG_INVALID',
    `'${String(timeZone)}' is no time zone; name one such as 'Europe/Berlin'.${hint}`,
  )
}
