// Each trigger on each kind of window by each time, as a job writes it: it fires as the naive model says,
// or the call refuses it and says what to do instead.
import { describe, expect, it } from 'vitest'
import {
  continuousEventTimeTrigger,
  continuousProcessingTimeTrigger,
  count,
  countTrigger,
  cumulate,
  eventTimeTrigger,
  globalWindow,
  int32,
  processingTimeTrigger,
  purgingTrigger,
  session,
  slide,
  StreamExecutionEnvironment,
  sum,
  timestamp,
  tumble,
  utf8,
} from '../../src/index.ts'
import { type TriggerSpec, type WindowSpec, windowTime } from '../../src/operators/window-spec.ts'
import { JobHarness, testInput } from '../../src/testing.ts'
import { WindowModel } from '../operators/window-model.ts'

const SCHEMA = { at: timestamp('ms'), key: utf8(), n: int32() }

type Time = 'event' | 'processing'

const WINDOWS: Readonly<Record<string, (time: Time) => WindowSpec>> = {
  tumble: (time) => tumble(10, { time }),
  slide: (time) => slide(12, 5, { time }),
  cumulate: (time) => cumulate(20, 5, { time }),
  session: (time) => session(6, { time }),
  globalWindow: () => globalWindow(),
}

const TRIGGERS: Readonly<Record<string, TriggerSpec>> = {
  eventTime: eventTimeTrigger(),
  processingTime: processingTimeTrigger(),
  count: countTrigger(2),
  continuousEventTime: continuousEventTimeTrigger(4),
  continuousProcessingTime: continuousProcessingTimeTrigger(4),
}

/** What the call says of a trigger that does not go with the windows; undefined: it works. */
function refusal(window: string, time: Time, trigger: string): RegExp | undefined {
  const isEnd = trigger === 'eventTime' || trigger === 'processingTime'
  if (window === 'globalWindow') return isEnd ? /a global window has no end/ : undefined
  if (isEnd && trigger !== `${time}Time`) return /end by that: use \w+Trigger\(\)/
  if (trigger === 'continuousEventTime' && time === 'processing') {
    return /use continuousProcessingTimeTrigger\(\)/
  }
  return undefined
}

const CASES = Object.keys(WINDOWS).flatMap((window) =>
  (window === 'globalWindow' ? (['event'] as const) : (['event', 'processing'] as const)).flatMap(
    (time) =>
      Object.keys(TRIGGERS).flatMap((trigger) =>
        [false, true].map((purging) => ({ window, time, trigger, purging })),
      ),
  ),
)

const made = ({ window, time, trigger, purging }: (typeof CASES)[number]) => ({
  window: WINDOWS[window]!(time),
  trigger: purging ? purgingTrigger(TRIGGERS[trigger]!) : TRIGGERS[trigger]!,
})

interface TestRow {
  readonly at: number
  readonly key: string
  readonly n: number
}

const rows = (...at: number[]): TestRow[] =>
  at.map((each, i) => ({ at: each, key: each % 3 === 0 ? 'a' : 'b', n: each * 7 + i }))

type Step = { readonly rows: TestRow[] } | { readonly watermark: number } | { readonly now: number }

/** Rows in order and out of it, late ones that are allowed and others; both clocks go on in turn. */
const STEPS: readonly Step[] = [
  { rows: rows(1, 3, 6, 4, 12, 2) },
  { now: 5 },
  { watermark: 7 },
  { rows: rows(9, 0, 8, 15, 21) },
  { now: 11 },
  { watermark: 13 },
  { rows: rows(9, 12, 3, 24, 22, 18) },
  { now: 12 },
  { watermark: 26 },
  { rows: rows(15, 1, 30, 31) },
  { now: 40 },
  { rows: rows(44, 45) },
]

const sorted = (all: readonly object[]): string[] => all.map((row) => JSON.stringify(row)).sort()

async function compare({ window, trigger }: ReturnType<typeof made>, parallelism: number) {
  const allowedLatenessMs = windowTime(window) === 'event' ? 5 : 0
  const input = testInput(SCHEMA, { eventTime: 'at' })
  await using job = await JobHarness.start(
    (env) => {
      const windows = env.fromSource(input).keyBy('key').window(window).trigger(trigger)
      const all = allowedLatenessMs === 0 ? windows : windows.allowedLateness(allowedLatenessMs)
      return all.aggregate({ rows: count(), total: sum('n') })
    },
    { parallelism },
  )
  const model = new WindowModel({
    window,
    trigger,
    allowedLatenessMs,
    keys: ['key'],
    timeMs: (row) => row['at'] as number,
    aggregate: (all) => ({
      rows: all.length,
      total: all.reduce((total, row) => total + (row['n'] as number), 0),
    }),
  })
  const want: object[] = []
  let now = 0
  for (const step of STEPS) {
    if ('rows' in step) {
      await job.push(input, step.rows)
      want.push(...model.batch(step.rows as unknown as Record<string, unknown>[], now).fired)
    } else if ('watermark' in step) {
      await job.advanceWatermark(step.watermark)
      want.push(...model.watermark(step.watermark))
    } else {
      await job.advanceProcessingTime(step.now)
      while (now < step.now) want.push(...model.processingTime(++now))
    }
    expect(sorted(job.output()), JSON.stringify(step)).toEqual(sorted(want))
  }
  await job.finish()
  want.push(...model.watermark(Infinity), ...model.processingTime(Infinity))
  expect(sorted(job.output())).toEqual(sorted(want))
  expect(want.length).toBeGreaterThan(2)
}

describe.each(CASES)('$window by $time time, $trigger trigger, purging: $purging', (each) => {
  const message = refusal(each.window, each.time, each.trigger)
  if (message === undefined) {
    it('fires as the model does', async () => {
      await compare(made(each), 1)
      await compare(made(each), 2)
    })
    return
  }
  it('is refused at the call', () => {
    const { window, trigger } = made(each)
    const env = StreamExecutionEnvironment.getExecutionEnvironment()
    const keyed = env
      .fromCollection(rows(1), { schema: SCHEMA })
      .assignWatermarks('at')
      .keyBy('key')
    const windows = () => keyed.window(window).trigger(trigger)
    expect(() => windows().aggregate({ rows: count() })).toThrow(message)
  })
})

it('what is no trigger is refused', () => {
  const windows = StreamExecutionEnvironment.getExecutionEnvironment()
    .fromCollection(rows(1), { schema: SCHEMA })
    .windowAll(globalWindow())
  expect(() => windows.trigger(undefined as never)).toThrow(/method onElement/)
})
