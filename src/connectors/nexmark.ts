// The events of Nexmark, made by a kernel as they are read: persons, auctions and bids, and the table that
// query 13 looks up. `nexmark()` names them as sources.
//
// NX1  An event is a pure function of the seed and its number, so any number of readers gives the same rows.
// NX2  Splits are ranges of events in their order, and are dealt out in it: readers side by side stay close
//      in event time, and each reads forward in it.
// NX3  Only the columns that somebody needs are made, and of the other kinds of events nothing.
// NX4  Paced, an event comes at the beginning of the tenth of a second that its place in the order is due in.
import type { Clock } from '../base/clock.ts'
import { DataflowError, didYouMean } from '../base/errors.ts'
import type { Json } from '../base/json.ts'
import { RecordBatch } from '../columnar/record-batch.ts'
import type { Schema } from '../columnar/schema.ts'
import { int64, timestamp, utf8 } from '../columnar/type.ts'
import { Vector } from '../columnar/vector.ts'
import {
  EVENT_COLUMNS,
  EventGenerator,
  type EventKind,
  EVENTS_OF_FIFTY,
} from '../kernels/generator.ts'
import type {
  Connector,
  PollResult,
  ReaderContext,
  Source,
  SourceReader,
  SourceSpec,
  Split,
} from './connector.ts'

// No id and no price is beyond what a number holds.
const number64 = int64({ as: 'number' })

/** The columns of Nexmark's events; ids and prices (in cents) are whole numbers. */
export const NEXMARK_SCHEMAS = {
  person: {
    id: number64,
    name: utf8(),
    emailAddress: utf8(),
    creditCard: utf8(),
    city: utf8(),
    state: utf8(),
    dateTime: timestamp('ms'),
    extra: utf8(),
  },
  auction: {
    id: number64,
    itemName: utf8(),
    description: utf8(),
    initialBid: number64,
    reserve: number64,
    dateTime: timestamp('ms'),
    expires: timestamp('ms'),
    seller: number64,
    category: number64,
    extra: utf8(),
  },
  bid: {
    auction: number64,
    bidder: number64,
    price: number64,
    channel: utf8(),
    url: utf8(),
    dateTime: timestamp('ms'),
    extra: utf8(),
  },
} as const

const SIDE_INPUT_SCHEMA = { key: number64, value: number64 } as const
const SIDE_INPUT_ROWS = 10_000

/** What nexmark() takes. */
export interface NexmarkOptions {
  /** How many events there are: one in 50 is a person, three are auctions, the rest are bids. */
  readonly events: number
  /** Events a second of event time; 100,000 unless said otherwise. */
  readonly tps?: number
  /** Another seed gives other events; 1 unless said otherwise. */
  readonly seed?: number
  /** The time of the first event, milliseconds since the epoch; 2026-01-01T00:00Z unless said otherwise. */
  readonly startMs?: number
  /** Events come out of order within groups of this many; 1, in order, unless said otherwise. */
  readonly outOfOrder?: number
  /**
   * Events come no sooner than the clock (processing time) says: `tps` a second from `startMs` on, each 100 ms
   * those of that time. What is overdue comes at once. Unless said, they come as fast as they are read.
   */
  readonly paced?: boolean
}

/** Nexmark's events as sources, one a kind, and the table of 10,000 rows (i, i) that query 13 looks up. */
export interface NexmarkSources {
  readonly person: SourceSpec<(typeof NEXMARK_SCHEMAS)['person']>
  readonly auction: SourceSpec<(typeof NEXMARK_SCHEMAS)['auction']>
  readonly bid: SourceSpec<(typeof NEXMARK_SCHEMAS)['bid']>
  readonly sideInput: SourceSpec<typeof SIDE_INPUT_SCHEMA>
}

interface NexmarkConfig extends Required<NexmarkOptions> {
  readonly kind: EventKind | 'sideInput'
}

const DEFAULTS = {
  tps: 100_000,
  seed: 1,
  startMs: Date.UTC(2026, 0, 1),
  outOfOrder: 1,
  paced: false,
}
/** How often paced events come. It divides seconds, so that no batch lies across one. */
const PACE_MS = 100
/** Longest single wait on the clock: timers overflow at 2^31 ms. */
const WAIT_MS_MAX = 3_600_000
const EVENTS_MAX = 1e12
const TPS_MAX = 1e9
// So that its whole groups are permutations: 953 is the step.
const STEP = 953
const GROUP_MAX = 1 << 24

/**
 * The events of the Nexmark benchmark: an online auction's persons, auctions and bids, random but the same
 * for the same seed, however many readers make them.
 * @param options how many events, how many a second of event time, the seed, the time of the first, how
 *   far they come out of order, and whether they wait for their time
 * @throws CONFIG_INVALID for an option that is none, or out of its range
 * @example
 * import { nexmark, StreamExecutionEnvironment } from 'millrace'
 * const { bid } = nexmark({ events: 1_000, seed: 7 })
 * const env = StreamExecutionEnvironment.getExecutionEnvironment()
 * const dear = env.fromSource(bid).where((r) => r.price.gt(50_000_000))
 * for await (const row of dear.collect()) console.log(row.auction, row.price)
 */
export function nexmark(options: NexmarkOptions): NexmarkSources {
  const checked = checkedOptions(options)
  const source = <S extends SourceSpec['schema']>(kind: NexmarkConfig['kind'], schema: S) => ({
    connector: 'nexmark',
    name: `nexmark ${kind}`,
    config: { ...checked, kind },
    schema,
    parallel: true,
  })
  return {
    person: source('person', NEXMARK_SCHEMAS.person),
    auction: source('auction', NEXMARK_SCHEMAS.auction),
    bid: source('bid', NEXMARK_SCHEMAS.bid),
    sideInput: source('sideInput', SIDE_INPUT_SCHEMA),
  }
}

function checkedOptions(options: NexmarkOptions): Required<NexmarkOptions> {
  const known = ['events', ...Object.keys(DEFAULTS)]
  for (const name of Object.keys(options)) {
    if (known.includes(name)) continue
    throw new DataflowError(
      'CONFIG_INVALID',
      `nexmark() has no option '${name}'.${didYouMean(name, known)}`,
    )
  }
  const { events, ...rest } = options
  const given = Object.entries(rest).filter(([, value]) => value !== undefined)
  const checked = { events, ...DEFAULTS, ...Object.fromEntries(given) }
  inRange('events', checked.events, 1, EVENTS_MAX)
  inRange('tps', checked.tps, 1, TPS_MAX)
  inRange('seed', checked.seed, 0, Number.MAX_SAFE_INTEGER)
  inRange('startMs', checked.startMs, 0, 8.64e15)
  inRange('outOfOrder', checked.outOfOrder, 1, GROUP_MAX)
  if (typeof checked.paced !== 'boolean') {
    throw new DataflowError(
      'CONFIG_INVALID',
      `nexmark: paced is ${String(checked.paced)}; it is true or false`,
    )
  }
  if (checked.outOfOrder % STEP === 0) {
    throw new DataflowError(
      'CONFIG_INVALID',
      `nexmark: outOfOrder is ${checked.outOfOrder}; multiples of ${STEP} give events twice: take one more`,
    )
  }
  return checked
}

function inRange(name: string, value: unknown, least: number, most: number): void {
  if (Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most) return
  throw new DataflowError(
    'CONFIG_INVALID',
    `nexmark: ${name} is ${String(value)}; it is a whole number from ${least} to ${most}`,
  )
}

export const nexmarkConnector: Connector = {
  source: (config, { clock }) => nexmarkSource(config, clock),
}

/** Enough splits that readers end together, but each worth the message that asks for it. */
const SPLITS_PER_READER = 16
const SPLIT_EVENTS = { min: 1 << 14, max: 1 << 18 }
const SPLITS_MAX = 1 << 16

/** A range of places in the order in which events come. */
interface EventSplit extends Split {
  readonly from: number
  readonly places: number
}

function nexmarkSource(config: Json, clock: Clock): Source {
  const given = config as unknown as NexmarkConfig
  return {
    plan: (parallelism) => Promise.resolve(splitsOf(given, parallelism)),
    reader: (context) => {
      if (given.kind === 'sideInput') return new SideInputReader(context)
      return new EventReader({ ...given, kind: given.kind }, context, clock)
    },
  }
}

function splitsOf({ kind, events }: NexmarkConfig, parallelism: number): EventSplit[] {
  if (kind === 'sideInput') return [{ id: 'side input', from: 0, places: SIDE_INPUT_ROWS }]
  const even = Math.ceil(events / (parallelism * SPLITS_PER_READER))
  const size = Math.max(
    Math.min(Math.max(even, SPLIT_EVENTS.min), SPLIT_EVENTS.max),
    Math.ceil(events / SPLITS_MAX),
  )
  return Array.from({ length: Math.ceil(events / size) }, (_, i) => {
    const from = i * size
    const places = Math.min(size, events - from)
    return { id: `events[${from}-${from + places}]`, from, places }
  })
}

class EventReader implements SourceReader {
  readonly #config: NexmarkConfig & { readonly kind: EventKind }
  readonly #schema: Schema
  readonly #generator: EventGenerator
  readonly #rowsMax: number
  readonly #placesMax: number
  readonly #clock: Clock
  #from = 0
  #left = 0
  #cancelWait: () => void = () => undefined

  constructor(
    config: NexmarkConfig & { readonly kind: EventKind },
    context: ReaderContext,
    clock: Clock,
  ) {
    const { seed, startMs, tps, kind } = config
    this.#config = config
    this.#clock = clock
    this.#schema = context.schema
    this.#generator = new EventGenerator(context.kernels, { seed, baseMs: startMs, tps })
    this.#rowsMax = context.config.batchRows
    this.#placesMax = Math.ceil(this.#rowsMax / EVENTS_OF_FIFTY[kind]) * 50
  }

  open(split: Split): void {
    const { from, places } = split as EventSplit
    this.#from = from
    this.#left = places
  }

  poll(): PollResult | Promise<void> {
    const { kind, outOfOrder: group, paced } = this.#config
    while (this.#left > 0) {
      const from = this.#from
      const due = paced ? this.#due() - from : Infinity
      if (due <= 0) return this.#untilDue()
      const places = Math.min(this.#left, this.#placesMax, due)
      const found = this.#generator.events(kind, { from, places, group, rowsMax: this.#rowsMax })
      this.#from += found.places
      this.#left -= found.places
      if (found.rows > 0) return this.#batch(kind, found)
    }
    return 'split-ended'
  }

  close(): void {
    this.#cancelWait()
    this.#generator.close()
  }

  /** How many places are due: those before the end of this tenth of a second. */
  #due(): number {
    const { startMs, tps } = this.#config
    return Math.ceil(((this.#paceEndMs() - startMs) * tps) / 1_000)
  }

  #paceEndMs(): number {
    return (Math.floor(this.#clock.now() / PACE_MS) + 1) * PACE_MS
  }

  #untilDue(): Promise<void> {
    const { startMs, tps } = this.#config
    const timeMs = startMs + (this.#from * 1_000) / tps
    const wakeMs = Math.max(Math.floor(timeMs / PACE_MS) * PACE_MS, this.#paceEndMs())
    return new Promise((resolve) => {
      const waitMs = Math.min(wakeMs - this.#clock.now(), WAIT_MS_MAX)
      this.#cancelWait = this.#clock.schedule(waitMs, resolve)
    })
  }

  #batch(kind: EventKind, events: ReturnType<EventGenerator['events']>): RecordBatch {
    const columns = EVENT_COLUMNS[kind] as Readonly<
      Record<string, (typeof EVENT_COLUMNS.bid)[keyof typeof EVENT_COLUMNS.bid]>
    >
    const vectors = this.#schema.fields.map(({ name, type }) => {
      const column = columns[name]!
      const length = events.rows
      if (column.kind === 'utf8') {
        return new Vector({ type, length, ...this.#generator.texts(column, events) })
      }
      return new Vector({ type, length, values: this.#generator.numbers(column, events) })
    })
    return new RecordBatch(this.#schema, events.rows, vectors)
  }
}

/** The rows (i, i) of the side input. */
class SideInputReader implements SourceReader {
  readonly #context: ReaderContext
  #row = 0
  #end = 0

  constructor(context: ReaderContext) {
    this.#context = context
  }

  open(split: Split): void {
    const { from, places } = split as EventSplit
    this.#row = from
    this.#end = from + places
  }

  poll(): PollResult {
    const { kernels, schema, config } = this.#context
    const length = Math.min(config.batchRows, this.#end - this.#row)
    if (length === 0) return 'split-ended'
    const first = this.#row
    const numbers = BigInt64Array.from({ length }, (_, i) => BigInt(first + i))
    const values = kernels.put(new Uint8Array(numbers.buffer))
    this.#row += length
    const columns = schema.fields.map(({ type }) => new Vector({ type, length, values }))
    return new RecordBatch(schema, length, columns)
  }

  close(): void {}
}
