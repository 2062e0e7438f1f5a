// The windows that live in one subtask, by key: their bounds, and the ids that their state and timers go by.
// After Flink's MergingWindowSet, for windows that become one another and those that do not.
//
// PS1  No two windows of a key have one place: the number of a window on a grid (two of them may have one
//      end, where the clock of a zone leaves an hour out); the end of a session, as sessions lie apart.
// PS2  A window has an id for the trigger's and the function's state, and one for its rows. Sessions that
//      become one get a new id of the first kind, and keep that of the earliest for their rows.
// PS3  A window of everything lives while somebody holds something for it; others until they are removed.
import { assert } from '../base/assert.ts'
import type { StateReader } from '../checkpoint/operator-state.ts'
import { float64 } from '../columnar/type.ts'
import { NO_GROUP } from '../kernels/group-table.ts'
import { KeyedRows, type KeyedRowsTarget } from '../state/keyed-rows.ts'
import type { KeyScope } from '../state/key-scope.ts'
import type { IdHolder } from '../state/state-table.ts'
import type { WindowScope } from '../state/window-scope.ts'
import type { Window } from './window-functions.ts'

const TABLE = 'windows'
const FIELDS = [
  { name: '$start', type: float64() },
  { name: '$end', type: float64() },
  { name: '$place', type: float64() },
  /** The number of the id that its rows go by. */
  { name: '$rows', type: float64() },
]

/** A window's bounds, as user code sees them. */
export class WindowBounds implements Window {
  readonly start: number
  readonly end: number

  constructor(start: number, end: number) {
    this.start = start
    this.end = end
  }

  maxTimestamp(): number {
    return this.end - 1
  }
}

/** A window of a key. */
export interface Pane {
  readonly window: Window
  /** What it is found by among those of its key. */
  readonly place: number
  /** Of the trigger's and the function's state, and of timers. */
  readonly id: number
  /** Of what is kept of its rows. */
  readonly rows: number
  /** When it has timers, by domain; window-timers.ts keeps them. */
  event: readonly number[]
  processing: readonly number[]
}

export const NO_TIMERS: readonly number[] = []

export class PaneSet implements IdHolder {
  readonly scope: WindowScope
  readonly #byKey = new Map<number, Map<number, Pane>>()
  readonly #byId: (Pane | undefined)[] = []

  constructor(scope: WindowScope, keys: KeyScope) {
    this.scope = scope
    keys.holders.push(this)
  }

  /** The window of an id of the first kind. */
  of(id: number): Pane {
    const pane = this.#byId[id]
    assert(pane !== undefined, `window ${id} is gone`)
    return pane
  }

  find(keyId: number, place: number): Pane | undefined {
    return this.#byKey.get(keyId)?.get(place)
  }

  /** Windows that a window meets or touches, by start. */
  meeting(keyId: number, { start, end }: Window): Pane[] {
    const panes = this.#byKey.get(keyId)
    if (panes === undefined) return []
    return [...panes.values()]
      .filter(({ window }) => window.start <= end && window.end >= start)
      .sort((a, b) => a.window.start - b.window.start)
  }

  /** @param rows the id of what is kept of its rows; its own, unless said */
  add(keyId: number, window: Window, place: number, rows?: number): Pane {
    const id = this.scope.allocate(keyId)
    this.scope.hold(rows ?? id)
    const timers = { event: NO_TIMERS, processing: NO_TIMERS }
    return this.#put({ window, place, id, rows: rows ?? id, ...timers })
  }

  /** @returns the ids that nobody holds any more: to be cleared, and freed */
  remove(pane: Pane): number[] {
    const { scope } = this
    const keyId = scope.keyIdOf(pane.id)
    const panes = this.#byKey.get(keyId)
    if (panes?.get(pane.place) === pane) panes.delete(pane.place)
    if (panes?.size === 0) this.#byKey.delete(keyId)
    this.#byId[pane.id] = undefined
    return [pane.id, pane.rows].filter((id) => scope.release(id))
  }

  /** The keys of windows, for the key scope. */
  mark(liveKeys: Uint8Array): void {
    const { scope } = this
    const held = new Uint8Array(scope.size)
    for (const holder of scope.holders) holder.mark(held)
    for (const pane of this.#byId) {
      if (pane !== undefined && pane.window.end < Infinity) held[pane.id] = 1
    }
    held.forEach((isHeld, id) => {
      const keyId = scope.keyIdOf(id)
      if (isHeld === 1 && keyId >= 0) liveKeys[keyId] = 1
    })
  }

  remap(map: Uint32Array): void {
    const { scope } = this
    this.#byKey.clear()
    this.#byId.forEach((pane, id) => {
      if (pane === undefined) return
      if ((map[scope.keyIdOf(id)] ?? NO_GROUP) === NO_GROUP) this.#byId[id] = undefined
    })
    scope.rekey(map)
    for (const pane of this.#byId) if (pane !== undefined) this.#put(pane)
  }

  snapshot(target: KeyedRowsTarget): void {
    const rows = new KeyedRows(target, TABLE, FIELDS)
    for (const pane of this.#byId) {
      if (pane === undefined) continue
      const { start, end } = pane.window
      const $rows = this.scope.numberOf(pane.rows)
      rows.append(pane.id, { $start: start, $end: end, $place: pane.place, $rows })
    }
    rows.flush()
  }

  restore({ kernels }: Pick<KeyedRowsTarget, 'kernels'>, from: StateReader | undefined): void {
    const { scope } = this
    for (const { id, row } of KeyedRows.read({ kernels, scope }, from, TABLE, FIELDS)) {
      const rows = scope.named(scope.keyIdOf(id), row.$rows as number)
      scope.hold(id)
      scope.hold(rows)
      const window = new WindowBounds(row.$start as number, row.$end as number)
      this.#put({
        window,
        place: row.$place as number,
        id,
        rows,
        event: NO_TIMERS,
        processing: NO_TIMERS,
      })
    }
  }

  #put(pane: Pane): Pane {
    const keyId = this.scope.keyIdOf(pane.id)
    let panes = this.#byKey.get(keyId)
    if (panes === undefined) this.#byKey.set(keyId, (panes = new Map()))
    panes.set(pane.place, pane)
    this.#byId[pane.id] = pane
    return pane
  }
}
