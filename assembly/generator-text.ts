// The text columns of Nexmark's events, as generator.ts its numbers.
//
//   config   ... | words at 24: names u32, cities u32, states u32, channels u32
//   words    count u32 | count + 1 offsets u32 | bytes, from which the offsets count
//
// GT1  The caller gives room for the longest text of a column (src/kernels/generator.ts has the table).
// GT2  A channel that is not hot has a number below 10,000, and its URL depends on seed and number only.
import { copyRun } from './bytes'
import { below, draw, extraLength, writeLetters, writeWord } from './generator-draw'
import { formatUnsigned } from './number-format'

const NAMES: usize = 24
const CITIES: usize = 28
const STATES: usize = 32
const CHANNELS: usize = 36

const BLANK: u8 = 0x20
const UNDERSCORE: u8 = 0x5f

// What is drawn (generator.ts has more).
const NAME: u64 = 0
const EMAIL: u64 = 1
const HOST: u64 = 2
const CARD: u64 = 3
const CITY: u64 = 4
const STATE: u64 = 5
const EXTRA: u64 = 6
const ITEM: u64 = 7
const DESCRIPTION: u64 = 8
const CHANNEL: u64 = 17
// Of a channel, not of an event.
const URL_FIRST: u64 = 29
const URL_THIRD: u64 = 31

const CHANNELS_MAX: u64 = 10000

// Where the words' bytes begin, behind the offsets.
function wordBytes(words: usize): usize {
  return words + 8 + ((<usize>load<u32>(words)) << 2)
}

function choice(words: usize, bits: u64): usize {
  return words + 4 + ((<usize>below(bits, <u64>load<u32>(words))) << 2)
}

function choiceLength(words: usize, bits: u64): u32 {
  const at = choice(words, bits)
  return load<u32>(at, 4) - load<u32>(at)
}

function writeChoice(words: usize, bits: u64, out: usize): u32 {
  const at = choice(words, bits)
  const length = load<u32>(at, 4) - load<u32>(at)
  copyRun(out, wordBytes(words) + load<u32>(at), length)
  return length
}

/** Text that is only measured goes here. */
const aside: usize = memory.data(192, 16)

@unmanaged
class PersonName {
  write(config: usize, seed: u64, e: u64, out: usize): u32 {
    return writeChoice(load<u32>(config, NAMES), draw(seed, e, NAME), out)
  }
}
@unmanaged
class City {
  write(config: usize, seed: u64, e: u64, out: usize): u32 {
    return writeChoice(load<u32>(config, CITIES), draw(seed, e, CITY), out)
  }
}
@unmanaged
class State {
  write(config: usize, seed: u64, e: u64, out: usize): u32 {
    return writeChoice(load<u32>(config, STATES), draw(seed, e, STATE), out)
  }
}
@unmanaged
class EmailAddress {
  write(_config: usize, seed: u64, e: u64, out: usize): u32 {
    const name = writeWord(draw(seed, e, EMAIL), 7, BLANK, out)
    store<u8>(out + name, 0x40)
    const host = writeWord(draw(seed, e, HOST), 5, BLANK, out + name + 1)
    // '.com'
    store<u32>(out + name + 1 + host, 0x6d6f632e)
    return name + host + 5
  }
}
@unmanaged
class CreditCard {
  write(_config: usize, seed: u64, e: u64, out: usize): u32 {
    let bits = draw(seed, e, CARD)
    for (let at: u32 = 0; at < 20; at += 5, bits >>= 16) {
      const four = (<u32>(bits & 0xffff) * 10000) >> 16
      // Behind a 1 the zeros in front stay; the next group is written over the bytes behind.
      formatUnsigned(10000 + four, aside)
      store<u32>(out + at, load<u32>(aside + 1))
      store<u8>(out + at + 4, BLANK)
    }
    return 19
  }
}
@unmanaged
class PersonExtra {
  write(config: usize, seed: u64, e: u64, out: usize): u32 {
    const name = choiceLength(load<u32>(config, NAMES), draw(seed, e, NAME))
    const city = choiceLength(load<u32>(config, CITIES), draw(seed, e, CITY))
    const state = choiceLength(load<u32>(config, STATES), draw(seed, e, STATE))
    const email = changetype<EmailAddress>(0).write(config, seed, e, aside)
    return writeExtra(seed, e, 200 - (8 + name + email + 19 + city + state), out)
  }
}
@unmanaged
class ItemName {
  write(_config: usize, seed: u64, e: u64, out: usize): u32 {
    return writeWord(draw(seed, e, ITEM), 20, BLANK, out)
  }
}
@unmanaged
class Description {
  write(_config: usize, seed: u64, e: u64, out: usize): u32 {
    return writeWord(draw(seed, e, DESCRIPTION), 100, BLANK, out)
  }
}
@unmanaged
class AuctionExtra {
  write(_config: usize, seed: u64, e: u64, out: usize): u32 {
    const item = writeWord(draw(seed, e, ITEM), 20, BLANK, aside)
    const description = writeWord(draw(seed, e, DESCRIPTION), 100, BLANK, aside)
    return writeExtra(seed, e, 500 - (8 + item + description + 8 * 5), out)
  }
}
@unmanaged
class Channel {
  write(config: usize, seed: u64, e: u64, out: usize): u32 {
    const bits = draw(seed, e, CHANNEL)
    if (bits & 1) return writeChoice(load<u32>(config, CHANNELS), bits, out)
    // 'channel-'
    store<u64>(out, 0x2d6c656e6e616863)
    return 8 + formatUnsigned(below(bits, CHANNELS_MAX), out + 8)
  }
}
@unmanaged
class Url {
  write(config: usize, seed: u64, e: u64, out: usize): u32 {
    const bits = draw(seed, e, CHANNEL)
    if (!(bits & 1)) return writeUrl(seed, below(bits, CHANNELS_MAX), out)
    const hot = below(bits, <u64>load<u32>(load<u32>(config, CHANNELS)))
    return writeUrl(seed, CHANNELS_MAX + hot, out)
  }
}
@unmanaged
class BidExtra {
  write(_config: usize, seed: u64, e: u64, out: usize): u32 {
    return writeExtra(seed, e, 100 - 32, out)
  }
}

function writeExtra(seed: u64, e: u64, wanted: u32, out: usize): u32 {
  const bits = draw(seed, e, EXTRA)
  const length = extraLength(bits, wanted)
  writeLetters(bits, length, 0, out)
  return length
}

// Channels that are not hot have numbers below CHANNELS_MAX, and most of those name it in their URL.
function writeUrl(seed: u64, channel: u64, out: usize): u32 {
  // 'https://www.nexmark.com/'
  store<u64>(out, 0x2f2f3a7370747468)
  store<u64>(out, 0x78656e2e777777, 8)
  store<u64>(out, 0x6d6f632e6b72616d, 15)
  store<u8>(out, 0x2f, 23)
  let p = out + 24
  for (let part: u64 = URL_FIRST; part <= URL_THIRD; part++) {
    p += writeWord(draw(seed, channel, part), 5, UNDERSCORE, p)
    store<u8>(p++, 0x2f)
  }
  // 'item.htm?query=1'
  store<u64>(p, 0x6d74682e6d657469)
  store<u64>(p, 0x313d79726575713f, 8)
  p += 16
  // One in ten does without; the bits that the length of the first part did not use decide.
  if (channel >= CHANNELS_MAX || !(<u32>draw(seed, channel, URL_FIRST) % 10)) {
    return <u32>(p - out)
  }
  // '&channel_id='
  store<u64>(p, 0x6c656e6e61686326)
  store<u32>(p, 0x3d64695f, 8)
  p += 12
  const reversed = reverseBits(<u32>channel)
  const size: u32 = <i32>reversed < 0 ? 0 - reversed : reversed
  return <u32>(p - out) + formatUnsigned(<u64>size, p)
}

function reverseBits(x: u32): u32 {
  x = ((x >> 1) & 0x55555555) | ((x & 0x55555555) << 1)
  x = ((x >> 2) & 0x33333333) | ((x & 0x33333333) << 2)
  x = ((x >> 4) & 0x0f0f0f0f) | ((x & 0x0f0f0f0f) << 4)
  return bswap<u32>(x)
}

function texts<C>(config: usize, events: usize, n: u32, offsets: usize, values: usize): u32 {
  const column = changetype<C>(0)
  const seed = load<u64>(config)
  let to = values
  store<u32>(offsets, 0)
  for (let row: usize = 0; row < <usize>n; row++) {
    to += column.write(config, seed, load<u64>(events + (row << 3)), to)
    store<u32>(offsets + (row << 2), <u32>(to - values), 4)
  }
  return <u32>(to - values)
}

/** A text column of n events, by its number in src/kernels/generator.ts; returns its bytes. */
export function generatorTexts(
  column: u32,
  config: usize,
  events: usize,
  n: u32,
  offsets: usize,
  values: usize,
): u32 {
  switch (column) {
    case 0:
      return texts<PersonName>(config, events, n, offsets, values)
    case 1:
      return texts<EmailAddress>(config, events, n, offsets, values)
    case 2:
      return texts<CreditCard>(config, events, n, offsets, values)
    case 3:
      return texts<City>(config, events, n, offsets, values)
    case 4:
      return texts<State>(config, events, n, offsets, values)
    case 5:
      return texts<PersonExtra>(config, events, n, offsets, values)
    case 6:
      return texts<ItemName>(config, events, n, offsets, values)
    case 7:
      return texts<Description>(config, events, n, offsets, values)
    case 8:
      return texts<AuctionExtra>(config, events, n, offsets, values)
    case 9:
      return texts<Channel>(config, events, n, offsets, values)
    case 10:
      return texts<Url>(config, events, n, offsets, values)
    case 11:
      return texts<BidExtra>(config, events, n, offsets, values)
    default:
      return unreachable()
  }
}
