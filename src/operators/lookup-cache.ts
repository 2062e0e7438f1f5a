// What a look-up join keeps of a table that it asks: the rows of the keys that were asked for last.
//
// LC1  At most maxRows rows, of which a key without any counts as one; the key that was not used for longest
//      goes first.
// LC2  A key is believed for ttlMs after its answer came, in processing time, however often it is used.
import type { LookupCacheSpec } from './async-spec.ts'
import type { Row } from './visible-rows.ts'

interface Entry {
  readonly rows: readonly Row[]
  readonly expiresMs: number
}

export class LookupCache {
  readonly #maxRows: number
  readonly #ttlMs: number
  /** In order of use, bounded by LC1. */
  readonly #entries = new Map<string, Entry>()
  #rows = 0

  constructor({ maxRows, ttlMs = Infinity }: LookupCacheSpec) {
    this.#maxRows = maxRows
    this.#ttlMs = ttlMs
  }

  /** Rows that it holds. */
  get size(): number {
    return this.#rows
  }

  get(key: string, nowMs: number): readonly Row[] | undefined {
    const entry = this.#entries.get(key)
    if (entry === undefined) return undefined
    this.#entries.delete(key)
    if (nowMs >= entry.expiresMs) {
      this.#rows -= weight(entry)
      return undefined
    }
    this.#entries.set(key, entry)
    return entry.rows
  }

  put(key: string, rows: readonly Row[], nowMs: number): void {
    this.#drop(key)
    const entry = { rows, expiresMs: nowMs + this.#ttlMs }
    this.#entries.set(key, entry)
    this.#rows += weight(entry)
    for (const oldest of this.#entries.keys()) {
      if (this.#rows <= this.#maxRows) break
      this.#drop(oldest)
    }
  }

  #drop(key: string): void {
    const entry = this.#entries.get(key)
    if (entry === undefined) return
    this.#entries.delete(key)
    this.#rows -= weight(entry)
  }
}

const weight = ({ rows }: Entry): number => Math.max(1, rows.length)
