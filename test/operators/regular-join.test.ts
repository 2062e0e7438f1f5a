// Unbounded joins against nested loops over arrays: after each batch, what the results leave is the join
// of all rows that are there. Random batches of both sides, rows that are taken back, nulls, conditions,
// steps of few rows, and snapshots that are restored at another parallelism.
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { OP_FIELD, ROW_OPS } from '../../src/columnar/changelog.ts'
import type { Expression } from '../../src/columnar/expression.ts'
import { Schema } from '../../src/columnar/schema.ts'
import { int32, list, nullable, struct, utf8 } from '../../src/columnar/type.ts'
import { Kernels } from '../../src/kernels/module.ts'
import type { RegularJoinSpec } from '../../src/operators/join-spec.ts'
import { createRegularJoin } from '../../src/operators/regular-join.ts'
import {
  columnsOrNull,
  equalOn,
  KeyedHarness,
  type Kind,
  KINDS,
  Materialized,
  nestedLoops,
  sorted,
} from './joins.ts'
import type { Row } from './operator-harness.ts'

const LEFT = {
  k: nullable(int32()),
  s: nullable(utf8()),
  v: int32(),
  l: nullable(list(nullable(int32()))),
}
const RIGHT = {
  kr: nullable(int32()),
  sr: nullable(utf8()),
  w: int32(),
  t: nullable(struct({ a: nullable(utf8()) })),
}
const NAMES = [Object.keys(LEFT), Object.keys(RIGHT)] as const

const kernels = new Kernels()

const column = (name: string): Expression => ({ kind: 'column', name })
const CONDITION: Expression = {
  kind: 'call',
  function: 'lt',
  arguments: [column('v'), column('w')],
}

interface Step {
  readonly side: 0 | 1
  readonly rows: readonly {
    readonly k: number | null
    readonly s: string | null
    readonly v: number
  }[]
  /** Of each row: takes back one that is there, if it is below this. */
  readonly backs: readonly number[]
  readonly restore: boolean
}

interface Case {
  readonly kind: Kind
  readonly on: readonly (readonly [string, string])[]
  readonly where: boolean
  readonly changing: readonly [boolean, boolean]
  readonly batchRows: number
  readonly steps: readonly Step[]
  readonly parallelisms: readonly number[]
}

const anyRow = fc.record({
  k: fc.option(fc.integer({ min: 0, max: 2 }), { freq: 6 }),
  s: fc.option(fc.constantFrom('', 'a', 'a longer text than sixteen'), { freq: 6 }),
  v: fc.integer({ min: 0, max: 2 }),
})
const anyStep: fc.Arbitrary<Step> = fc.record({
  side: fc.constantFrom(0, 1),
  rows: fc.array(anyRow, { maxLength: 7 }),
  backs: fc.array(fc.nat(99), { minLength: 7, maxLength: 7 }),
  restore: fc.constantFrom(false, false, false, false, true),
})
const joinsOf = (kind: Kind): fc.Arbitrary<Case> =>
  fc.record({
    kind: fc.constant(kind),
    on: fc.constantFrom<Case['on']>(
      [['k', 'kr']],
      [['s', 'sr']],
      [
        ['s', 'sr'],
        ['k', 'kr'],
      ],
    ),
    where: fc.boolean(),
    changing: fc.tuple(fc.boolean(), fc.boolean()),
    batchRows: fc.integer({ min: 1, max: 9 }),
    steps: fc.array(anyStep, { minLength: 1, maxLength: 8 }),
    parallelisms: fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 9, maxLength: 9 }),
  })

const specOf = ({ kind, on, where }: Pick<Case, 'kind' | 'on' | 'where'>): RegularJoinSpec => ({
  kind: 'join',
  type: kind,
  on,
  columns: NAMES.flatMap((names, side) =>
    names.map((name) => ({ name, side: side as 0 | 1, column: name })),
  ),
  ...(where ? { where: CONDITION } : {}),
})

function outputOf(kind: Kind, isUpdating: boolean): Schema {
  const fields = Object.entries({ ...LEFT, ...RIGHT }).map(([name, type]) => ({
    name,
    type: nullable(type),
  }))
  return new Schema(isUpdating || kind !== 'inner' ? [...fields, OP_FIELD] : fields)
}

/** A row of a side, as its columns are called. */
const named = (side: 0 | 1, { k, s, v }: Step['rows'][number]): Row =>
  side === 0
    ? { k, s, v, l: v === 2 ? null : [k, v] }
    : { kr: k, sr: s, w: v, t: v === 2 ? null : { a: s } }

/** The rows of a step, some of which take back rows that are there; `live` is brought up to date. */
function changesOf(step: Step, live: Row[], isChanging: boolean): Row[] {
  return step.rows.map((fresh, i) => {
    const back = step.backs[i]!
    if (!isChanging || back >= 40 || live.length === 0) {
      const row = named(step.side, fresh)
      live.push(row)
      return { ...row, $op: back % 2 === 0 ? ROW_OPS.insert : ROW_OPS.updateAfter }
    }
    const [row] = live.splice(back % live.length, 1)
    return { ...row!, $op: back % 2 === 0 ? ROW_OPS.delete : ROW_OPS.updateBefore }
  })
}

async function check(test: Case): Promise<void> {
  const { kind, on, changing, steps, parallelisms } = test
  const input = [LEFT, RIGHT].map((fields, side) => {
    const schema = Schema.of(fields)
    return changing[side] ? new Schema([...schema.fields, OP_FIELD]) : schema
  })
  const options = {
    kernels,
    factory: createRegularJoin,
    config: specOf(test),
    input,
    output: outputOf(kind, changing[0] || changing[1]),
    batchRows: test.batchRows,
  }
  const keys = [on.map(([name]) => name), on.map(([, name]) => name)]
  const live: [Row[], Row[]] = [[], []]
  const results = new Materialized()
  let harness = await new KeyedHarness(options, keys, parallelisms[0]!).open()
  const meets = (l: Row, r: Row): boolean =>
    equalOn(on)(l, r) && (!test.where || (l['v'] as number) < (r['w'] as number))
  for (const [i, step] of steps.entries()) {
    const changes = changesOf(step, live[step.side], changing[step.side])
    results.apply(harness.batch(changes, step.side))
    const expected = nestedLoops(kind, ...live, meets, (l, r) => ({
      ...columnsOrNull(l, NAMES[0]),
      ...columnsOrNull(r, NAMES[1]),
    }))
    expect(results.rows).toEqual(sorted(expected))
    expect(Math.max(0, ...harness.batchSizes)).toBeLessThanOrEqual(Math.max(test.batchRows, 7))
    if (!step.restore) continue
    const restore = harness.snapshot()
    harness.close()
    const parallelism = parallelisms[i + 1]!
    harness = await new KeyedHarness({ ...options, restore }, keys, parallelism).open()
  }
  harness.close()
}

describe('an unbounded join', () => {
  it.each(KINDS)(
    'leaves what nested loops give, after each batch: %s',
    async (kind) => {
      const before = kernels.exports.allocated()
      await fc.assert(fc.asyncProperty(joinsOf(kind), check))
      expect(kernels.exports.allocated() - before).toBeLessThan(4 << 20)
    },
    60_000,
  )
})

/** An inner join of numbers by key, with what it takes from each side. */
function plainJoin(options: { readonly ttlMs?: number; readonly batchRows?: number } = {}) {
  const { ttlMs, batchRows = 64 } = options
  const input = [Schema.of(LEFT), Schema.of(RIGHT)]
  const on = [['k', 'kr']] as const
  const spec = specOf({ kind: 'inner', on, where: false })
  return {
    kernels,
    factory: createRegularJoin,
    config: ttlMs === undefined ? spec : { ...spec, ttlMs },
    input,
    output: outputOf('inner', false),
    batchRows,
  }
}

describe('a hot key', () => {
  it('comes out in batches of batchRows', async () => {
    const harness = await new KeyedHarness(plainJoin(), [['k'], ['kr']], 1).open()
    const rows = Array.from({ length: 100 }, (_, v) => ({ k: 7, s: null, v }))
    expect(harness.batch(rows, 0)).toEqual([])
    const results = harness.batch(
      rows.map(({ v }) => ({ kr: 7, sr: null, w: v })),
      1,
    )
    expect(new Set(results.map(({ v, w }) => `${v} ${w}`)).size).toBe(10_000)
    expect(harness.batchSizes).toEqual([...Array<number>(156).fill(64), 16])
    harness.close()
  })
})

const times = fc.array(
  fc.record({
    side: fc.constantFrom<0 | 1>(0, 1),
    afterMs: fc.integer({ min: 2, max: 60 }),
    keys: fc.array(fc.option(fc.integer({ min: 0, max: 3 }), { freq: 6 }), { maxLength: 6 }),
    restore: fc.boolean(),
    parallelism: fc.integer({ min: 1, max: 2 }),
  }),
  { maxLength: 25 },
)

describe('a time to live', () => {
  it('ends that long after a row came, in processing time', async () => {
    await fc.assert(
      fc.asyncProperty(times, async (batches) => {
        const options = plainJoin({ ttlMs: 100, batchRows: 8 })
        let harness = await new KeyedHarness(options, [['k'], ['kr']], 1).open()
        const came: { readonly side: 0 | 1; readonly key: number | null; readonly atMs: number }[] =
          []
        let nowMs = 0
        for (const { side, afterMs, keys, restore, parallelism } of batches) {
          nowMs += afterMs
          harness.processingTime(nowMs)
          const rows = keys.map((k) =>
            side === 0 ? { k, s: null, v: nowMs } : { kr: k, sr: null, w: nowMs },
          )
          const others = came.filter((row) => row.side !== side && row.atMs + 100 > nowMs)
          const expected = keys.flatMap((key) =>
            others
              .filter((row) => key !== null && row.key === key)
              .map(({ atMs }) => [key, nowMs, atMs].join(' ')),
          )
          const results = harness
            .batch(rows, side)
            .map(({ k, v, w }) => [k, ...(side === 0 ? [v, w] : [w, v])].join(' '))
          expect(results.toSorted()).toEqual(expected.toSorted())
          came.push(...keys.map((key) => ({ side, key, atMs: nowMs })))
          if (!restore) continue
          const snapshots = harness.snapshot()
          harness.close()
          harness = await restored(options, snapshots, parallelism, nowMs)
        }
        harness.close()
      }),
      { numRuns: 1_000 },
    )
  }, 60_000)
})

async function restored(
  options: ReturnType<typeof plainJoin>,
  restore: ReturnType<KeyedHarness<RegularJoinSpec>['snapshot']>,
  parallelism: number,
  nowMs: number,
): Promise<KeyedHarness<RegularJoinSpec>> {
  const harness = new KeyedHarness({ ...options, restore }, [['k'], ['kr']], parallelism)
  harness.processingTime(nowMs)
  return harness.open()
}
