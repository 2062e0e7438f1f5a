// Nexmark's queries in SQL, as DuckDB answers them: independent of our engine, but for the events, which it
// reads from Parquet files.
//
// Where SQL leaves open which of several tied rows is the answer, `candidates` are all of them, and `key` the
// columns that say which answer a row is of; then the answer has each key's row once, one of the candidates.
export interface Oracle {
  readonly sql: string
  readonly candidates?: string
  /** As SQL: columns of the result that ties do not touch. */
  readonly key?: string
}

const DAY = `strftime(dateTime, '%Y-%m-%d')`
const MINUTE = `strftime(dateTime, '%H:%M')`
/** The start of the tumbling window of ten seconds that a column is in, in milliseconds. */
const window10 = (column: string): string => `epoch_ms(${column}) // 10000 * 10000`
const EUROS = 'cast(0.908 * price as decimal(18, 3))'
const RANKS = {
  rank1: 'price < 10000',
  rank2: 'price >= 10000 and price < 1000000',
  rank3: 'price >= 1000000',
}

const BANDS = Object.entries(RANKS)
  .map(([name, where]) => `count(*) filter (where ${where}) as ${name}_bids`)
  .join(', ')

const distinct = (column: string): string =>
  [
    `count(distinct ${column}) as total_${column}s`,
    ...Object.entries(RANKS).map(
      ([name, where]) => `count(distinct ${column}) filter (where ${where}) as ${name}_${column}s`,
    ),
  ].join(', ')

const STATISTICS = `count(*) as total_bids, ${BANDS}, ${distinct('bidder')}, ${distinct('auction')}`

/** Bids on an auction while it was open, the best first. */
const RANKED_BIDS = `
  select a.*, b.auction, b.bidder, b.price, b.dateTime as bid_dateTime, b.extra as bid_extra,
    rank() over (partition by a.id order by b.price desc, b.dateTime) as place
  from auction a join bid b on a.id = b.auction
  where b.dateTime between a.dateTime and a.expires`
const WON = `id, itemName, description, initialBid, reserve, dateTime, expires, seller, category, extra,
  auction, bidder, price, bid_dateTime, bid_extra`

const BID = 'auction, bidder, price, channel, url, dateTime, extra'
const PER_AUCTION = 'over (partition by auction order by price desc)'

export const ORACLES: Readonly<Record<string, Oracle>> = {
  q0: { sql: 'select auction, bidder, price, dateTime, extra from bid' },
  q1: { sql: `select auction, bidder, ${EUROS} as price, dateTime, extra from bid` },
  q2: { sql: 'select auction, price from bid where auction % 123 = 0' },
  q3: {
    sql: `select p.name, p.city, p.state, a.id from auction a join person p on a.seller = p.id
      where a.category = 10 and p.state in ('OR', 'ID', 'CA')`,
  },
  q4: {
    sql: `select category as id, cast(sum(final) // count(*) as bigint) as final
      from (select a.category, max(b.price) as final from auction a join bid b on a.id = b.auction
        where b.dateTime between a.dateTime and a.expires group by a.id, a.category)
      group by category`,
  },
  q5: {
    sql: `with hops as (
        select auction, epoch_ms(dateTime) // 2000 * 2000 - 2000 * i as start
        from bid, range(5) as hop(i)),
      counts as (select auction, start, count(*) as num from hops group by all)
      select auction, num from counts qualify num = max(num) over (partition by start)`,
  },
  q6: {
    sql: `select seller, avg(price)
        over (partition by seller order by bid_dateTime, id rows between 9 preceding and current row)
        as avg_price
      from (select id, seller, price, bid_dateTime from (${RANKED_BIDS})
        qualify row_number() over (partition by id order by place) = 1)`,
  },
  q7: {
    sql: `select auction, bidder, price, dateTime, extra from bid
      qualify price = max(price) over (partition by ${window10('dateTime')})`,
  },
  q8: {
    sql: `select distinct p.id, p.name, make_timestamp(1000 * (${window10('p.dateTime')})) as stime
      from person p join auction a
        on p.id = a.seller and ${window10('p.dateTime')} = ${window10('a.dateTime')}`,
  },
  q9: {
    sql: `select ${WON} from (${RANKED_BIDS})
      qualify row_number() over (partition by id order by place) = 1`,
    candidates: `select ${WON} from (${RANKED_BIDS}) where place = 1`,
    key: 'id, itemName, price, bid_dateTime',
  },
  q10: {
    sql: `select auction, bidder, price, dateTime, extra, ${DAY} as dt, ${MINUTE} as hm from bid`,
  },
  q11: {
    sql: `with gaps as (
        select bidder, dateTime, epoch_ms(dateTime)
          - lag(epoch_ms(dateTime), 1, -1000000) over (partition by bidder order by dateTime) as gap
        from bid),
      sessions as (
        select bidder, dateTime,
          -- Bids of one moment are of one session, whichever of them has the gap before it.
          sum(case when gap > 10000 then 1 else 0 end)
            over (partition by bidder order by dateTime) as number
        from gaps)
      select bidder, count(*) as bid_count, min(dateTime) as starttime,
        max(dateTime) + interval 10 seconds as endtime
      from sessions group by bidder, number`,
  },
  q13: { sql: 'select auction, bidder, price, dateTime, auction % 10000 as value from bid' },
  q14: {
    sql: `select auction, bidder, ${EUROS} as price,
        case when hour(dateTime) between 8 and 18 then 'dayTime'
          when hour(dateTime) <= 6 or hour(dateTime) >= 20 then 'nightTime'
          else 'otherTime' end as bidTimeType,
        dateTime, extra, length(extra) - length(replace(extra, 'c', '')) as c_counts
      from bid where ${EUROS} > 1000000 and ${EUROS} < 50000000`,
  },
  q15: { sql: `select ${DAY} as day, ${STATISTICS} from bid group by day` },
  q16: {
    sql: `select channel, ${DAY} as day, max(${MINUTE}) as minute, ${STATISTICS}
      from bid group by channel, day`,
  },
  q17: {
    sql: `select auction, ${DAY} as day, count(*) as total_bids, ${BANDS}, min(price) as min_price,
        max(price) as max_price, cast(sum(price) // count(*) as bigint) as avg_price,
        cast(sum(price) as bigint) as sum_price
      from bid group by auction, day`,
  },
  q18: {
    sql: `select ${BID} from bid
      qualify row_number() over (partition by bidder, auction order by dateTime desc) = 1`,
    candidates: `select ${BID} from bid
      qualify rank() over (partition by bidder, auction order by dateTime desc) = 1`,
    key: 'bidder, auction, dateTime',
  },
  q19: {
    sql: `select ${BID}, row_number() ${PER_AUCTION} as rank_number from bid
      qualify rank_number <= 10`,
    // Tied bids may stand at any of the places that they share.
    candidates: `select ${BID}, place + i as rank_number
      from (select *, rank() ${PER_AUCTION} as place,
          count(*) over (partition by auction, price) as tied from bid), range(10) as shared(i)
      where i < tied and place + i <= 10`,
    key: 'auction, rank_number, price',
  },
  q20: {
    sql: `select b.auction, b.bidder, b.price, b.channel, b.url, b.dateTime as bid_dateTime,
        b.extra as bid_extra, a.itemName, a.description, a.initialBid, a.reserve,
        a.dateTime as auction_dateTime, a.expires, a.seller, a.category, a.extra as auction_extra
      from bid b join auction a on b.auction = a.id where a.category = 10`,
  },
  q21: {
    sql: `select auction, bidder, price, channel,
        case lower(channel) when 'apple' then '0' when 'google' then '1' when 'facebook' then '2'
          when 'baidu' then '3'
          else regexp_extract(url, '(&|^)channel_id=([^&]*)', 2) end as channel_id
      from bid
      where lower(channel) in ('apple', 'google', 'facebook', 'baidu')
        or regexp_matches(url, '(&|^)channel_id=([^&]*)')`,
  },
  q22: {
    sql: `select auction, bidder, price, channel, split_part(url, '/', 4) as dir1,
        split_part(url, '/', 5) as dir2, split_part(url, '/', 6) as dir3 from bid`,
  },
  q23: {
    sql: `select b.bidder, b.price, b.channel, b.url, b.extra as bid_extra, p.id as person_id, p.name,
        p.emailAddress, p.creditCard, p.city, p.state, p.extra as person_extra, a.itemName,
        a.description, a.initialBid, a.reserve, a.dateTime as auction_dateTime, a.expires, a.seller,
        a.category, a.extra as auction_extra
      from bid b join person p on p.id = b.bidder join auction a on a.seller = b.bidder`,
  },
}
