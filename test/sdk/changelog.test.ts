// What updating streams refuse and how, what their plans are, and which sinks take them.
import { describe, expect, it } from 'vitest'
import type { ChainedOperator, JobGraph } from '../../src/graph/job-graph.ts'
import {
  count,
  desc,
  float64,
  first,
  int32,
  last,
  list,
  max,
  min,
  ndjsonFile,
  nullable,
  type SinkSpec,
  struct,
  timestamp,
  tumble,
  utf8,
} from '../../src/index.ts'
import { JobHarness, testInput } from '../../src/testing.ts'
import { refusal, testEnvironment, testSource } from './test-environment.ts'

const BIDS = { at: timestamp('ms'), auction: int32(), price: int32(), extra: utf8() }

const operatorsOf = (graph: JobGraph): readonly ChainedOperator[] =>
  graph.vertices.flatMap((vertex) => vertex.operators)

const names = (graph: JobGraph): readonly string[] =>
  operatorsOf(graph).map(
    ({ name, output }) => `${name}: ${output.map((field) => field.name).join(', ')}`,
  )

function updatingStream() {
  const { env, graph } = testEnvironment()
  const bids = env.fromSource(testSource(BIDS, 'bids')).assignWatermarks('at')
  const counts = bids.keyBy('auction').aggregate({ bids: count(), top: max('price') })
  return { bids, counts, graph }
}

const sink = (changelog: SinkSpec['changelog'], key?: readonly string[]): SinkSpec => ({
  connector: 'test',
  name: `${changelog} sink`,
  config: {},
  parallelism: undefined,
  ...(changelog === undefined ? {} : { changelog }),
  ...(key === undefined ? {} : { key }),
})

describe('an updating stream', () => {
  it.each([
    ['collect()', (s: ReturnType<typeof updatingStream>) => s.counts.collect()],
    ['filter()', (s: ReturnType<typeof updatingStream>) => s.counts.filter(() => true)],
    ['map()', (s: ReturnType<typeof updatingStream>) => s.counts.map((row) => row)],
    ['flatMap()', (s: ReturnType<typeof updatingStream>) => s.counts.flatMap((row) => [row])],
    [
      'deduplicate()',
      (s: ReturnType<typeof updatingStream>) =>
        s.counts.keyBy('bids').deduplicate({ keep: 'first' }),
    ],
    [
      "sink 'NDJSON file out.ndjson'",
      (s: ReturnType<typeof updatingStream>) => s.counts.sinkTo(ndjsonFile('out.ndjson')),
    ],
  ])('is refused by %s, with what to do', (what, build) => {
    const { code, message } = refusal(() => build(updatingStream()))
    expect(code).toBe('GRAPH_INVALID')
    expect(message).toContain(what.startsWith('sink') ? 'sink ' : what)
    expect(message).toContain('use toChangelog() for the changes, or materialize()')
  })

  it('is refused by windows', () => {
    const { bids } = updatingStream()
    const latest = bids.keyBy('auction').deduplicate({ keep: 'last' })
    const build = () => latest.keyBy('auction').window(tumble('1h')).aggregate({ n: count() })
    expect(refusal(build).message).toContain('a window takes rows that stay')
  })

  it('keeps what its rows do through where(), select() and union()', () => {
    const { counts, graph } = updatingStream()
    const few = counts.where((r) => r.bids.lt(3)).select((r) => ({ auction: r.auction }))
    const many = counts.where((r) => r.bids.gt(9)).select((r) => ({ auction: r.auction }))
    few.union(many).toChangelog().print()
    expect(names(graph()).filter((name) => !name.startsWith('Source'))).toEqual([
      'Watermarks: at, auction',
      'Aggregate: auction, bids, $op',
      'Where: auction, bids, $op',
      'Select: auction, $op',
      'Where: auction, bids, $op',
      'Select: auction, $op',
      'To changelog: op, auction',
      'Sink: print: ',
    ])
  })

  it('is aggregated by extremes, and by what came first and last', async () => {
    const bids = testInput({ auction: int32(), price: int32() }, { name: 'bids' })
    for (const parallelism of [1, 2, 4]) {
      await using job = await JobHarness.start(
        (env) =>
          env
            .fromSource(bids)
            .keyBy('auction')
            .aggregate({ n: count() })
            .aggregate({ least: min('n'), most: max('n'), one: first('n'), other: last('n') })
            .materialize(),
        { parallelism, seed: parallelism },
      )
      for (const auction of [1, 1, 1, 2, 2, 3, 3, 1]) await job.push(bids, [{ auction, price: 1 }])
      await job.finish()
      // Each count takes the one before it back: auction 2 had its last before auction 3.
      expect(job.output()).toEqual([{ least: 2, most: 4, one: 2, other: 4 }])
    }
  })
})

describe('the plan', () => {
  it('groups by key, leaves out what nobody needs, and tells of it', () => {
    const { counts, graph } = updatingStream()
    counts
      .select((r) => ({ auction: r.auction, bids: r.bids }))
      .materialize()
      .print()
    const operators = operatorsOf(graph())
    expect(operators.map(({ name }) => name)).toContain('Materialize')
    const aggregate = operators.find(({ name }) => name === 'Aggregate')!
    expect(aggregate.output.map(({ name }) => name)).toEqual(['auction', 'bids', '$op'])
    expect(operators[0]!.output.map(({ name }) => name)).toEqual(['at', 'auction'])
  })

  it('explains the operators', () => {
    const { env } = testEnvironment()
    const bids = env.fromSource(testSource(BIDS, 'bids')).assignWatermarks('at')
    bids
      .keyBy('auction')
      .deduplicate({ keep: 'last', by: 'time' })
      .aggregate({ top: count() })
      .toUpsert({ key: ['top'] })
      .print()
    bids.distinct().print()
    const text = env.explain()
    expect(text).toContain('Deduplicate: the last row by at of each auction')
    expect(text).toContain('Aggregate: all rows: count() as top')
    expect(text).toContain('Upsert: by top, without the rows before an update')
    expect(text).toContain('Distinct: the first row in order of arrival of each at, auction')
  })

  it('says how long keys are kept, and refuses it where rows are taken back', () => {
    const { env } = testEnvironment()
    const keyed = env.fromSource(testSource(BIDS, 'bids')).keyBy('auction')
    const counts = keyed.aggregate({ n: count() }, { ttl: '1d' })
    counts.toChangelog().print()
    keyed.deduplicate({ keep: 'first', ttl: '1h' }).print()
    keyed
      .topN(2, { by: [desc('price')], ttl: '5m' })
      .toChangelog()
      .print()
    const text = env.explain()
    expect(text).toContain('count() as n; forgotten after 1d')
    expect(text).toContain('of each auction; forgotten after 1h')
    expect(text).toContain('by price desc; forgotten after 5m')
    const taken = refusal(() => counts.keyBy('n').aggregate({ of: count() }, { ttl: '1d' }))
    expect(taken.code).toBe('UNSUPPORTED')
    expect(taken.message).toContain('aggregate() forgets nothing over a stream whose rows change')
    expect(refusal(() => keyed.deduplicate({ keep: 'last', ttl: 0 })).code).toBe('CONFIG_INVALID')
  })

  it('runs an aggregate without keys in one subtask', () => {
    const { env, graph } = testEnvironment({ parallelism: 4 })
    env.fromSource(testSource(BIDS)).aggregate({ n: count() }).materialize().print()
    const vertex = graph().vertices.find(({ operators }) => operators[0]!.name === 'Aggregate')
    expect(vertex!.parallelism).toBe(1)
  })
})

describe('rows with lists and structs', () => {
  const SCHEMA = {
    k: int32(),
    tags: nullable(list(nullable(utf8()))),
    at: struct({ x: float64(), y: list(int32()) }),
  }
  const input = testInput(SCHEMA, { name: 'nested' })
  const row = (k: number, n: number) => ({
    k,
    tags:
      n % 3 === 0 ? null : Array.from({ length: n % 4 }, (_, i) => (i === 1 ? null : `tag ${i}`)),
    at: { x: n / 2, y: [n, k] },
  })
  const rows = Array.from({ length: 60 }, (_, n) => row(n % 7, n))

  it.each([1, 2, 4])('are kept, and come back, at parallelism %i', async (parallelism) => {
    await using job = await JobHarness.start(
      (env) => {
        const all = env.fromSource(input)
        const keyed = all.keyBy('k')
        const latest = keyed.deduplicate({ keep: 'last' })
        return {
          last: latest.materialize({ key: ['k'] }),
          counted: latest.materialize(),
          only: latest.drop('k').materialize(),
          top: keyed.topN(2, { by: [desc('k')], rank: 'place' }).materialize(),
        }
      },
      { parallelism, seed: parallelism, config: { batchRows: 8 } },
    )
    await job.push(input, rows.slice(0, 30))
    const snapshot = await job.snapshot()
    await job.push(input, rows.slice(30))
    await job.crash()
    await job.restore(snapshot, { parallelism: 5 - parallelism, seed: 3 })
    await job.finish()
    const byText = (all: readonly object[]) => all.map((one) => JSON.stringify(one)).toSorted()
    expect(byText(job.output('last'))).toEqual(byText(rows.slice(-7)))
    expect(byText(job.output('counted'))).toEqual(byText(rows.slice(-7)))
    expect(byText(job.output('only'))).toEqual(
      byText(rows.slice(-7).map(({ tags, at }) => ({ tags, at }))),
    )
    const firsts = rows.slice(0, 14).map((one, i) => ({ ...one, place: i < 7 ? 1 : 2 }))
    expect(byText(job.output('top'))).toEqual(byText(firsts))
  })
})

describe('a sink', () => {
  it('that takes all changes is told what each row does', () => {
    const { counts, graph } = updatingStream()
    counts.sinkTo(sink('all'))
    expect(operatorsOf(graph()).at(-1)!.spec).toMatchObject({ kind: 'sink', changelog: true })
    expect(names(graph()).at(-2)).toBe('Aggregate: auction, bids, top, $op')
  })

  it('that takes changes by key gets the upsert form, by its key', () => {
    const { counts, graph } = updatingStream()
    counts.sinkTo(sink('upsert', ['auction']))
    expect(operatorsOf(graph()).at(-2)!.spec).toEqual({ kind: 'upsert', keys: ['auction'] })
  })

  it('that takes changes by key needs one', () => {
    const { counts } = updatingStream()
    expect(refusal(() => counts.sinkTo(sink('upsert'))).message).toContain('names no key')
    const unknown = refusal(() => counts.sinkTo(sink('upsert', ['auctoin'])))
    expect(unknown.message).toContain("Did you mean 'auction'?")
  })

  it('takes rows that stay as they are', () => {
    const { bids, graph } = updatingStream()
    bids.sinkTo(sink('all'))
    expect(operatorsOf(graph()).at(-1)!.spec).not.toHaveProperty('changelog')
  })
})

describe('mistakes', () => {
  const bids = () => testEnvironment().env.fromSource(testSource(BIDS))

  it('are refused where they are written', () => {
    const wrong = { keep: 'frist' } as unknown as { keep: 'first' }
    expect(refusal(() => bids().keyBy('auction').deduplicate(wrong)).message).toContain(
      "keep is 'frist'; it is 'first' or 'last'",
    )
    const timeless = () => bids().keyBy('auction').deduplicate({ keep: 'last', by: 'time' })
    expect(refusal(timeless).message).toContain('needs event time')
    expect(refusal(() => bids().keyBy('auction').aggregate({})).message).toContain('nothing')
    expect(refusal(() => bids().keyBy('auction').aggregate({ auction: count() })).code).toBe(
      'SCHEMA_MISMATCH',
    )
    const named = bids().select((r) => ({ op: r.auction }))
    expect(refusal(() => named.toChangelog()).message).toContain("a column 'op'")
  })

  it('of columns that are no key name the column', () => {
    const rows = () =>
      testEnvironment().env.fromSource(testSource({ k: int32(), tags: list(utf8()) }))
    expect(refusal(() => rows().keyBy('tags' as never)).code).toBe('TYPE_MISMATCH')
  })
})
