// How rows go between subtasks, and which subtasks share slots and chains: the plans that the calls make,
// and whole jobs in worker threads whose rows arrive once (or once a subtask).
import { describe, expect, it } from 'vitest'
import { int32, StreamExecutionEnvironment, utf8 } from '../../src/index.ts'
import { refusal, testEnvironment, testSource } from '../sdk/test-environment.ts'

const ROWS = Array.from({ length: 5_000 }, (_, n) => ({ n, group: `g${n % 7}` }))
const SCHEMA = { n: int32(), group: utf8() }

const numbers = testSource(SCHEMA, 'numbers')

type Rows = ReturnType<typeof rowsOf>

const rowsOf = (env: StreamExecutionEnvironment) =>
  env.fromCollection(ROWS, { schema: SCHEMA }).rebalance()

async function collected(parallelism: number, how: (rows: Rows) => Rows): Promise<number[]> {
  const config = { batchRows: 64 }
  const env = StreamExecutionEnvironment.getExecutionEnvironment({ parallelism, config })
  const got: number[] = []
  const spread = how(rowsOf(env).where((r) => r.n.ge(0))).where((r) => r.n.ge(0))
  for await (const { n } of spread.collect()) got.push(n)
  return got.sort((a, b) => a - b)
}

const ALL = ROWS.map(({ n }) => n)

describe('a partitioning', () => {
  const ways: Record<string, (rows: Rows) => Rows> = {
    shuffle: (rows) => rows.shuffle(),
    rescale: (rows) => rows.rescale(),
    global: (rows) => rows.global(),
    forward: (rows) => rows.forward(),
    'partitionCustom (inline)': (rows) => rows.partitionCustom((n, all) => n % all, 'n'),
  }
  it.each(Object.keys(ways))('%s brings each row once', async (way) => {
    for (const parallelism of [1, 3]) {
      expect(await collected(parallelism, ways[way]!)).toEqual(ALL)
    }
  })

  it('broadcast brings each row to each subtask', async () => {
    expect(await collected(3, (rows) => rows.broadcast())).toEqual(ALL.flatMap((n) => [n, n, n]))
  })

  it('rescale changes the parallelism with few channels', () => {
    const { env, graph } = testEnvironment({ parallelism: 2 })
    const wide = env
      .fromSource(numbers)
      .rescale()
      .where((r) => r.n.gt(0))
    wide
      .setParallelism(4)
      .rescale()
      .where((r) => r.n.gt(1))
      .print()
    expect(graph().edges.map(({ partitioning }) => partitioning.kind)).toEqual([
      'rescale',
      'rescale',
      'global',
    ])
  })

  it('forward refuses ends of different parallelism, with both names', () => {
    const { env, graph } = testEnvironment({ parallelism: 2 })
    const next = env
      .fromSource(numbers)
      .forward()
      .where((r) => r.n.gt(0))
    next.setParallelism(3).print()
    const error = refusal(graph)
    expect(error.code).toBe('GRAPH_INVALID')
    expect(error.message).toMatch(/'Source: numbers' runs as 2, 'Where' as 3; .*rescale\(\)/)
  })

  it('custom names the value that was sent to a subtask that is not there', async () => {
    const failing = collected(2, (rows) => rows.partitionCustom((n) => (n === 99 ? 2 : 0), 'n'))
    await expect(failing).rejects.toThrow(
      /Custom partitioner.*the partitioner gave 2 for n = 99; .* from 0 to 1/,
    )
    const throwing = collected(2, (rows) =>
      rows.partitionCustom((_, all) => {
        throw new RangeError(`no ${all}`)
      }, 'group'),
    )
    await expect(throwing).rejects.toThrow(/the partitioner threw at group = g\d: no 2/)
  })

  it('custom keeps its column up to the exchange', () => {
    const { env, graph } = testEnvironment({ parallelism: 2 })
    const rows = env.fromSource(numbers).partitionCustom((group) => group.length, 'group')
    rows.select((r) => ({ n: r.n })).print()
    const [{ operators }, { operators: behind }] = graph().vertices as [never, never]
    const names = (all: readonly { output: readonly { name: string }[] }[]) =>
      all.at(-1)!.output.map(({ name }) => name)
    expect(names(operators)).toEqual(['n', 'group'])
    expect(names(behind)).toEqual(['n'])
  })
})

describe('the layout of a job', () => {
  it('breaks chains where it is told to', () => {
    const { env, graph } = testEnvironment({ parallelism: 1 })
    env
      .fromSource(numbers)
      .where((r) => r.n.gt(0))
      .setName('a')
      .where((r) => r.n.gt(1))
      .setName('b')
      .startNewChain()
      .where((r) => r.n.gt(2))
      .setName('c')
      .where((r) => r.n.gt(3))
      .setName('d')
      .disableChaining()
      .print()
    const { vertices, edges } = graph()
    expect(vertices.map(({ name }) => name)).toEqual([
      'Source: numbers -> a',
      'b -> c',
      'd',
      'Sink: print',
    ])
    expect(edges.map(({ partitioning }) => partitioning.kind)).toEqual(Array(3).fill('forward'))
  })

  it('gives slot sharing groups slots of their own, inherited behind them', async () => {
    const { env, graph } = testEnvironment({ parallelism: 2 })
    env
      .fromSource(numbers)
      .where((r) => r.n.gt(0))
      .slotSharingGroup('heavy')
      .where((r) => r.n.gt(1))
      .print()
      .slotSharingGroup('default')
    expect(graph().vertices.map((v) => [v.name, v.slotSharingGroup])).toEqual([
      ['Source: numbers', undefined],
      ['Where -> Where', 'heavy'],
      ['Sink: print', undefined],
    ])
    expect(env.explain()).toMatch(/: 4 slots;[\s\S]*parallelism 2, slots of 'heavy'/)
    const rows = await collected(2, (all) => all.where((r) => r.n.lt(9)).slotSharingGroup('few'))
    expect(rows).toEqual(ALL.slice(0, 9))
  })

  it('keeps key groups of an operator, whatever the job has', () => {
    const { env: planned, graph } = testEnvironment({ parallelism: 2 })
    planned
      .fromSource(numbers)
      .where((r) => r.n.gt(0))
      .setMaxParallelism(6)
      .print()
    expect(graph().vertices.map(({ maxParallelism }) => maxParallelism)).toEqual([128, 6, 128])
    const wide = planned.fromSource(numbers).where((r) => r.n.gt(0))
    wide.setMaxParallelism(3).setParallelism(4).print()
    expect(refusal(graph).message).toMatch(/parallelism 4, more than maxParallelism \(3 key groups/)
  })

  it('refuses names and counts that are none', () => {
    const { env } = testEnvironment()
    const rows = env.fromSource(numbers)
    expect(refusal(() => rows.slotSharingGroup('')).code).toBe('CONFIG_INVALID')
    expect(refusal(() => rows.setMaxParallelism(0)).code).toBe('CONFIG_INVALID')
    expect(refusal(() => rows.setMaxParallelism(100_000)).message).toMatch(/at most 32768/)
    expect(refusal(() => rows.partitionCustom(() => 0, 'grup' as 'group')).message).toMatch(/group/)
  })
})
