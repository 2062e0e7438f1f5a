// The row types of OVER aggregations: the rows' columns, and the aggregates.
import {
  collect,
  count,
  countDistinct,
  type DataStream,
  type Fields,
  float64,
  int32,
  last,
  max,
  mean,
  median,
  nullable,
  type RowOf,
  type StreamExecutionEnvironment,
  topN,
  utf8,
} from '../../src/index.ts'

type Equal<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
type Row<S> = S extends DataStream<infer F> ? { [K in keyof RowOf<F>]: RowOf<F>[K] } : never
function rows<T>() {
  return { are: <S>(_stream: S, ..._ok: Equal<Row<S>, T> extends true ? [] : [Row<S>]): void => {} }
}

declare const env: StreamExecutionEnvironment
const schema = { auction: int32(), word: utf8(), price: nullable(float64()) } satisfies Fields
const bids = env.fromCollection([{ auction: 1, word: '', price: null }], { schema })

rows<{
  auction: number
  word: string
  price: number | null
  bids: number
  top: number | null
  dear: number | null
}>().are(
  bids
    .keyBy('auction')
    .over({ rows: 10 })
    .aggregate((r) => ({ bids: count(), top: max('price'), dear: mean(r.price.gt(100)) })),
)
rows<{ auction: number; word: string; price: number | null; before: string }>().are(
  bids
    .keyBy('word')
    .over({ orderBy: 'time', range: '1h' })
    .aggregate({ before: last('word') }),
)
rows<{
  auction: number
  word: string
  price: number | null
  words: number
  middle: number | null
  all: string[]
  top: number[]
}>().are(
  bids
    .keyBy('auction')
    .over({ orderBy: 'time', range: '1h' })
    .aggregate({
      words: countDistinct('word'),
      middle: median('price'),
      all: collect('word', { limit: 100 }),
      top: topN('price', 3),
    }),
)
bids.keyBy('word').over({ orderBy: 'time', range: 'unbounded' })
bids.keyBy('word').over({ rows: 'unbounded' })

// @ts-expect-error: 'time' (event time) or 'arrival'
bids.keyBy('auction').over({ orderBy: 'price' })
// @ts-expect-error: no span of time
bids.keyBy('auction').over({ range: '1 hour' })
const three = bids.keyBy('auction').over({ rows: 3 })
// @ts-expect-error: mean() takes no text
three.aggregate({ average: mean('word') })
// @ts-expect-error: there is no such column
three.aggregate({ top: max('nothing') })
