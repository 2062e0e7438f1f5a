// Type tests of process functions, state and connected streams: programs that must compile with the types
// that they must infer, and programs that must not. tsc is the runner.
import {
  aggregatingStateDescriptor,
  type AggregatingState,
  bool,
  type Collector,
  type DataStream,
  float64,
  int32,
  int64,
  type KeyedContext,
  type KeyedProcessFunction,
  listStateDescriptor,
  type ListState,
  mapStateDescriptor,
  type MapState,
  nullable,
  outputTag,
  reducingStateDescriptor,
  type ReducingState,
  type RowOf,
  type RuntimeContext,
  type StreamExecutionEnvironment,
  structured,
  timestamp,
  utf8,
  valueStateDescriptor,
  type ValueState,
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
declare const context: RuntimeContext

const schema = { time: timestamp('ms'), user: utf8(), shop: nullable(int32()), amount: float64() }
const orders = env.fromCollection([{ time: 0, user: 'a', shop: null, amount: 1 }], { schema })
const rules = env.fromCollection([{ name: 'x', limit: 1n }], {
  schema: { name: utf8(), limit: int64() },
})

const total = valueStateDescriptor('total', float64(), { default: 0 })
const last = valueStateDescriptor('last', nullable(utf8()), { ttl: '1h' })
const limits = mapStateDescriptor('limits', utf8(), int64())
const tag = outputTag('dear', { user: utf8(), amount: float64() })

export function states(): void {
  is<ValueState<number, never>>()(context.getState(total))
  is<number>()(context.getState(total).value())
  is<string | null | undefined>()(context.getState(last).value())
  is<ListState<boolean>>()(context.getState(listStateDescriptor('flags', bool())))
  is<MapState<string, bigint>>()(context.getState(limits))
  is<ReducingState<number>>()(
    context.getState(reducingStateDescriptor('least', float64(), (a, b) => Math.min(a, b))),
  )
  is<AggregatingState<number, string>>()(
    context.getState(
      aggregatingStateDescriptor('text', structured<string[]>(), {
        createAccumulator: () => [],
        add: (value: number, texts) => [...texts, String(value)],
        getResult: (texts) => texts.join(),
      }),
    ),
  )
  is<Set<string> | undefined>()(
    context.getState(valueStateDescriptor('seen', structured<Set<string>>())).value(),
  )
  // @ts-expect-error a text is no number
  context.getState(total).update('a')
  // @ts-expect-error the default is no number
  valueStateDescriptor('x', float64(), { default: 'a' })
  // @ts-expect-error a map's keys are text
  context.getState(limits).get(1)
  // @ts-expect-error a time span without a unit
  valueStateDescriptor('x', float64(), { ttl: '5' })
}

export function keys(): void {
  orders.keyBy('user').process({
    processElement(row, ctx, out) {
      is<string>()(ctx.currentKey)
      is<number>()(row.amount)
      is<number | undefined>()(ctx.timestamp())
      ctx.timerService().registerEventTimeTimer(row.time)
      out.collect(row)
    },
    onTimer(time, ctx) {
      is<number>()(time)
      is<'event' | 'processing'>()(ctx.timeDomain)
    },
  })
  orders.keyBy('user', 'shop').process({
    processElement(_row, ctx) {
      is<string>()(ctx.currentKey.user)
      is<number | null>()(ctx.currentKey.shop)
    },
  })
  orders.process({
    processElement(row, ctx) {
      ctx.output(tag, row)
      // @ts-expect-error timers need a key
      ctx.timerService().registerEventTimeTimer(0)
      // @ts-expect-error the tag's column is not there
      ctx.output(tag, { usr: 'a', amount: 1 })
    },
  })
  // @ts-expect-error the row is of other columns
  orders.process({ processElement: (row, _ctx, out) => out.collect({ n: row.amount }) })
}

interface Order {
  readonly user: string
  readonly amount: number
}

class Totals implements KeyedProcessFunction<string, Order, { user: string; total: number }> {
  processElement(
    row: Order,
    ctx: KeyedContext<string>,
    out: Collector<{ user: string; total: number }>,
  ): void {
    const state = ctx.getState(total)
    state.update(state.value() + row.amount)
    out.collect({ user: ctx.currentKey, total: state.value() })
  }
}

export function functions(): void {
  const made = { user: utf8(), total: float64() }
  rows<{ user: string; total: number }>().are(orders.keyBy('user').process(Totals, made))
  rows<{ user: string; total: number }>().are(orders.keyBy('user').process(new Totals(), made))
  rows<{ user: string; total: number }>().are(
    orders.keyBy('user').process(() => new Totals(), made, { onError: 'skip' }),
  )
  rows<{ user: string; amount: number }>().are(
    orders.map({ map: ({ user, amount }) => ({ user, amount }) }, tag.fields),
  )
  rows<{ user: string; amount: number }>().are(orders.process(Totals2).getSideOutput(tag))
  orders.keyBy('user').reduce((a, b) => ({ ...a, amount: a.amount + b.amount }))
  orders.keyBy('user').filter({ filter: (row) => row.amount > 1 })
  orders.filter((row) => row.amount > 1, { onError: tag })
  // @ts-expect-error the function's rows are of other columns
  orders.keyBy('user').process(Totals, { user: utf8(), sum: float64() })
  // @ts-expect-error there is no such policy
  orders.filter((row) => row.amount > 1, { onError: 'ignore' })
  // @ts-expect-error a reduce gives a row
  orders.keyBy('user').reduce((a, b) => a.amount + b.amount)
}

class Totals2 {
  processElement(row: Order): void {
    void row
  }
}

export function connected(): void {
  rows<{ n: number }>().are(
    orders
      .connect(rules)
      .map(
        { map1: (a) => ({ n: a.amount }), map2: (b) => ({ n: Number(b.limit) }) },
        { n: float64() },
      ),
  )
  orders
    .keyBy('user')
    .connect(rules.keyBy('name'))
    .process({
      processElement1: (row, ctx) => {
        is<string>()(ctx.currentKey)
        is<number>()(row.amount)
      },
      processElement2: (row) => is<bigint>()(row.limit),
    })
  orders
    .keyBy('user')
    .connect(rules.broadcast(limits))
    .process({
      processElement(row, ctx, out) {
        is<bigint | undefined>()(ctx.getBroadcastState(limits).get(row.user))
        // @ts-expect-error these rows may not change it
        ctx.getBroadcastState(limits).put(row.user, 1n)
        out.collect(row)
      },
      processBroadcastElement(rule, ctx) {
        ctx.getBroadcastState(limits).put(rule.name, rule.limit)
        ctx.applyToKeyedState(total, (key, state) => {
          is<string>()(key)
          is<ValueState<number, never>>()(state)
        })
      },
    })
  // @ts-expect-error a key that is not there
  orders.connect(rules).keyBy('user', 'nam')
  // @ts-expect-error a function of one stream
  orders.connect(rules).process({ processElement: () => undefined })
}
