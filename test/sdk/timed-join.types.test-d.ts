// Type tests of joins by event time, at column and row level.
import {
  type DataStream,
  int32,
  nullable,
  type RowOf,
  type SourceSpec,
  session,
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

const orders = env.fromSource(source({ id: int32(), time: timestamp('ms'), item: utf8() }))
const payments = env.fromSource(
  source({ order: int32(), paid: timestamp('ms'), amount: nullable(int32()) }),
)

rows<{
  id: number
  time: number
  item: string
  order: number | null
  paid: number | null
  amount: number | null
}>().are(
  orders.intervalJoin(payments, { on: { id: 'order' }, between: ['0s', '1s'], type: 'left' }),
)

// @ts-expect-error an interval join has bounds
orders.intervalJoin(payments, { on: { id: 'order' } })

rows<{ item: string; amount: number | null }>().are(
  orders.temporalJoin(payments, {
    on: { id: 'order' },
    select: (order, payment) => ({ item: order.item, amount: payment.amount }),
  }),
)

// @ts-expect-error versions are no rows of their own
orders.temporalJoin(payments, { on: { id: 'order' }, type: 'full' })

const interval = orders.keyBy('id').intervalJoin(payments.keyBy('order')).between('0s', '1s')

rows<{ item: string; amount: number | null }>().are(
  interval.select((order, payment) => ({ item: order.item, amount: payment.amount })),
)

rows<{ item: string; paid: number | null }>().are(
  interval.process(
    {
      processElement(order, payment, context, out) {
        const time: number = context.leftTimestamp()
        out.collect({ item: order.item, paid: payment.amount === null ? null : time })
      },
    },
    { item: utf8(), paid: nullable(int32()) },
  ),
)

// @ts-expect-error a left row has no amount
interval.select((order) => ({ amount: order.amount }))

const grouped = orders.coGroup(payments).where('id').equalTo('order').window(tumble('1s'))

const both = orders.coGroup(payments).where('id').equalTo('order')
both.window(
  session({ gap: ({ left, right }) => (left === undefined ? right.order : left.item.length) }),
)
// @ts-expect-error a row of the left side has no amount
both.window(session({ gap: ({ left }) => left?.amount ?? 1 }))

rows<{ n: number }>().are(
  grouped.apply(
    (left, right, out) => {
      const items: string[] = left.map(({ item }) => item)
      const amounts: (number | null)[] = right.map(({ amount }) => amount)
      out.collect({ n: items.length + amounts.length })
    },
    { n: int32() },
  ),
)

// @ts-expect-error a function of pairs is no function of groups
grouped.apply(() => ({ n: 'text' }), { n: int32() }).where((row) => row.text)

const pairs = orders.join(payments).where('id').equalTo('order').window(tumble('1s'))

rows<{ item: string }>().are(pairs.apply((order) => ({ item: order.item }), { item: utf8() }))

rows<{ item: string }>().are(
  pairs.apply(
    (order, { amount }, out) => {
      const paid: number | null = amount
      if (paid !== null) out.collect({ item: order.item })
    },
    { item: utf8() },
  ),
)

// @ts-expect-error what is collected has its columns
pairs.apply((order, _payment, out) => out.collect({ it: order.item }), { item: utf8() })

// @ts-expect-error no such column
orders.join(payments).where('nobody')

// @ts-expect-error item is text
pairs.apply((order) => ({ n: order.item }), { n: int32() })
