// Traits of keyed aggregation in windows.
import { unreachable } from '../../base/assert.ts'
import { Schema } from '../../columnar/schema.ts'
import { windowAggregateFields } from '../../operators/aggregate-type.ts'
import type { AggregateSpec } from '../../operators/operator-spec.ts'
import {
  boundsOf,
  isGridWindow,
  isTimeWindow,
  type TriggerSpec,
  type WindowAggregateSpec,
  type WindowSpec,
} from '../../operators/window-spec.ts'
import { checkTime } from './columns.ts'
import { durationText } from './duration-text.ts'
import { kernel, type Names, type OperatorTraits, type SpecOf } from './operator-traits.ts'

export const windowAggregate: OperatorTraits<SpecOf<'windowAggregate'>> = {
  inputColumns(spec, needed) {
    const used = neededAggregates(spec.aggregates, needed).flatMap(aggregateColumns)
    const time = spec.time === undefined ? [] : [spec.time]
    return [...spec.keys, ...time, ...used, ...(spec.late?.columns ?? [])]
  },
  prune(spec, needed) {
    const aggregates = neededAggregates(spec.aggregates, needed)
    const fixed = [...boundsOf(spec.window).map(({ name }) => name), ...spec.keys]
    return {
      spec: { ...spec, aggregates },
      names: [...fixed, ...aggregates.map(({ name }) => name)],
    }
  },
  output(spec, [input]) {
    if (spec.time !== undefined) checkTime(input!, spec.time)
    for (const name of spec.late?.columns ?? []) input!.indexOf(name)
    const { keys, aggregates, window } = spec
    return new Schema(windowAggregateFields(input!, keys, aggregates, boundsOf(window)))
  },
  engine: () => kernel('keyed aggregation over columns'),
  detail: (spec) =>
    `${windowText(spec.window)}${timeText(spec)}${keysText(spec.keys)}${firingText(spec)}: ` +
    spec.aggregates.map(aggregateText).join(', '),
}

/** The aggregates that somebody needs; one at least, so that a row has something in it. */
export function neededAggregates(
  aggregates: readonly AggregateSpec[],
  needed: Names,
): readonly AggregateSpec[] {
  const kept = aggregates.filter(({ name }) => needed.has(name))
  return kept.length > 0 ? kept : aggregates.slice(0, 1)
}

/** The input columns of an aggregate. */
export const aggregateColumns = ({ column, by, filter }: AggregateSpec): readonly string[] =>
  [column, by, filter].filter((name) => name !== undefined)

export function aggregateText(spec: AggregateSpec): string {
  const { name, function: fn, column, by, parameter, filter } = spec
  const where = filter === undefined ? '' : ` where ${filter}`
  const second = [by, parameter].map((one) => (one === undefined ? '' : `, ${one}`)).join('')
  return `${fn}(${column ?? ''}${second})${where} as ${name}`
}

export function windowText(window: WindowSpec): string {
  const grid = isGridWindow(window)
    ? (window.offsetMs === 0 ? '' : ` from ${durationText(window.offsetMs)}`) +
      (window.timeZone === undefined ? '' : ` in ${window.timeZone}`)
    : ''
  switch (window.kind) {
    case 'tumbling':
      return `tumbling ${durationText(window.sizeMs)}${grid}`
    case 'sliding':
      return `sliding ${durationText(window.sizeMs)} every ${durationText(window.slideMs)}${grid}`
    case 'cumulative':
      return `cumulative ${durationText(window.sizeMs)} by ${durationText(window.stepMs)}${grid}`
    case 'session':
      return `session ${durationText(window.gapMs)}`
    case 'global':
      return 'global'
    case 'count':
      return `of ${window.size} rows${window.slide === undefined ? '' : ` every ${window.slide}`}`
    default:
      return unreachable(window)
  }
}

export function triggerText(trigger: TriggerSpec): string {
  switch (trigger.kind) {
    case 'eventTime':
      return 'at the end by event time'
    case 'processingTime':
      return 'at the end by processing time'
    case 'count':
      return `each ${trigger.count} rows`
    case 'continuousEventTime':
      return `each ${durationText(trigger.intervalMs)} of event time`
    case 'continuousProcessingTime':
      return `each ${durationText(trigger.intervalMs)} of processing time`
    case 'purging':
      return `${triggerText(trigger.trigger)}, purging`
    default:
      return unreachable(trigger)
  }
}

function timeText({ window, time }: WindowAggregateSpec): string {
  if (!isTimeWindow(window)) return ''
  return ` over ${window.time === 'processing' ? 'processing time' : time}`
}

const keysText = (keys: readonly string[]): string =>
  keys.length === 0 ? '' : ` by ${keys.join(', ')}`

function firingText({ trigger, allowedLatenessMs, late }: WindowAggregateSpec): string {
  return [
    trigger === undefined ? '' : `, fires ${triggerText(trigger)}`,
    allowedLatenessMs === undefined ? '' : `, ${durationText(allowedLatenessMs)} late allowed`,
    late === undefined ? '' : `, late rows to '${late.tag}'`,
  ].join('')
}
