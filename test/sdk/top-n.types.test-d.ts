// The row types of topN(): the rows' columns, and the rank's when there is one.
import {
  asc,
  type DataStream,
  desc,
  type Fields,
  float64,
  int32,
  nullable,
  type RowOf,
  type StreamExecutionEnvironment,
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

const keyed = bids.keyBy('auction')
rows<Bid>().are(keyed.topN(3, { by: [desc('price'), asc('word')] }))
rows<{ auction: number; word: string; price: number | null; place: number }>().are(
  bids.topN(3, { by: [desc('price')], rank: 'place' }),
)
rows<{ op: string; auction: number; word: string; price: number | null; place: number }>().are(
  keyed.topN(1, { by: [desc('price')], rank: 'place', ties: true }).toChangelog(),
)

// @ts-expect-error: there is no such column
keyed.topN(3, { by: [desc('prize')] })
// @ts-expect-error: an order is needed
keyed.topN(3, {})
