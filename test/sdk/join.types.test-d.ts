// Type tests of joins: the rows that they infer, and what must not compile.
import {
  type DataStream,
  int32,
  int64,
  nullable,
  type RowOf,
  type SourceSpec,
  type StreamExecutionEnvironment,
  timestamp,
  tumble,
  utf8,
} from '../../src/index.ts'

type Equal<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
type Row<S> = S extends DataStream<infer F> ? { [K in keyof RowOf<F>]: RowOf<F>[K] } : never
function rows<T>() {
  return { are: <S>(_stream: S, ..._ok: Equal<Row<S>, T> extends true ? [] : [Row<S>]): void => {} }
}

declare const env: StreamExecutionEnvironment
const source = <F extends Parameters<typeof env.fromSource>[0]['schema']>(
  schema: F,
): SourceSpec<F> => ({ connector: 'test', name: 'test', config: {}, schema, parallel: true })

const bids = env.fromSource(
  source({ time: timestamp('ms'), auction: int64(), bidder: utf8(), price: int32() }),
)
const auctions = env.fromSource(source({ id: int32(), item: utf8(), reserve: nullable(int32()) }))

rows<{
  time: number
  auction: bigint
  bidder: string
  price: number
  id: number
  item: string
  reserve: number | null
}>().are(bids.join(auctions, { on: { auction: 'id' } }))

rows<{
  time: number
  auction: bigint
  bidder: string
  price: number
  id: number | null
  item: string | null
  reserve: number | null
}>().are(bids.join(auctions, { on: { auction: 'id' }, type: 'left' }))

rows<{ item: string | null; price: number | null }>().are(
  bids.join(auctions, {
    on: { auction: 'id' },
    type: 'full',
    where: (bid, auction) => bid.price.gt(auction.reserve),
    select: (bid, auction) => ({ item: auction.item, price: bid.price }),
  }),
)

rows<{ over: number | null }>().are(
  bids.join(auctions, {
    on: { auction: 'id' },
    select: (bid, auction) => ({ over: bid.price.sub(auction.reserve) }),
  }),
)

rows<{ item: string | null; from: number; price: number }>().are(
  bids.windowJoin(auctions, {
    on: { auction: 'id' },
    window: tumble('10s'),
    type: 'left',
    select: (bid, auction, w) => ({ item: auction.item, from: w.windowStart, price: bid.price }),
  }),
)

// @ts-expect-error a key of another kind
bids.join(auctions, { on: { auction: 'item' } })
// @ts-expect-error no such column
bids.join(auctions, { on: { auctoin: 'id' } })
bids.join(auctions, {
  on: { auction: 'id' },
  // @ts-expect-error text is no condition
  where: (bid) => bid.bidder,
})
// @ts-expect-error no such kind
bids.join(auctions, { on: { auction: 'id' }, type: 'outer' })
