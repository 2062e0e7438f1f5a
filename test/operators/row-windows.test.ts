// Functions over windows of rows against a naive model: each kind of window, with triggers that are data and
// triggers of one's own, evictors, allowed lateness, disorder, state by window and by key, and restarts in
// other numbers of subtasks.
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Schema } from '../../src/columnar/schema.ts'
import { float64, int32, nullable, struct, timestamp, utf8 } from '../../src/columnar/type.ts'
import {
  type AggregateFunction,
  aggregatingStateDescriptor,
  countEvictor,
  deltaEvictor,
  deltaTrigger,
  type Evictor,
  listStateDescriptor,
  type ProcessWindowFunction,
  reducingStateDescriptor,
  structured,
  timeEvictor,
  type Trigger,
  valueStateDescriptor,
  type WindowContext,
} from '../../src/index.ts'
import { Kernels } from '../../src/kernels/module.ts'
import { createRowWindows } from '../../src/operators/row-windows.ts'
import type { RowWindowSpec } from '../../src/operators/row-window-spec.ts'
import { windowFunction, type WindowFunctionParts } from '../../src/operators/window-adapters.ts'
import {
  type SessionWindowSpec,
  type TriggerSpec,
  type WindowSpec,
  windowTime,
} from '../../src/operators/window-spec.ts'
import { GRID_KINDS, gridWindow } from './grid-window.ts'
import type { Row } from './operator-harness.ts'
import { type ModelEvictor, type ModelTrigger, RowWindowModel } from './row-window-model.ts'
import { WindowCluster } from './window-cluster.ts'

const kernels = new Kernels()

const FIELDS = { key: nullable(utf8()), n: int32(), s: utf8(), gap: int32() }
const INPUT = Schema.of({ ...FIELDS, $eventTime: timestamp('ms') })
const OUTPUT = Schema.of({
  key: nullable(utf8()),
  windowStart: float64(),
  windowEnd: float64(),
  values: utf8(),
  seen: int32(),
  total: int32(),
})

interface In {
  readonly key: string | null
  readonly n: number
  readonly s: string
  readonly gap: number
}

const sum = reducingStateDescriptor('sum', int32(), (a, b) => a + b)
const seen = valueStateDescriptor('seen', int32(), { default: 0 })
const total = valueStateDescriptor('total', int32(), { default: 0 })

/** Does what its rows say; the model's trigger of that name. */
const odd: Trigger<In> = {
  onElement({ n }, atMs, _window, context) {
    context.getPartitionedState(sum).add(n)
    if (n === 3) context.registerEventTimeTimer(atMs + 5)
    if (n === 4) context.registerProcessingTimeTimer(context.currentProcessingTime() + 3)
    if (n === 5) context.deleteEventTimeTimer(atMs + 5)
    return n === 6 ? 'FIRE_AND_PURGE' : n === 7 ? 'PURGE' : n === 8 ? 'FIRE' : 'CONTINUE'
  },
  onEventTime: (_timeMs, _window, context) =>
    (context.getPartitionedState(sum).get() ?? 0) % 2 === 0 ? 'FIRE' : 'CONTINUE',
  onProcessingTime: () => 'FIRE_AND_PURGE',
  onMerge: (_window, context) => context.mergePartitionedState(sum),
}

interface Out {
  readonly key: string | null
  readonly windowStart: number
  readonly windowEnd: number
  readonly values: string
  readonly seen: number
  readonly total: number
}

/** Counts in each kind of state that sessions merge: they are to agree. */
const firings = {
  sum: reducingStateDescriptor('firings', int32(), (a, b) => a + b),
  list: listStateDescriptor('times', float64()),
  mean: aggregatingStateDescriptor('mean', structured<{ n: number }>(), {
    createAccumulator: () => ({ n: 0 }),
    add: (by: number, { n }) => ({ n: n + by }),
    getResult: ({ n }) => ({ count: n }),
    merge: (a, b) => ({ n: a.n + b.n }),
  }),
}

function countedOfSession(context: WindowContext): number {
  context.windowState(firings.sum).add(1)
  context.windowState(firings.list).add(context.window.end)
  context.windowState(firings.mean).add(1)
  const counts = [
    context.windowState(firings.sum).get(),
    context.windowState(firings.list).get().length,
    context.windowState(firings.mean).get()?.count,
  ]
  if (new Set(counts).size > 1) throw new Error(`merged as ${counts.join()}`)
  return counts[0]!
}

function counted(context: WindowContext): number {
  const own = context.windowState(seen)
  own.update(own.value() + 1)
  return own.value()
}

/** Tells all that it is told. */
const telling = (
  isSession: boolean,
  isCounting: boolean,
): ProcessWindowFunction<string | null | undefined, { s: string }, Out> => ({
  process(key, context, rows, out) {
    const { window } = context
    const all = isCounting ? context.globalState(total) : undefined
    all?.update(all.value() + 1)
    out.collect({
      key: key ?? null,
      windowStart: window.start,
      windowEnd: window.end,
      values: rows.map(({ s }) => s).join(','),
      seen: !isCounting ? 0 : isSession ? countedOfSession(context) : counted(context),
      total: all?.value() ?? 0,
    })
  },
  onMerge(context) {
    for (const descriptor of Object.values(firings)) context.mergeWindowState<never>(descriptor)
  },
})

const texts: AggregateFunction<In, { s: string }, { s: string }> = {
  createAccumulator: () => ({ s: '' }),
  add: (row, { s }) => ({ s: s === '' ? row.s : `${s},${row.s}` }),
  getResult: (accumulator) => accumulator,
  merge: (a, b) => ({ s: `${a.s},${b.s}` }),
}

const FOLDS: Readonly<Record<string, NonNullable<WindowFunctionParts['fold']> | undefined>> = {
  process: undefined,
  reduce: { kind: 'reduce', given: (a: In, b: In): In => ({ ...a, s: `${a.s},${b.s}` }) },
  aggregate: { kind: 'aggregate', given: texts },
}

type Step =
  | { readonly rows: readonly Row[] }
  | { readonly watermark: number }
  | { readonly now: number }
  | { readonly restart: number }

interface Scenario {
  readonly window: WindowSpec
  readonly isDynamic: boolean
  /** The function has state by window and by key. */
  readonly isCounting: boolean
  readonly trigger: ModelTrigger | undefined
  readonly evictor: ModelEvictor | undefined
  readonly allowedLatenessMs: number
  readonly function: string
  readonly isKeyed: boolean
  readonly batchRows: number
  /** Subtasks at the start. */
  readonly parallelism: number
  readonly stateCompactionKeysMin: number
  readonly steps: readonly Step[]
}

const anyTime = fc.oneof(
  { weight: 2, arbitrary: fc.integer({ min: -10, max: 20 }) },
  { weight: 1, arbitrary: fc.integer({ min: -40, max: 60 }) },
)

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      rows: fc.array(
        fc
          .record({
            at: anyTime,
            key: fc.option(
              fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'a longer key than 16 bytes'),
            ),
            n: fc.integer({ min: 0, max: 9 }),
            gap: fc.integer({ min: 1, max: 15 }),
          })
          .map((row): Row => ({ ...row, s: String(row.n), $eventTime: row.at })),
        { maxLength: 8 },
      ),
    }),
  },
  { weight: 3, arbitrary: fc.record({ watermark: anyTime }) },
  { weight: 2, arbitrary: fc.record({ now: fc.integer({ min: 1, max: 12 }) }) },
  { weight: 1, arbitrary: fc.record({ restart: fc.integer({ min: 1, max: 3 }) }) },
)

const plain: fc.Arbitrary<TriggerSpec> = fc.oneof(
  fc.record({ kind: fc.constant('count' as const), count: fc.integer({ min: 1, max: 4 }) }),
  fc.record({
    kind: fc.constantFrom('continuousEventTime' as const, 'continuousProcessingTime' as const),
    intervalMs: fc.integer({ min: 1, max: 9 }),
  }),
  fc.constantFrom({ kind: 'eventTime' as const }, { kind: 'processingTime' as const }),
)

const trigger: fc.Arbitrary<ModelTrigger | undefined> = fc.oneof(
  { weight: 3, arbitrary: fc.constant(undefined) },
  { weight: 3, arbitrary: plain },
  { weight: 2, arbitrary: plain.map((each): TriggerSpec => ({ kind: 'purging', trigger: each })) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('delta' as const),
      threshold: fc.integer({ min: 0, max: 6 }),
    }),
  },
  { weight: 3, arbitrary: fc.constant({ kind: 'odd' as const }) },
)

const evictor: fc.Arbitrary<ModelEvictor | undefined> = fc.oneof(
  { weight: 2, arbitrary: fc.constant(undefined) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constantFrom('count' as const, 'time' as const, 'delta' as const),
      by: fc.integer({ min: 1, max: 6 }),
      after: fc.boolean(),
    }),
  },
)

const session: fc.Arbitrary<SessionWindowSpec> = fc
  .record({
    gapMs: fc.integer({ min: 1, max: 15 }),
    time: fc.constantFrom('event' as const, 'event' as const, 'processing' as const),
  })
  .map((each) => ({ kind: 'session', ...each }))

/** As the SDK has it: what does not go together is refused there. */
function isPossible({ window, trigger: given }: Scenario): boolean {
  const { kind } = given?.kind === 'purging' ? given.trigger : (given ?? { kind: 'none' })
  const time = windowTime(window)
  if (kind === 'eventTime') return time === 'event'
  if (kind === 'processingTime') return time === 'processing'
  if (kind === 'delta') return window.kind !== 'session'
  return kind !== 'continuousEventTime' || time !== 'processing'
}

const scenarios = (window: fc.Arbitrary<WindowSpec>): fc.Arbitrary<Scenario> =>
  fc
    .record({
      window,
      isDynamic: fc.boolean(),
      isCounting: fc.boolean(),
      trigger,
      evictor,
      allowedLatenessMs: fc.constantFrom(0, 0, 3, 15),
      function: fc.constantFrom('process', 'process', 'reduce', 'aggregate'),
      isKeyed: fc.constantFrom(true, true, false),
      batchRows: fc.constantFrom(2, 16_384),
      parallelism: fc.integer({ min: 1, max: 3 }),
      stateCompactionKeysMin: fc.constantFrom(1, 3, 65_536),
      steps: fc.array(step, { maxLength: 9 }),
    })
    .filter(isPossible)

function evictorOf({ kind, by, after }: ModelEvictor): Evictor<In> {
  if (kind === 'count') return countEvictor(by, { after })
  if (kind === 'time') return timeEvictor(by, { after })
  return deltaEvictor((row, last) => Math.abs(last.n - row.n), by, { after })
}

function ownTrigger(given: ModelTrigger | undefined): Trigger<In> | undefined {
  if (given?.kind === 'odd') return odd
  if (given?.kind !== 'delta') return undefined
  return deltaTrigger((a: In, b: In) => Math.abs(a.n - b.n), given.threshold)
}

const ROW = struct(FIELDS)

function partsOf(scenario: Scenario): WindowFunctionParts {
  const { window, trigger: given, evictor: evicting, function: name } = scenario
  const { isDynamic, isCounting } = scenario
  const fold = FOLDS[name]
  const own = ownTrigger(given)
  const value = name === 'reduce' ? ROW : structured<unknown>()
  return {
    ...(fold === undefined ? {} : { fold }),
    window: { kind: 'process', given: telling(window.kind === 'session', isCounting) },
    ...(own === undefined ? {} : { trigger: own }),
    ...(evicting === undefined ? {} : { evictor: evictorOf(evicting) }),
    ...(isDynamic && window.kind === 'session' ? { gap: ({ gap }: In) => gap } : {}),
    contents:
      evicting !== undefined
        ? listStateDescriptor('$contents', struct({ value: ROW, timestamp: float64() }))
        : fold === undefined
          ? listStateDescriptor('$contents', ROW)
          : valueStateDescriptor('$contents', value),
  }
}

function clusterOf(scenario: Scenario): WindowCluster<RowWindowSpec> {
  const { window, trigger: given, allowedLatenessMs, isKeyed } = scenario
  const { batchRows, stateCompactionKeysMin } = scenario
  const keys = isKeyed ? ['key'] : []
  const isData = given !== undefined && given.kind !== 'odd' && given.kind !== 'delta'
  return new WindowCluster<RowWindowSpec>({
    kernels,
    factory: createRowWindows,
    config: {
      kind: 'rowWindow',
      closure: true,
      function: 'ProcessWindowFunction',
      keys,
      window,
      ...(isData ? { trigger: given } : {}),
      allowedLatenessMs,
      lateTag: 'late',
      onError: { kind: 'fail' },
    },
    closure: windowFunction(partsOf(scenario)),
    input: INPUT,
    output: OUTPUT,
    keys,
    sides: new Map([['late', INPUT]]),
    batchRows,
    stateCompactionKeysMin,
  })
}

const sorted = (rows: readonly Row[]): string[] => rows.map((row) => JSON.stringify(row)).toSorted()

async function run(scenario: Scenario): Promise<void> {
  const allocated = kernels.exports.allocated()
  const cluster = clusterOf(scenario)
  await cluster.open(scenario.isKeyed ? scenario.parallelism : 1)
  const isFolding = scenario.function !== 'process'
  const model = new RowWindowModel({ ...scenario, isFolding })
  let now = 0
  let watermark = -Infinity
  for (const each of [...scenario.steps, { watermark: Infinity }]) {
    if ('rows' in each) {
      const got = cluster.batch(each.rows)
      const want = model.batch(each.rows)
      expect(sorted(got.fired)).toEqual(sorted(want.fired))
      expect(got.late.map(({ n }) => n).toSorted()).toEqual(want.late.map(({ n }) => n).toSorted())
    } else if ('watermark' in each) {
      watermark = Math.max(watermark, each.watermark)
      expect(sorted(cluster.watermark(watermark))).toEqual(sorted(model.watermark(watermark)))
    } else if ('now' in each) {
      const want: Row[] = []
      for (const end = now + each.now; now < end;) want.push(...model.processingTime(++now))
      expect(sorted(cluster.processingTime(now))).toEqual(sorted(want))
    } else {
      await cluster.restart(scenario.isKeyed ? each.restart : 1)
      // A watermark comes again to whoever starts again.
      expect(sorted(cluster.watermark(watermark))).toEqual(sorted(model.watermark(watermark)))
    }
  }
  expect(cluster.lateRows).toBe(model.lateRows)
  cluster.close()
  await Promise.resolve()
  expect(kernels.exports.allocated() - allocated).toBeLessThanOrEqual(2 << 20)
}

const WINDOWS: Readonly<Record<string, fc.Arbitrary<WindowSpec>>> = {
  ...Object.fromEntries(GRID_KINDS.map((kind) => [kind, gridWindow(kind)])),
  session,
  global: fc.constant({ kind: 'global' }),
}

describe('functions over windows', () => {
  it.each(Object.entries(WINDOWS))('equal a naive model: %s', async (_, window) => {
    await fc.assert(fc.asyncProperty(scenarios(window), run))
  })
})
