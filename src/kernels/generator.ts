// The generator of Nexmark's events (assembly/generator.ts, generator-text.ts): rows of persons, auctions or
// bids, each column made only when it is asked for. Results live in the arena.
//
// EG1  An event is a pure function of the seed and its number: any split of a range gives the same events.
import type { Kernels } from './module.ts'
import type { Utf8Column } from './string.ts'

const encoder = new TextEncoder()

interface NumberColumn {
  readonly kind: 'int64' | 'timestamp'
  readonly code: number
}
interface TextColumn {
  readonly kind: 'utf8'
  readonly code: number
  /** No text of the column is longer. */
  readonly bytesMax: number
}

const number = (code: number): NumberColumn => ({ kind: 'int64', code })
const text = (code: number, bytesMax: number): TextColumn => ({ kind: 'utf8', code, bytesMax })
const dateTime = { kind: 'timestamp', code: 2 } as const

/** The columns of each kind of event, by name, in their order. */
export const EVENT_COLUMNS = {
  person: {
    id: number(0),
    name: text(0, 24),
    emailAddress: text(1, 16),
    creditCard: text(2, 20),
    city: text(3, 16),
    state: text(4, 2),
    dateTime,
    extra: text(5, 184),
  },
  auction: {
    id: number(1),
    itemName: text(6, 20),
    description: text(7, 100),
    initialBid: number(3),
    reserve: number(4),
    dateTime,
    expires: { kind: 'timestamp', code: 5 },
    seller: number(6),
    category: number(7),
    extra: text(8, 544),
  },
  bid: {
    auction: number(8),
    bidder: number(9),
    price: number(10),
    channel: text(9, 12),
    url: text(10, 80),
    dateTime,
    extra: text(11, 84),
  },
} as const satisfies Record<string, Readonly<Record<string, NumberColumn | TextColumn>>>

export type EventKind = keyof typeof EVENT_COLUMNS

/** How many of 50 events are of a kind. */
export const EVENTS_OF_FIFTY: Readonly<Record<EventKind, number>> = {
  person: 1,
  auction: 3,
  bid: 46,
}

const KIND_CODES: Readonly<Record<EventKind, number>> = { person: 0, auction: 1, bid: 2 }

const FIRST_NAMES = 'Peter Paul Luke John Saul Vicky Kate Julie Sarah Deiter Walter'.split(' ')
const LAST_NAMES = 'Shultz Abrams Spencer White Bartels Walton Smith Jones Noris'.split(' ')

/** Words that events choose from. */
export const EVENT_WORDS = {
  names: FIRST_NAMES.flatMap((first) => LAST_NAMES.map((last) => `${first} ${last}`)),
  cities: [
    'Phoenix',
    'Los Angeles',
    'San Francisco',
    'Boise',
    'Portland',
    'Bend',
    'Redmond',
    'Seattle',
    'Kent',
    'Cheyenne',
  ],
  states: ['AZ', 'CA', 'ID', 'OR', 'WA', 'WY'],
  channels: ['Google', 'Facebook', 'Baidu', 'Apple'],
} as const

export interface EventRules {
  readonly seed: number
  /** The time of event 0, milliseconds. */
  readonly baseMs: number
  /** Events a second of event time. */
  readonly tps: number
}

/** Events at some places of a range: their numbers, u64 each. */
export interface Events {
  readonly numbers: number
  readonly rows: number
  /** Places of the range that were looked at. */
  readonly places: number
}

const CONFIG_BYTES = 40

export class EventGenerator {
  readonly #kernels: Kernels
  readonly #blocks: number[] = []
  /** Where the rules lie, for the kernels. */
  readonly config: number

  constructor(kernels: Kernels, { seed, baseMs, tps }: EventRules) {
    this.#kernels = kernels
    this.config = this.#block(CONFIG_BYTES)
    const words = [
      EVENT_WORDS.names,
      EVENT_WORDS.cities,
      EVENT_WORDS.states,
      EVENT_WORDS.channels,
    ].map((list) => this.#words(list))
    const { data } = kernels
    data.setBigUint64(this.config, seedBits(seed), true)
    data.setBigInt64(this.config + 8, BigInt(baseMs), true)
    data.setFloat64(this.config + 16, tps, true)
    words.forEach((at, i) => data.setUint32(this.config + 24 + i * 4, at, true))
  }

  /**
   * The events of a kind at the places from `from` on: of at most `places` places, at most rowsMax events.
   * Within groups of `group` places events come in another order than their numbers'.
   */
  events(
    kind: EventKind,
    { from, places, group, rowsMax }: EventRange & { readonly rowsMax: number },
  ): Events {
    const kernels = this.#kernels
    const numbers = kernels.scratch(rowsMax * 8)
    const consumed = kernels.scratch(4)
    const code = KIND_CODES[kind]
    const { exports } = kernels
    const rows = exports.generatorEvents(code, from, places, group, rowsMax, consumed, numbers)
    return { numbers, rows: rows >>> 0, places: kernels.data.getUint32(consumed, true) }
  }

  /** A column of numbers or times. */
  numbers({ code }: NumberColumn, { numbers, rows }: Events): number {
    const out = this.#kernels.scratch(rows * 8)
    this.#kernels.exports.generatorNumbers(code, this.config, numbers, rows, out)
    return out
  }

  /** A column of texts. */
  texts({ code, bytesMax }: TextColumn, { numbers, rows }: Events): Utf8Column {
    const kernels = this.#kernels
    const offsets = kernels.scratch((rows + 1) * 4)
    const values = kernels.scratch(rows * bytesMax)
    kernels.exports.generatorTexts(code, this.config, numbers, rows, offsets, values)
    return { offsets, values }
  }

  close(): void {
    for (const block of this.#blocks) this.#kernels.release(block)
    this.#blocks.length = 0
  }

  #block(bytes: number): number {
    const block = this.#kernels.allocate(bytes)
    this.#blocks.push(block)
    return block
  }

  #words(words: readonly string[]): number {
    const bytes = words.map((word) => encoder.encode(word))
    const head = 8 + words.length * 4
    const at = this.#block(head + bytes.reduce((sum, { length }) => sum + length, 0))
    const { data, u8 } = this.#kernels
    data.setUint32(at, words.length, true)
    let offset = 0
    for (const [i, word] of bytes.entries()) {
      data.setUint32(at + 4 + i * 4, offset, true)
      u8.set(word, at + head + offset)
      offset += word.length
    }
    data.setUint32(at + head - 4, offset, true)
    return at
  }
}

export interface EventRange {
  readonly from: number
  readonly places: number
  readonly group: number
}

/** Where the draws of a seed begin: far apart in one sequence. */
export const seedBits = (seed: number): bigint =>
  BigInt.asUintN(64, BigInt(seed) * 0xd1342543de82ef95n)
