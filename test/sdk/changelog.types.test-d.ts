// The row types of updating results: keys and aggregates, changelogs, and what keeps its columns.
import {
  count,
  type DataStream,
  type Fields,
  float64,
  int32,
  max,
  mean,
  nullable,
  type RowOf,
  type StreamExecutionEnvironment,
  sum,
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

interface Bid {
  auction: number
  word: string
  price: number | null
}

const groups = bids.keyBy('auction').aggregate((r) => ({
  bids: count(),
  top: max('price'),
  dear: mean(r.price.gt(100)),
}))
rows<{ auction: number; bids: number; top: number | null; dear: number | null }>().are(groups)
rows<{ op: string; auction: number; bids: number; top: number | null; dear: number | null }>().are(
  groups.toChangelog(),
)
rows<{ op: string; auction: number; bids: number; top: number | null; dear: number | null }>().are(
  groups.toUpsert({ key: ['auction'] }),
)
rows<{ auction: number; bids: number; top: number | null; dear: number | null }>().are(
  groups.materialize({ key: ['auction'] }),
)
rows<{ total: number | null }>().are(bids.aggregate({ total: sum('price') }))
rows<Bid>().are(bids.keyBy('auction').deduplicate({ keep: 'last' }))
rows<Bid>().are(bids.distinct())
rows<Bid>().are(bids.materialize())

// @ts-expect-error: there is no such key
groups.toUpsert({ key: ['auctoin'] })
// @ts-expect-error: there is no such key
groups.materialize({ key: ['word'] })
// @ts-expect-error: one of 'first' and 'last'
bids.keyBy('auction').deduplicate({ keep: 'newest' })
// @ts-expect-error: mean() takes no text
bids.keyBy('auction').aggregate({ average: mean('word') })
// @ts-expect-error: a key is no aggregate's name, and max() takes a column
bids.keyBy('auction').aggregate({ top: max('nothing') })
