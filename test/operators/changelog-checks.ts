// What an operator with updating results holds, whatever it computes: the checks of the property tests of each.
import { expect } from 'vitest'
import { OP_COLUMN } from '../../src/columnar/changelog.ts'
import { Schema } from '../../src/columnar/schema.ts'
import { Materialized, rowTexts } from './changelog-model.ts'
import { type HarnessOptions, OperatorHarness, type Row } from './operator-harness.ts'

export interface ChangelogCase<Config> {
  readonly options: HarnessOptions<Config>
  /** Rows with `$op`. */
  readonly batches: readonly (readonly Row[])[]
  /** Whether the operator gets `$op`, too. */
  readonly isChangelog: boolean
  /** Of a batch each so-manieth row is selected. */
  readonly every?: number
  /** False: batches may have more rows than batchRows, as those that came. */
  readonly isBounded?: boolean
  /** The rows that those seen so far lead to. */
  readonly model: (seen: readonly Row[]) => readonly Row[]
}

const withoutOp = (change: Row): Row =>
  Object.fromEntries(Object.entries(change).filter(([name]) => name !== OP_COLUMN))

/** The batches as the operator gets them. */
export const sentBatches = ({
  batches,
  isChangelog,
}: Pick<ChangelogCase<never>, 'batches' | 'isChangelog'>): readonly (readonly Row[])[] =>
  isChangelog ? batches : batches.map((batch) => batch.map(withoutOp))

/** After every batch the changes amount to the model's rows; memory comes back. */
export async function expectChanges<Config>(of: ChangelogCase<Config>): Promise<void> {
  const { options, batches, every = 1, isBounded = true, model } = of
  const { exports } = options.kernels
  const allocated = exports.allocated()
  const harness = new OperatorHarness(options)
  await harness.open()
  const changelog = new Materialized()
  const seen: Row[] = []
  const isIn = (_: Row, i: number): boolean => i % every === 0
  for (const [i, rows] of sentBatches(of).entries()) {
    seen.push(...batches[i]!.filter(isIn))
    // Rows without `$op` stay: reading them as insertions is right.
    changelog.read(harness.batch(rows, every === 1 ? undefined : isIn))
    expect(changelog.rows).toEqual(rowTexts(model(seen)))
  }
  if (isBounded) expectBounded(harness, options)
  harness.close()
  expect(exports.allocated() - allocated).toBeLessThanOrEqual(2 << 20)
}

/**
 * In batch mode the model's rows come once, at the end of input.
 * @param isStaying the results have no `$op`
 */
export async function expectFinal<Config extends object>(
  of: Pick<ChangelogCase<Config>, 'options' | 'batches' | 'isChangelog' | 'model'>,
  isStaying: boolean,
): Promise<void> {
  const { options, batches, model } = of
  const fields = options.output.fields.filter(({ name }) => !isStaying || name !== OP_COLUMN)
  const harness = new OperatorHarness({
    ...options,
    config: { ...options.config, final: true },
    output: new Schema(fields),
  })
  await harness.open()
  for (const rows of sentBatches(of)) expect(harness.batch(rows)).toEqual([])
  expect(harness.watermark(1)).toEqual([])
  const out = harness.watermark(Infinity)
  const expected = model(batches.flat())
  const changes = isStaying ? expected : expected.map((row) => ({ ...row, [OP_COLUMN]: 0 }))
  expect(rowTexts(out)).toEqual(rowTexts(changes))
  expectBounded(harness, options)
  harness.close()
}

function expectBounded<Config>(
  { batchSizes }: OperatorHarness<Config>,
  { batchRows }: HarnessOptions<Config>,
): void {
  expect(Math.max(0, ...batchSizes)).toBeLessThanOrEqual(batchRows!)
}
