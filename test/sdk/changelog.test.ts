// What updating streams refuse and how, what their plans are, and which sinks take them.
import { describe, expect, it } from 'vitest'
import type { ChainedOperator, JobGraph } from '../../src/graph/job-graph.ts'
import {
  count,
  desc,
  first,
  int32,
  last,
  list,
  max,
  min,
  ndjsonFile,
  type SinkSpec,
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

  it('of columns that cannot be kept name the column', () => {
    const rows = () =>
      testEnvironment().env.fromSource(testSource({ k: int32(), tags: list(utf8()) }))
    const latest = refusal(() => rows().keyBy('k').deduplicate({ keep: 'last' }))
    expect(latest.code).toBe('UNSUPPORTED')
    expect(latest.message).toContain("'tags' is list<utf8>")
    expect(rows().keyBy('k').deduplicate({ keep: 'first' }).schema.names).toEqual(['k', 'tags'])
    expect(refusal(() => rows().distinct()).code).toBe('TYPE_MISMATCH')
  })
})
