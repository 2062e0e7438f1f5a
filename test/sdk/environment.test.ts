// The environment: settings, what execute() takes, and jobs as modules.
import { describe, expect, it } from 'vitest'
import { int32, type Job, StreamExecutionEnvironment } from '../../src/index.ts'
import { closuresOfModule } from '../../src/sdk/job-module.ts'
import { testEnvironment, testSource } from './test-environment.ts'

const numbers = testSource({ n: int32() }, 'numbers')

const isOdd = (row: { readonly n: number }): boolean => row.n % 2 === 1

describe('settings', () => {
  it('have defaults, and can be changed until the job runs', () => {
    const { env, graph } = testEnvironment({ config: { batchRows: 1_024 } })
    env.setMaxParallelism(16).setParallelism(8).configure({ channelCredits: 2 })
    env.fromSource(numbers).print()
    expect(env.config).toMatchObject({ batchRows: 1_024, parallelism: 8, channelCredits: 2 })
    expect(graph().vertices[0]).toMatchObject({ parallelism: 8, maxParallelism: 16 })
  })

  it.each<[string, (env: StreamExecutionEnvironment) => unknown, RegExp]>([
    ['parallelism 0', (env) => env.setParallelism(0), /parallelism is 0; it must be 1 or more/],
    ['a fraction', (env) => env.configure({ batchRows: 1.5 }), /batchRows is 1.5/],
    [
      'more subtasks than key groups',
      (env) => env.setParallelism(200),
      /more than maxParallelism 128/,
    ],
    [
      'a name that is none',
      (env) => env.configure({ batchRow: 1 } as never),
      /no setting 'batchRow'/,
    ],
  ])('%s is refused', (_, change, message) => {
    const env = StreamExecutionEnvironment.getExecutionEnvironment()
    expect(() => change(env)).toThrowError(message)
  })

  it('bound the parallelism of single operators, too', () => {
    const { env, graph } = testEnvironment({ config: { maxParallelism: 4 } })
    env
      .fromSource(numbers)
      .where((r) => r.n.gt(1))
      .setParallelism(5)
      .print()
    expect(graph).toThrowError(
      /'Where' has parallelism 5, more than maxParallelism \(4 key groups\)/,
    )
  })
})

describe('execute()', () => {
  it('takes the sinks since the last time, and leaves streams usable', async () => {
    const { env, submissions } = testEnvironment({ name: 'mine' })
    const stream = env.fromSource(numbers)
    stream.print()
    await expect(env.execute()).rejects.toThrowError('nothing runs here')
    stream.where((r) => r.n.gt(1)).print()
    await expect(env.execute('second')).rejects.toThrowError('nothing runs here')
    expect(submissions.map(({ graph }) => graph.name)).toEqual(['mine', 'second'])
    expect(submissions[1]!.graph.vertices[0]!.name).toBe('Source: numbers -> Where -> Sink: print')
  })

  it('without a sink is refused', async () => {
    const { env } = testEnvironment()
    env.fromSource(numbers).where((r) => r.n.gt(1))
    await expect(env.execute()).rejects.toThrowError(/no sink.*\(execute\(\) at test\/sdk/)
  })

  it('hands on functions by operator id, and a signal', async () => {
    const { env, submissions } = testEnvironment()
    env.fromSource(numbers).filter(isOdd).print()
    const { signal } = new AbortController()
    await expect(env.execute('odd', { signal })).rejects.toThrowError()
    const [submission] = submissions
    const filter = submission!.graph.vertices[0]!.operators[1]!
    expect(submission!.closures).toEqual(new Map([[filter.id, isOdd]]))
    expect(submission!.signal).toBe(signal)
  })
})

describe('a job module', () => {
  it('is built again for its functions, with the same ids', async () => {
    const url = new URL('./odd-numbers.ts', import.meta.url).href
    const module = (await import(url)) as { default: Job }
    const { env, graph } = testEnvironment({ module: url })
    await module.default(env)
    const ids = graph()
      .vertices.flatMap(({ operators }) => operators)
      .filter(({ spec }) => 'closure' in spec && spec.closure)
      .map(({ id }) => id)
    const functions = await closuresOfModule(url)
    expect([...functions.keys()]).toEqual(ids)
    expect(ids).toHaveLength(2)
    expect((functions.get(ids[1]!) as (row: object) => boolean)({ n: 3 })).toBe(true)
  })

  it('without a job is refused', async () => {
    const url = new URL('./test-environment.ts', import.meta.url).href
    await expect(closuresOfModule(url)).rejects.toThrowError(/default-exports no job function/)
  })
})
