// A job module with closures, for tests that run it on worker threads: it fails at the row that the
// environment variable names, or spins there for ever.
import { int32, type StreamExecutionEnvironment } from 'millrace'

export default function job(env: StreamExecutionEnvironment): void {
  const { FAIL_AT: failAt, SPIN_AT: spinAt } = process.env
  env
    .fromAsyncIterable(
      function* () {
        for (let n = 0; n < 100_000; n++) yield { n }
      },
      { schema: { n: int32() } },
    )
    .rebalance()
    .map((row) => {
      if (String(row.n) === failAt) throw new TypeError(`row ${row.n} is not welcome`)
      while (String(row.n) === spinAt);
      return { n: row.n + 1 }
    })
    .where((row) => row.n.gt(99_990))
    .print()
}
