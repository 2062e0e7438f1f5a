// What joins by event time make of a job, at column and row level, and what they refuse.
import { describe, expect, it } from 'vitest'
import {
  globalWindow,
  int32,
  int64,
  session,
  timestamp,
  type TimeWindow,
  tumble,
  utf8,
} from '../../src/index.ts'
import { refusal, testEnvironment, testSource } from './test-environment.ts'

const orders = testSource({ id: int32(), time: timestamp('ms'), item: utf8(), note: utf8() })
const payments = testSource({ order: int32(), time: timestamp('us'), bank: utf8(), big: int64() })

function streams() {
  const { env } = testEnvironment({ parallelism: 2 })
  const plain = { order: env.fromSource(orders), payment: env.fromSource(payments) }
  const order = plain.order.assignWatermarks('time')
  const payment = plain.payment.assignWatermarks('time')
  return { env, plain, order, payment }
}

const said = (build: () => unknown): string => {
  const { code, message } = refusal(build)
  return `${code}: ${message}`
}

const on = { id: 'order' } as const

describe('an interval join', () => {
  it('says its interval and what it carries', () => {
    const { env, order, payment } = streams()
    order
      .keyBy('id')
      .intervalJoin(payment.keyBy('order'))
      .between('-5s', '10s')
      .upperBoundExclusive()
      .select((o, p) => ({ item: o.item, bank: p.bank }))
      .print()
    const text = env.explain()
    expect(text).toContain('inner on id = order, time from -5s below 10s after')
    expect(text).toMatch(/hash by id, carrying .*item/)
    expect(text).not.toMatch(/carrying .*note/)
    expect(text).not.toContain('an object is made for each')
  })

  it('says where a function makes rows', () => {
    const { env, order, payment } = streams()
    order
      .keyBy('id')
      .intervalJoin(payment.keyBy('order'))
      .between('0s', '1s')
      .process(
        { processElement: ({ item }, _right, _context, out) => out.collect({ item }) },
        {
          item: utf8(),
        },
      )
      .print()
    const text = env.explain()
    expect(text).toContain('ProcessJoinFunction')
    expect(text).toContain('an object is made for each')
  })

  it('refuses bounds that are none, streams without time, other keys, and no function', () => {
    const { plain, order, payment } = streams()
    const keyed = order.keyBy('id').intervalJoin(payment.keyBy('order'))
    const select = (): never => ({}) as never
    expect(said(() => keyed.between('5s', '1s').select(select))).toMatch(
      /^CONFIG_INVALID: an interval from 5000 ms to 1000 ms has nothing in it; give the lower bound/,
    )
    expect(said(() => keyed.between('1s', '1s').lowerBoundExclusive().select(select))).toMatch(
      /^CONFIG_INVALID: .*has nothing in it/,
    )
    const untimed = plain.order.keyBy('id').intervalJoin(payment.keyBy('order'))
    expect(said(() => untimed.between('0s', '1s').select(select))).toMatch(
      /^GRAPH_INVALID: .*assignWatermarks\('time'/,
    )
    const two = order.keyBy('id', 'item').intervalJoin(payment.keyBy('order'))
    expect(said(() => two.between('0s', '1s').select(select))).toMatch(
      /^TYPE_MISMATCH: one side has the key \(id, item\), the other one \(order\): give as many/,
    )
    const text = order.keyBy('item').intervalJoin(payment.keyBy('order'))
    expect(said(() => text.between('0s', '1s').select(select))).toMatch(
      /^TYPE_MISMATCH: a join compares 'item', which is utf8, with 'order', which is int32; cast/,
    )
    expect(said(() => keyed.between('0s', '1s').process({} as never, { item: utf8() }))).toMatch(
      /^CONFIG_INVALID: a ProcessJoinFunction has a method processElement\(\), and this has none; /,
    )
  })
})

describe('a temporal join', () => {
  it('says whose version it takes, and when', () => {
    const { env, order, payment } = streams()
    order
      .temporalJoin(payment, {
        on,
        type: 'left',
        select: (o, p) => ({ item: o.item, bank: p.bank }),
      })
      .print()
    expect(env.explain()).toMatch(/left on id = order, the version by \S+ at \S+/)
  })

  it('refuses kinds without left rows, and streams without time', () => {
    const { plain, order, payment } = streams()
    const select = (): never => ({}) as never
    expect(said(() => order.temporalJoin(payment, { on, select, type: 'full' as never }))).toMatch(
      /^CONFIG_INVALID: a temporal join is 'inner' or 'left', not 'full'/,
    )
    expect(said(() => order.temporalJoin(plain.payment, { on, select }))).toMatch(
      /^GRAPH_INVALID: .*assignWatermarks\('time'/,
    )
  })
})

describe('joins in windows', () => {
  it('of columns refuse windows without bounds, and say what takes them', () => {
    const { order, payment } = streams()
    const select = (): never => ({}) as never
    const saidOf = (window: unknown) =>
      said(() => order.windowJoin(payment, { on, window: window as never, select }))
    expect(saidOf(session({ gap: () => 5 }))).toMatch(
      /^UNSUPPORTED: .*no sessions whose gap is a function of a row; use tumble\(\)/,
    )
    expect(saidOf(globalWindow())).toMatch(/^UNSUPPORTED: .*no windows that are global; use/)
  })

  it('of columns say their sessions or the zone of their windows, and hold columns only', () => {
    const { env, order, payment } = streams()
    const of = (window: TimeWindow) =>
      order
        .windowJoin(payment, { on, window, select: (o, p) => ({ i: o.item, b: p.bank }) })
        .print()
    of(session('30s'))
    of(tumble('1d', { timeZone: 'Europe/Berlin' }))
    of(session('1s', { time: 'processing' }))
    const text = env.explain()
    expect(text).toContain('session 30s over time and time: inner on id = order')
    expect(text).toContain('tumbling 1d in Europe/Berlin over time and time: inner on id = order')
    expect(text).toContain('session 1s over processing time: inner on id = order')
    expect(text).toContain('hash by order, carrying order, time, bank')
    expect(text).not.toContain('an object is made')
  })

  it('of rows say their window and keys', () => {
    const { env, order, payment } = streams()
    order
      .coGroup(payment)
      .where('id')
      .equalTo('order')
      .window(session('10s'))
      .apply((left, right, out) => out.collect({ n: left.length + right.length }), { n: int32() })
      .print()
    expect(env.explain()).toMatch(/CoGroupFunction over session.* by key0/)
  })

  it('of rows refuse other keys, columns that are not there, no function, and no time', () => {
    const { plain, order, payment } = streams()
    const window = tumble('1s')
    const schema = { n: int32() }
    const fn = () => ({ n: 1 })
    const joined = order.join(payment)
    expect(said(() => joined.where('itemm' as never))).toMatch(
      /^COLUMN_NOT_FOUND: .*did you mean 'item'/i,
    )
    expect(
      said(() => joined.where('item').equalTo('order').window(window).apply(fn, schema)),
    ).toMatch(
      /^TYPE_MISMATCH: 'item' is utf8, and 'order' is int32: keys of the same types meet; cast/,
    )
    expect(
      said(() => joined.where(['id', 'item']).equalTo('order').window(window).apply(fn, schema)),
    ).toMatch(/^TYPE_MISMATCH: .*give as many columns/)
    const keyed = joined.where('id').equalTo('order')
    expect(said(() => keyed.window(window).apply({} as never, schema))).toMatch(
      /^CONFIG_INVALID: a function of join\(\) has a method join\(\), and this has none/,
    )
    const untimed = plain.order.join(payment).where('id').equalTo('order')
    expect(said(() => untimed.window(window).apply(fn, schema))).toMatch(/^GRAPH_INVALID: /)
  })
})
