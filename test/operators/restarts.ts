// Lives of an operator whose results change: batches in several subtasks, and restarts from snapshots in
// other numbers of them.
import * as fc from 'fast-check'
import { Materialized } from './changelog-model.ts'
import { KeyedHarness } from './joins.ts'
import type { HarnessOptions, Row } from './operator-harness.ts'

export interface Life<Config> {
  readonly options: HarnessOptions<Config>
  readonly keys: readonly string[]
  readonly batches: readonly (readonly Row[])[]
  /** The number of subtasks that takes each batch, the last for all that follow. */
  readonly parallelisms: readonly number[]
}

export const parallelisms: fc.Arbitrary<readonly number[]> = fc.array(
  fc.integer({ min: 1, max: 3 }),
  { minLength: 1, maxLength: 8 },
)

/** Calls back after each batch with the rows that the changelog leaves so far. */
export async function live<Config>(
  { options, keys, batches, parallelisms: counts }: Life<Config>,
  check: (rows: readonly string[], batches: number) => void,
): Promise<void> {
  const changelog = new Materialized()
  const one = { ...options, input: [options.input].flat() }
  const subtasks = (i: number): number => (keys.length === 0 ? 1 : (counts[i] ?? counts.at(-1)!))
  let harness = await new KeyedHarness(one, [keys], subtasks(0)).open()
  for (const [i, batch] of batches.entries()) {
    if (i > 0 && i < counts.length) {
      const restore = harness.snapshot()
      harness.close()
      harness = await new KeyedHarness({ ...one, restore }, [keys], subtasks(i)).open()
    }
    changelog.read(harness.batch(batch, 0))
    check(changelog.rows, i + 1)
  }
  harness.close()
}
