// The queries of Nexmark that join bids, auctions and persons; nexmark-queries.ts lists them, and
// says the rules.
//
// NJ1  A bid counts for an auction while it is open: from its dateTime to its expires, both inclusive.
import { asc, count, desc, max, sum, tumble } from '../index.ts'
import type { Nexmark } from './nexmark-input.ts'

/** Local item suggestion: who sells in three states, in one category. */
export const q3 = ({ person, auction }: Nexmark) =>
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
export const q4 = ({ bid, auction }: Nexmark) =>
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

/** Monitor new users: persons who opened an auction in the ten seconds in which they came. */
export function q8({ person, auction }: Nexmark) {
  const persons = person.keyBy('id', 'name').window(tumble('10s')).aggregate({ n: count() })
  const sellers = auction.keyBy('seller').window(tumble('10s')).aggregate({ n: count() })
  return persons.windowJoin(sellers, {
    on: { id: 'seller' },
    window: tumble('10s'),
    select: (p) => ({ id: p.id, name: p.name, stime: p.windowStart }),
  })
}

/** Winning bids: of each auction the highest bid while it was open; of equal ones the first. */
export const q9 = ({ bid, auction }: Nexmark) =>
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

/** Expand bids with their auction: all columns, of one category. */
export const q20 = ({ bid, auction }: Nexmark) =>
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

/** What bidders sell: bids with their bidder, and with each auction that the bidder has opened. */
export const q23 = ({ bid, person, auction }: Nexmark) =>
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
