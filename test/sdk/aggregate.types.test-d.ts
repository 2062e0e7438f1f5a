// The row types of aggregates beyond sums and extremes.
import {
  approxCountDistinct,
  argMax,
  argMin,
  collect,
  countDistinct,
  type DataStream,
  type Fields,
  float64,
  int32,
  list,
  median,
  nullable,
  quantile,
  type RowOf,
  stddevSamp,
  type StreamExecutionEnvironment,
  topN,
  utf8,
  varPop,
} from '../../src/index.ts'

type Equal<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
type Row<S> = S extends DataStream<infer F> ? { [K in keyof RowOf<F>]: RowOf<F>[K] } : never
function rows<T>() {
  return { are: <S>(_stream: S, ..._ok: Equal<Row<S>, T> extends true ? [] : [Row<S>]): void => {} }
}

declare const env: StreamExecutionEnvironment
const schema = {
  auction: int32(),
  word: utf8(),
  price: nullable(float64()),
  tags: list(utf8()),
} satisfies Fields
const bids = env.fromCollection([{ auction: 1, word: '', price: null, tags: [] }], { schema })
const byAuction = bids.keyBy('auction')

rows<{ auction: number; words: number; prices: number; dear: number }>().are(
  byAuction.aggregate((r) => ({
    words: countDistinct('word'),
    prices: countDistinct(r.price.floor()),
    dear: countDistinct('word').where(r.price.gt(5)),
  })),
)
// @ts-expect-error: no list
byAuction.aggregate({ tags: countDistinct('tags') })
// @ts-expect-error: there is no such column
byAuction.aggregate({ tags: countDistinct('nothing') })
// @ts-expect-error: all rows have no values
byAuction.aggregate({ all: countDistinct() })

rows<{
  auction: number
  word: string
  at: string | null
  dear: number | null
  low: string | null
}>().are(
  byAuction.aggregate((r) => ({
    word: argMin('word', 'auction'),
    at: argMax('word', 'price'),
    dear: argMax(r.price, r.auction.mul(2)),
    low: argMin('word', 'auction').where(r.auction.gt(1)),
  })),
)
rows<{ auction: number; all: number; sample: number | null; prices: number | null }>().are(
  byAuction.aggregate({
    all: varPop('auction'),
    sample: stddevSamp('auction'),
    prices: varPop((r) => r.price.mul(2)),
  }),
)
// @ts-expect-error: a list has no order
byAuction.aggregate({ word: argMax('word', 'tags') })
// @ts-expect-error: there is no such column
byAuction.aggregate({ word: argMax('word', 'nothing') })
// @ts-expect-error: text does not vary
byAuction.aggregate({ word: varPop('word') })

rows<{ auction: number; words: string[]; dear: number[]; about: number }>().are(
  byAuction.aggregate((r) => ({
    words: collect('word', { limit: 10 }).where(r.price.gt(5)),
    dear: topN('price', 3),
    about: approxCountDistinct('word'),
  })),
)
// @ts-expect-error: how many?
byAuction.aggregate({ dear: topN('price') })
// @ts-expect-error: a list of lists
byAuction.aggregate({ tags: collect('tags') })

rows<{ auction: number; middle: number; high: number | null }>().are(
  byAuction.aggregate({ middle: median('auction'), high: quantile('price', 0.9) }),
)
// @ts-expect-error: text has no middle
byAuction.aggregate({ word: median('word') })
