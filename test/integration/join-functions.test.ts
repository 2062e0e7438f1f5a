// Joins in Flink's words, through the embedded cluster at several parallelisms, against nested loops.
import { describe, expect, it } from 'vitest'
import {
  type CoGroupFunction,
  type FlatJoinFunction,
  float64,
  int32,
  nullable,
  outputTag,
  session,
  StreamExecutionEnvironment,
  timestamp,
  tumble,
  utf8,
} from '../../src/index.ts'

const ORDERS = Array.from({ length: 200 }, (_, i) => ({
  id: i % 23,
  time: i * 100 + ((i * 7) % 90),
  item: `item ${i}`,
}))
const PAYMENTS = Array.from({ length: 150 }, (_, i) => ({
  order: (i * 5) % 29,
  paid: i * 140,
  amount: i % 13 === 0 ? null : i / 4,
}))
const ORDER = { id: int32(), time: timestamp('ms'), item: utf8() }
const PAYMENT = { order: int32(), paid: timestamp('us'), amount: nullable(float64()) }

function streams(parallelism: number) {
  const env = StreamExecutionEnvironment.getExecutionEnvironment({
    parallelism,
    config: { batchRows: 64 },
  })
  const orders = env.fromCollection(ORDERS, { schema: ORDER })
  const micros = PAYMENTS.map((row) => ({ ...row, paid: BigInt(row.paid) * 1_000n }))
  const payments = env.fromCollection(micros, { schema: PAYMENT })
  return {
    env,
    orders: orders.assignWatermarks('time', { maxOutOfOrderness: '1s' }),
    payments: payments.assignWatermarks('paid', { maxOutOfOrderness: '1s' }),
  }
}

interface Half {
  readonly item: string
  readonly half: number
}

const texts = (rows: readonly unknown[]): string[] =>
  rows.map((row) => JSON.stringify(row)).toSorted()

const inInterval = (
  order: (typeof ORDERS)[number],
  { order: id, paid }: (typeof PAYMENTS)[number],
) => order.id === id && paid > order.time - 500 && paid <= order.time + 2_000

describe('an interval join of keyed streams', () => {
  const SCHEMA = { item: utf8(), amount: nullable(float64()), left: float64(), right: float64() }

  it.each([1, 2, 4])('gives a function each pair in %d subtasks', async (parallelism) => {
    const { orders, payments } = streams(parallelism)
    const late = outputTag('unpaid', { item: utf8() })
    const rows = orders
      .keyBy('id')
      .intervalJoin(payments.keyBy('order'))
      .between('-500ms', '2s')
      .lowerBoundExclusive()
      .process(
        {
          processElement(order, payment, context, out) {
            const latest = Math.max(order.time, Number(payment.paid) / 1_000)
            if (context.timestamp() !== latest) throw new Error(`time ${latest}`)
            if (payment.amount === null) context.output(late, { item: order.item })
            out.collect({
              item: order.item,
              amount: payment.amount,
              left: context.leftTimestamp(),
              right: context.rightTimestamp(),
            })
          },
        },
        SCHEMA,
      )
    const expected = ORDERS.flatMap((order) =>
      PAYMENTS.filter((payment) => inInterval(order, payment)).map(({ amount, paid }) => ({
        item: order.item,
        amount,
        left: order.time,
        right: paid,
      })),
    )
    expect(texts(await Array.fromAsync(rows.collect()))).toEqual(texts(expected))
  })

  it('gives columns of both without a row', async () => {
    const { orders, payments } = streams(2)
    const rows = orders
      .keyBy('id')
      .intervalJoin(payments.keyBy('order'))
      .between('-500ms', '2s')
      .lowerBoundExclusive()
      .select((order, payment) => ({ item: order.item, amount: payment.amount }))
    const expected = ORDERS.flatMap(({ item, ...order }) =>
      PAYMENTS.filter((payment) => inInterval({ item, ...order }, payment)).map(({ amount }) => ({
        item,
        amount,
      })),
    )
    expect(texts(await Array.fromAsync(rows.collect()))).toEqual(texts(expected))
  })
})

const windowOf = (time: number): number => Math.floor(time / 1_000)

/** Orders and payments of each key and window. */
function groups() {
  const all = new Map<string, { left: typeof ORDERS; right: typeof PAYMENTS }>()
  const of = (id: number, time: number) => {
    const name = `${id} ${windowOf(time)}`
    if (!all.has(name)) all.set(name, { left: [], right: [] })
    return all.get(name)!
  }
  for (const row of ORDERS) of(row.id, row.time).left.push(row)
  for (const row of PAYMENTS) of(row.order, row.paid).right.push(row)
  return [...all.values()]
}

describe('a coGroup', () => {
  it.each([1, 2, 4])('gives all rows of a key and window in %d subtasks', async (parallelism) => {
    const { orders, payments } = streams(parallelism)
    const rows = orders
      .coGroup(payments)
      .where('id')
      .equalTo('order')
      .window(tumble('1s'))
      .apply(
        (left, right, out) => {
          const items = left.map(({ item }) => item).toSorted()
          const paid = right.map((each) => each.amount ?? -1).toSorted((a, b) => a - b)
          out.collect({ items: items.join(), paid: paid.join() })
        },
        { items: utf8(), paid: utf8() },
      )
    const expected = groups().map(({ left, right }) => ({
      items: left
        .map(({ item }) => item)
        .toSorted()
        .join(),
      paid: right
        .map((each) => each.amount ?? -1)
        .toSorted((a, b) => a - b)
        .join(),
    }))
    expect(texts(await Array.fromAsync(rows.collect()))).toEqual(texts(expected))
  })

  it('has sessions, and functions with a life of their own', async () => {
    class Counts implements CoGroupFunction<unknown, unknown, { l: number; r: number }> {
      #opened = 0
      open() {
        this.#opened++
      }
      coGroup(
        left: readonly unknown[],
        right: readonly unknown[],
        out: { collect(row: { l: number; r: number }): void },
      ) {
        if (this.#opened !== 1) throw new Error('not opened')
        out.collect({ l: left.length, r: right.length })
      }
    }
    const env = StreamExecutionEnvironment.getExecutionEnvironment({ parallelism: 2 })
    const schema = { id: int32(), time: timestamp('ms') }
    const side = (times: readonly number[]) =>
      env
        .fromCollection(
          times.map((time) => ({ id: 1, time })),
          { schema },
        )
        .assignWatermarks('time', { maxOutOfOrderness: '1h' })
    const rows = side([0, 900, 5_000])
      .coGroup(side([1_700, 9_000]))
      .where('id')
      .equalTo('id')
      .window(session('1s'))
      .apply(Counts, { l: int32(), r: int32() })
    expect(texts(await Array.fromAsync(rows.collect()))).toEqual(
      texts([
        { l: 2, r: 1 },
        { l: 1, r: 0 },
        { l: 0, r: 1 },
      ]),
    )
  })
})

describe('a join in windows in the words of Flink', () => {
  it.each([1, 4])('gives a function each pair in %d subtasks', async (parallelism) => {
    const { orders, payments } = streams(parallelism)
    const rows = orders
      .join(payments)
      .where('id')
      .equalTo('order')
      .window(tumble('1s'))
      .apply((order, payment) => ({ item: order.item, amount: payment.amount }), {
        item: utf8(),
        amount: nullable(float64()),
      })
    const expected = groups().flatMap(({ left, right }) =>
      left.flatMap(({ item }) => right.map(({ amount }) => ({ item, amount }))),
    )
    expect(texts(await Array.fromAsync(rows.collect()))).toEqual(texts(expected))
  })
})

describe('a join in windows whose function collects', () => {
  it.each([1, 2])('gives any number of rows for a pair in %d subtasks', async (parallelism) => {
    const { orders, payments } = streams(parallelism)
    const joined = () => orders.join(payments).where('id').equalTo('order').window(tumble('1s'))
    class Halves implements FlatJoinFunction<{ item: string }, { amount: number | null }, Half> {
      join(
        { item }: { item: string },
        { amount }: { amount: number | null },
        out: { collect(row: Half): void },
      ) {
        if (amount === null) return
        out.collect({ item, half: Math.floor(amount) })
        out.collect({ item, half: amount - Math.floor(amount) })
      }
    }
    const schema = { item: utf8(), half: float64() }
    const byClass = joined().apply(Halves, schema)
    const byFunction = joined().apply((order, { amount }, out) => {
      if (amount === null) return
      for (const half of [Math.floor(amount), amount - Math.floor(amount)]) {
        out.collect({ item: order.item, half })
      }
    }, schema)
    const expected = groups().flatMap(({ left, right }) =>
      left.flatMap(({ item }) =>
        right.flatMap(({ amount }) =>
          amount === null
            ? []
            : [
                { item, half: Math.floor(amount) },
                { item, half: amount - Math.floor(amount) },
              ],
        ),
      ),
    )
    expect(expected.length).toBeGreaterThan(20)
    expect(texts(await Array.fromAsync(byClass.collect()))).toEqual(texts(expected))
    expect(texts(await Array.fromAsync(byFunction.collect()))).toEqual(texts(expected))
  })

  it('says so when a function that does not collect gives no row', async () => {
    const { orders, payments } = streams(1)
    const none = orders
      .join(payments)
      .where('id')
      .equalTo('order')
      .window(tumble('1s'))
      .apply(() => undefined, { item: utf8() })
    await expect(Array.fromAsync(none.collect())).rejects.toThrow(
      /a join gave no row for a pair: return one, or collect any number of them with a third parameter/,
    )
  })
})

describe('a join of sessions', () => {
  const GAP = 900
  const COUNTS = { l: int32(), r: int32() }
  interface SideRow {
    readonly id: number
    readonly at: number
    readonly order?: (typeof ORDERS)[number]
    readonly payment?: (typeof PAYMENTS)[number]
  }

  /** The sessions of each key, of both sides' rows. */
  const sessions = (gapOf: (row: SideRow) => number = () => GAP) => {
    const all: SideRow[] = [
      ...ORDERS.map((order) => ({ id: order.id, at: order.time, order })),
      ...PAYMENTS.map((payment) => ({ id: payment.order, at: payment.paid, payment })),
    ]
    return [...Map.groupBy(all, ({ id }) => id).values()].flatMap((rows) => {
      const found: (typeof rows)[] = []
      for (const row of rows.toSorted((a, b) => a.at - b.at)) {
        const last = found.at(-1)
        if (last?.some((one) => row.at <= one.at + gapOf(one)) === true) last.push(row)
        else found.push([row])
      }
      return found
    })
  }

  it.each([1, 2, 4])('with a gap of each row, in %d subtasks', async (parallelism) => {
    const { orders, payments } = streams(parallelism)
    const gapOf = (item: string | undefined, amount: number | null | undefined) =>
      item === undefined ? (amount ?? 9) * 40 + 1 : item.length * 300
    const rows = orders
      .coGroup(payments)
      .where('id')
      .equalTo('order')
      .window(session({ gap: ({ left, right }) => gapOf(left?.item, right?.amount) }))
      .apply((left, right, out) => out.collect({ l: left.length, r: right.length }), COUNTS)
    const all = sessions(({ order, payment }) => gapOf(order?.item, payment?.amount))
    const expected = all.map((group) => {
      const l = group.filter(({ order }) => order !== undefined).length
      return { l, r: group.length - l }
    })
    expect(expected.some(({ l, r }) => l > 1 && r > 1)).toBe(true)
    expect(expected.some(({ l, r }) => l === 0 || r === 0)).toBe(true)
    expect(texts(await Array.fromAsync(rows.collect()))).toEqual(texts(expected))
  })

  it.each([1, 2, 4])('over columns, full, in %d subtasks', async (parallelism) => {
    const { orders, payments } = streams(parallelism)
    const rows = orders.windowJoin(payments, {
      on: { id: 'order' },
      window: session(GAP),
      type: 'full',
      where: (order, payment) => order.item.ne('item 7').or(payment.amount.gt(5)),
      select: (order, payment, { windowStart, windowEnd }) => ({
        item: order.item,
        amount: payment.amount,
        windowStart,
        windowEnd,
      }),
    })
    const isPair = (item: string, amount: number | null) =>
      item !== 'item 7' || (amount !== null && amount > 5)
    const expected = sessions().flatMap((all) => {
      const bounds = { windowStart: all[0]!.at, windowEnd: all.at(-1)!.at + GAP }
      const left = all.flatMap(({ order }) => (order === undefined ? [] : [order]))
      const right = all.flatMap(({ payment }) => (payment === undefined ? [] : [payment]))
      const pairs = left.flatMap(({ item }) =>
        right.filter(({ amount }) => isPair(item, amount)).map(({ amount }) => ({ item, amount })),
      )
      const lonely = left.filter(({ item }) => !right.some(({ amount }) => isPair(item, amount)))
      const unpaid = right.filter(({ amount }) => !left.some(({ item }) => isPair(item, amount)))
      return [
        ...pairs,
        ...lonely.map(({ item }) => ({ item, amount: null })),
        ...unpaid.map(({ amount }) => ({ item: null, amount })),
      ].map((row) => ({ ...row, ...bounds }))
    })
    expect(expected.length).toBeGreaterThan(200)
    expect(texts(await Array.fromAsync(rows.collect()))).toEqual(texts(expected))
  })
})

describe('a join in windows by the clock', () => {
  it.each([1, 2])(
    'needs no event time, and ends with the input in %d subtasks',
    async (parallelism) => {
      const { env } = streams(parallelism)
      const schema = { id: int32(), n: int32() }
      const side = (rows: readonly { id: number; n: number }[]) =>
        env.fromCollection(rows, { schema })
      const left = ORDERS.map(({ id }, n) => ({ id, n }))
      const right = PAYMENTS.map(({ order }, n) => ({ id: order, n }))
      for (const window of [
        tumble('30d', { time: 'processing', timeZone: 'Europe/Berlin' }),
        session('1d', { time: 'processing' }),
      ]) {
        const joined = side(left).windowJoin(side(right), {
          on: { id: 'id' },
          window,
          select: (l, r) => ({ l: l.n, r: r.n }),
        })
        const expected = left.flatMap((l) =>
          right.filter(({ id }) => id === l.id).map((r) => ({ l: l.n, r: r.n })),
        )
        expect(texts(await Array.fromAsync(joined.collect()))).toEqual(texts(expected))
      }
    },
  )
})

describe('an interval join of streams whose times have one name', () => {
  it('knows them apart', async () => {
    const env = StreamExecutionEnvironment.getExecutionEnvironment()
    const schema = { id: int32(), time: timestamp('ms') }
    const side = (time: number) =>
      env
        .fromCollection([{ id: 1, time }], { schema })
        .assignWatermarks('time')
        .keyBy('id')
    const rows = side(5)
      .intervalJoin(side(7))
      .between('0s', '1s')
      .select((l, r) => ({ left: l.time, right: r.time }))
    expect(await Array.fromAsync(rows.collect())).toEqual([{ left: 5, right: 7 }])
  })
})
