// The contexts of functions over windows, of triggers and evictors: one object each an operator and subtask,
// which tells of the window that is being processed. And the state of windows that they give.
import { DataflowError } from '../base/errors.ts'
import type { Fields } from '../columnar/type.ts'
import type { Accumulated } from '../state/single-tables.ts'
import type { ListState, ReducingState, StateDescriptor } from '../state/state.ts'
import type { WindowScope } from '../state/window-scope.ts'
import type { TimeDomain, TimeQueries } from '../time/timer-service.ts'
import type { SideTag } from './functions.ts'
import type { Pane } from './pane-set.ts'
import type { SideRows } from './side-rows.ts'
import type {
  MergeWindowContext,
  MergingStateDescriptor,
  OnMergeContext,
  Window,
} from './window-functions.ts'
import type { WindowLife } from './window-life.ts'
import type { WindowTimers } from './window-timers.ts'

interface Clearable {
  clear(): void
}

/** The states by window that somebody has asked for: they go with their window. */
export class WindowStates {
  readonly scope: WindowScope
  readonly #getState: <S>(descriptor: StateDescriptor<S>) => S
  readonly #states = new Map<string, Clearable>()

  /** @param getState gives the state of the scope's current id */
  constructor(scope: WindowScope, getState: <S>(descriptor: StateDescriptor<S>) => S) {
    this.scope = scope
    this.#getState = getState
  }

  get<S>(descriptor: StateDescriptor<S>): S {
    const state = this.#getState(descriptor)
    if (!this.#states.has(descriptor.name)) {
      this.#states.set(descriptor.name, state as Clearable)
      // What was restored of windows that have gone by now.
      for (const id of this.scope.unheld()) {
        this.clear(id)
        this.scope.free(id)
      }
    }
    return state
  }

  clear(id: number): void {
    const { scope } = this
    const { current } = scope
    scope.current = id
    for (const state of this.#states.values()) state.clear()
    scope.current = current
  }

  /**
   * Moves the state of windows that have become one to that one's.
   * @throws STATE_MISUSED for a kind that cannot be merged
   */
  merge(descriptor: StateDescriptor, from: readonly Pane[], to: Pane): void {
    const { kind, name } = descriptor
    if (!MERGING.includes(kind)) {
      throw new DataflowError(
        'STATE_MISUSED',
        `state '${name}' is of kind ${kind}: only ${MERGING_KINDS} states can be merged`,
      )
    }
    const state = this.get(descriptor as StateDescriptor<Mergeable>)
    const { scope } = this
    const taken = from.map(({ id }) => {
      scope.current = id
      const value = kind === 'aggregating' ? state.accumulator() : state.get()
      state.clear()
      return value
    })
    scope.current = to.id
    for (const value of taken) {
      if (value === undefined) continue
      if (kind === 'list') state.addAll(value as unknown[])
      else if (kind === 'aggregating') state.merge(value)
      else state.add(value)
    }
  }
}

type Mergeable = ListState<unknown> & ReducingState<unknown> & Accumulated

const MERGING: readonly StateDescriptor['kind'][] = ['list', 'reducing', 'aggregating']
const MERGING_KINDS = 'list, reducing and aggregating'

interface ContextParts {
  readonly time: TimeQueries
  readonly timers: WindowTimers
  readonly states: WindowStates
  readonly sides: SideRows
  readonly life: WindowLife
  /** Windows become one another. */
  readonly isMerging: boolean
  /** The function merges their state. */
  readonly hasOnMerge: boolean
  globalState<S>(descriptor: StateDescriptor<S>): S
}

/** What is good during a call only. */
abstract class CallContext implements TimeQueries {
  protected readonly parts: ContextParts
  /** The window that the call is for. */
  current: Pane | undefined

  constructor(parts: ContextParts) {
    this.parts = parts
  }

  currentWatermark(): number {
    return this.parts.time.currentWatermark()
  }

  currentProcessingTime(): number {
    return this.parts.time.currentProcessingTime()
  }

  protected get pane(): Pane {
    if (this.current !== undefined) return this.current
    throw new DataflowError(
      'STATE_MISUSED',
      "a window's context is used outside of the call that it was given to",
    )
  }
}

export class FunctionWindowContext extends CallContext implements MergeWindowContext {
  /** The windows that have become the current one. */
  merged: readonly Pane[] = []

  get window(): Window {
    return this.pane.window
  }

  windowState<S>(descriptor: StateDescriptor<S>): S {
    const { isMerging, hasOnMerge, states } = this.parts
    if (isMerging) refuseOfSession(descriptor, hasOnMerge)
    return states.get(descriptor)
  }

  mergeWindowState<T>(descriptor: MergingStateDescriptor<T>): void {
    this.parts.states.merge(descriptor, this.merged, this.pane)
  }

  globalState<S>(descriptor: StateDescriptor<S>): S {
    return this.parts.globalState(descriptor)
  }

  output<F extends Fields>(tag: SideTag<F>, row: unknown): void {
    this.parts.sides.output(tag, row)
  }
}

export class WindowTriggerContext extends CallContext implements OnMergeContext {
  /** The windows that have become the current one. */
  merged: readonly Pane[] = []

  registerEventTimeTimer(timeMs: number): void {
    this.parts.timers.register(this.pane, 'event', timeMs)
  }

  registerProcessingTimeTimer(timeMs: number): void {
    this.parts.timers.register(this.pane, 'processing', timeMs)
  }

  deleteEventTimeTimer(timeMs: number): void {
    this.#delete('event', timeMs)
  }

  deleteProcessingTimeTimer(timeMs: number): void {
    this.#delete('processing', timeMs)
  }

  /** The timer with which the window goes is not the trigger's to delete. */
  #delete(domain: TimeDomain, timeMs: number): void {
    const { life, timers } = this.parts
    if (!life.isLast(this.pane.window, domain, timeMs)) timers.delete(this.pane, domain, timeMs)
  }

  getPartitionedState<S>(descriptor: StateDescriptor<S>): S {
    return this.parts.states.get(descriptor)
  }

  mergePartitionedState<T>(descriptor: MergingStateDescriptor<T>): void {
    this.parts.states.merge(descriptor, this.merged, this.pane)
  }
}

/** @throws UNSUPPORTED for state that would be lost when sessions become one */
function refuseOfSession({ kind, name }: StateDescriptor, hasOnMerge: boolean): void {
  if (hasOnMerge && MERGING.includes(kind)) return
  throw new DataflowError(
    'UNSUPPORTED',
    `state '${name}' is of a session, and sessions become one another: ` +
      (hasOnMerge
        ? `only ${MERGING_KINDS} states can be merged, and this is of kind ${kind}; use globalState()`
        : 'give the function onMerge(context) { context.mergeWindowState(descriptor) }, or use ' +
          'globalState()'),
  )
}
