// Fraud detection, the walkthrough of Flink's documentation: a payment of less than a dollar and right after
// it one of more than 500, within a minute and on the same account, is an alert. By account: the time of the
// small payment as state, and a timer that forgets it.
//
//     npx millrace run examples/fraud.ts
//
// test/examples/fraud.test.ts tests it: with time by hand, a crash, and another parallelism.
import {
  type DataStream,
  float64,
  int32,
  type KeyedContext,
  type Collector,
  nullable,
  type RowOf,
  type StreamExecutionEnvironment,
  timestamp,
  valueStateDescriptor,
} from 'millrace'

export const PAYMENT = { account: int32(), at: timestamp('ms'), dollars: float64() }
type Payment = RowOf<typeof PAYMENT>

const WITHIN_MS = 60_000
const smallAt = valueStateDescriptor('small at', nullable(timestamp('ms')), { default: null })

class FraudDetector {
  processElement(payment: Payment, context: KeyedContext<number>, out: Collector<Payment>) {
    const small = context.getState(smallAt)
    const before = small.value()
    const timers = context.timerService()
    if (before !== null) {
      if (payment.dollars > 500) out.collect(payment)
      timers.deleteEventTimeTimer(before + WITHIN_MS)
      small.clear()
    }
    if (payment.dollars < 1) {
      small.update(payment.at)
      timers.registerEventTimeTimer(payment.at + WITHIN_MS)
    }
  }

  onTimer(_time: number, context: KeyedContext<number>) {
    context.getState(smallAt).clear()
  }
}

/** The large payments that are alerts. */
export const alerts = (payments: DataStream<typeof PAYMENT>): DataStream<typeof PAYMENT> =>
  payments.keyBy('account').process(FraudDetector)

/** Payments of 50 accounts, one every two seconds: one in 20 is small, one in 20 large. */
function* madeUpPayments(): Iterable<Payment> {
  let random = 7
  for (let i = 0; i < 20_000; i++) {
    random = (random * 48_271) % 2_147_483_647
    const size = random % 20
    const dollars = size === 0 ? 0.5 : size === 1 ? 700 : 20 + (random % 100)
    yield { account: (random >> 8) % 50, at: Date.UTC(2026, 0, 1) + i * 2_000, dollars }
  }
}

export default function job(env: StreamExecutionEnvironment): void {
  const payments = env
    .fromCollection([...madeUpPayments()], { schema: PAYMENT })
    .assignWatermarks('at')
  alerts(payments).print({ title: 'Alerts', limit: 10 })
}
