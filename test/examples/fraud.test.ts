// How a job with state and timers is tested: rows and time by hand, a crash between two rows, and the end of
// it at another parallelism.
import { describe, expect, it } from 'vitest'
import { alerts, PAYMENT } from '../../examples/fraud.ts'
import { JobHarness, testInput } from '../../src/testing.ts'

const payments = testInput(PAYMENT, { eventTime: 'at', name: 'payments' })
const start = (parallelism = 2) =>
  JobHarness.start((env) => alerts(env.fromSource(payments)), { parallelism, seed: 1 })

describe('fraud detection', () => {
  it('finds a large payment right after a small one of the same account', async () => {
    await using job = await start()
    await job.push(payments, [
      { account: 1, at: 0, dollars: 0.5 },
      { account: 2, at: 1_000, dollars: 900 },
      { account: 1, at: 2_000, dollars: 900 },
      { account: 1, at: 3_000, dollars: 900 },
      { account: 2, at: 4_000, dollars: 0.2 },
      { account: 2, at: 5_000, dollars: 40 },
      { account: 2, at: 6_000, dollars: 700 },
    ])
    expect(job.output()).toEqual([{ account: 1, at: 2_000, dollars: 900 }])
  })

  it('forgets a small payment after a minute', async () => {
    await using job = await start()
    await job.push(payments, [
      { account: 1, at: 0, dollars: 0.5 },
      { account: 2, at: 1, dollars: 0.5 },
    ])
    await job.advanceWatermark(60_000)
    await job.push(payments, [
      { account: 1, at: 60_001, dollars: 900 },
      { account: 2, at: 60_001, dollars: 900 },
    ])
    expect(job.output()).toEqual([{ account: 2, at: 60_001, dollars: 900 }])
  })

  it('remembers it over a crash, and at another parallelism', async () => {
    await using job = await start(1)
    await job.push(payments, [{ account: 1, at: 0, dollars: 0.5 }])
    const snapshot = await job.snapshot()
    await job.crash()
    await job.restore(snapshot, { parallelism: 3 })
    await job.push(payments, [{ account: 1, at: 9_000, dollars: 501 }])
    expect(job.output()).toEqual([{ account: 1, at: 9_000, dollars: 501 }])
  })
})
