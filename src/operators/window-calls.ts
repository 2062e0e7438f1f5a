// What happens to one window of rows: a row is taken in, a timer comes, sessions become one, the window
// fires and goes. The calls of the job's functions are here. Used by the operator (row-windows.ts), which
// brings rows and time, and sets the current key.
import { show } from '../columnar/column-builder.ts'
import type { KeyScope } from '../state/key-scope.ts'
import type { TimeDomain, TimeQueries } from '../time/timer-service.ts'
import type { CurrentTime } from './event-times.ts'
import type { Collector } from './functions.ts'
import { type Pane, type PaneSet, WindowBounds } from './pane-set.ts'
import type { RowWindowFunction } from './window-adapters.ts'
import type { WindowContents } from './window-contents.ts'
import type {
  FunctionWindowContext,
  WindowStates,
  WindowTriggerContext,
} from './window-contexts.ts'
import type { Trigger, TriggerResult, Window } from './window-functions.ts'
import { WindowGrid } from './window-grid.ts'
import type { WindowLife } from './window-life.ts'
import { isGridWindow, type WindowSpec } from './window-spec.ts'
import type { WindowTimers } from './window-timers.ts'

export interface WindowCallsParts {
  readonly window: WindowSpec
  readonly life: WindowLife
  /** False for windows of all rows. */
  readonly isKeyed: boolean
  readonly keys: KeyScope
  readonly panes: PaneSet
  readonly timers: WindowTimers
  readonly states: WindowStates
  readonly time: TimeQueries
  /** The time of what is emitted. */
  readonly rowTime: CurrentTime
  readonly out: Collector<unknown>
  readonly functionContext: FunctionWindowContext
  readonly triggerContext: WindowTriggerContext
  readonly fn: RowWindowFunction
  readonly trigger: Trigger<unknown>
  readonly contents: WindowContents
  onFired(): void
}

const RESULTS: readonly string[] = ['CONTINUE', 'FIRE', 'PURGE', 'FIRE_AND_PURGE']

/** Of everything: it has no end, and its last moment is that of all time. */
const EVERYTHING = new WindowBounds(-Infinity, Infinity)

export class WindowCalls {
  /** The method of the job's that was called last, for errors. */
  call = ''
  /** The window that it was called for. */
  window: Window = EVERYTHING
  readonly #parts: WindowCallsParts
  readonly #grid: WindowGrid | undefined

  constructor(parts: WindowCallsParts) {
    const { window } = parts
    this.#parts = parts
    this.#grid = isGridWindow(window) ? new WindowGrid(window) : undefined
  }

  /**
   * Takes a row into its windows.
   * @param timestamp by the clock of the windows
   * @returns false: all of its windows are gone
   */
  element(keyId: number, row: unknown, timestamp: number): boolean {
    const { window, panes } = this.#parts
    if (this.#grid !== undefined) return this.#gridElement(this.#grid, keyId, row, timestamp)
    const pane =
      window.kind === 'session'
        ? this.#session(keyId, row, timestamp)
        : (panes.find(keyId, Infinity) ?? panes.add(keyId, EVERYTHING, Infinity))
    if (pane !== undefined) this.#take(pane, row, timestamp)
    return pane !== undefined
  }

  onTimer(pane: Pane, timeMs: number, domain: TimeDomain): void {
    const { trigger, triggerContext } = this.#parts
    const method = domain === 'event' ? 'onEventTime' : 'onProcessingTime'
    this.#enter(pane, method)
    const result = trigger[method]?.(timeMs, pane.window, triggerContext) ?? 'CONTINUE'
    this.#do(result, pane, method)
  }

  /** The window goes, if a timer was the one of its end. */
  afterTimer(pane: Pane, timeMs: number, domain: TimeDomain): void {
    if (!this.#parts.life.isLast(pane.window, domain, timeMs)) return
    const { fn, trigger, states, contents, functionContext, triggerContext } = this.#parts
    states.scope.current = pane.rows
    contents.clear()
    try {
      this.#enter(pane, 'clear')
      trigger.clear?.(pane.window, triggerContext)
      functionContext.current = pane
      fn.clear(functionContext)
    } finally {
      this.#remove(pane)
    }
  }

  leave(): void {
    const { functionContext, triggerContext, states } = this.#parts
    functionContext.current = undefined
    triggerContext.current = undefined
    states.scope.current = -1
  }

  #gridElement(grid: WindowGrid, keyId: number, row: unknown, timestamp: number): boolean {
    const { panes, life, time } = this.#parts
    const slice = grid.sliceAt(timestamp)
    const last = grid.lastWindow(slice)
    let isTaken = false
    for (let number = grid.firstWindow(slice); number <= last; number++) {
      let pane = panes.find(keyId, number)
      if (pane === undefined) {
        const window = new WindowBounds(grid.startMs(number), grid.endMs(number))
        if (life.isGone(window, time.currentWatermark())) continue
        pane = this.#add(keyId, window, number)
      }
      isTaken = true
      this.#take(pane, row, timestamp)
    }
    return isTaken
  }

  /** The session that a row is in: those that it joins become one. Undefined: it is gone. */
  #session(keyId: number, row: unknown, timestamp: number): Pane | undefined {
    const { panes, life, time } = this.#parts
    const own = new WindowBounds(timestamp, timestamp + this.#gapOf(row))
    const met = panes.meeting(keyId, own)
    const start = Math.min(own.start, ...met.map(({ window }) => window.start))
    const end = Math.max(own.end, ...met.map(({ window }) => window.end))
    const window = new WindowBounds(start, end)
    const [first] = met
    if (first === undefined)
      return life.isGone(window, time.currentWatermark())
        ? undefined
        : this.#add(keyId, window, end)
    const isSame = met.length === 1 && first.window.start === start && first.window.end === end
    return isSame ? first : this.#merge(keyId, window, met)
  }

  #gapOf(row: unknown): number {
    const { window, fn } = this.#parts
    const { gap } = fn.parts
    if (gap === undefined) return window.kind === 'session' ? window.gapMs : 0
    this.call = 'gap'
    const ms = gap(row as never)
    if (Number.isSafeInteger(ms) && (ms as number) > 0) return ms as number
    throw new TypeError(
      `a session's gap is a whole number of milliseconds from 1 on, not ${show(ms)}`,
    )
  }

  #merge(keyId: number, window: Window, met: readonly Pane[]): Pane {
    const { states, trigger, triggerContext, functionContext, contents, fn } = this.#parts
    const { scope } = states
    const [first, ...others] = met as [Pane, ...Pane[]]
    const merged = this.#add(keyId, window, window.end, first.rows)
    triggerContext.merged = met
    this.#enter(merged, 'onMerge')
    trigger.onMerge?.(window, triggerContext)
    triggerContext.merged = []
    if (fn.merge !== undefined) {
      scope.current = merged.id
      functionContext.current = merged
      functionContext.merged = met
      fn.merge(functionContext)
      functionContext.merged = []
    }
    const taken = others.map((pane) => {
      scope.current = pane.rows
      return contents.take()
    })
    for (const pane of met) {
      this.#enter(pane, 'clear')
      trigger.clear?.(pane.window, triggerContext)
      this.#remove(pane)
    }
    this.call = 'merge'
    scope.current = merged.rows
    for (const value of taken) contents.put(value)
    return merged
  }

  #take(pane: Pane, row: unknown, timestamp: number): void {
    const { states, contents, trigger, triggerContext, fn } = this.#parts
    states.scope.current = pane.rows
    this.call = fn.adding
    contents.add(row, timestamp)
    this.#enter(pane, 'onElement')
    const result = trigger.onElement(row, timestamp, pane.window, triggerContext)
    this.#do(result, pane, 'onElement')
  }

  #do(result: TriggerResult, pane: Pane, method: string): void {
    if (result === 'CONTINUE') return
    if (!RESULTS.includes(result)) {
      throw new TypeError(
        `a trigger's ${method}() gives one of ${RESULTS.join(', ')}, not ${show(result)}`,
      )
    }
    if (result !== 'PURGE') this.#fire(pane)
    if (result === 'FIRE') return
    this.#parts.states.scope.current = pane.rows
    this.#parts.contents.clear()
  }

  #fire(pane: Pane): void {
    const { states, contents, functionContext, fn, out, rowTime } = this.#parts
    const { scope } = states
    scope.current = pane.rows
    this.call = fn.evictor === undefined ? fn.call : 'evictor'
    contents.fire(pane.window, (rows) => {
      this.call = fn.call
      this.#parts.onFired()
      rowTime.at(pane.window.maxTimestamp(), 'ms')
      functionContext.current = pane
      scope.current = pane.id
      fn.emit(this.#key, functionContext, rows, out)
      scope.current = pane.rows
    })
  }

  readonly #key = (): unknown => {
    const { keys, isKeyed } = this.#parts
    return isKeyed ? keys.keyOf(keys.current) : undefined
  }

  /** A method of the trigger is about to be called. */
  #enter(pane: Pane, method: string): void {
    this.call = method
    this.window = pane.window
    this.#parts.triggerContext.current = pane
    this.#parts.states.scope.current = pane.id
  }

  #add(keyId: number, window: Window, place: number, rows?: number): Pane {
    const { panes, timers, life } = this.#parts
    const pane = panes.add(keyId, window, place, rows)
    timers.register(pane, life.domain, life.lastMs(window))
    return pane
  }

  #remove(pane: Pane): void {
    const { panes, timers, states } = this.#parts
    timers.deleteAll(pane)
    states.clear(pane.id)
    for (const id of panes.remove(pane)) states.scope.free(id)
  }
}
