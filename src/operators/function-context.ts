// The context that a process function is given: one object an operator and subtask, which tells of the row
// or timer that is being processed. (functions.ts says what of it a function may see.)
import { DataflowError } from '../base/errors.ts'
import type { Fields } from '../columnar/type.ts'
import type { KeyScope } from '../state/key-scope.ts'
import type { MapState, ReadOnlyMapState, StateDescriptor } from '../state/state.ts'
import type { TimeDomain, TimerService, TimeQueries } from '../time/timer-service.ts'
import type { CurrentTime } from './event-times.ts'
import type { BaseContext, OnTimerContext, SideTag } from './functions.ts'
import type { SideRows } from './side-rows.ts'
import type { VisibleRows } from './visible-rows.ts'

export interface FunctionContextParts {
  readonly time: CurrentTime
  readonly sides: SideRows
  readonly timers: TimerService | TimeQueries
  /** Absent in a function that is not keyed. */
  readonly scope: KeyScope | undefined
  getState<S>(descriptor: StateDescriptor<S>): S
  broadcastState<K, V>(descriptor: StateDescriptor<MapState<K, V>>): MapState<K, V>
  /** Visits the keys that have something under a descriptor. */
  forEachId(descriptor: StateDescriptor, visit: (id: number) => void): void
}

/** The rows whose keys are asked for, and where in them the keys are. */
export interface KeySource {
  readonly rows: VisibleRows
  readonly keys: readonly { readonly name: string; readonly column: number }[]
  /** Its rows are those of a broadcast stream. */
  readonly isBroadcast: boolean
}

export class FunctionContext implements BaseContext, OnTimerContext<unknown> {
  readonly #parts: FunctionContextParts
  /** Where the current row is; undefined in a timer. */
  source: KeySource | undefined
  row = 0
  timeDomain: TimeDomain = 'event'

  constructor(parts: FunctionContextParts) {
    this.#parts = parts
  }

  get currentKey(): unknown {
    const { source } = this
    const { scope } = this.#parts
    if (scope === undefined || scope.current < 0) {
      throw new DataflowError(
        'STATE_MISUSED',
        `currentKey is read ${scope?.absence ?? 'without keyBy()'}`,
      )
    }
    if (source === undefined) return scope.keyOf(scope.current)
    const { rows, keys } = source
    if (keys.length === 1) return rows.value(keys[0]!.column, this.row)
    return Object.fromEntries(keys.map(({ name, column }) => [name, rows.value(column, this.row)]))
  }

  timestamp(): number | undefined {
    return this.#parts.time.ms
  }

  timerService(): TimerService {
    return this.#parts.timers as TimerService
  }

  output<F extends Fields>(tag: SideTag<F>, row: unknown): void {
    this.#parts.sides.output(tag, row)
  }

  getState<S>(descriptor: StateDescriptor<S>): S {
    return this.#parts.getState(descriptor)
  }

  getBroadcastState<K, V>(descriptor: StateDescriptor<MapState<K, V>>): MapState<K, V> {
    const state = this.#parts.broadcastState(descriptor)
    return this.source?.isBroadcast === true ? state : (readOnly(state) as MapState<K, V>)
  }

  applyToKeyedState<S>(
    descriptor: StateDescriptor<S>,
    visit: (key: unknown, state: S) => void,
  ): void {
    const { scope, forEachId } = this.#parts
    if (scope === undefined) return
    const state = this.getState(descriptor)
    const { current } = scope
    try {
      forEachId(descriptor, (id) => {
        scope.current = id
        visit(scope.keyOf(id), state)
      })
    } finally {
      scope.current = current
    }
  }
}

/** What rows that are not broadcast may do with broadcast state. */
const readOnly = <K, V>(state: MapState<K, V>): ReadOnlyMapState<K, V> => ({
  get: (key) => state.get(key),
  has: (key) => state.has(key),
  entries: () => state.entries(),
  keys: () => state.keys(),
  values: () => state.values(),
  isEmpty: () => state.isEmpty(),
})
