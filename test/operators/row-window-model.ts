// Functions over windows as Flink has them, row by row over arrays: what the operator over windows of rows is
// compared with. Triggers and evictors are written here a second time, over plain fields.
import type { TriggerSpec, WindowSpec } from '../../src/operators/window-spec.ts'
import type { Row } from './operator-harness.ts'
import { gridWindowsOf, isByClock, isGrid } from './window-model.ts'

/** The triggers of row-window-functions.ts beside those that are data. */
export type ModelTrigger =
  | TriggerSpec
  | { readonly kind: 'delta'; readonly threshold: number }
  | { readonly kind: 'odd' }

export interface ModelEvictor {
  readonly kind: 'count' | 'time' | 'delta'
  readonly by: number
  readonly after: boolean
}

export interface RowModelOptions {
  readonly window: WindowSpec
  readonly trigger: ModelTrigger | undefined
  readonly evictor: ModelEvictor | undefined
  /** The gap of a session is the row's. */
  readonly isDynamic: boolean
  /** The function counts its calls. */
  readonly isCounting: boolean
  readonly allowedLatenessMs: number
  readonly isKeyed: boolean
  /** The function is not called of no rows. */
  readonly isFolding: boolean
}

interface Item {
  readonly n: number
  readonly at: number
}

type Domain = 'event' | 'processing'

interface Pane {
  readonly key: unknown
  readonly start: number
  readonly end: number
  items: Item[]
  /** What triggers and functions remember. */
  count: number
  next: number | undefined
  last: number | undefined
  sum: number
  seen: number
}

interface Timer {
  readonly pane: Pane
  readonly domain: Domain
  readonly at: number
}

type Result = 'CONTINUE' | 'FIRE' | 'PURGE' | 'FIRE_AND_PURGE'

const FRESH = { count: 0, next: undefined, last: undefined, sum: 0, seen: 0 }

const isDone = (value: Pane | undefined): value is Pane => value !== undefined

export class RowWindowModel {
  readonly #options: RowModelOptions
  readonly #time: Domain | undefined
  #panes: Pane[] = []
  #timers: Timer[] = []
  #totals = new Map<unknown, number>()
  #watermark = -Infinity
  #now = 0
  #hasEnded = false
  #fired: Row[] = []
  lateRows = 0

  constructor(options: RowModelOptions) {
    this.#options = options
    const isTimed = isGrid(options.window) || options.window.kind === 'session'
    this.#time = isTimed ? (isByClock(options.window) ? 'processing' : 'event') : undefined
  }

  /** @returns what fired, and the rows that were late */
  batch(rows: readonly Row[]): { readonly fired: Row[]; readonly late: Row[] } {
    const late = rows.filter((row) => !this.#element(row))
    this.lateRows += late.length
    return { fired: this.#taken(), late }
  }

  watermark(toMs: number): Row[] {
    this.#watermark = Math.max(this.#watermark, toMs)
    this.#fireTimers('event', toMs)
    if (toMs === Infinity) {
      this.#hasEnded = true
      this.#fireTimers('processing', Infinity)
    }
    return this.#taken()
  }

  processingTime(toMs: number): Row[] {
    this.#now = toMs
    this.#fireTimers('processing', toMs)
    return this.#taken()
  }

  #taken(): Row[] {
    const fired = this.#fired
    this.#fired = []
    return fired
  }

  #element(row: Row): boolean {
    const at = this.#time === 'processing' ? this.#now : (row['at'] as number)
    const key = this.#options.isKeyed ? row['key'] : undefined
    const panes = this.#assigned(key, at, row)
    for (const pane of panes) {
      pane.items.push({ n: row['n'] as number, at })
      this.#do(pane, this.#onElement(pane, row['n'] as number, at))
    }
    return panes.length > 0
  }

  #assigned(key: unknown, at: number, row: Row): Pane[] {
    const { window, isDynamic } = this.#options
    if (isGrid(window)) {
      const windows = gridWindowsOf(window, at).toSorted((a, b) => a[1] - b[1])
      return windows
        .map(([start, end]) => {
          const known = this.#panes.find(
            (pane) => pane.key === key && pane.start === start && pane.end === end,
          )
          return known ?? this.#added({ ...FRESH, key, start, end, items: [] })
        })
        .filter(isDone)
    }
    const own = this.#panes.filter((pane) => pane.key === key)
    if (window.kind !== 'session') {
      const all = { ...FRESH, key, start: -Infinity, end: Infinity, items: [] }
      return [own[0] ?? this.#added(all)!]
    }
    return this.#session(key, at, isDynamic ? (row['gap'] as number) : window.gapMs, own)
  }

  #session(key: unknown, at: number, gap: number, own: readonly Pane[]): Pane[] {
    const met = own
      .filter((pane) => pane.start <= at + gap && pane.end >= at)
      .toSorted((a, b) => a.start - b.start)
    const start = Math.min(at, ...met.map((pane) => pane.start))
    const end = Math.max(at + gap, ...met.map((pane) => pane.end))
    if (met.length === 1 && met[0]!.start === start && met[0]!.end === end) return [met[0]!]
    const nexts = met.flatMap(({ next }) => (next === undefined ? [] : [next]))
    const pane = this.#added({
      ...FRESH,
      key,
      start,
      end,
      items: met.flatMap(({ items }) => items),
      count: met.reduce((sum, { count }) => sum + count, 0),
      sum: met.reduce((sum, each) => sum + each.sum, 0),
      seen: met.reduce((sum, each) => sum + each.seen, 0),
      next: nexts.length === 0 ? undefined : Math.min(...nexts),
    })
    if (pane === undefined) return []
    if (met.length > 0) this.#onMerge(pane)
    for (const each of met) this.#remove(each)
    return [pane]
  }

  #added(pane: Pane): Pane | undefined {
    const goesAt = this.#goesAt(pane)
    if (this.#time === 'event' && goesAt <= this.#watermark) return undefined
    this.#panes.push(pane)
    if (this.#time !== undefined) this.#set(pane, this.#time, goesAt)
    return pane
  }

  #goesAt({ end }: Pane): number {
    return this.#time === 'processing' ? end : end - 1 + this.#options.allowedLatenessMs
  }

  #remove(pane: Pane): void {
    this.#panes = this.#panes.filter((each) => each !== pane)
    this.#timers = this.#timers.filter((timer) => timer.pane !== pane)
  }

  #set(pane: Pane, domain: Domain, at: number): void {
    if (domain === 'processing' && this.#hasEnded) return
    const isThere = this.#timers.some(
      (timer) => timer.pane === pane && timer.domain === domain && timer.at === at,
    )
    if (!isThere) this.#timers.push({ pane, domain, at })
  }

  #fireTimers(domain: Domain, toMs: number): void {
    for (;;) {
      const due = this.#timers.filter((timer) => timer.domain === domain && timer.at <= toMs)
      const at = Math.min(...due.map((timer) => timer.at))
      const first = due.find((timer) => timer.at === at)
      if (first === undefined) return
      this.#timers = this.#timers.filter((timer) => timer !== first)
      const { pane } = first
      this.#do(pane, this.#onTimer(pane, domain, at))
      if (domain === this.#time && at === this.#goesAt(pane)) this.#remove(pane)
    }
  }

  #do(pane: Pane, result: Result): void {
    if (result === 'FIRE' || result === 'FIRE_AND_PURGE') this.#fire(pane)
    if (result === 'PURGE' || result === 'FIRE_AND_PURGE') pane.items = []
  }

  #fire(pane: Pane): void {
    const { evictor, isFolding, isCounting } = this.#options
    if (pane.items.length === 0) return
    const { key, start, end } = pane
    const kept = evictor === undefined ? pane.items : evicted(evictor, pane.items)
    const seen = evictor?.after === true ? pane.items : kept
    pane.items = kept
    if (isFolding && seen.length === 0) return
    const total = (this.#totals.get(key) ?? 0) + 1
    this.#totals.set(key, total)
    pane.seen++
    this.#fired.push({
      key: key ?? null,
      windowStart: start,
      windowEnd: end,
      values: seen.map(({ n }) => n).join(','),
      seen: isCounting ? pane.seen : 0,
      total: isCounting ? total : 0,
    })
  }

  get #trigger(): { readonly kind: ModelTrigger; readonly isPurging: boolean } {
    const { trigger } = this.#options
    const end = this.#time === 'processing' ? 'processingTime' : 'eventTime'
    if (trigger?.kind === 'purging') return { kind: trigger.trigger, isPurging: true }
    return { kind: trigger ?? { kind: end }, isPurging: false }
  }

  #purged(result: Result): Result {
    return result === 'FIRE' && this.#trigger.isPurging ? 'FIRE_AND_PURGE' : result
  }

  #onElement(pane: Pane, n: number, at: number): Result {
    const { kind: trigger } = this.#trigger
    switch (trigger.kind) {
      case 'count':
        if (++pane.count < trigger.count) return 'CONTINUE'
        pane.count = 0
        return this.#purged('FIRE')
      case 'delta': {
        const before = pane.last
        if (before !== undefined && Math.abs(before - n) <= trigger.threshold) return 'CONTINUE'
        pane.last = n
        return before === undefined ? 'CONTINUE' : 'FIRE'
      }
      case 'odd':
        pane.sum += n
        if (n === 3) this.#set(pane, 'event', at + 5)
        if (n === 4) this.#set(pane, 'processing', this.#now + 3)
        if (n === 5) this.#forget(pane, 'event', at + 5)
        return n === 6 ? 'FIRE_AND_PURGE' : n === 7 ? 'PURGE' : n === 8 ? 'FIRE' : 'CONTINUE'
      default:
        return this.#purged(this.#onTimed(trigger, pane, at))
    }
  }

  /** A row, for a trigger that fires at the end and perhaps before. */
  #onTimed(trigger: ModelTrigger, pane: Pane, at: number): Result {
    if (this.#isOver(pane) && this.#time !== 'processing') return 'FIRE'
    this.#setEnd(pane)
    if (!('intervalMs' in trigger) || pane.next !== undefined) return 'CONTINUE'
    this.#setNext(pane, trigger, trigger.kind === 'continuousEventTime' ? at : this.#now)
    return 'CONTINUE'
  }

  #onTimer(pane: Pane, domain: Domain, at: number): Result {
    const { kind: trigger } = this.#trigger
    if (trigger.kind === 'odd') {
      if (domain === 'processing') return 'FIRE_AND_PURGE'
      return pane.sum % 2 === 0 ? 'FIRE' : 'CONTINUE'
    }
    if (trigger.kind === 'count' || trigger.kind === 'delta') return 'CONTINUE'
    const end = this.#time === 'processing' ? pane.end : pane.end - 1
    if (domain === (this.#time ?? 'event') && at === end) return this.#purged('FIRE')
    if (!('intervalMs' in trigger)) return 'CONTINUE'
    const isEvent = trigger.kind === 'continuousEventTime'
    const now = isEvent ? this.#watermark : this.#now
    if (domain !== (isEvent ? 'event' : 'processing') || pane.next !== at) return 'CONTINUE'
    if (at > now || this.#isOver(pane)) return 'CONTINUE'
    this.#setNext(pane, trigger, now)
    return this.#purged('FIRE')
  }

  #onMerge(pane: Pane): void {
    const { kind: trigger } = this.#trigger
    if (trigger.kind === 'count' || trigger.kind === 'odd') return
    if (this.#time === 'processing' || !this.#isOver(pane)) this.#setEnd(pane)
    if (!('intervalMs' in trigger) || pane.next === undefined) return
    this.#set(pane, trigger.kind === 'continuousEventTime' ? 'event' : 'processing', pane.next)
  }

  #setEnd(pane: Pane): void {
    if (this.#time === 'processing') this.#set(pane, 'processing', pane.end)
    else this.#set(pane, 'event', pane.end - 1)
  }

  #setNext(pane: Pane, trigger: ModelTrigger & { readonly intervalMs: number }, now: number): void {
    const { intervalMs, kind } = trigger
    pane.next = (Math.floor(now / intervalMs) + 1) * intervalMs
    this.#set(pane, kind === 'continuousEventTime' ? 'event' : 'processing', pane.next)
  }

  #forget(pane: Pane, domain: Domain, at: number): void {
    // What makes the window go is not the trigger's.
    if (domain === this.#time && at === this.#goesAt(pane)) return
    this.#timers = this.#timers.filter(
      (timer) => timer.pane !== pane || timer.domain !== domain || timer.at !== at,
    )
  }

  #isOver({ end }: Pane): boolean {
    return this.#time === 'processing' ? this.#now >= end : this.#watermark >= end - 1
  }
}

function evicted({ kind, by }: ModelEvictor, items: readonly Item[]): Item[] {
  if (kind === 'count') return items.slice(-by)
  const last = items.at(-1)!
  if (kind === 'delta') return items.filter(({ n }) => Math.abs(last.n - n) < by)
  const latest = Math.max(...items.map(({ at }) => at))
  return items.filter(({ at }) => at > latest - by)
}
