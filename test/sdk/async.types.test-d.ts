// Type tests of asynchronous calls and look-ups by function: the rows that they infer, and what must not
// compile.
import {
  AsyncDataStream,
  asyncLookup,
  type DataStream,
  float64,
  int32,
  int64,
  nullable,
  type RowOf,
  type SourceSpec,
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
const source = <F extends Parameters<typeof env.fromSource>[0]['schema']>(
  schema: F,
): SourceSpec<F> => ({ connector: 'test', name: 'test', config: {}, schema, parallel: true })

const bids = env.fromSource(source({ auction: int64(), bidder: nullable(int32()), price: int32() }))
type Bid = { auction: bigint; bidder: number | null; price: number }

rows<Bid>().are(bids.asyncMap(async (bid) => bid))
rows<Bid>().are(bids.asyncMap((bid) => [bid, bid], { ordered: false, capacity: 5 }))
rows<Bid>().are(AsyncDataStream.orderedWait(bids, async (bid) => [bid], { timeout: '5s' }))
// @ts-expect-error the name says the order
AsyncDataStream.unorderedWait(bids, async (bid) => bid, { ordered: true })

const euros = { auction: int64(), euros: float64() }
rows<{ auction: bigint; euros: number }>().are(
  bids.asyncMap(
    async ({ auction, price }, { attempt, signal }) => {
      const tries: number = attempt
      const given: AbortSignal = signal
      return { auction, euros: price * tries * Number(given.aborted) }
    },
    {
      schema: euros,
      onTimeout: (bid) => ({ auction: bid.auction, euros: -1 }),
      retry: { attempts: 2, delay: '1s', retryOnResult: (all) => all.some((row) => row.euros < 0) },
    },
  ),
)
// @ts-expect-error there is no such column
bids.asyncMap(async ({ cost }) => ({ auction: 1n, euros: cost }), { schema: euros })
// @ts-expect-error a row lacks a column
bids.asyncMap(async ({ auction }) => ({ auction }), { schema: euros })
// @ts-expect-error the result of a time-out is a row
bids.asyncMap(async (bid) => bid, { onTimeout: () => 'late' })
// @ts-expect-error the tries are bounded
bids.asyncMap(async (bid) => bid, { retry: { delay: '1s' } })
// @ts-expect-error an object asks by asyncInvoke()
bids.asyncMap({ invoke: async (bid: Bid) => bid })

const persons = asyncLookup(
  async ({ id }) => {
    const known: number = id
    return known > 0 ? { id, name: 'Ann', city: null } : undefined
  },
  { key: ['id'], schema: { id: int32(), name: utf8(), city: nullable(utf8()) } },
)
rows<{
  auction: bigint
  bidder: number | null
  price: number
  name: string | null
  city: string | null
}>().are(bids.lookupJoin(persons, { on: { bidder: 'id' }, take: ['name', 'city'] }))
rows<{ auction: bigint; bidder: number | null; price: number; who: string }>().are(
  bids.lookupJoin(persons, {
    on: { bidder: 'id' },
    take: { who: 'name' },
    join: 'inner',
    cache: { maxRows: 100, ttl: '1m' },
    capacity: 10,
  }),
)
// @ts-expect-error the types of the key differ
bids.lookupJoin(persons, { on: { auction: 'id' }, take: ['name'] })
// @ts-expect-error the table has no such column
bids.lookupJoin(persons, { on: { bidder: 'id' }, take: ['street'] })
// @ts-expect-error a cache has a bound
bids.lookupJoin(persons, { on: { bidder: 'id' }, take: ['name'], cache: { ttl: '1m' } })
// @ts-expect-error the key is a column
asyncLookup(async () => undefined, { key: ['no'], schema: { id: int32() } })
// @ts-expect-error the key has no such column
asyncLookup((key) => void key.name, { key: ['id'], schema: { id: int32(), name: utf8() } })
