// What joins of two streams make of a job, and what they refuse.
import { describe, expect, it } from 'vitest'
import {
  float64,
  globalWindow,
  int32,
  int64,
  list,
  timestamp,
  tumble,
  utf8,
} from '../../src/index.ts'
import { refusal, testEnvironment, testSource } from './test-environment.ts'

const bids = testSource(
  { time: timestamp('ms'), auction: int64(), price: int64(), note: utf8(), tags: list(utf8()) },
  'bids',
)
const auctions = testSource(
  { id: int64(), seller: int32(), category: utf8(), price: int64(), rank: float64() },
  'auctions',
)

function streams() {
  const { env, graph } = testEnvironment({ parallelism: 2 })
  return { env, graph, bid: env.fromSource(bids), auction: env.fromSource(auctions) }
}

describe('an unbounded join', () => {
  it('holds and reads what is needed, and says so', () => {
    const { env, bid, auction } = streams()
    bid
      .join(auction, {
        on: { auction: 'id' },
        where: (b, a) => b.price.gt(a.price),
        select: (b, a) => ({ category: a.category, bidTime: b.time }),
        ttl: '1h',
      })
      .select((r) => ({ category: r.category }))
      .print()
    const text = env.explain()
    expect(text).toContain('inner on auction = id where price > $right.price, keeps a row for 1h')
    expect(text).toContain('hash by auction, carrying auction, price')
    expect(text).toContain('hash by id, carrying id, category, price')
    expect(text).toMatch(/Source: bids\n.*\n.*\n {8}leaves out time, note, tags/)
  })

  it('widens integer keys, hidden', () => {
    const { graph, bid, auction } = streams()
    bid.join(auction, { on: { auction: 'seller' }, select: (b) => ({ note: b.note }) }).print()
    const join = graph().vertices.flatMap(({ operators }) => operators)
    expect(join.find(({ spec }) => spec.kind === 'join')!.output.map(({ name }) => name)).toEqual([
      'note',
    ])
  })

  it('wants a select when both sides have a name', () => {
    const { bid, auction } = streams()
    const { code, message } = refusal(() => bid.join(auction, { on: { auction: 'id' } }))
    expect([code, message]).toEqual([
      'SCHEMA_MISMATCH',
      expect.stringMatching(
        /^a column 'price' is there twice in the join's results; name what you want: /,
      ),
    ])
  })

  it('refuses keys of types that are never equal, and says to cast', () => {
    const { bid, auction } = streams()
    const on = { auction: 'category' } as never
    const { code, message } = refusal(() => bid.join(auction, { on }))
    expect([code, message]).toEqual([
      'TYPE_MISMATCH',
      expect.stringMatching(/'auction', which is int64, with 'category', which is utf8; cast one/),
    ])
  })

  it('refuses no keys, keys that are not there, lists, and a condition that is not bool', () => {
    const { bid, auction } = streams()
    const codeOf = (options: unknown) => refusal(() => bid.join(auction, options as never)).code
    expect(codeOf({ on: {} })).toBe('GRAPH_INVALID')
    expect(codeOf({ on: { auctoin: 'id' } })).toBe('COLUMN_NOT_FOUND')
    expect(codeOf({ on: { tags: 'id' } })).toBe('TYPE_MISMATCH')
    expect(codeOf({ on: { auction: 'id' }, where: (b: { price: unknown }) => b.price })).toBe(
      'TYPE_MISMATCH',
    )
    expect(codeOf({ on: { auction: 'id' }, ttl: '0s', select: () => ({}) })).toBe('CONFIG_INVALID')
  })
})

describe('a join in windows', () => {
  const on = { auction: 'id' } as const

  it('holds and reads what is needed, and says so', () => {
    const { env, bid, auction } = streams()
    bid
      .assignWatermarks('time')
      .windowJoin(
        auction.withColumn('opens', (r) => r.id.cast(timestamp('ms'))).assignWatermarks('opens'),
        {
          on,
          window: tumble('10s'),
          type: 'left',
          select: (b, a, w) => ({ price: b.price, other: a.price, end: w.windowEnd, note: b.note }),
        },
      )
      .select((r) => ({ price: r.price, other: r.other }))
      .print()
    const text = env.explain()
    expect(text).toContain('tumbling 10s over time and opens: left on auction = id')
    expect(text).toContain('hash by auction, carrying time, auction, price')
    expect(text).toContain('hash by id, carrying id, price, opens')
  })

  it('refuses streams without event time, and windows without bounds', () => {
    const { bid, auction } = streams()
    const codeOf = (build: () => unknown) => refusal(build).code
    const timed = bid.assignWatermarks('time')
    const window = tumble('1s')
    expect(
      codeOf(() => timed.windowJoin(auction, { on, window, select: (b) => ({ note: b.note }) })),
    ).toBe('GRAPH_INVALID')
    const self = { on: { auction: 'auction' } } as const
    const everything = globalWindow() as never
    expect(codeOf(() => timed.windowJoin(timed, { ...self, window: everything }))).toBe(
      'UNSUPPORTED',
    )
  })
})
