// The execution graph of random job graphs: every channel has two ends that agree.
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DEFAULT_CONFIG } from '../../src/base/config.ts'
import type { JobGraph, JobVertex, Partitioning } from '../../src/graph/job-graph.ts'
import { buildExecutionGraph, taskId } from '../../src/jobmanager/execution-graph.ts'

function vertex(id: string, parallelism: number, isSource: boolean): JobVertex {
  const spec = isSource
    ? ({ kind: 'source', connector: 'none', config: null, closure: false } as const)
    : ({ kind: 'filter', closure: true } as const)
  return {
    id,
    name: id,
    parallelism,
    maxParallelism: 128,
    inputs: isSource ? [] : [[]],
    operators: [{ id, name: id, spec, output: [], next: [] }],
  }
}

/** A graph whose vertex i is fed by some of those before it. */
const jobGraph: fc.Arbitrary<JobGraph> = fc
  .array(
    fc.record({
      parallelism: fc.integer({ min: 1, max: 5 }),
      from: fc.array(fc.nat(7), { maxLength: 2 }),
      kind: fc.constantFrom('hash', 'rebalance', 'rescale', 'broadcast', 'global', 'forward'),
      group: fc.constantFrom(undefined, undefined, 'a', 'b'),
    }),
    { minLength: 1, maxLength: 6 },
  )
  .map((plan) => {
    const vertices = plan.map(({ parallelism, from, group }, i): JobVertex => {
      const made = vertex(`v${i}`, parallelism, i === 0 || from.length === 0)
      return { ...made, ...(group === undefined ? {} : { slotSharingGroup: group }) }
    })
    const edges = plan.flatMap(({ from, kind }, i) =>
      i === 0
        ? []
        : from.map((pick) => {
            const producer = vertices[pick % i]!
            const equal = producer.parallelism === vertices[i]!.parallelism
            const partitioning: Partitioning =
              kind === 'hash'
                ? { kind, keys: ['k'] }
                : { kind: kind === 'forward' && !equal ? 'rebalance' : kind }
            return {
              from: { vertex: producer.id, operator: 0 },
              to: { vertex: `v${i}`, input: 0 },
              partitioning,
            }
          }),
    )
    // Reversed, so that the topological order is not the order they come in.
    return {
      name: 'random',
      config: DEFAULT_CONFIG,
      vertices: vertices.toReversed(),
      edges,
      userFunctionModules: [],
    }
  })

const groupName = ({ slotSharingGroup = 'default' }: JobVertex): string => slotSharingGroup

describe('execution graph', () => {
  it('joins every channel at both ends, in the slots they name', () => {
    fc.assert(
      fc.property(jobGraph, fc.boolean(), (graph, inline) => {
        const { slots, sources } = buildExecutionGraph(graph, inline)
        const widths = new Map<string, number>()
        for (const one of graph.vertices) {
          const width = widths.get(groupName(one)) ?? 0
          widths.set(groupName(one), Math.max(width, one.parallelism))
        }
        const owned = [...widths].flatMap(([group, width]) =>
          Array.from({ length: width }, (_, i): [string, number] => [group, i]),
        )
        const groupOf = (slot: number) => owned[slot]
        expect(slots).toHaveLength(inline ? 1 : owned.length)
        const senders = new Map<number, string>()
        const receivers = new Map<number, string>()
        const order: string[] = []
        slots.forEach((tasks, slot) => {
          for (const task of tasks) {
            order.push(task.task)
            const own = groupOf(slot)
            if (!inline) expect(own).toEqual([groupName(task.vertex), task.subtaskIndex])
            for (const output of task.outputs) {
              for (const { channel, slot: to } of output.channels) {
                expect(senders.has(channel)).toBe(false)
                senders.set(channel, `${slot}>${to}`)
              }
            }
            for (const { channel, slot: from } of task.inputs) {
              expect(receivers.has(channel)).toBe(false)
              receivers.set(channel, `${from}>${slot}`)
            }
          }
        })
        expect(new Map([...senders].sort())).toEqual(new Map([...receivers].sort()))
        const tasks = graph.vertices.reduce((sum, { parallelism }) => sum + parallelism, 0)
        expect(order).toHaveLength(tasks)
        for (const [task, { vertex: source, subtaskIndex }] of sources) {
          expect(task).toBe(taskId(source, subtaskIndex))
        }
      }),
      { numRuns: 1_000 },
    )
  })

  it('feeds every consumer of a rescale, each from producers of its own share', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 }), (from, to) => {
        const graph: JobGraph = {
          name: 'rescale',
          config: DEFAULT_CONFIG,
          vertices: [vertex('a', from, true), vertex('b', to, false)],
          edges: [
            {
              from: { vertex: 'a', operator: 0 },
              to: { vertex: 'b', input: 0 },
              partitioning: { kind: 'rescale' },
            },
          ],
          userFunctionModules: [],
        }
        const tasks = buildExecutionGraph(graph, true).slots.flat()
        const counts = (ends: readonly (readonly unknown[])[]) => ends.map((one) => one.length)
        const inputs = counts(tasks.filter((t) => t.vertex.id === 'b').map((t) => t.inputs))
        const outputs = counts(
          tasks.filter((t) => t.vertex.id === 'a').map((t) => t.outputs[0]!.channels),
        )
        expect(Math.min(...inputs, ...outputs)).toBeGreaterThanOrEqual(1)
        expect(Math.max(...inputs)).toBeLessThanOrEqual(Math.ceil(from / to))
        expect(Math.max(...outputs)).toBeLessThanOrEqual(Math.ceil(to / from))
      }),
    )
  })

  it('has consumers after their producers in every slot', () => {
    fc.assert(
      fc.property(jobGraph, (graph) => {
        for (const tasks of buildExecutionGraph(graph, false).slots) {
          const place = new Map(tasks.map((task, i) => [task.vertex.id, i]))
          for (const { from, to } of graph.edges) {
            const [a, b] = [place.get(from.vertex), place.get(to.vertex)]
            if (a !== undefined && b !== undefined) expect(a).toBeLessThan(b)
          }
        }
      }),
    )
  })
})
