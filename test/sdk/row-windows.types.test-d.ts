// Type tests of functions over windows of rows: programs that must compile with the types that they must infer,
// and programs that must not. tsc is the runner.
import {
  type AggregateFunction,
  type Collector,
  countEvictor,
  countTrigger,
  type DataStream,
  deltaEvictor,
  deltaTrigger,
  float64,
  globalWindow,
  int32,
  listStateDescriptor,
  outputTag,
  type ProcessWindowFunction,
  purgingTrigger,
  type RowOf,
  session,
  slide,
  type StreamExecutionEnvironment,
  timestamp,
  type Trigger,
  tumble,
  utf8,
  type ValueState,
  valueStateDescriptor,
  type Window,
  type WindowContext,
} from '../../src/index.ts'

type Equal<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
function is<T>() {
  return <S>(_value: S, ..._ok: Equal<S, T> extends true ? [] : [S]): void => {}
}
type Row<S> = S extends DataStream<infer F> ? { [K in keyof RowOf<F>]: RowOf<F>[K] } : never
function rows<T>() {
  return { are: <S>(_stream: S, ..._ok: Equal<Row<S>, T> extends true ? [] : [Row<S>]): void => {} }
}

declare const env: StreamExecutionEnvironment

interface Order {
  readonly time: number
  readonly user: string
  readonly shop: number
  readonly amount: number
}

const schema = { time: timestamp('ms'), user: utf8(), shop: int32(), amount: float64() }
const orders = env
  .fromCollection([{ time: 0, user: 'a', shop: 1, amount: 1 }], { schema })
  .assignWatermarks('time')
const byUser = orders.keyBy('user').window(tumble('1m'))
const count = valueStateDescriptor('count', int32(), { default: 0 })
const tag = outputTag('dear', { user: utf8(), amount: float64() })
const sums = { user: utf8(), total: float64() }

export function processes(): void {
  rows<{ user: string; total: number }>().are(
    byUser.process(
      {
        process(user, context, all, out) {
          is<string>()(user)
          is<number>()(context.window.start)
          is<number>()(context.window.maxTimestamp())
          is<number>()(context.currentWatermark())
          is<ValueState<number, never>>()(context.windowState(count))
          is<ValueState<number, never>>()(context.globalState(count))
          is<number | undefined>()(all[0]?.amount)
          context.output(tag, { user, amount: 1 })
          // @ts-expect-error the tag's column is not there
          context.output(tag, { usr: user, amount: 1 })
          out.collect({ user, total: all.length })
        },
      },
      sums,
    ),
  )
  orders
    .keyBy('user', 'shop')
    .window(slide('1m', '10s'))
    .process({
      process(key, _context, all, out) {
        is<string>()(key.user)
        is<number>()(key.shop)
        for (const row of all) out.collect(row)
      },
    })
  orders.windowAll(tumble('1m')).apply((key, window, all, out) => {
    is<undefined>()(key)
    is<Window>()(window)
    for (const row of all) out.collect(row)
  })
  byUser.process(
    // @ts-expect-error the row is of other columns
    { process: (user, _context, _all, out) => out.collect({ usr: user, total: 1 }) },
    sums,
  )
  // @ts-expect-error no function over windows
  byUser.process({ processElement: () => undefined })
}

class Sums implements ProcessWindowFunction<string, Order, { user: string; total: number }> {
  process(
    user: string,
    context: WindowContext,
    all: readonly Order[],
    out: Collector<{ user: string; total: number }>,
  ): void {
    out.collect({ user, total: all.length + context.window.start })
  }
}

class Mean implements AggregateFunction<Order, { n: number; sum: number }, { mean: number }> {
  createAccumulator(): { n: number; sum: number } {
    return { n: 0, sum: 0 }
  }
  add({ amount }: Order, { n, sum }: { n: number; sum: number }): { n: number; sum: number } {
    return { n: n + 1, sum: sum + amount }
  }
  getResult({ n, sum }: { n: number; sum: number }): { mean: number } {
    return { mean: sum / n }
  }
}

export function folds(): void {
  rows<{ user: string; total: number }>().are(byUser.process(Sums, sums))
  rows<{ user: string; total: number }>().are(byUser.process(() => new Sums(), sums))
  rows<{ mean: number }>().are(byUser.aggregate(Mean, { mean: float64() }))
  rows<{ mean: number }>().are(byUser.aggregate(new Mean(), { mean: float64() }))
  rows<{ total: number }>().are(
    byUser.aggregate(
      {
        createAccumulator: () => 0,
        add: (row, sum) => sum + row.amount,
        getResult: (total) => ({ total }),
      },
      { total: float64() },
      { accumulator: float64(), onError: 'skip' },
    ),
  )
  rows<{ user: string; total: number }>().are(
    byUser.aggregate(
      Mean,
      {
        process(user, { window }, [result], out) {
          is<string>()(user)
          is<{ mean: number } | undefined>()(result)
          out.collect({ user, total: window.end })
        },
      },
      sums,
    ),
  )
  rows<{ time: number; user: string; shop: number; amount: number }>().are(
    byUser.reduce((a, b) => ({ ...a, amount: a.amount + b.amount })),
  )
  rows<{ user: string; total: number }>().are(
    byUser.reduce(
      (a, b) => (a.amount > b.amount ? a : b),
      {
        process(user, _context, [row], out) {
          out.collect({ user, total: row?.amount ?? 0 })
        },
      },
      sums,
    ),
  )
  byUser.reduce({ reduce: (a) => a }, { onError: tag })
  // @ts-expect-error the results are of other columns
  byUser.aggregate(Mean, { median: float64() })
  // @ts-expect-error a reduce gives a row
  byUser.reduce((a, b) => a.amount + b.amount)
}

const everyOther: Trigger<Order> = {
  onElement(row, at, window, context) {
    context.registerEventTimeTimer(window.maxTimestamp())
    return row.amount > at ? 'FIRE' : 'CONTINUE'
  },
}

export function builders(): void {
  const all = orders.keyBy('user').window(globalWindow())
  all
    .trigger(countTrigger(3))
    .evictor(countEvictor(2))
    .reduce((a) => a)
  all.trigger(everyOther).reduce((a) => a)
  all.trigger(deltaTrigger((a, b) => a.amount - b.amount, 5)).reduce((a) => a)
  all.trigger(purgingTrigger(deltaTrigger((a, b) => a.amount - b.amount, 5))).reduce((a) => a)
  all.trigger(purgingTrigger(everyOther)).evictor(deltaEvictor((a, b) => a.amount - b.amount, 1))
  all.trigger({ onElement: ({ amount }) => (amount > 1 ? 'FIRE' : 'CONTINUE') })
  all.evictor({ evictBefore: (each) => each.filter(({ value }) => value.amount > 1) })
  const visits = orders.keyBy('user').window(session({ gap: (row) => row.amount * 1_000 }))
  visits.reduce((a) => a)
  orders.windowAll(session({ gap: ({ amount }) => amount, time: 'processing' })).reduce((a) => a)
  // @ts-expect-error there is no such result
  all.trigger({ onElement: () => 'STOP' })
  // @ts-expect-error there is no such column
  all.trigger(deltaTrigger((a, b) => a.price - b.price, 5))
  // @ts-expect-error there is no such column
  orders.keyBy('user').window(session({ gap: (row) => row.price }))
}

const amounts = listStateDescriptor('amounts', int32())
const last = valueStateDescriptor('last', int32())

export const merging: ProcessWindowFunction<string, Order, Order> = {
  process(_user, context, all, out) {
    context.windowState(amounts).addAll(all.map(({ amount }) => amount))
    for (const row of all) out.collect(row)
    // @ts-expect-error windows are merged when they become one only
    context.mergeWindowState(amounts)
  },
  onMerge(context) {
    context.mergeWindowState(amounts)
    // @ts-expect-error of two values nobody knows which stays
    context.mergeWindowState(last)
  },
}
