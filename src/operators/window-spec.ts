// What windows are told, as data: how rows are assigned to windows, when a window fires, what becomes of
// rows that come late. The operators over them read it; the SDK and a job's JSON write it.
import { COUNT_WINDOW_PARTS_MAX } from '../base/config.ts'
import { DataflowError } from '../base/errors.ts'
import type { Field } from '../columnar/schema.ts'
import { WINDOW_COLUMNS } from './aggregate-type.ts'
import type { AggregateSpec } from './operator-spec.ts'

/** The clock that windows go by. */
export type WindowTime = 'event' | 'processing'

/** Windows on a grid of time. Milliseconds; the offset shifts the grid. Without a time: event time. */
interface OnGrid {
  readonly offsetMs: number
  readonly time?: WindowTime
  /** An IANA name: days are the calendar days of that zone. Without one: UTC. */
  readonly timeZone?: string
}

export type GridWindowSpec =
  | (OnGrid & { readonly kind: 'tumbling'; readonly sizeMs: number })
  | (OnGrid & { readonly kind: 'sliding'; readonly sizeMs: number; readonly slideMs: number })
  /** Windows that begin together and end one step after another, up to the size. */
  | (OnGrid & { readonly kind: 'cumulative'; readonly sizeMs: number; readonly stepMs: number })

/** Windows of a key that end when nothing has come for a gap. */
export interface SessionWindowSpec {
  readonly kind: 'session'
  readonly gapMs: number
  readonly time?: WindowTime
}

/** One window of everything; it fires when its trigger says so, and at the end of input without one. */
export interface GlobalWindowSpec {
  readonly kind: 'global'
}

/** Windows of a number of rows of a key; with a slide, one every so many rows. */
export interface CountWindowSpec {
  readonly kind: 'count'
  readonly size: number
  readonly slide?: number
}

export type WindowSpec = GridWindowSpec | SessionWindowSpec | GlobalWindowSpec | CountWindowSpec

/**
 * How many rows one part of a count window has, whose parts are what size and slide have in common.
 * @throws CONFIG_INVALID for more parts than a key may have
 */
export function countWindowPart({ size, slide = size }: CountWindowSpec): number {
  const rows = greatestCommonDivisor(size, slide)
  if (size / rows <= COUNT_WINDOW_PARTS_MAX) return rows
  throw new DataflowError(
    'CONFIG_INVALID',
    `windows of ${size} rows every ${slide} are merged from ${size / rows} parts, and at most ` +
      `${COUNT_WINDOW_PARTS_MAX} (COUNT_WINDOW_PARTS_MAX) are kept of a key; ` +
      'slide by a greater divisor of the size, or, for a result at each row, use over({ rows })',
  )
}

export function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b)
}

/** Windows that have a start and an end in time. */
export type TimeWindowSpec = GridWindowSpec | SessionWindowSpec

/** When a window fires, as data. After Flink's triggers. */
export type TriggerSpec =
  | { readonly kind: 'eventTime' }
  | { readonly kind: 'processingTime' }
  | { readonly kind: 'count'; readonly count: number }
  | { readonly kind: 'continuousEventTime'; readonly intervalMs: number }
  | { readonly kind: 'continuousProcessingTime'; readonly intervalMs: number }
  /** Fires as another does, and empties the window with each firing. */
  | { readonly kind: 'purging'; readonly trigger: TriggerSpec }

export interface WindowAggregateSpec {
  readonly kind: 'windowAggregate'
  readonly keys: readonly string[]
  /** The event-time column; absent where windows need none. */
  readonly time?: string
  readonly window: WindowSpec
  readonly aggregates: readonly AggregateSpec[]
  /** Absent: as the windows' kind has it. */
  readonly trigger?: TriggerSpec
  /** How long after its end a window takes rows, each batch of which makes it fire again; 0 unless said. */
  readonly allowedLatenessMs?: number
  /** Where rows go that are too late: the tag of a side output, and their columns. */
  readonly late?: { readonly tag: string; readonly columns: readonly string[] }
}

export const isTimeWindow = (window: WindowSpec): window is TimeWindowSpec =>
  window.kind !== 'global' && window.kind !== 'count'

/** The clock that windows go by; undefined for those that go by none. */
export const windowTime = (window: WindowSpec): WindowTime | undefined =>
  isTimeWindow(window) ? (window.time ?? 'event') : undefined

/** What a trigger comes down to. */
export interface TriggerFiring {
  /** Rows between two firings; 0: it does not count. */
  readonly count: number
  /** Time between two firings before the window's end; 0: none. */
  readonly intervalMs: number
  /** The clock of that interval. */
  readonly time: WindowTime | undefined
  /** A firing empties the window. */
  readonly purging: boolean
}

export function firingOf(trigger: TriggerSpec | undefined): TriggerFiring {
  const at = { count: 0, intervalMs: 0, time: undefined, purging: false } as const
  switch (trigger?.kind) {
    case 'count':
      return { ...at, count: trigger.count }
    case 'continuousEventTime':
      return { ...at, intervalMs: trigger.intervalMs, time: 'event' }
    case 'continuousProcessingTime':
      return { ...at, intervalMs: trigger.intervalMs, time: 'processing' }
    case 'purging':
      return { ...firingOf(trigger.trigger), purging: true }
    default:
      return at
  }
}

/** The columns that say which window a result is of. */
export const boundsOf = (window: WindowSpec): readonly Field[] =>
  isTimeWindow(window) ? WINDOW_COLUMNS : []

export const isGridWindow = (window: WindowSpec): window is GridWindowSpec =>
  isTimeWindow(window) && window.kind !== 'session'
