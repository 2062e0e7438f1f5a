// Windows by the clock whose subtasks are not as far as one another when a snapshot is taken. Whatever number of
// subtasks goes on from it, each window of each key comes out once, with all of its rows, against a naive model
// of all rows and their times: aggregates with each trigger, functions of rows, joins.
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Schema } from '../../src/columnar/schema.ts'
import { float64, int32, int64, nullable, struct, timestamp } from '../../src/columnar/type.ts'
import { listStateDescriptor, type ProcessWindowFunction } from '../../src/index.ts'
import { Kernels } from '../../src/kernels/module.ts'
import { windowAggregateFields } from '../../src/operators/aggregate-type.ts'
import type { WindowJoinSpec } from '../../src/operators/join-spec.ts'
import type { OperatorFactory } from '../../src/operators/operator.ts'
import type { AggregateSpec } from '../../src/operators/operator-spec.ts'
import { createRowWindows } from '../../src/operators/row-windows.ts'
import type { RowWindowSpec } from '../../src/operators/row-window-spec.ts'
import { windowFunction } from '../../src/operators/window-adapters.ts'
import { createWindowAggregate } from '../../src/operators/window-aggregate.ts'
import { createWindowJoin } from '../../src/operators/window-join.ts'
import {
  boundsOf,
  type TimeWindowSpec,
  type TriggerSpec,
  type WindowAggregateSpec,
} from '../../src/operators/window-spec.ts'
import { columnsOrNull, equalOn, type Kind, KINDS, nestedLoops, sorted } from './joins.ts'
import type { HarnessOptions, Row } from './operator-harness.ts'
import { type Came, live, lives, WINDOWS, windowsOf } from './uneven-lives.ts'

const kernels = new Kernels()

const AGGREGATES: readonly AggregateSpec[] = [
  { name: 'rows', function: 'count' },
  { name: 'total', function: 'sum', column: 'n' },
]
const INPUT = Schema.of({ key: nullable(int32()), n: int64({ as: 'number' }) })

const total = (of: readonly Row[], name: string): number =>
  of.reduce((sum, row) => sum + (row[name] as number), 0)

/** What all rows give in windows that are over, by key. */
function results(window: TimeWindowSpec, came: readonly Came[], nowMs: number): Row[] {
  return Map.groupBy(came, ({ row }) => row['key'])
    .entries()
    .flatMap(([key, own]) =>
      windowsOf(window, own)
        .filter(({ end }) => end <= nowMs)
        .map(({ start, end, came: inWindow }) => ({
          windowStart: start,
          windowEnd: end,
          key,
          rows: inWindow.length,
          total: total(
            inWindow.map(({ row }) => row),
            'n',
          ),
        })),
    )
    .toArray()
}

const plain = (all: readonly Row[]): string[] =>
  sorted(
    all.map((row) => ({
      windowStart: Number(row['windowStart']),
      windowEnd: Number(row['windowEnd']),
      key: row['key'],
      rows: Number(row['rows']),
      total: Number(row['total']),
    })),
  )

/** Each window of each key once, as soon as it is over, with all of its rows. */
const once =
  (window: TimeWindowSpec) =>
  (got: readonly Row[], came: readonly Came[], nowMs: number): void =>
    expect(plain(got)).toEqual(plain(results(window, came, nowMs)))

const windowAndKey = ({ windowStart, key }: Row): string => `${Number(windowStart)} ${key}`

/** All rows of each window once, in as many results as it has. */
const rowsOnce =
  (window: TimeWindowSpec, counted: (rows: number) => number) =>
  (got: readonly Row[], came: readonly Came[], nowMs: number): void => {
    const sums = Map.groupBy(got, (row) => `${windowAndKey(row)} ${endOf(window, row)}`)
    for (const row of results(window, came, nowMs)) {
      const own = sums.get(`${windowAndKey(row)} ${endOf(window, row)}`) ?? []
      expect(total(own, 'rows')).toBe(counted(row['rows'] as number))
    }
    const rowsIn = results(window, came, Infinity).map((row) => counted(row['rows'] as number))
    const most = rowsIn.reduce((sum, each) => sum + each, 0)
    expect(total(got, 'rows')).toBeLessThanOrEqual(most)
    if (nowMs === Infinity) expect(total(got, 'rows')).toBe(most)
  }

/** A session may fire before it is as long as it will be. */
const endOf = (window: TimeWindowSpec, row: Row): number =>
  window.kind === 'session' ? 0 : Number(row['windowEnd'])

const aggregation = (
  window: TimeWindowSpec,
  trigger: TriggerSpec | undefined,
): HarnessOptions<WindowAggregateSpec> & { readonly input: readonly Schema[] } => ({
  kernels,
  factory: createWindowAggregate,
  config: {
    kind: 'windowAggregate',
    keys: ['key'],
    window,
    aggregates: AGGREGATES,
    ...(trigger === undefined ? {} : { trigger }),
  },
  input: [INPUT],
  output: new Schema(windowAggregateFields(INPUT, ['key'], AGGREGATES, boundsOf(window))),
})

/** The rows of all windows of rows that came, by how many windows each kind has it in; undefined: it varies. */
function rowsOfWindows(window: TimeWindowSpec, came: readonly Came[]): number | undefined {
  if (window.kind === 'session' || window.kind === 'tumbling') return came.length
  if (window.kind === 'cumulative' || window.sizeMs % window.slideMs !== 0) return undefined
  return (came.length * window.sizeMs) / window.slideMs
}

const ROW_OUTPUT = Schema.of({
  windowStart: float64(),
  windowEnd: float64(),
  key: nullable(int32()),
  rows: int32(),
  total: int32(),
})

const summing: ProcessWindowFunction<number | null | undefined, { n: number }, Row> = {
  process(key, { window }, inWindow, out) {
    out.collect({
      windowStart: window.start,
      windowEnd: window.end,
      key: key ?? null,
      rows: inWindow.length,
      total: inWindow.reduce((sum, { n }) => sum + Number(n), 0),
    })
  },
}

const functionOfRows = (
  window: TimeWindowSpec,
  trigger: TriggerSpec | undefined,
): HarnessOptions<RowWindowSpec> & { readonly input: readonly Schema[] } => ({
  kernels,
  factory: createRowWindows,
  config: {
    kind: 'rowWindow',
    closure: true,
    function: 'ProcessWindowFunction',
    keys: ['key'],
    window,
    ...(trigger === undefined ? {} : { trigger }),
    onError: { kind: 'fail' },
  },
  closure: windowFunction({
    window: { kind: 'process', given: summing },
    contents: listStateDescriptor('$contents', struct({ key: nullable(int32()), n: int64() })),
  }),
  input: [INPUT],
  output: ROW_OUTPUT,
})

const PURGING_OR_NOT: fc.Arbitrary<TriggerSpec | undefined> = fc.constantFrom(undefined, {
  kind: 'purging',
  trigger: { kind: 'processingTime' },
})

/** Functions are called row by row, which takes several times as long: fewer cases. */
const OPERATORS = [
  ['aggregates', aggregation, 1_000],
  ['functions of rows', functionOfRows, 250],
] as const

describe.each(Object.entries(WINDOWS))('uneven subtasks: %s', (_kind, window) => {
  it.each(OPERATORS)('%s give each window once', async (_, optionsOf, numRuns) => {
    const property = fc.asyncProperty(lives(window), PURGING_OR_NOT, (life, trigger) => {
      const options = optionsOf(life.window, trigger) as ReturnType<typeof aggregation>
      return live(life, options, [['key']], once(life.window))
    })
    await fc.assert(property, { numRuns })
  })

  it.each(OPERATORS)(
    '%s that fire at intervals take each row once',
    async (_, optionsOf, numRuns) => {
      const interval = fc.integer({ min: 1, max: 9 })
      const property = fc.asyncProperty(lives(window), interval, (life, intervalMs) => {
        const trigger = { kind: 'continuousProcessingTime', intervalMs } as const
        const purging = { kind: 'purging', trigger } as const
        const options = optionsOf(life.window, purging) as ReturnType<typeof aggregation>
        return live(
          life,
          options,
          [['key']],
          rowsOnce(life.window, (each) => each),
        )
      })
      await fc.assert(property, { numRuns })
    },
  )

  it('aggregates that count take each row once', async () => {
    await fc.assert(
      fc.asyncProperty(lives(window), fc.integer({ min: 1, max: 3 }), (life, count) => {
        const trigger: TriggerSpec = { kind: 'purging', trigger: { kind: 'count', count } }
        return live(
          life,
          aggregation(life.window, trigger),
          [['key']],
          rowsOnce(life.window, (each) => each - (each % count)),
        )
      }),
    )
  })

  it('aggregates give no window again where the clock is behind', async () => {
    const cases = lives(window, fc.constantFrom(0, 1, 2, 5, 12, 40))
    await fc.assert(
      fc.asyncProperty(cases, (life) =>
        live(life, aggregation(life.window, undefined), [['key']], (got, came, nowMs) => {
          const windows = got.map((row) => `${windowAndKey(row)} ${Number(row['windowEnd'])}`)
          expect(new Set(windows).size).toBe(windows.length)
          if (nowMs < Infinity) return
          const rowsIn = total(got, 'rows')
          expect(rowsIn).toBe(rowsOfWindows(life.window, came) ?? rowsIn)
        }),
      ),
    )
  })

  it('joins give each window once', async () => {
    await fc.assert(
      fc.asyncProperty(lives(window), fc.constantFrom(...KINDS), (life, type) =>
        live(life, joinOf(life.window, type), [['key'], ['key']], (got, came, nowMs) =>
          expect(sorted(got.map(numbered))).toEqual(sorted(joined(life.window, type, came, nowMs))),
        ),
      ),
    )
  })
})

const SIDE = Schema.of({ key: nullable(int32()), n: int32() })
const COLUMNS = ['key', 'n'] as const
const TIMES = { windowStart: timestamp('ms'), windowEnd: timestamp('ms') }

const joinOf = (
  window: TimeWindowSpec,
  type: Kind,
): HarnessOptions<WindowJoinSpec> & { readonly input: readonly Schema[] } => ({
  kernels,
  factory: createWindowJoin as OperatorFactory<WindowJoinSpec>,
  config: {
    kind: 'windowJoin',
    type,
    on: [['key', 'key']],
    columns: ([0, 1] as const).flatMap((side) =>
      COLUMNS.map((column) => ({ name: `${column}${side}`, side, column })),
    ),
    window,
    bounds: ['windowStart', 'windowEnd'],
  },
  input: [SIDE, SIDE],
  output: Schema.of({
    ...TIMES,
    ...Object.fromEntries(
      [0, 1].flatMap((side) => COLUMNS.map((name) => [`${name}${side}`, nullable(int32())])),
    ),
  }),
})

const numbered = ({ windowStart, windowEnd, ...row }: Row): Row => ({
  windowStart: Number(windowStart),
  windowEnd: Number(windowEnd),
  ...row,
})

function joined(window: TimeWindowSpec, type: Kind, came: readonly Came[], nowMs: number): Row[] {
  // Rows that can meet nobody are not kept where nobody asks for them.
  const isKept = ({ row, side }: Came): boolean =>
    row['key'] !== null || type === 'full' || type === (side === 0 ? 'left' : 'right')
  return Map.groupBy(came.filter(isKept), ({ row }) => row['key'])
    .values()
    .flatMap((own) => windowsOf(window, own).filter(({ end }) => end <= nowMs))
    .flatMap(({ start, end, came: inWindow }) => {
      const [left, right] = ([0, 1] as const).map((side) =>
        inWindow.filter((each) => each.side === side).map(({ row }) => row),
      ) as [Row[], Row[]]
      return nestedLoops(type, left, right, equalOn([['key', 'key']]), (l, r) => ({
        windowStart: start,
        windowEnd: end,
        ...suffixed(l, 0),
        ...suffixed(r, 1),
      }))
    })
    .toArray()
}

const suffixed = (row: Row | undefined, side: 0 | 1): Row =>
  Object.fromEntries(
    Object.entries(columnsOrNull(row, COLUMNS)).map(([name, value]) => [`${name}${side}`, value]),
  )
