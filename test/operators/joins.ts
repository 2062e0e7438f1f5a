// What the tests of joins have in common: the naive join of two arrays, the rows that a changelog leaves,
// and harnesses of several subtasks among which rows are dealt out by key.
import { BatchBuilder } from '../../src/columnar/batch-builder.ts'
import { ROW_OPS } from '../../src/columnar/changelog.ts'
import { partitionByKey } from '../../src/columnar/key-partition.ts'
import type { Schema } from '../../src/columnar/schema.ts'
import { DEFAULT_CONFIG } from '../../src/base/config.ts'
import type { OperatorSnapshot } from '../../src/checkpoint/operator-state.ts'
import type { Kernels } from '../../src/kernels/module.ts'
import { type HarnessOptions, OperatorHarness, type Row } from './operator-harness.ts'

export const KINDS = ['inner', 'left', 'right', 'full'] as const
export type Kind = (typeof KINDS)[number]

/** All pairs of rows that meet, and, of the sides that the kind keeps, the rows that meet nobody. */
export function nestedLoops(
  kind: Kind,
  left: readonly Row[],
  right: readonly Row[],
  meets: (l: Row, r: Row) => boolean,
  result: (l: Row | undefined, r: Row | undefined) => Row,
): Row[] {
  const results: Row[] = []
  for (const l of left) {
    const matches = right.filter((r) => meets(l, r))
    results.push(...matches.map((r) => result(l, r)))
    if (matches.length === 0 && (kind === 'left' || kind === 'full')) {
      results.push(result(l, undefined))
    }
  }
  if (kind === 'inner' || kind === 'left') return results
  const alone = right.filter((r) => !left.some((l) => meets(l, r)))
  return [...results, ...alone.map((r) => result(undefined, r))]
}

/** Key columns that are equal, and not null. */
export const equalOn =
  (on: readonly (readonly [string, string])[]) =>
  (l: Row, r: Row): boolean =>
    on.every(([a, b]) => l[a] !== null && l[a] === r[b])

/** The columns of a row, nulls where there is none. */
export const columnsOrNull = (row: Row | undefined, names: readonly string[]): Row =>
  Object.fromEntries(names.map((name) => [name, row?.[name] ?? null]))

const textOf = (row: Row): string =>
  JSON.stringify(row, (_, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value))

/** Rows as text, in one order. */
export const sorted = (rows: readonly Row[]): string[] => rows.map(textOf).toSorted()

/** The rows that a changelog leaves: inserts put them there, deletes take them away. */
export class Materialized {
  readonly #counts = new Map<string, number>()

  /** @throws when a row is taken away that is not there */
  apply(changes: readonly Row[]): void {
    for (const { $op, ...row } of changes) {
      const text = textOf(row)
      const isBack = $op === ROW_OPS.delete || $op === ROW_OPS.updateBefore
      const count = (this.#counts.get(text) ?? 0) + (isBack ? -1 : 1)
      if (count < 0) throw new Error(`taken back, and not there: ${text}`)
      this.#counts.set(text, count)
    }
  }

  get rows(): string[] {
    return [...this.#counts].flatMap(([text, count]) => Array<string>(count).fill(text)).toSorted()
  }
}

/** How it goes in a subtask as the clock moves on: alarms come, they wait, or its own clock stands. */
export type Pace = 'woken' | 'asleep' | 'standing'

/** An operator of one or two inputs in several subtasks, as if behind an exchange by key. */
export class KeyedHarness<Config> {
  readonly #harnesses: readonly OperatorHarness<Config>[]
  readonly #owners: readonly ((rows: readonly Row[]) => readonly number[])[]

  constructor(
    options: HarnessOptions<Config> & { readonly input: readonly Schema[] },
    keys: readonly (readonly string[])[],
    parallelism: number,
  ) {
    this.#harnesses = Array.from(
      { length: parallelism },
      (_, subtaskIndex) => new OperatorHarness({ ...options, subtaskIndex, parallelism }),
    )
    this.#owners = options.input.map((schema, input) =>
      ownersOf(options.kernels, schema, keys[input]!, parallelism),
    )
  }

  async open(): Promise<this> {
    for (const harness of this.#harnesses) await harness.open()
    return this
  }

  batch(rows: readonly Row[], input: number, isIn?: (row: Row) => boolean): Row[] {
    // One subtask gets batches as they are; several get selections, of no rows at times.
    if (this.#harnesses.length === 1) return this.#harnesses[0]!.batch(rows, isIn, input)
    const owners = this.#owners[input]!(rows)
    return this.#harnesses.flatMap((harness, index) =>
      harness.batch(rows, (row, i) => owners[i] === index && (isIn?.(row) ?? true), input),
    )
  }

  watermark(watermarkMs: number): Row[] {
    return this.#harnesses.flatMap((harness) => harness.watermark(watermarkMs))
  }

  /** @param paces by subtask; all are woken, unless said */
  processingTime(nowMs: number, paces: readonly Pace[] = []): Row[] {
    return this.#harnesses.flatMap((harness, i) => {
      const pace = paces[i] ?? 'woken'
      if (pace === 'woken') return harness.processingTime(nowMs)
      if (pace === 'asleep') harness.clock(nowMs)
      return []
    })
  }

  /** The subtask that each row of an input goes to. */
  ownersOf(rows: readonly Row[], input: number): readonly number[] {
    return this.#owners[input]!(rows)
  }

  snapshot(): OperatorSnapshot[] {
    return this.#harnesses.map((harness) => harness.snapshot())
  }

  get batchSizes(): number[] {
    return this.#harnesses.flatMap((harness) => harness.batchSizes)
  }

  sum(metric: 'lateRows' | 'windowsFired' | 'rowObjects'): number {
    return this.#harnesses.reduce((sum, { metrics }) => sum + metrics[metric], 0)
  }

  close(): void {
    for (const harness of this.#harnesses) harness.close()
  }
}

/** The subtask that each row's key belongs to. */
function ownersOf(
  kernels: Kernels,
  schema: Schema,
  keys: readonly string[],
  parallelism: number,
): (rows: readonly Row[]) => readonly number[] {
  const builder = new BatchBuilder(kernels, schema)
  const positions = keys.map((key) => schema.indexOf(key))
  return (rows) => {
    const mark = kernels.mark()
    for (const row of rows) builder.append(row)
    const targets = { maxParallelism: DEFAULT_CONFIG.maxParallelism, targets: parallelism }
    const owners = Array<number>(rows.length).fill(0)
    partitionByKey(kernels, builder.finish(), positions, targets).forEach((part, target) => {
      for (let i = 0; i < part.length; i++) owners[kernels.u32[(part.rows >>> 2) + i]!] = target
    })
    kernels.reset(mark)
    return owners
  }
}
