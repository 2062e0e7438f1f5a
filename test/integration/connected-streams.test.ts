// Two streams for one function, functions with a life of their own, and what becomes of rows that a function
// throws at: end to end in the embedded cluster, at several parallelisms.
import { describe, expect, it } from 'vitest'
import {
  bool,
  type Counter,
  float64,
  int32,
  int64,
  isDataflowError,
  listStateDescriptor,
  mapStateDescriptor,
  outputTag,
  reducingStateDescriptor,
  type RuntimeContext,
  StreamExecutionEnvironment,
  structured,
  timestamp,
  utf8,
  type ValueState,
  valueStateDescriptor,
} from '../../src/index.ts'

const PARALLELISMS = [1, 2, 4]
const ORDERS = Array.from({ length: 500 }, (_, i) => ({
  time: i,
  user: `user ${i % 23}`,
  amount: i,
}))
const ORDER = { time: timestamp('ms'), user: utf8(), amount: int32() }
const BLOCKED = Array.from({ length: 23 }, (_, i) => ({
  name: `user ${i}`,
  isBlocked: i % 3 === 0,
}))
const BLOCK = { name: utf8(), isBlocked: bool() }

const environment = (parallelism: number): StreamExecutionEnvironment =>
  StreamExecutionEnvironment.getExecutionEnvironment({ parallelism })

const blocked = valueStateDescriptor('blocked', bool())
const waiting = listStateDescriptor('waiting', structured<{ user: string; amount: number }>())

async function codeOf(run: Promise<unknown>): Promise<readonly [string, string]> {
  try {
    await run
  } catch (error) {
    let cause: unknown = error
    while (isDataflowError(cause) && isDataflowError(cause.cause)) ({ cause } = cause)
    return isDataflowError(cause) ? [cause.code, cause.message] : ['none', String(cause)]
  }
  throw new Error('it was taken')
}

describe('connected streams', () => {
  it.each(PARALLELISMS)('share state by key in %d subtasks', async (parallelism) => {
    const env = environment(parallelism)
    const rows = env
      .fromCollection(ORDERS, { schema: ORDER })
      .connect(env.fromCollection(BLOCKED, { schema: BLOCK }))
      .keyBy('user', 'name')
      .process(
        {
          processElement1({ user, amount }, context, out) {
            const isBlocked = context.getState(blocked).value()
            if (isBlocked === undefined) context.getState(waiting).add({ user, amount })
            else if (!isBlocked) out.collect({ user: context.currentKey, amount })
          },
          processElement2({ isBlocked }, context, out) {
            context.getState(blocked).update(isBlocked)
            if (!isBlocked) for (const row of context.getState(waiting).get()) out.collect(row)
            context.getState(waiting).clear()
          },
        },
        { user: utf8(), amount: int32() },
      )
    const amounts = (await Array.fromAsync(rows.collect())).map((row) => row.amount)
    const wanted = ORDERS.filter((_, i) => (i % 23) % 3 !== 0).map(({ amount }) => amount)
    expect(amounts.sort((a, b) => a - b)).toEqual(wanted)
  })

  it('become one by a function of each', async () => {
    const env = environment(2)
    const rows = env
      .fromCollection([{ n: 1 }, { n: 2 }])
      .connect(env.fromCollection([{ text: '3' }]))
      .flatMap({ flatMap1: (row) => [row, row], flatMap2: ({ text }) => [{ n: Number(text) }] })
    const numbers = (await Array.fromAsync(rows.collect())).map(({ n }) => n)
    expect(numbers.sort()).toEqual([1, 1, 2, 2, 3])
  })

  it('refuse keys that do not go together', () => {
    const env = environment(1)
    const orders = env.fromCollection(ORDERS, { schema: ORDER })
    const blocks = env.fromCollection(BLOCKED, { schema: BLOCK })
    const fn = { processElement1: () => undefined, processElement2: () => undefined }
    const build = (): unknown => orders.keyBy('amount').connect(blocks.keyBy('name')).process(fn)
    expect(build).toThrow('keyed by (int32) and (utf8)')
  })
})

const rates = mapStateDescriptor('rates', utf8(), float64())
const held = listStateDescriptor('held', int32())

describe('a broadcast stream', () => {
  it.each(PARALLELISMS)('is seen by all of %d subtasks', async (parallelism) => {
    const env = environment(parallelism)
    const factors = env.fromCollection([{ name: 'factor', value: 2 }])
    const rows = env
      .fromCollection(ORDERS, { schema: ORDER })
      .keyBy('user')
      .connect(factors.broadcast(rates))
      .process({
        processElement(row, context, out) {
          const factor = context.getBroadcastState(rates).get('factor')
          if (factor === undefined) context.getState(held).add(row.amount)
          else out.collect({ ...row, amount: row.amount * factor })
        },
        processBroadcastElement({ name, value }, context, out) {
          context.getBroadcastState(rates).put(name, value)
          context.applyToKeyedState(held, (user, state) => {
            for (const amount of state.get()) out.collect({ time: 0, user, amount: amount * value })
            state.clear()
          })
        },
      })
    const amounts = (await Array.fromAsync(rows.collect())).map((row) => row.amount)
    expect(amounts.sort((a, b) => a - b)).toEqual(ORDERS.map(({ amount }) => amount * 2))
  })
})

const highest = reducingStateDescriptor('highest', int64(), (a, b) => (a > b ? a : b))
const seen = valueStateDescriptor('seen', int32(), { default: 0 })

class Numbered {
  seen: ValueState<number, never> | undefined
  rows: Counter | undefined

  open(context: RuntimeContext): void {
    this.seen = context.getState(seen)
    this.rows = context.metrics.counter('rows')
  }

  map({ user }: { user: string }): { user: string; n: number } {
    this.rows!.inc()
    this.seen!.update(this.seen!.value() + 1)
    return { user, n: this.seen!.value() }
  }
}

const placed = {
  subtask: -1,
  open(context: RuntimeContext): void {
    this.subtask = context.subtaskIndex
  },
  map(): { subtask: number } {
    return { subtask: this.subtask }
  },
}

describe('functions of rows with a life of their own', () => {
  it.each(PARALLELISMS)('keep state by key in %d subtasks', async (parallelism) => {
    const numbered = environment(parallelism)
      .fromCollection(ORDERS, { schema: ORDER })
      .keyBy('user')
      .map(Numbered, { user: utf8(), n: int32() })
    const counts = new Map<string, number>()
    const rows = await Array.fromAsync(numbered.collect())
    for (const { user, n } of rows) counts.set(user, Math.max(n, counts.get(user) ?? 0))
    expect([...counts.values()].sort()).toEqual(
      [...Array(6).fill(21), ...Array(17).fill(22)].sort(),
    )
  })

  it('reduce the rows of a key, and tell of each', async () => {
    const totals = environment(2)
      .fromCollection(ORDERS, { schema: ORDER })
      .keyBy('user')
      .reduce((a, b) => ({ ...b, amount: a.amount + b.amount }))
    const rows = await Array.fromAsync(totals.collect())
    expect(rows).toHaveLength(ORDERS.length)
    const last = new Map(rows.map(({ user, amount }) => [user, amount]))
    const wanted = new Map<string, number>()
    for (const { user, amount } of ORDERS) wanted.set(user, (wanted.get(user) ?? 0) + amount)
    expect(new Map([...last].sort())).toEqual(new Map([...wanted].sort()))
  })

  it('are copied for each subtask, and know where they are', async () => {
    const where = environment(3)
      .fromCollection(ORDERS, { schema: ORDER })
      .rebalance()
      .map(placed, { subtask: int32() })
    const rows = await Array.fromAsync(where.collect())
    expect(rows.every(({ subtask }) => subtask >= 0 && subtask < 3)).toBe(true)
    expect(placed.subtask).toBe(-1)
  })

  it('find no keyed state without a key', async () => {
    const rows = environment(1)
      .fromCollection([{ n: 1 }])
      .map({
        open: (context: RuntimeContext) => void context.getState(highest),
        map: (row: { n: number }) => row,
      })
    expect(await codeOf(Array.fromAsync(rows.collect()))).toEqual([
      'STATE_MISUSED',
      "state 'highest' is asked for in a function that is not keyed: call keyBy() before",
    ])
  })
})

describe('a row at which a function throws', () => {
  const picky = ({ amount }: { amount: number }): { amount: number } => {
    if (amount % 100 === 7) throw new Error(`no ${amount}`)
    return { amount }
  }
  const orders = (parallelism: number) =>
    environment(parallelism).fromCollection(ORDERS, { schema: ORDER })

  it('fails the job, with the row', async () => {
    const rows = orders(1).process({
      processElement: (row, _context, out) => out.collect({ ...row, ...picky(row) }),
    })
    const [code, message] = await codeOf(Array.fromAsync(rows.collect()))
    expect(code).toBe('USER_CODE_FAILED')
    expect(message).toContain('processElement threw at row 7')
    expect(message).toContain('"amount":7')
  })

  it('is left out where the job says so', async () => {
    const rows = orders(2).map(picky, { amount: int32() }, { onError: 'skip' })
    expect(await Array.fromAsync(rows.collect())).toHaveLength(ORDERS.length - 5)
  })

  it('goes aside with its cause where the job says so', async () => {
    const failed = outputTag('failed', { user: utf8(), error: utf8() })
    const rows = orders(2).map(picky, { amount: int32() }, { onError: failed })
    const aside = await Array.fromAsync(rows.getSideOutput(failed).collect())
    expect(aside.map(({ error }) => error).sort()).toEqual(
      [7, 107, 207, 307, 407].map((n) => `no ${n}`).sort(),
    )
    expect(aside.find(({ error }) => error === 'no 7')!.user).toBe('user 7')
  })

  it('goes aside to columns that it has, and no others', () => {
    const other = outputTag('failed', { usr: utf8(), error: utf8() })
    const build = (): unknown => orders(1).map(picky, { amount: int32() }, { onError: other })
    expect(build).toThrow("Did you mean 'user'?")
  })
})
