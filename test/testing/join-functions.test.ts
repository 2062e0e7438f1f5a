// Functions of two streams' rows across a crash, restored at other parallelisms.
import { describe, expect, it } from 'vitest'
import { int32, session, timestamp, utf8 } from '../../src/index.ts'
import { JobHarness, testInput } from '../../src/testing.ts'

const SCHEMA = { id: int32(), time: timestamp('ms'), text: utf8() }

const left = testInput(SCHEMA, { eventTime: 'time', name: 'left' })
const right = testInput(SCHEMA, { eventTime: 'time', name: 'right' })

const rowsFrom = (from: number, what: string) =>
  Array.from({ length: 40 }, (_, i) => ({
    id: i % 7,
    time: (from + i) * 50,
    text: `${what}${from + i}`,
  }))
const [EARLY, LATE] = [0, 40].map((from) => [rowsFrom(from, 'l'), rowsFrom(from, 'r')] as const)

const start = () =>
  JobHarness.start(
    (env) => {
      const [l, r] = [env.fromSource(left), env.fromSource(right)]
      const pairs = l
        .keyBy('id')
        .intervalJoin(r.keyBy('id'))
        .between('-1s', '1s')
        .process(
          {
            processElement(a, b, context, out) {
              out.collect({ text: `${a.text} ${b.text} ${context.timestamp()}` })
            },
          },
          { text: utf8() },
        )
      const groups = l
        .coGroup(r)
        .where('id')
        .equalTo('id')
        .window(session('360ms'))
        .apply(
          (a, b, out) => {
            const all = [...a, ...b].map(({ text }) => text).toSorted()
            out.collect({ text: all.join(' ') })
          },
          { text: utf8() },
        )
      return { pairs, groups }
    },
    { parallelism: 2, config: { batchRows: 8 } },
  )

/** What comes out in all, with a crash between the two halves or without. */
async function outputs(parallelism: number | undefined): Promise<string[][]> {
  await using job = await start()
  await job.push(left, EARLY![0])
  await job.push(right, EARLY![1])
  await job.advanceWatermark(1_000)
  if (parallelism !== undefined) {
    const snapshot = await job.snapshot()
    await job.crash()
    await job.restore(snapshot, { parallelism })
  }
  await job.push(left, LATE![0])
  await job.push(right, LATE![1])
  await job.finish()
  return (['pairs', 'groups'] as const).map((name) =>
    job
      .output(name)
      .map(({ text }) => text)
      .toSorted(),
  )
}

describe('functions of two streams', () => {
  it.each([1, 2, 4])('go on after a crash in %d subtasks', async (parallelism) => {
    const expected = await outputs(undefined)
    expect(expected[0]!.length).toBeGreaterThan(300)
    expect(await outputs(parallelism)).toEqual(expected)
  })
})
