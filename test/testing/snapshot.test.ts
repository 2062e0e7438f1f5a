// Snapshots at random moments: two inputs whose watermarks drift apart, calls that the test answers when chance
// says so, operators that take one row and channels that take one batch, so that rows wait everywhere. Every seed
// is a script of its own, with snapshots, crashes and restores at another parallelism; its answers are those
// of a run in one subtask in which nothing of that happens. (1,000 seeds were run once; these are the first.)
import { describe, expect, it } from 'vitest'
import {
  count,
  int32,
  type StreamExecutionEnvironment,
  sum,
  timestamp,
  tumble,
} from '../../src/index.ts'
import { seededRandom } from '../../src/testing/seeded-random.ts'
import { JobHarness, type TestInput, testInput } from '../../src/testing.ts'

const SCHEMA = { time: timestamp('ms'), key: int32(), n: int32() }
const left = testInput(SCHEMA, { eventTime: 'time', name: 'left' })
const right = testInput(SCHEMA, { eventTime: 'time', name: 'right' })

interface Row {
  readonly time: number
  readonly key: number
  readonly n: number
}

type Step =
  | { readonly input: TestInput<typeof SCHEMA>; readonly rows: readonly Row[] }
  | { readonly input: TestInput<typeof SCHEMA>; readonly watermarkMs: number }

/** Rows of two inputs, none of them late, and their watermarks, each at its own pace. */
function scriptOf(below: (n: number) => number): Step[] {
  const nowMs = new Map([
    [left, 0],
    [right, 0],
  ])
  let n = 0
  return Array.from({ length: 4 + below(8) }, (): Step => {
    const input = below(3) === 0 ? right : left
    const from = nowMs.get(input)!
    if (below(3) === 0) {
      const watermarkMs = from + below(120)
      nowMs.set(input, watermarkMs + 1)
      return { input, watermarkMs }
    }
    const row = (): Row => ({ time: from + below(150), key: below(4), n: n++ })
    return { input, rows: Array.from({ length: 1 + below(9) }, row) }
  })
}

interface Options {
  readonly capacity: number
  readonly ordered: boolean
}

/** Answers of calls, to be given. */
type Calls = (() => void)[]

const job =
  ({ capacity, ordered }: Options, calls: Calls | undefined) =>
  (env: StreamExecutionEnvironment) => {
    const called = env.fromSource(left).asyncMap(
      (row) => {
        if (calls === undefined) return Promise.resolve(row)
        return new Promise<typeof row>((resolve) => calls.push(() => resolve(row)))
      },
      { capacity, ordered },
    )
    const direct = env.fromSource(right).rebalance()
    const windows = called
      .union(direct)
      .keyBy('key')
      .window(tumble('100ms'))
      .aggregate({ rows: count(), total: sum('n') })
    const pairs = called
      .keyBy('key')
      .intervalJoin(direct.keyBy('key'))
      .between('-20ms', '20ms')
      .select((l, r) => ({ l: l.n, r: r.n }))
    return { called, windows, pairs }
  }

type Harness = JobHarness<ReturnType<ReturnType<typeof job>>>

const take = (harness: Harness, step: Step): Promise<void> =>
  'rows' in step
    ? harness.push(step.input, step.rows)
    : harness.advanceWatermark(step.watermarkMs, step.input)

const answers = (harness: Harness): string[][] =>
  (['called', 'windows', 'pairs'] as const).map((name) =>
    harness
      .output(name)
      .map((row) => JSON.stringify(row))
      .toSorted(),
  )

async function undisturbed(script: readonly Step[], options: Options): Promise<string[][]> {
  await using harness = await JobHarness.start(job(options, undefined))
  for (const step of script) await take(harness, step)
  await harness.finish()
  return answers(harness)
}

async function disturbed(
  script: readonly Step[],
  options: Options,
  { below, seed }: { readonly below: (n: number) => number; readonly seed: number },
): Promise<string[][]> {
  const calls: Calls = []
  await using harness = await JobHarness.start(job(options, calls), {
    parallelism: 1 + below(3),
    seed,
    config: { batchRows: 1 + below(3), channelCredits: 1 },
  })
  let snapshot = await harness.snapshot()
  for (const step of script) {
    await take(harness, step)
    for (let i = below(4); i > 0 && calls.length > 0; i--) {
      calls.splice(below(calls.length), 1)[0]!()
    }
    if (below(3) === 0) snapshot = await harness.snapshot()
    if (below(6) > 0) continue
    calls.length = 0
    await harness.restore(snapshot, { parallelism: 1 + below(3), seed: below(1e6) })
  }
  do {
    for (const answer of calls.splice(0)) answer()
    await harness.settle()
  } while (calls.length > 0)
  await harness.finish()
  return answers(harness)
}

describe('JobHarness.snapshot', () => {
  it('gives the answers of an undisturbed run, whenever it is taken', async () => {
    let rows = 0
    for (let seed = 1; seed <= 300; seed++) {
      const random = seededRandom(seed)
      const below = (n: number): number => Math.floor(random() * n)
      const script = scriptOf(below)
      const options = { capacity: 1 + below(3), ordered: below(2) === 0 }
      const expected = await undisturbed(script, options)
      const got = await disturbed(script, options, { below, seed })
      expect([seed, got]).toEqual([seed, expected])
      rows += expected.flat().length
    }
    expect(rows).toBeGreaterThan(5_000)
  }, 120_000)
})
