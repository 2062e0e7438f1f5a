// The queries of Nexmark that read bids alone; nexmark-queries.ts lists them, and says the rules.
//
// NB1  Prices are whole cents; their product with a rate is a decimal, exact.
import {
  count,
  type DataType,
  decimal,
  desc,
  lit,
  max,
  min,
  session,
  slide,
  sum,
  type TextColumn,
  type TimestampColumn,
  tumble,
  utf8,
  when,
} from '../index.ts'
import type { Nexmark } from './nexmark-input.ts'

/** Pass-through: the bids. */
export const q0 = ({ bid }: Nexmark) =>
  bid.select((b) => ({
    auction: b.auction,
    bidder: b.bidder,
    price: b.price,
    dateTime: b.dateTime,
    extra: b.extra,
  }))

/** Currency conversion: prices in euros. */
export const q1 = ({ bid }: Nexmark) =>
  bid.select((b) => ({
    auction: b.auction,
    bidder: b.bidder,
    price: b.price.cast(decimal(15, 0)).mul(0.908),
    dateTime: b.dateTime,
    extra: b.extra,
  }))

/** Selection: bids on some auctions. */
export const q2 = ({ bid }: Nexmark) =>
  bid.where((b) => b.auction.mod(123).eq(0)).select((b) => ({ auction: b.auction, price: b.price }))

/** Hot items: the auctions with the most bids of the last ten seconds, every two seconds. */
export function q5({ bid }: Nexmark) {
  const counts = bid.keyBy('auction').window(slide('10s', '2s')).aggregate({ num: count() })
  // Windows that slide by two seconds end one in each two seconds.
  const most = counts.windowAll(tumble('2s')).aggregate({ num: max('num') })
  return counts.windowJoin(most, {
    on: { num: 'num' },
    window: tumble('2s'),
    select: (c) => ({ auction: c.auction, num: c.num }),
  })
}

/** Highest bid: those with the greatest price of each ten seconds. */
export function q7({ bid }: Nexmark) {
  const highest = bid.windowAll(tumble('10s')).aggregate({ price: max('price') })
  return bid.windowJoin(highest, {
    on: { price: 'price' },
    window: tumble('10s'),
    select: (b) => ({
      auction: b.auction,
      bidder: b.bidder,
      price: b.price,
      dateTime: b.dateTime,
      extra: b.extra,
    }),
  })
}

/** Log to files: bids with their day and minute, by which the sink partitions. */
export const q10 = ({ bid }: Nexmark) =>
  bid.select((b) => ({
    auction: b.auction,
    bidder: b.bidder,
    price: b.price,
    dateTime: b.dateTime,
    extra: b.extra,
    dt: dayOf(b.dateTime),
    hm: minuteOf(b.dateTime),
  }))

/** User sessions: bids of a bidder until nothing comes for ten seconds. */
export const q11 = ({ bid }: Nexmark) =>
  bid
    .keyBy('bidder')
    .window(session('10s'))
    .aggregate({ bid_count: count() })
    .select((w) => ({
      bidder: w.bidder,
      bid_count: w.bid_count,
      starttime: w.windowStart,
      endtime: w.windowEnd,
    }))

/** Processing-time windows: bids of a bidder by the clock's ten seconds. */
export const q12 = ({ bid }: Nexmark) =>
  bid
    .keyBy('bidder')
    .window(tumble('10s', { time: 'processing' }))
    .aggregate({ bid_count: count() })
    .select((w) => ({
      bidder: w.bidder,
      bid_count: w.bid_count,
      starttime: w.windowStart,
      endtime: w.windowEnd,
    }))

/** Bounded side input: bids with a value from a table. */
export const q13 = ({ bid, sideInput }: Nexmark) =>
  bid
    .withColumn('key', (b) => b.auction.mod(10_000))
    .lookupJoin(sideInput, { on: { key: 'key' }, take: ['value'], join: 'inner' })
    .select((b) => ({
      auction: b.auction,
      bidder: b.bidder,
      price: b.price,
      dateTime: b.dateTime,
      value: b.value,
    }))

/** Calculation: the time of day of dear bids, and how often c is in what they say. */
export const q14 = ({ bid }: Nexmark) =>
  bid
    .withColumn('price', (b) => b.price.cast(decimal(15, 0)).mul(0.908))
    .where((b) => b.price.gt(1_000_000).and(b.price.lt(50_000_000)))
    .select((b) => {
      const hour = b.dateTime.hour()
      const isDay = hour.between(8, 18)
      const isNight = hour.le(6).or(hour.ge(20))
      return {
        auction: b.auction,
        bidder: b.bidder,
        price: b.price,
        bidTimeType: when(isDay)
          .then('dayTime')
          .otherwise(when(isNight).then('nightTime').otherwise('otherTime')),
        dateTime: b.dateTime,
        extra: b.extra,
        c_counts: b.extra.length().sub(b.extra.replace('c', '').length()),
      }
    })

/** Auction statistics: bids, price bands and prices of each auction and day. */
export const q17 = ({ bid }: Nexmark) =>
  bid
    .keyBy((b) => ({ auction: b.auction, day: dayOf(b.dateTime) }))
    .aggregate((b) => ({
      total_bids: count(),
      rank1_bids: count().where(b.price.lt(10_000)),
      rank2_bids: count().where(b.price.ge(10_000).and(b.price.lt(1_000_000))),
      rank3_bids: count().where(b.price.ge(1_000_000)),
      min_price: min(b.price),
      max_price: max(b.price),
      sum_price: sum(b.price),
    }))
    .select((a) => ({
      auction: a.auction,
      day: a.day,
      total_bids: a.total_bids,
      rank1_bids: a.rank1_bids,
      rank2_bids: a.rank2_bids,
      rank3_bids: a.rank3_bids,
      min_price: a.min_price,
      max_price: a.max_price,
      avg_price: a.sum_price.idiv(a.total_bids),
      sum_price: a.sum_price,
    }))

/** Last bid: of each bidder on each auction. */
export const q18 = ({ bid }: Nexmark) =>
  bid.keyBy('bidder', 'auction').deduplicate({ keep: 'last', by: 'time' })

/** Top bids: the ten highest of each auction, with their places; equal ones stand as they came. */
export const q19 = ({ bid }: Nexmark) =>
  bid.keyBy('auction').topN(10, { by: [desc('price')], rank: 'rank_number' })

/** Channel id: of four channels it is known, of others it is in the URL: `(&|^)channel_id=([^&]*)`. */
export const q21 = ({ bid }: Nexmark) =>
  bid
    .select((b) => {
      const channel = b.channel.lower()
      // The beginning of the URL counts as a '&'; what follows the first match ends at the next one.
      const found = lit('&').concat(b.url)
      return {
        auction: b.auction,
        bidder: b.bidder,
        price: b.price,
        channel: b.channel,
        channel_id: when(channel.eq('apple'))
          .then('0')
          .otherwise(
            when(channel.eq('google'))
              .then('1')
              .otherwise(
                when(channel.eq('facebook'))
                  .then('2')
                  .otherwise(
                    when(channel.eq('baidu'))
                      .then('3')
                      .otherwise(
                        when(found.contains('&channel_id='))
                          .then(found.splitPart('&channel_id=', 1).splitPart('&', 0))
                          .otherwise(null),
                      ),
                  ),
              ),
          ),
      }
    })
    .where((b) => b.channel_id.isNotNull())

/** URL directories: three parts of each bid's URL. */
export const q22 = ({ bid }: Nexmark) =>
  bid.select((b) => ({
    auction: b.auction,
    bidder: b.bidder,
    price: b.price,
    channel: b.channel,
    dir1: b.url.splitPart('/', 3),
    dir2: b.url.splitPart('/', 4),
    dir3: b.url.splitPart('/', 5),
  }))

/** `2026-01-31`, UTC. */
const dayOf = <T extends DataType>(time: TimestampColumn<T>) => isoOf(time).substring(0, 10)
/** `23:59`, UTC. */
const minuteOf = <T extends DataType>(time: TimestampColumn<T>) => isoOf(time).substring(11, 5)
const isoOf = <T extends DataType>(time: TimestampColumn<T>) =>
  time.cast(utf8()) as TextColumn<false>
