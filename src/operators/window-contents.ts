// What is kept of a window's rows: one value that each row was put into, or the rows; with an evictor the
// rows and their times. All of it is keyed state of the id that the window's rows go by.
import type { ListState, ValueState } from '../state/state.ts'
import type { Evictor, TimestampedValue, Window } from './window-functions.ts'
import type { Fold, RowWindowFunction } from './window-adapters.ts'
import type { TimeQueries } from '../time/timer-service.ts'

/** The rows of the window whose id is the scope's current one. */
export interface WindowContents {
  add(row: unknown, timestamp: number): void
  /** Hands what a firing is over to `emit`; nothing is there: nothing happens. */
  fire(window: Window, emit: (rows: readonly unknown[]) => void): void
  /** Takes what is there, to be put into another window with put(). */
  take(): unknown
  put(taken: unknown): void
  clear(): void
}

/** @param state what the function's descriptor stands for */
export function windowContents(
  { fold, evictor }: RowWindowFunction,
  state: unknown,
  time: TimeQueries,
): WindowContents {
  if (evictor !== undefined) {
    return new EvictedRows(state as ListState<TimestampedValue<unknown>>, { evictor, fold, time })
  }
  return fold === undefined
    ? new KeptRows(state as ListState<unknown>)
    : new FoldedRows(state as ValueState<unknown>, fold)
}

class FoldedRows implements WindowContents {
  readonly #state: ValueState<unknown>
  readonly #fold: Fold

  constructor(state: ValueState<unknown>, fold: Fold) {
    this.#state = state
    this.#fold = fold
  }

  add(row: unknown): void {
    this.#state.update(this.#fold.add(this.#state.value(), row))
  }

  fire(_window: Window, emit: (rows: readonly unknown[]) => void): void {
    const value = this.#state.value()
    if (value !== undefined) emit([this.#fold.result(value)])
  }

  take(): unknown {
    const value = this.#state.value()
    this.#state.clear()
    return value
  }

  put(taken: unknown): void {
    if (taken === undefined) return
    const value = this.#state.value()
    this.#state.update(value === undefined ? taken : this.#fold.merge(value, taken))
  }

  clear(): void {
    this.#state.clear()
  }
}

/** Rows in a list. */
abstract class ListedRows<T> {
  protected readonly state: ListState<T>

  constructor(state: ListState<T>) {
    this.state = state
  }

  take(): unknown {
    const rows = this.state.get()
    this.state.clear()
    return rows
  }

  put(taken: unknown): void {
    this.state.addAll(taken as readonly T[])
  }

  clear(): void {
    this.state.clear()
  }
}

class KeptRows extends ListedRows<unknown> implements WindowContents {
  add(row: unknown): void {
    this.state.add(row)
  }

  fire(_window: Window, emit: (rows: readonly unknown[]) => void): void {
    const rows = this.state.get()
    if (rows.length > 0) emit(rows)
  }
}

interface Eviction {
  readonly evictor: Evictor<unknown>
  readonly fold: Fold | undefined
  readonly time: TimeQueries
}

class EvictedRows extends ListedRows<TimestampedValue<unknown>> implements WindowContents {
  readonly #eviction: Eviction

  constructor(state: ListState<TimestampedValue<unknown>>, eviction: Eviction) {
    super(state)
    this.#eviction = eviction
  }

  add(value: unknown, timestamp: number): void {
    this.state.add({ value, timestamp })
  }

  fire(window: Window, emit: (rows: readonly unknown[]) => void): void {
    const { evictor, time } = this.#eviction
    const all = this.state.get()
    if (all.length === 0) return
    const before = evictor.evictBefore?.(all, window, time) ?? all
    const rows = this.#results(before.map(({ value }) => value))
    if (rows !== undefined) emit(rows)
    const after = evictor.evictAfter?.(before, window, time) ?? before
    if (after.length < all.length) this.state.update(after)
  }

  /** What the function is given; undefined: it is not called, as there is no value of no rows. */
  #results(rows: readonly unknown[]): readonly unknown[] | undefined {
    const { fold } = this.#eviction
    if (fold === undefined) return rows
    if (rows.length === 0) return undefined
    return [fold.result(rows.reduce((before, row) => fold.add(before, row), undefined as unknown))]
  }
}
