// The key of a changelog, by example: what is materialised is known by it, or by whole rows where there is
// none. That the rows are the same, test/nexmark says.
import { describe, expect, it } from 'vitest'
import { count, type DataStream, desc, int32, max, utf8 } from '../../src/index.ts'
import { testEnvironment, testSource } from '../sdk/test-environment.ts'

const bids = testSource({ auction: int32(), bidder: int32(), price: int32(), url: utf8() })

const open = (parallelism = 2) => {
  const { env, graph } = testEnvironment({ parallelism })
  return { bid: env.fromSource(bids), graph }
}

/** The keys of what is materialised, and how its rows get there. */
function materialized({ vertices, edges }: ReturnType<ReturnType<typeof open>['graph']>) {
  const vertex = vertices.find(({ operators }) =>
    operators.some(({ spec }) => spec.kind === 'materialize'),
  )!
  const { spec } = vertex.operators.find((operator) => operator.spec.kind === 'materialize')!
  const edge = edges.find(({ to }) => to.vertex === vertex.id)
  return { keys: 'keys' in spec ? spec.keys : undefined, partitioning: edge?.partitioning }
}

const hash = (...keys: string[]) => ({ kind: 'hash', keys })

describe('the key of a changelog', () => {
  it('is the key of an aggregation, and rows are exchanged by it', () => {
    const { bid, graph } = open()
    bid.keyBy('auction').aggregate({ bids: count() }).materialize().print()
    expect(materialized(graph())).toEqual({ keys: ['auction'], partitioning: hash('auction') })
  })

  it('is the key of a deduplication', () => {
    const { bid, graph } = open()
    bid.keyBy('bidder', 'auction').deduplicate({ keep: 'last' }).materialize().print()
    expect(materialized(graph()).keys).toEqual(['bidder', 'auction'])
  })

  it('has the place of a ranked row in it, and none without a place but of a single row', () => {
    const top = (n: number, options: { rank?: 'place'; ties?: true }) => {
      const { bid, graph } = open()
      bid
        .keyBy('auction')
        .topN(n, { by: [desc('price')], ...options })
        .materialize()
        .print()
      return materialized(graph()).keys
    }
    expect(top(3, { rank: 'place' })).toEqual(['auction', 'place'])
    expect(top(1, {})).toEqual(['auction'])
    expect(top(3, {})).toBeUndefined()
    expect(top(1, { ties: true })).toBeUndefined()
    expect(top(3, { rank: 'place', ties: true })).toBeUndefined()
  })

  it('follows names through selections, and ends where a column of it does', () => {
    const counted = () => {
      const { bid, graph } = open()
      const counts = bid.keyBy('auction', 'bidder').aggregate({ bids: count(), top: max('price') })
      return { counts, graph }
    }
    const kept = counted()
    kept.counts
      .where((c) => c.bids.gt(1))
      .select((c) => ({ top: c.top, who: c.bidder, what: c.auction }))
      .materialize()
      .print()
    expect(materialized(kept.graph()).keys).toEqual(['what', 'who'])
    const lost = counted()
    lost.counts
      .select((c) => ({ top: c.top, what: c.auction }))
      .materialize()
      .print()
    expect(materialized(lost.graph()).keys).toBeUndefined()
    const computed = counted()
    computed.counts
      .select((c) => ({ what: c.auction.add(1), who: c.bidder }))
      .materialize()
      .print()
    expect(materialized(computed.graph()).keys).toBeUndefined()
  })

  it('is none where keys are forgotten, of all rows, or of a union', () => {
    const keysOf = (make: (bid: ReturnType<typeof open>['bid']) => DataStream<never>) => {
      const { bid, graph } = open()
      make(bid).materialize().print()
      return materialized(graph()).keys
    }
    const as = (stream: unknown) => stream as DataStream<never>
    expect(
      keysOf((bid) => as(bid.keyBy('auction').aggregate({ n: count() }, { ttl: '1h' }))),
    ).toBeUndefined()
    expect(keysOf((bid) => as(bid.aggregate({ n: count() })))).toBeUndefined()
    expect(
      keysOf((bid) => {
        const counts = bid.keyBy('auction').aggregate({ n: count() })
        return as(counts.union(bid.keyBy('auction').aggregate({ n: count() })))
      }),
    ).toBeUndefined()
  })
})
