// One row a key against a naive model: after each batch the rows that are there are, for each key, the
// first or last by arrival or by time.
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { OP_FIELD } from '../../src/columnar/changelog.ts'
import { Schema } from '../../src/columnar/schema.ts'
import { float64, int32, list, nullable, struct, timestamp, utf8 } from '../../src/columnar/type.ts'
import { Kernels } from '../../src/kernels/module.ts'
import { createDeduplicate } from '../../src/operators/deduplicate.ts'
import type { OperatorSpec } from '../../src/operators/operator-spec.ts'
import { expectChanges, expectFinal } from './changelog-checks.ts'
import { rowTexts } from './changelog-model.ts'
import { type HarnessOptions, OperatorHarness, type Row } from './operator-harness.ts'
import { live, parallelisms } from './restarts.ts'

const kernels = new Kernels()

type Spec = Extract<OperatorSpec, { readonly kind: 'deduplicate' }>

const INPUT = Schema.of({
  at: timestamp('ms'),
  key: nullable(utf8()),
  other: int32(),
  x: nullable(float64()),
  s: nullable(utf8()),
})

interface Scenario {
  readonly keys: readonly string[]
  readonly keep: 'first' | 'last'
  readonly byTime: boolean
  readonly batchRows: number
  readonly every: number
  readonly batches: readonly (readonly Row[])[]
}

const text = fc.constantFrom('', 'a', 'b', 'a longer text than sixteen bytes', 'é')

const anyRow: fc.Arbitrary<Row> = fc.record({
  at: fc.integer({ min: -3, max: 5 }),
  key: fc.option(text),
  other: fc.integer({ min: 0, max: 2 }),
  x: fc.option(fc.integer({ min: -2, max: 2 })),
  s: fc.option(text),
})

const scenario: fc.Arbitrary<Scenario> = fc.record({
  keys: fc.constantFrom(['key'], ['other'], ['key', 'other']),
  keep: fc.constantFrom('first', 'last'),
  byTime: fc.boolean(),
  batchRows: fc.constantFrom(2, 3, 16_384),
  every: fc.constantFrom(1, 1, 2),
  batches: fc.array(fc.array(anyRow, { maxLength: 15 }), { maxLength: 5 }),
})

const isChanging = ({ keep, byTime }: Pick<Scenario, 'keep' | 'byTime'>): boolean =>
  keep === 'last' || byTime

function optionsOf(of: Omit<Scenario, 'batches' | 'every'>): HarnessOptions<Spec> {
  const { keys, keep, byTime, batchRows } = of
  return {
    kernels,
    factory: createDeduplicate,
    config: { kind: 'deduplicate', keys, keep, ...(byTime ? { time: 'at' } : {}) },
    input: INPUT,
    output: isChanging(of) ? new Schema([...INPUT.fields, OP_FIELD]) : INPUT,
    batchRows,
  }
}

function modelOf({ keys, keep, byTime }: Omit<Scenario, 'batches'>, rows: readonly Row[]): Row[] {
  const kept = new Map<string, Row>()
  for (const one of rows) {
    const key = JSON.stringify(keys.map((name) => one[name]))
    const held = kept.get(key)
    const [time, heldTime] = [one['at'] as number, held?.['at'] as number]
    const wins = byTime ? (keep === 'last' ? time >= heldTime : time < heldTime) : keep === 'last'
    if (held === undefined || wins) kept.set(key, one)
  }
  return [...kept.values()]
}

const caseOf = (of: Scenario) => ({
  ...of,
  options: optionsOf(of),
  isChangelog: false,
  isBounded: isChanging(of),
  model: (seen: readonly Row[]) => modelOf(of, seen),
})

describe('a deduplication', () => {
  it('equals a naive model after every batch', async () => {
    await fc.assert(
      fc.asyncProperty(scenario, (of) => expectChanges(caseOf(of))),
      { numRuns: 1_000 },
    )
  })

  it('gives the rows that are left once, in batch mode', async () => {
    await fc.assert(
      fc.asyncProperty(scenario.filter(isChanging), fc.boolean(), (of, isStaying) =>
        expectFinal(caseOf(of), isStaying),
      ),
      { numRuns: 1_000 },
    )
  })

  it('goes on after restarts in other numbers of subtasks', async () => {
    await fc.assert(
      fc.asyncProperty(scenario, parallelisms, async (of, counts) => {
        const { batches } = of
        const options = optionsOf(of)
        const life = { options, keys: of.keys, batches: batches, parallelisms: counts }
        await live(life, (rows, n) => {
          expect(rows).toEqual(rowTexts(modelOf(of, batches.slice(0, n).flat())))
        })
      }),
    )
  })

  it('refuses a row without a time, and names column and row', async () => {
    const input = new Schema([
      { name: 'at', type: nullable(timestamp('ms')) },
      ...INPUT.fields.slice(1),
    ])
    const options = optionsOf({ keys: ['other'], keep: 'last', byTime: true, batchRows: 8 })
    const output = new Schema([...input.fields, OP_FIELD])
    const harness = new OperatorHarness({ ...options, input, output })
    await harness.open()
    const one = { at: 1, key: 'k', other: 1, x: 1, s: null }
    expect(() => harness.batch([one, { ...one, at: null }])).toThrow(
      expect.objectContaining({ code: 'RECORD_MALFORMED', context: { column: 'at', row: 1 } }),
    )
    harness.close()
  })

  it('compares whole rows, lists and structs among them, over restores', async () => {
    const input = Schema.of({
      id: int32(),
      tags: nullable(list(nullable(utf8()))),
      place: struct({ x: nullable(int32()), name: utf8() }),
    })
    const row: fc.Arbitrary<Row> = fc.record({
      id: fc.nat({ max: 1 }),
      tags: fc.option(fc.array(fc.option(fc.constantFrom('', 'a', 'bc')), { maxLength: 3 })),
      place: fc.record({ x: fc.option(fc.nat({ max: 1 })), name: fc.constantFrom('', 'n') }),
    })
    const scenarios = fc.record({
      keys: fc.constantFrom(['id', 'tags', 'place'], ['tags', 'place'], ['tags']),
      batches: fc.array(fc.array(row, { maxLength: 12 }), { maxLength: 5 }),
      restoreAt: fc.nat({ max: 4 }),
    })
    await fc.assert(
      fc.asyncProperty(scenarios, async ({ keys, batches, restoreAt }) => {
        const options: HarnessOptions<Spec> = {
          kernels,
          factory: createDeduplicate,
          config: { kind: 'deduplicate', keys, keep: 'first' },
          input,
          output: input,
          batchRows: 3,
        }
        let harness = new OperatorHarness(options)
        await harness.open()
        const seen = new Map<string, Row>()
        for (const [i, batch] of batches.entries()) {
          const fresh: Row[] = []
          for (const one of batch) {
            const whole = JSON.stringify(keys.map((key) => one[key]))
            if (seen.has(whole)) continue
            seen.set(whole, one)
            fresh.push(one)
          }
          expect(rowTexts(harness.batch(batch))).toEqual(rowTexts(fresh))
          if (i !== restoreAt) continue
          const restore = [harness.snapshot()]
          harness.close()
          harness = new OperatorHarness({ ...options, restore })
          await harness.open()
        }
        harness.close()
      }),
      { numRuns: 1_000 },
    )
  })
})
