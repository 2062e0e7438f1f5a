// Scalar twin of Nexmark's generator: whole rows from a seed and an event's number, after the rules of the
// reference generators. 64-bit integers are bigint, as JavaScript has them.
import {
  EVENT_WORDS,
  type EventKind,
  type EventRules,
  seedBits,
} from '../../../src/kernels/generator.ts'

const GOLDEN = 0x9e3779b97f4a7c15n
const u64 = (x: bigint): bigint => BigInt.asUintN(64, x)

export type EventRow = Readonly<Record<string, bigint | string>>

function mix(bits: bigint): bigint {
  let x = u64(bits)
  x = u64((x ^ (x >> 30n)) * 0xbf58476d1ce4e5b9n)
  x = u64((x ^ (x >> 27n)) * 0x94d049bb133111ebn)
  return x ^ (x >> 31n)
}

const draw = (seed: bigint, event: bigint, field: number): bigint =>
  mix(seed + (event * 32n + BigInt(field) + 1n) * GOLDEN)

const below = (bits: bigint, n: bigint): bigint => ((bits >> 32n) * n) >> 32n

const choice = (words: readonly string[], bits: bigint): string =>
  words[Number(below(bits, BigInt(words.length)))]!

export function price(bits: bigint): bigint {
  const power = Number(bits >> 11n) * 2 ** -53 * 19.931568569324174
  const whole = Math.floor(power)
  const x = (power - whole - 0.5) * 0.6931471805599453
  let sum = 1
  for (let k = 10; k >= 2; k--) sum = 1 + x * (1 / k) * sum
  // The innermost term is written without its factor of one.
  return BigInt(Math.floor((1 + x * sum) * 141.4213562373095 * 2 ** whole + 0.5))
}

function letters(bits: bigint, length: number, special = ''): string {
  let text = ''
  for (let i = 0; i < length; i++) {
    const word = mix(bits + BigInt(Math.floor(i / 4) + 1) * GOLDEN)
    const scaled = Number((word >> BigInt((i % 4) * 16)) & 0xffffn) * 26
    const isSpecial = special !== '' && (scaled & 0xffff) < 5041
    text += isSpecial ? special : String.fromCharCode(97 + (scaled >> 16))
  }
  return text
}

const word = (bits: bigint, most: number, special: string): string =>
  letters(bits, 3 + Number(below(bits, BigInt(most - 3))), special).trim()

function extra(seed: bigint, e: bigint, wanted: number): string {
  const bits = draw(seed, e, 6)
  const delta = Math.round(wanted * 0.2)
  const more = delta === 0 ? 0 : Number(below(bits, BigInt(2 * delta)))
  return letters(bits, wanted - delta + more)
}

/** Of an event. */
export const kindOf = (e: bigint): EventKind =>
  e % 50n === 0n ? 'person' : e % 50n < 4n ? 'auction' : 'bid'

/** The event at a place, with groups that come in another order than their numbers'. */
export function eventAt(place: bigint, group: bigint): bigint {
  return (place / group) * group + ((place * 953n) % group)
}

const timeOf = ({ baseMs, tps }: EventRules, e: bigint): bigint =>
  BigInt(baseMs) + BigInt(Math.floor((Number(e) * 1e6) / tps)) / 1000n

const lastAuction = (e: bigint): bigint => (e / 50n) * 3n + (e % 50n < 4n ? (e % 50n) - 1n : 2n)

function anyPerson(bits: bigint, e: bigint): bigint {
  const persons = e / 50n + 1n
  const active = persons < 1000n ? persons : 1000n
  return persons - active + below(bits, active + 10n)
}

function person(rules: EventRules, seed: bigint, e: bigint): EventRow {
  const email = `${word(draw(seed, e, 1), 7, ' ')}@${word(draw(seed, e, 2), 5, ' ')}.com`
  const card = draw(seed, e, 3)
  const fours = [0n, 16n, 32n, 48n].map((shift) => (((card >> shift) & 0xffffn) * 10000n) >> 16n)
  const name = choice(EVENT_WORDS.names, draw(seed, e, 0))
  const city = choice(EVENT_WORDS.cities, draw(seed, e, 4))
  const state = choice(EVENT_WORDS.states, draw(seed, e, 5))
  const creditCard = fours.map((four) => String(four).padStart(4, '0')).join(' ')
  const size = 8 + name.length + email.length + creditCard.length + city.length + state.length
  return {
    id: e / 50n + 1000n,
    name,
    emailAddress: email,
    creditCard,
    city,
    state,
    dateTime: timeOf(rules, e),
    extra: extra(seed, e, 200 - size),
  }
}

function auction(rules: EventRules, seed: bigint, e: bigint): EventRow {
  const itemName = word(draw(seed, e, 7), 20, ' ')
  const description = word(draw(seed, e, 8), 100, ' ')
  const initialBid = price(draw(seed, e, 9))
  const now = timeOf(rules, e)
  const horizon = timeOf(rules, e + 1666n) - now
  const span = horizon * 2n > 1n ? horizon * 2n : 1n
  const hot = draw(seed, e, 12)
  const seller = (hot & 3n) !== 0n ? (e / 5000n) * 100n : anyPerson(hot, e)
  return {
    id: lastAuction(e) + 1000n,
    itemName,
    description,
    initialBid,
    reserve: initialBid + price(draw(seed, e, 10)),
    dateTime: now,
    expires: now + 1n + below(draw(seed, e, 11), span),
    seller: seller + 1000n,
    category: 10n + below(draw(seed, e, 13), 5n),
    extra: extra(seed, e, 500 - (48 + itemName.length + description.length)),
  }
}

/** The URL of a channel: of a hot one from 10,000 on. */
function url(seed: bigint, channel: bigint): string {
  const parts = [29, 30, 31].map((field) => word(draw(seed, channel, field), 5, '_'))
  const base = `https://www.nexmark.com/${parts.join('/')}/item.htm?query=1`
  if (channel >= 10_000n || (draw(seed, channel, 29) & 0xffffffffn) % 10n === 0n) return base
  const bits = channel.toString(2).padStart(32, '0').split('').toReversed().join('')
  return `${base}&channel_id=${Math.abs(Number.parseInt(bits, 2) | 0)}`
}

function bid(rules: EventRules, seed: bigint, e: bigint): EventRow {
  const last = lastAuction(e)
  const least = last > 100n ? last - 100n : 0n
  const which = draw(seed, e, 14)
  const who = draw(seed, e, 15)
  const where = draw(seed, e, 17)
  const isHot = (where & 1n) === 1n
  const channel = isHot ? below(where, 4n) : below(where, 10_000n)
  const auctionId =
    (which & 1n) === 1n ? (last / 100n) * 100n : least + below(which, last - least + 11n)
  const bidder = (who & 3n) !== 0n ? (e / 5000n) * 100n + 1n : anyPerson(who, e)
  return {
    auction: auctionId + 1000n,
    bidder: bidder + 1000n,
    price: price(draw(seed, e, 16)),
    channel: isHot ? EVENT_WORDS.channels[Number(channel)]! : `channel-${channel}`,
    url: url(seed, isHot ? 10_000n + channel : channel),
    dateTime: timeOf(rules, e),
    extra: extra(seed, e, 68),
  }
}

const ROWS = { person, auction, bid }

/** The row of an event. */
export function eventRow(rules: EventRules, e: bigint): EventRow {
  return ROWS[kindOf(e)](rules, seedBits(rules.seed), e)
}
