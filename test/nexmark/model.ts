// Nexmark's queries that SQL cannot say, in plain TypeScript, over the events of the generator's scalar twin:
// q10, of which the answer is files in folders, and q12, of which it hangs on when events come.
import type { EventRules } from '../../src/kernels/generator.ts'
import { eventAt, eventRow, kindOf } from '../kernels/reference/generator.ts'

export interface ModelBid {
  readonly auction: number
  readonly bidder: number
  readonly price: number
  readonly dateTimeMs: number
  readonly extra: string
  /** When it comes: when its place in the order is due, whatever its own time. */
  readonly comesMs: number
}

/** The bids of so many events, in the order in which they come: out of order within groups. */
export function modelBids(of: {
  readonly events: number
  readonly rules: EventRules
  readonly group: number
}): ModelBid[] {
  const { baseMs, tps } = of.rules
  const bids: ModelBid[] = []
  for (let place = 0; place < of.events; place++) {
    const e = eventAt(BigInt(place), BigInt(of.group))
    if (kindOf(e) !== 'bid') continue
    const row = eventRow(of.rules, e)
    bids.push({
      auction: Number(row['auction']),
      bidder: Number(row['bidder']),
      price: Number(row['price']),
      dateTimeMs: Number(row['dateTime']),
      extra: String(row['extra']),
      comesMs: baseMs + Math.floor((place * 1_000) / tps),
    })
  }
  return bids
}

const iso = (ms: number): string => new Date(ms).toISOString()

/** Rows as JSON, by the folder that they belong into. */
export function q10Folders(bids: readonly ModelBid[]): Map<string, string[]> {
  const folders = new Map<string, string[]>()
  for (const { auction, bidder, price, dateTimeMs, extra } of bids) {
    const dateTime = iso(dateTimeMs)
    const [dt, hm] = [dateTime.slice(0, 10), dateTime.slice(11, 16)]
    const text = JSON.stringify({ auction, bidder, price, dateTime, extra, dt, hm })
    const folder = `dt=${dt}/hm=${hm.replace(':', '%3A')}`
    const texts = folders.get(folder)
    if (texts === undefined) folders.set(folder, [text])
    else texts.push(text)
  }
  return folders
}

/** Rows as JSON: bids by bidder and ten seconds of the time at which they come. */
export function q12Rows(bids: readonly ModelBid[]): string[] {
  const counts = new Map<string, number>()
  for (const { bidder, comesMs } of bids) {
    const key = `${bidder} ${Math.floor(comesMs / 10_000) * 10_000}`
    counts.set(key, (counts.get(key) ?? 0) + 1)
  }
  return [...counts].map(([key, count]) => {
    const [bidder, startMs] = key.split(' ').map(Number) as [number, number]
    const window = { starttime: iso(startMs), endtime: iso(startMs + 10_000) }
    return JSON.stringify({ bidder, bid_count: count, ...window })
  })
}
