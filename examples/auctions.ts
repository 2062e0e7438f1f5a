// An online auction as it goes on: the bids of half an hour joined with their auctions, the three dearest
// bids of each category kept up to date, and the sessions in which people bid. The events are Nexmark's,
// made as the job runs.
//
//     npx millrace run examples/auctions.ts
//     npx millrace explain examples/auctions.ts
import {
  count,
  desc,
  max,
  ndjsonFile,
  nexmark,
  session,
  type StreamExecutionEnvironment,
} from 'millrace'

export const events = nexmark({ events: 500_000, tps: 500, seed: 3 })

export default function job(env: StreamExecutionEnvironment): void {
  const late = { maxOutOfOrderness: '4s' } as const
  const auctions = env.fromSource(events.auction).assignWatermarks('dateTime', late)
  const bids = env.fromSource(events.bid).assignWatermarks('dateTime', late)

  // A bid counts from its auction's start, for half an hour.
  const placed = auctions.intervalJoin(bids, {
    on: { id: 'auction' },
    between: ['0s', '30m'],
    select: (auction, bid) => ({
      category: auction.category,
      item: auction.itemName,
      bidder: bid.bidder,
      price: bid.price.div(100),
    }),
  })

  // Which rows are the best changes with each bid: a changelog, final here because all is known at the end.
  placed
    .keyBy('category')
    .topN(3, { by: [desc('price')], rank: 'rank' })
    .materialize({ key: ['category', 'rank'] })
    .print({ title: 'The three dearest bids of each category', limit: 15, by: 'price' })

  bids
    .keyBy('bidder')
    .window(session('10s'))
    .aggregate({ bids: count(), dearest: max('price') })
    .sinkTo(ndjsonFile('out/sessions.ndjson'))
}
