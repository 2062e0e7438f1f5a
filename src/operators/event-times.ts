// Event time at row level: the hidden column '$eventTime' of a batch as numbers, and of emitted rows as a
// column again. 64-bit times go through in halves: no bigint a row, and no precision is lost.
import type { RecordBatch } from '../columnar/record-batch.ts'
import { gatherVector } from '../columnar/gather.ts'
import type { Schema } from '../columnar/schema.ts'
import { type DataType, type TimeUnit, UNITS_PER_SECOND } from '../columnar/type.ts'
import { Vector } from '../columnar/vector.ts'
import type { Kernels } from '../kernels/module.ts'

export const EVENT_TIME_COLUMN = '$eventTime'

/** The event time of what is being processed. */
export class CurrentTime {
  /** Milliseconds, rounded down; undefined when there is none. */
  ms: number | undefined
  low = 0
  high = 0

  /** What has no event time. */
  none(): void {
    this.ms = undefined
  }

  /** That of something else; none of what has none. */
  set(other: CurrentTime | undefined): void {
    this.ms = other?.ms
    this.low = other?.low ?? 0
    this.high = other?.high ?? 0
  }

  /** A timer's. */
  at(ms: number, unit: TimeUnit): void {
    this.ms = ms
    const perSecond = UNITS_PER_SECOND[unit]
    const millis = Math.floor(clamp(ms))
    // In halves, each of whose products is exact: a bigint a timer took longer than the timer's call.
    const whole = perSecond < 1_000 ? Math.floor(millis / (1_000 / perSecond)) : millis
    const factor = perSecond < 1_000 ? 1 : perSecond / 1_000
    const high = Math.floor(whole / 2 ** 32)
    const product = (whole - high * 2 ** 32) * factor
    const carry = Math.floor(product / 2 ** 32)
    this.low = (product - carry * 2 ** 32) | 0
    this.high = (high * factor + carry) | 0
  }
}

/** Times that every unit can say: a timer may be set for +Infinity. */
const MS_MAX = 9_223_372_036_854
const clamp = (ms: number): number => Math.max(-MS_MAX, Math.min(MS_MAX, ms))

/** The event times of a batch's rows. */
export class EventTimes {
  readonly unit: TimeUnit
  readonly #kernels: Kernels
  readonly #column: number
  #halves = new Int32Array()
  #validity: Uint8Array | undefined

  private constructor(kernels: Kernels, column: number, unit: TimeUnit) {
    this.#kernels = kernels
    this.#column = column
    this.unit = unit
  }

  /** Undefined for a stream without event time. */
  static of(kernels: Kernels, schema: Schema): EventTimes | undefined {
    if (!schema.has(EVENT_TIME_COLUMN)) return undefined
    const column = schema.indexOf(EVENT_TIME_COLUMN)
    const { type } = schema.fields[column]!
    return type.kind === 'timestamp' ? new EventTimes(kernels, column, type.unit) : undefined
  }

  /** Copies the times of the batch's rows: user code may make linear memory grow. */
  bind(batch: RecordBatch): void {
    const kernels = this.#kernels
    const mark = kernels.mark()
    const times = gatherVector(kernels, batch.columns[this.#column]!, batch.selection)
    this.#halves = new Int32Array(kernels.take(times.values, times.length * 8).buffer)
    this.#validity =
      times.validity === 0 ? undefined : kernels.take(times.validity, (times.length + 7) >> 3)
    kernels.reset(mark)
  }

  /** Makes a row's time the current one. */
  read(row: number, into: CurrentTime): void {
    const validity = this.#validity
    if (validity !== undefined && ((validity[row >> 3]! >> (row & 7)) & 1) === 0) {
      into.none()
      return
    }
    const low = this.#halves[row * 2]!
    const high = this.#halves[row * 2 + 1]!
    into.low = low
    into.high = high
    into.ms = millisecondsOf(low >>> 0, high, this.unit)
  }
}

/** Whole milliseconds, rounded down, of a 64-bit time in halves. */
function millisecondsOf(low: number, high: number, unit: TimeUnit): number {
  if (unit === 'ms') return high * 2 ** 32 + low
  if (unit === 's') return (high * 2 ** 32 + low) * 1_000
  const divisor = UNITS_PER_SECOND[unit] / 1_000
  // Long division, each step of which is exact.
  const quotient = Math.floor(high / divisor)
  const rest = high - quotient * divisor
  return quotient * 2 ** 32 + Math.floor((rest * 2 ** 32 + low) / divisor)
}

/** The event times of rows that are being made. */
export class TimeColumn {
  readonly #type: DataType
  #halves = new Int32Array(128)
  #nulls: number[] = []
  #length = 0

  constructor(type: DataType) {
    this.#type = type
  }

  append({ ms, low, high }: CurrentTime): void {
    const at = this.#length * 2
    if (at === this.#halves.length) {
      const grown = new Int32Array(at * 2)
      grown.set(this.#halves)
      this.#halves = grown
    }
    if (ms === undefined) this.#nulls.push(this.#length)
    this.#halves[at] = ms === undefined ? 0 : low
    this.#halves[at + 1] = ms === undefined ? 0 : high
    this.#length++
  }

  /** The times as a column in the arena; there are none again. */
  finish(kernels: Kernels): Vector {
    const length = this.#length
    const values = kernels.scratch(length * 8)
    kernels.i32.set(this.#halves.subarray(0, length * 2), values >>> 2)
    let validity = 0
    if (this.#nulls.length > 0) {
      const bits = new Uint8Array((length + 7) >> 3).fill(0xff)
      for (const row of this.#nulls) bits[row >> 3]! &= ~(1 << (row & 7))
      if ((length & 7) !== 0) bits[length >> 3]! &= (1 << (length & 7)) - 1
      validity = kernels.put(bits)
    }
    const nullCount = this.#nulls.length
    this.#nulls = []
    this.#length = 0
    return new Vector({ type: this.#type, length, values, validity, nullCount })
  }
}
