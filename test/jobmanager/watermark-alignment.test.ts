// Watermark alignment against a list of who reported what; and what it is for: nobody is ahead of its group by
// more than its drift and a step, and nobody waits for ever.
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { WatermarkAlignment } from '../../src/jobmanager/watermark-alignment.ts'

interface Task {
  readonly group: string | undefined
  readonly maxDriftMs: number
}

const nameOf = (task: number): string => `task ${task}`

/** What an execution graph says of such tasks. */
function alignmentOf(tasks: readonly Task[]): WatermarkAlignment {
  const sources = tasks.map(({ group, maxDriftMs }, i) => {
    const watermarks = group === undefined ? {} : { alignment: { group, maxDriftMs } }
    const vertex = { operators: [{ spec: { kind: 'source', watermarks } }] }
    return [nameOf(i), { vertex, subtaskIndex: 0 }] as const
  })
  return new WatermarkAlignment(
    new Map(sources) as unknown as ConstructorParameters<typeof WatermarkAlignment>[0],
  )
}

const anyTask = fc.record({
  group: fc.constantFrom('a', 'b', undefined),
  maxDriftMs: fc.nat(5),
})

describe('watermark alignment', () => {
  it('allows the least of the group and the own drift, and says it when that changes', () => {
    const report = fc.record({
      task: fc.nat(5),
      watermarkMs: fc.oneof(fc.nat(20), fc.constant(Infinity)),
    })
    fc.assert(
      fc.property(
        fc.array(anyTask, { minLength: 1, maxLength: 6 }),
        fc.array(report, { maxLength: 40 }),
        (tasks, reports) => {
          const alignment = alignmentOf(tasks)
          const watermarks = tasks.map(() => -Infinity)
          const least = new Map<string, number>()
          for (const { task: any, watermarkMs } of reports) {
            const task = any % tasks.length
            const { group } = tasks[task]!
            const said = alignment.onWatermark(nameOf(task), watermarkMs)
            if (group === undefined) {
              expect(said).toEqual([])
              continue
            }
            watermarks[task] = watermarkMs
            const members = tasks.flatMap((other, i) => (other.group === group ? [i] : []))
            const lowestMs = Math.min(...members.map((i) => watermarks[i]!))
            const isNew = lowestMs !== (least.get(group) ?? -Infinity)
            least.set(group, lowestMs)
            const expected = members.map((i) => ({
              task: nameOf(i),
              watermarkMsMax: lowestMs + tasks[i]!.maxDriftMs,
            }))
            expect(said).toEqual(isNew ? expected : [])
          }
        },
      ),
      { numRuns: 1_000 },
    )
  })

  it('keeps a group together to its end, whoever is fast', () => {
    const member = fc.record({
      maxDriftMs: fc.nat(5),
      stepMs: fc.integer({ min: 1, max: 7 }),
      endMs: fc.nat(60),
    })
    fc.assert(
      fc.property(
        fc.array(member, { minLength: 1, maxLength: 5 }),
        fc.infiniteStream(fc.nat(99)),
        (members, chance) => {
          const alignment = alignmentOf(members.map((one) => ({ ...one, group: 'all' })))
          const state = members.map(() => ({ atMs: -Infinity, allowedMs: -Infinity }))
          const hear = (task: number, watermarkMs: number): void => {
            for (const { task: name, watermarkMsMax } of alignment.onWatermark(
              nameOf(task),
              watermarkMs,
            )) {
              state[Number(name.slice(5))]!.allowedMs = watermarkMsMax
            }
          }
          for (let i = 0; state.some(({ atMs }) => atMs !== Infinity); i++) {
            expect(i).toBeLessThan(1_000)
            const able = state.flatMap(({ atMs, allowedMs }, task) =>
              atMs !== Infinity && atMs <= allowedMs ? [task] : [],
            )
            // Somebody may always read on.
            expect(able.length).toBeGreaterThan(0)
            const task = able[chance.next().value! % able.length]!
            const { maxDriftMs, stepMs, endMs } = members[task]!
            const one = state[task]!
            const nextMs = one.atMs === -Infinity ? 0 : one.atMs + stepMs
            one.atMs = nextMs > endMs ? Infinity : nextMs
            hear(task, one.atMs)
            if (one.atMs === Infinity) continue
            const others = state.filter(({ atMs }) => atMs !== -Infinity)
            if (others.length < state.length) continue
            const lowestMs = Math.min(...others.map(({ atMs }) => atMs))
            expect(one.atMs - lowestMs).toBeLessThanOrEqual(maxDriftMs + stepMs)
          }
        },
      ),
      { numRuns: 1_000 },
    )
  })

  it('holds those who are ahead until each of the group has reported', () => {
    const alignment = alignmentOf([
      { group: 'a', maxDriftMs: 5 },
      { group: 'a', maxDriftMs: 7 },
    ])
    expect(alignment.onWatermark('task 0', 100)).toEqual([])
    expect(alignment.onWatermark('task 1', 20)).toEqual([
      { task: 'task 0', watermarkMsMax: 25 },
      { task: 'task 1', watermarkMsMax: 27 },
    ])
    // Who is idle or has ended is not waited for, and comes back where it was.
    expect(alignment.onWatermark('task 1', Infinity)[0]!.watermarkMsMax).toBe(105)
    expect(alignment.onWatermark('task 1', 20)[0]!.watermarkMsMax).toBe(25)
    expect(alignment.onWatermark('stranger', 20)).toEqual([])
  })
})
