// What a changelog amounts to, row by row: the naive reader of updating results. It holds the rules of a
// changelog while it reads: what is taken back was there, and an update's rows come in pairs.
import { expect } from 'vitest'
import type { Row } from './operator-harness.ts'

const text = (row: Row): string =>
  JSON.stringify(row, (_, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value))

export class Materialized {
  readonly #counts = new Map<string, { row: Row; count: number }>()

  /** Reads changes (rows with `$op`) that one operator made of one batch. */
  read(changes: readonly Row[]): void {
    changes.forEach(({ $op, ...row }, i) => {
      if ($op === 1) expect(changes[i + 1]?.['$op']).toBe(2)
      if ($op === 2) expect(changes[i - 1]?.['$op']).toBe(1)
      const isRetraction = $op === 1 || $op === 3
      const key = text(row)
      const held = this.#counts.get(key) ?? { row, count: 0 }
      held.count += isRetraction ? -1 : 1
      expect(held.count, `${key} is taken back, and was not there`).toBeGreaterThanOrEqual(0)
      if (held.count === 0) this.#counts.delete(key)
      else this.#counts.set(key, held)
    })
  }

  /** The rows that are there, as often as they are, in the order of their text. */
  get rows(): readonly string[] {
    return [...this.#counts]
      .flatMap(([key, { count }]) => Array.from({ length: count }, () => key))
      .toSorted()
  }
}

/** Rows as Materialized gives them. */
export const rowTexts = (rows: readonly Row[]): readonly string[] => rows.map(text).toSorted()

/** A stream of changes over rows: inserts, and what takes some of those back again. */
export function changesOf(rows: readonly Row[], undo: readonly number[]): Row[] {
  const alive: Row[] = []
  const changes: Row[] = []
  rows.forEach((row, i) => {
    const at = undo[i]!
    if (at >= 0 && alive.length > 0) {
      const [gone] = alive.splice(at % alive.length, 1)
      // Every other undo is an update: the row before, then the row after.
      const isUpdate = at % 2 === 1
      changes.push({ ...gone, $op: isUpdate ? 1 : 3 })
      changes.push({ ...row, $op: isUpdate ? 2 : 0 })
    } else changes.push({ ...row, $op: at % 3 === -2 ? 2 : 0 })
    alive.push(row)
  })
  return changes
}

/** The rows that a list of changes leaves. */
export function leftOf(changes: readonly Row[]): Row[] {
  const left: Row[] = []
  for (const { $op, ...row } of changes) {
    if ($op === 1 || $op === 3) {
      const key = text(row)
      left.splice(
        left.findIndex((other) => text(other) === key),
        1,
      )
    } else left.push(row)
  }
  return left
}
