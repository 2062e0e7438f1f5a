// Timers of one time domain in one operator and subtask, by id (of a key, or a key and window): a heap of
// times, and for each time the ids that have a timer then.
//
//   heap [12, 30, 41]        12 ─► id 7        30 ─► ids 2, 9, 4        41 ─► none (all deleted)
//
// TQ1  A timer is an id and a time: registered twice it is there once, in its first place.
// TQ2  Timers come in order of time, those of one time in the order in which they were registered.
// TQ3  A time is in the heap exactly once while it has an entry in the map, also when all its timers were
//      deleted; when half of the times are such, both are built anew.
import type { StateReader } from '../checkpoint/operator-state.ts'
import { float64 } from '../columnar/type.ts'
import { NO_GROUP } from '../kernels/group-table.ts'
import { KeyedRows, type KeyedRowsTarget } from '../state/keyed-rows.ts'
import type { IdHolder } from '../state/state-table.ts'

/** One id is held as it is, several in a set. */
type Bucket = number | Set<number>

const NOBODY = -1
/** Below this many empty times nobody builds the heap anew. */
const EMPTY_TIMES_MIN = 64

const FIELDS = [
  { name: '$time', type: float64() },
  { name: '$order', type: float64() },
]

export class TimerQueue implements IdHolder {
  #heap: number[] = []
  #buckets = new Map<number, Bucket>()
  #emptyTimes = 0
  /** The set that next() takes from, and where it is. */
  #taken: Set<number> | undefined
  #cursor: Iterator<number> = [].values()
  /** Timers that are there. */
  size = 0
  /** The timer that next() took. */
  id = NOBODY
  timeMs = -Infinity

  /** The earliest time of a timer; +Infinity when there is none. */
  get earliestMs(): number {
    this.#skipEmpty()
    return this.#heap[0] ?? Infinity
  }

  /** False: it is there already. */
  add(id: number, timeMs: number): boolean {
    const bucket = this.#buckets.get(timeMs)
    if (bucket === undefined) {
      this.#buckets.set(timeMs, id)
      this.#push(timeMs)
    } else if (typeof bucket !== 'number') {
      if (bucket.has(id)) return false
      bucket.add(id)
    } else if (bucket === NOBODY) {
      this.#buckets.set(timeMs, id)
      this.#emptyTimes--
    } else {
      if (bucket === id) return false
      this.#buckets.set(timeMs, new Set([bucket, id]))
    }
    this.size++
    return true
  }

  delete(id: number, timeMs: number): boolean {
    const bucket = this.#buckets.get(timeMs)
    if (bucket === undefined) return false
    if (typeof bucket === 'number') {
      if (bucket !== id) return false
    } else {
      if (!bucket.delete(id)) return false
      if (bucket.size > 0) {
        this.size--
        return true
      }
    }
    this.size--
    this.#buckets.set(timeMs, NOBODY)
    this.#emptyTimes++
    if (this.#emptyTimes > EMPTY_TIMES_MIN && this.#emptyTimes * 2 > this.#buckets.size) {
      this.#rebuild((kept) => kept)
    }
    return true
  }

  /** Takes the first timer at or before a time; its id and time are in the fields of those names. */
  next(upToMs: number): boolean {
    if (this.earliestMs > upToMs || this.size === 0) return false
    const timeMs = this.#heap[0]!
    const bucket = this.#buckets.get(timeMs)!
    this.timeMs = timeMs
    this.size--
    if (typeof bucket === 'number') {
      this.id = bucket
      this.#pop()
      this.#buckets.delete(timeMs)
      return true
    }
    this.id = this.#first(bucket)
    bucket.delete(this.id)
    if (bucket.size === 0) {
      this.#pop()
      this.#buckets.delete(timeMs)
    }
    return true
  }

  forEach(visit: (id: number, timeMs: number) => void): void {
    for (const [timeMs, bucket] of this.#buckets) for (const id of idsOf(bucket)) visit(id, timeMs)
  }

  /** A set's first: from its beginning, a set that shrinks is slow to walk. What is added comes behind. */
  #first(bucket: Set<number>): number {
    if (this.#taken !== bucket) {
      this.#taken = bucket
      this.#cursor = bucket.values()
    }
    let next = this.#cursor.next()
    if (next.done === true) {
      this.#cursor = bucket.values()
      next = this.#cursor.next()
    }
    return next.value!
  }

  mark(live: Uint8Array): void {
    for (const bucket of this.#buckets.values()) {
      if (typeof bucket !== 'number') for (const id of bucket) live[id] = 1
      else if (bucket !== NOBODY) live[bucket] = 1
    }
  }

  remap(map: Uint32Array): void {
    this.#rebuild((id) => map[id] ?? NO_GROUP)
  }

  snapshot(target: KeyedRowsTarget, table: string): void {
    const rows = new KeyedRows(target, table, FIELDS)
    let order = 0
    for (const timeMs of [...this.#buckets.keys()].sort((a, b) => a - b)) {
      for (const id of idsOf(this.#buckets.get(timeMs)!)) {
        rows.append(id, { $time: timeMs, $order: order++ })
      }
    }
    rows.flush()
  }

  restore(
    target: Pick<KeyedRowsTarget, 'kernels' | 'scope'>,
    from: StateReader | undefined,
    table: string,
  ): void {
    const timers = Array.from(KeyedRows.read(target, from, table, FIELDS), ({ id, row }) => ({
      id,
      timeMs: row.$time as number,
      order: row.$order as number,
    }))
    timers.sort((a, b) => a.timeMs - b.timeMs || a.order - b.order)
    for (const { id, timeMs } of timers) this.add(id, timeMs)
  }

  #rebuild(newId: (id: number) => number): void {
    const before = this.#buckets
    this.#buckets = new Map()
    this.#emptyTimes = 0
    this.#heap = []
    this.size = 0
    for (const [timeMs, bucket] of before) {
      for (const id of idsOf(bucket)) this.add(newId(id), timeMs)
    }
  }

  /** Takes times without timers off the top. */
  #skipEmpty(): void {
    while (this.#heap.length > 0 && this.#buckets.get(this.#heap[0]!) === NOBODY) {
      this.#buckets.delete(this.#heap[0]!)
      this.#emptyTimes--
      this.#pop()
    }
  }

  #push(timeMs: number): void {
    const heap = this.#heap
    let at = heap.length
    heap.push(timeMs)
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (heap[parent]! <= timeMs) break
      heap[at] = heap[parent]!
      at = parent
    }
    heap[at] = timeMs
  }

  #pop(): void {
    const heap = this.#heap
    const last = heap.pop()
    if (last === undefined || heap.length === 0) return
    let at = 0
    for (;;) {
      let child = at * 2 + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && heap[child + 1]! < heap[child]!) child++
      if (heap[child]! >= last) break
      heap[at] = heap[child]!
      at = child
    }
    heap[at] = last
  }
}

function idsOf(bucket: Bucket): Iterable<number> {
  if (typeof bucket !== 'number') return bucket
  return bucket === NOBODY ? [] : [bucket]
}
