// The queries of Nexmark as programs of the SDK, over the streams of persons, auctions and bids. What each
// computes is said in Flink's SQL in https://github.com/nexmark/nexmark; docs/nexmark.md says where a rule had
// to be chosen (ties, rounding, order).
//
// NQ1  Streams come with event time: dateTime, at most four seconds out of order.
// NQ2  A result that is updated later is an updating stream; the command line makes final rows of it.
// NQ3  Columns are named and ordered as results are compared; prices are whole cents.
import {
  asc,
  type ColumnsOf,
  count,
  countDistinct,
  type DataStream,
  type DataType,
  decimal,
  desc,
  lit,
  max,
  mean,
  min,
  session,
  slide,
  sum,
  type TextColumn,
  timestamp,
  type TimestampColumn,
  tumble,
  utf8,
  when,
} from '../index.ts'
import type { Nexmark } from './nexmark-input.ts'

type BidColumns = Nexmark['bid'] extends DataStream<infer F> ? ColumnsOf<F> : never

/** Pass-through: the bids. */
const q0 = ({ bid }: Nexmark) =>
  bid.select((b) => ({
    auction: b.auction,
    bidder: b.bidder,
    price: b.price,
    dateTime: b.dateTime,
    extra: b.extra,
  }))

/** Currency conversion: prices in euros. */
const q1 = ({ bid }: Nexmark) =>
  bid.select((b) => ({
    auction: b.auction,
    bidder: b.bidder,
    price: b.price.cast(decimal(15, 0)).mul(0.908),
    dateTime: b.dateTime,
    extra: b.extra,
  }))

/** Selection: bids on some auctions. */
const q2 = ({ bid }: Nexmark) =>
  bid.where((b) => b.auction.mod(123).eq(0)).select((b) => ({ auction: b.auction, price: b.price }))

/** Local item suggestion: who sells in three states, in one category. */
const q3 = ({ person, auction }: Nexmark) =>
  auction
    .where((a) => a.category.eq(10))
    .join(
      person.where((p) => p.state.in(['OR', 'ID', 'CA'])),
      {
        on: { seller: 'id' },
        select: (a, p) => ({ name: p.name, city: p.city, state: p.state, id: a.id }),
      },
    )

/** Average price of each category's auctions: the highest bid of each auction, while it was open. */
const q4 = ({ bid, auction }: Nexmark) =>
  bid
    .join(auction, {
      on: { auction: 'id' },
      where: (b, a) => b.dateTime.between(a.dateTime, a.expires),
      select: (b, a) => ({ auction: a.id, category: a.category, price: b.price }),
    })
    .keyBy('auction', 'category')
    .aggregate({ final: max('price') })
    .keyBy('category')
    .aggregate({ total: sum('final'), auctions: count() })
    .select((c) => ({ id: c.category, final: c.total.idiv(c.auctions) }))

/** Hot items: the auctions with the most bids of the last ten seconds, every two seconds. */
function q5({ bid }: Nexmark) {
  const counts = bid.keyBy('auction').window(slide('10s', '2s')).aggregate({ num: count() })
  // Windows that slide by two seconds end one in each two seconds.
  const most = counts.windowAll(tumble('2s')).aggregate({ num: max('num') })
  return counts.windowJoin(most, {
    on: { num: 'num' },
    window: tumble('2s'),
    select: (c) => ({ auction: c.auction, num: c.num }),
  })
}

/** Average selling price: for each winning bid the mean of its seller's last ten, in order of their times. */
const q6 = ({ bid, auction }: Nexmark) =>
  bid
    .join(auction, {
      on: { auction: 'id' },
      where: (b, a) => b.dateTime.between(a.dateTime, a.expires),
      select: (b, a) => ({ id: a.id, seller: a.seller, price: b.price, at: b.dateTime }),
    })
    .keyBy('id')
    .topN(1, { by: [desc('price'), asc('at')] })
    // A window of rows is of final rows, and their order is that of their places: no two have one time.
    .materialize()
    .keyBy('seller')
    .topN(SALES_MAX, { by: [asc('at'), asc('id')], rank: 'place' })
    .materialize()
    .withColumn('turn', (w) => w.place.cast(timestamp('ms')))
    .assignWatermarks('turn', { maxOutOfOrderness: SALES_MAX })
    .keyBy('seller')
    .over({ orderBy: 'time', rows: 10 })
    .aggregate({ avg_price: mean('price') })
    .select((w) => ({ seller: w.seller, avg_price: w.avg_price }))

/** Of one seller. */
const SALES_MAX = 100_000

/** Highest bid: those with the greatest price of each ten seconds. */
function q7({ bid }: Nexmark) {
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

/** Monitor new users: persons who opened an auction in the ten seconds in which they came. */
function q8({ person, auction }: Nexmark) {
  const persons = person.keyBy('id', 'name').window(tumble('10s')).aggregate({ n: count() })
  const sellers = auction.keyBy('seller').window(tumble('10s')).aggregate({ n: count() })
  return persons.windowJoin(sellers, {
    on: { id: 'seller' },
    window: tumble('10s'),
    select: (p) => ({ id: p.id, name: p.name, stime: p.windowStart }),
  })
}

/** Winning bids: of each auction the highest bid while it was open; of equal ones the first. */
const q9 = ({ bid, auction }: Nexmark) =>
  bid
    .join(auction, {
      on: { auction: 'id' },
      where: (b, a) => b.dateTime.between(a.dateTime, a.expires),
      select: (b, a) => ({
        id: a.id,
        itemName: a.itemName,
        description: a.description,
        initialBid: a.initialBid,
        reserve: a.reserve,
        dateTime: a.dateTime,
        expires: a.expires,
        seller: a.seller,
        category: a.category,
        extra: a.extra,
        auction: b.auction,
        bidder: b.bidder,
        price: b.price,
        bid_dateTime: b.dateTime,
        bid_extra: b.extra,
      }),
    })
    .keyBy('id')
    .topN(1, { by: [desc('price'), asc('bid_dateTime')] })

/** Log to files: bids with their day and minute, by which the sink partitions. */
const q10 = ({ bid }: Nexmark) =>
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
const q11 = ({ bid }: Nexmark) =>
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
const q12 = ({ bid }: Nexmark) =>
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
const q13 = ({ bid, sideInput }: Nexmark) =>
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
const q14 = ({ bid }: Nexmark) =>
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

/** Bidding statistics: bids, bidders and auctions of each day, of all prices and in three bands. */
const q15 = ({ bid }: Nexmark) =>
  bid.keyBy((b) => ({ day: dayOf(b.dateTime) })).aggregate((b) => statistics(b))

/** Channel statistics: those of each channel and day, with the minute of the last bid. */
const q16 = ({ bid }: Nexmark) =>
  bid
    .withColumn('minute', (b) => minuteOf(b.dateTime))
    .keyBy((b) => ({ channel: b.channel, day: dayOf(b.dateTime) }))
    .aggregate((b) => ({ minute: max(b.minute), ...statistics(b) }))

/** Counts over all bids, and over those of three bands of prices. */
const statistics = ({
  auction,
  bidder,
  price,
}: Pick<BidColumns, 'auction' | 'bidder' | 'price'>) => {
  const [rank1, rank2, rank3] = bandsOf(price)
  return {
    total_bids: count(),
    ...bandCounts({ price }),
    total_bidders: countDistinct(bidder),
    rank1_bidders: countDistinct(bidder).where(rank1),
    rank2_bidders: countDistinct(bidder).where(rank2),
    rank3_bidders: countDistinct(bidder).where(rank3),
    total_auctions: countDistinct(auction),
    rank1_auctions: countDistinct(auction).where(rank1),
    rank2_auctions: countDistinct(auction).where(rank2),
    rank3_auctions: countDistinct(auction).where(rank3),
  }
}

const bandCounts = ({ price }: Pick<BidColumns, 'price'>) => {
  const [rank1, rank2, rank3] = bandsOf(price)
  return {
    rank1_bids: count().where(rank1),
    rank2_bids: count().where(rank2),
    rank3_bids: count().where(rank3),
  }
}

/** Of the prices of bids: below 10,000, below 1,000,000, and from there on. */
const bandsOf = (price: BidColumns['price']) =>
  [price.lt(10_000), price.ge(10_000).and(price.lt(1_000_000)), price.ge(1_000_000)] as const

/** Auction statistics: bids, price bands and prices of each auction and day. */
const q17 = ({ bid }: Nexmark) =>
  bid
    .keyBy((b) => ({ auction: b.auction, day: dayOf(b.dateTime) }))
    .aggregate((b) => ({
      total_bids: count(),
      ...bandCounts(b),
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
const q18 = ({ bid }: Nexmark) =>
  bid.keyBy('bidder', 'auction').deduplicate({ keep: 'last', by: 'time' })

/** Top bids: the ten highest of each auction, with their places; equal ones stand as they came. */
const q19 = ({ bid }: Nexmark) =>
  bid.keyBy('auction').topN(10, { by: [desc('price')], rank: 'rank_number' })

/** Expand bids with their auction: all columns, of one category. */
const q20 = ({ bid, auction }: Nexmark) =>
  bid.join(
    auction.where((a) => a.category.eq(10)),
    {
      on: { auction: 'id' },
      select: (b, a) => ({
        auction: b.auction,
        bidder: b.bidder,
        price: b.price,
        channel: b.channel,
        url: b.url,
        bid_dateTime: b.dateTime,
        bid_extra: b.extra,
        itemName: a.itemName,
        description: a.description,
        initialBid: a.initialBid,
        reserve: a.reserve,
        auction_dateTime: a.dateTime,
        expires: a.expires,
        seller: a.seller,
        category: a.category,
        auction_extra: a.extra,
      }),
    },
  )

/** Channel id: of four channels it is known, of others it is in the URL: `(&|^)channel_id=([^&]*)`. */
const q21 = ({ bid }: Nexmark) =>
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
const q22 = ({ bid }: Nexmark) =>
  bid.select((b) => ({
    auction: b.auction,
    bidder: b.bidder,
    price: b.price,
    channel: b.channel,
    dir1: b.url.splitPart('/', 3),
    dir2: b.url.splitPart('/', 4),
    dir3: b.url.splitPart('/', 5),
  }))

/** What bidders sell: bids with their bidder, and with each auction that the bidder has opened. */
const q23 = ({ bid, person, auction }: Nexmark) =>
  bid
    .join(person, {
      on: { bidder: 'id' },
      select: (b, p) => ({
        bidder: b.bidder,
        price: b.price,
        channel: b.channel,
        url: b.url,
        bid_extra: b.extra,
        person_id: p.id,
        name: p.name,
        emailAddress: p.emailAddress,
        creditCard: p.creditCard,
        city: p.city,
        state: p.state,
        person_extra: p.extra,
      }),
    })
    .join(auction, {
      on: { bidder: 'seller' },
      select: (b, a) => ({
        bidder: b.bidder,
        price: b.price,
        channel: b.channel,
        url: b.url,
        bid_extra: b.bid_extra,
        person_id: b.person_id,
        name: b.name,
        emailAddress: b.emailAddress,
        creditCard: b.creditCard,
        city: b.city,
        state: b.state,
        person_extra: b.person_extra,
        itemName: a.itemName,
        description: a.description,
        initialBid: a.initialBid,
        reserve: a.reserve,
        auction_dateTime: a.dateTime,
        expires: a.expires,
        seller: a.seller,
        category: a.category,
        auction_extra: a.extra,
      }),
    })

/** `2026-01-31`, UTC. */
const dayOf = <T extends DataType>(time: TimestampColumn<T>) => isoOf(time).substring(0, 10)
/** `23:59`, UTC. */
const minuteOf = <T extends DataType>(time: TimestampColumn<T>) => isoOf(time).substring(11, 5)
const isoOf = <T extends DataType>(time: TimestampColumn<T>) =>
  time.cast(utf8()) as TextColumn<false>

export const NEXMARK_QUERIES = {
  q0,
  q1,
  q2,
  q3,
  q4,
  q5,
  q6,
  q7,
  q8,
  q9,
  q10,
  q11,
  q12,
  q13,
  q14,
  q15,
  q16,
  q17,
  q18,
  q19,
  q20,
  q21,
  q22,
  q23,
} as const

export type NexmarkQuery = keyof typeof NEXMARK_QUERIES
