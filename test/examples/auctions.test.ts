// The example's results against plain TypeScript over the same events.
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import job, { events } from '../../examples/auctions.ts'
import { StreamExecutionEnvironment } from '../../src/index.ts'

const SESSION_MS = 10_000

interface Session {
  readonly bidder: number
  readonly windowStart: string
  windowEnd: string
  bids: number
  dearest: number
}

describe('the auctions', () => {
  it('give the sessions of all bidders', async () => {
    const env = StreamExecutionEnvironment.getExecutionEnvironment()
    const bids = await Array.fromAsync(env.fromSource(events.bid).collect())
    const iso = (ms: number): string => new Date(ms).toISOString()
    const expected: Session[] = []
    const last = new Map<number, Session>()
    for (const { bidder, dateTime, price } of bids.toSorted((a, b) => a.dateTime - b.dateTime)) {
      let session = last.get(bidder)
      if (session === undefined || Date.parse(session.windowEnd) < dateTime) {
        const windowStart = iso(dateTime)
        session = { windowStart, windowEnd: windowStart, bidder, bids: 0, dearest: 0 }
        last.set(bidder, session)
        expected.push(session)
      }
      session.windowEnd = iso(dateTime + SESSION_MS)
      session.bids++
      session.dearest = Math.max(session.dearest, price)
    }

    const running = StreamExecutionEnvironment.getExecutionEnvironment()
    job(running)
    await running.execute('auctions')
    const lines = readFileSync('out/sessions.ndjson', 'utf8').trimEnd().split('\n')
    expect(lines.sort()).toEqual(expected.map((session) => JSON.stringify(session)).sort())
  })
})
