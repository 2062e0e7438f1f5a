// The events of Nexmark, a column a call: which events of a range are persons, auctions or bids, and each
// column of those from nothing but the seed and the events' numbers (Tucker et al., NEXMark; the rules and
// numbers are those of Apache Beam's and Flink's generators).
//
//   config   seed u64 | time of event 0, ms i64 | events a second f64 | words (generator-text.ts)
//
// G1  Of 50 events one is a person, three are auctions, 46 are bids, in this order.
// G2  Events are numbered from 0 to 10^12. A column is made for n event numbers (u64) of its kind.
import { below, draw, price } from './generator-draw'

const BASE: usize = 8
const TPS: usize = 16

const PERIOD: u64 = 50
const FIRST_ID: u64 = 1000
const HOT: u64 = 100

// What is drawn: numbers of draws, of which an event has 32 (generator-text.ts has more).
const INITIAL: u64 = 9
const RESERVE: u64 = 10
const EXPIRES: u64 = 11
const SELLER: u64 = 12
const CATEGORY: u64 = 13
const AUCTION: u64 = 14
const BIDDER: u64 = 15
const PRICE: u64 = 16

/**
 * Writes the numbers of the events of a kind (0 person, 1 auction, 2 bid) that come at the places from
 * `from` on, at most `places` of them and at most `rowsMax` events, and to `consumed` how many places that
 * were; returns the events. Within groups of `group` events they come in another order than their numbers'.
 */
export function generatorEvents(
  kind: u32,
  from: f64,
  places: u32,
  group: u32,
  rowsMax: u32,
  consumed: usize,
  out: usize,
): u32 {
  const first: u64 = kind == 0 ? 0 : kind == 1 ? 1 : 4
  const width: u64 = kind == 0 ? 1 : kind == 1 ? 3 : 46
  const to = out + ((<usize>rowsMax) << 3)
  const start = <u64>from
  const end = start + <u64>places
  let p = out
  let n = start
  if (group <= 1) {
    let period = n - (n % PERIOD)
    for (; n < end; period += PERIOD) {
      const last = min(period + first + width, end)
      for (n = max(n, period + first); n < last; n++) {
        if (p == to) {
          store<u32>(consumed, <u32>(n - start))
          return rowsMax
        }
        store<u64>(p, n)
        p += 8
      }
      n = max(n, min(period + PERIOD, end))
    }
  } else {
    const size = <u64>group
    let place = n % size
    let base = n - place
    for (; n < end; n++) {
      const e = base + ((place * 953) % size)
      if ((e % PERIOD) - first < width) {
        if (p == to) break
        store<u64>(p, e)
        p += 8
      }
      if (++place == size) {
        place = 0
        base += size
      }
    }
  }
  store<u32>(consumed, <u32>(min(n, end) - start))
  return <u32>(p - out) >> 3
}

// Milliseconds from the first event's time to that of event e.
function millisecondsOf(e: u64, tps: f64): i64 {
  return <i64>Math.floor((<f64>e * 1e6) / tps) / 1000
}

// The last auction's id (without FIRST_ID) when event e comes.
function lastAuction(e: u64): u64 {
  const period = e / PERIOD
  const rest = e - period * PERIOD
  return period * 3 + (rest >= 4 ? 2 : rest - 1)
}

function anyPerson(bits: u64, e: u64): u64 {
  const persons = e / PERIOD + 1
  const active = min<u64>(persons, 1000)
  return persons - active + below(bits, active + 10)
}

function anyAuction(bits: u64, e: u64): u64 {
  const last = lastAuction(e)
  const least = last > 100 ? last - 100 : 0
  return least + below(bits, last - least + 11)
}

function sellerOf(seed: u64, e: u64): u64 {
  const bits = draw(seed, e, SELLER)
  return bits & 3 ? (e / PERIOD / HOT) * HOT : anyPerson(bits, e)
}

function bidderOf(seed: u64, e: u64): u64 {
  const bits = draw(seed, e, BIDDER)
  return bits & 3 ? (e / PERIOD / HOT) * HOT + 1 : anyPerson(bits, e)
}

function auctionOf(seed: u64, e: u64): u64 {
  const bits = draw(seed, e, AUCTION)
  return bits & 1 ? (lastAuction(e) / HOT) * HOT : anyAuction(bits, e)
}

// Of columns: unmanaged classes without fields, so that a call on one is static and inlines.
@unmanaged
class PersonId {
  at(_config: usize, _seed: u64, e: u64): i64 {
    return <i64>(e / PERIOD + FIRST_ID)
  }
}
@unmanaged
class AuctionId {
  at(_config: usize, _seed: u64, e: u64): i64 {
    return <i64>(lastAuction(e) + FIRST_ID)
  }
}
@unmanaged
class DateTime {
  at(config: usize, _seed: u64, e: u64): i64 {
    return load<i64>(config, BASE) + millisecondsOf(e, load<f64>(config, TPS))
  }
}
@unmanaged
class InitialBid {
  at(_config: usize, seed: u64, e: u64): i64 {
    return price(draw(seed, e, INITIAL))
  }
}
@unmanaged
class Reserve {
  at(_config: usize, seed: u64, e: u64): i64 {
    return price(draw(seed, e, INITIAL)) + price(draw(seed, e, RESERVE))
  }
}
@unmanaged
class Expires {
  at(config: usize, seed: u64, e: u64): i64 {
    const tps = load<f64>(config, TPS)
    const now = millisecondsOf(e, tps)
    // As long as the next 1,666 events take: so many bring a hundred auctions.
    const horizon = millisecondsOf(e + 1666, tps) - now
    const bits = draw(seed, e, EXPIRES)
    return load<i64>(config, BASE) + now + 1 + <i64>below(bits, <u64>max<i64>(horizon * 2, 1))
  }
}
@unmanaged
class Seller {
  at(_config: usize, seed: u64, e: u64): i64 {
    return <i64>(sellerOf(seed, e) + FIRST_ID)
  }
}
@unmanaged
class Category {
  at(_config: usize, seed: u64, e: u64): i64 {
    return <i64>(10 + below(draw(seed, e, CATEGORY), 5))
  }
}
@unmanaged
class BidAuction {
  at(_config: usize, seed: u64, e: u64): i64 {
    return <i64>(auctionOf(seed, e) + FIRST_ID)
  }
}
@unmanaged
class Bidder {
  at(_config: usize, seed: u64, e: u64): i64 {
    return <i64>(bidderOf(seed, e) + FIRST_ID)
  }
}
@unmanaged
class Price {
  at(_config: usize, seed: u64, e: u64): i64 {
    return price(draw(seed, e, PRICE))
  }
}

function numbers<C>(config: usize, events: usize, n: u32, out: usize): void {
  const column = changetype<C>(0)
  const seed = load<u64>(config)
  const end = (<usize>n) << 3
  for (let at: usize = 0; at < end; at += 8) {
    store<i64>(out + at, column.at(config, seed, load<u64>(events + at)))
  }
}

/** An int64 column of n events, by its number in src/kernels/generator.ts. */
export function generatorNumbers(
  column: u32,
  config: usize,
  events: usize,
  n: u32,
  out: usize,
): void {
  switch (column) {
    case 0:
      return numbers<PersonId>(config, events, n, out)
    case 1:
      return numbers<AuctionId>(config, events, n, out)
    case 2:
      return numbers<DateTime>(config, events, n, out)
    case 3:
      return numbers<InitialBid>(config, events, n, out)
    case 4:
      return numbers<Reserve>(config, events, n, out)
    case 5:
      return numbers<Expires>(config, events, n, out)
    case 6:
      return numbers<Seller>(config, events, n, out)
    case 7:
      return numbers<Category>(config, events, n, out)
    case 8:
      return numbers<BidAuction>(config, events, n, out)
    case 9:
      return numbers<Bidder>(config, events, n, out)
    case 10:
      return numbers<Price>(config, events, n, out)
    default:
      unreachable()
  }
}
