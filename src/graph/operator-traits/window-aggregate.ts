// Traits of keyed aggregation in windows.
import { Schema } from '../../columnar/schema.ts'
import { WINDOW_COLUMNS, windowAggregateFields } from '../../operators/aggregate-type.ts'
import type { AggregateSpec, WindowSpec } from '../../operators/operator-spec.ts'
import { checkTime } from './columns.ts'
import { durationText } from './duration-text.ts'
import { kernel, type Names, type OperatorTraits, type SpecOf } from './operator-traits.ts'

export const windowAggregate: OperatorTraits<SpecOf<'windowAggregate'>> = {
  inputColumns(spec, needed) {
    const used = neededAggregates(spec.aggregates, needed).flatMap(aggregateColumns)
    return [...spec.keys, spec.time, ...used]
  },
  prune(spec, needed) {
    const aggregates = neededAggregates(spec.aggregates, needed)
    const fixed = [...WINDOW_COLUMNS.map(({ name }) => name), ...spec.keys]
    return {
      spec: { ...spec, aggregates },
      names: [...fixed, ...aggregates.map(({ name }) => name)],
    }
  },
  output(spec, [input]) {
    checkTime(input!, spec.time)
    return new Schema(windowAggregateFields(input!, spec.keys, spec.aggregates))
  },
  engine: () => kernel('keyed aggregation over columns'),
  detail: (spec) =>
    `${windowText(spec.window)} over ${spec.time} by ${spec.keys.join(', ')}: ` +
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
export const aggregateColumns = ({ column, filter }: AggregateSpec): readonly string[] =>
  [column, filter].filter((name) => name !== undefined)

export function aggregateText({ name, function: fn, column, filter }: AggregateSpec): string {
  const where = filter === undefined ? '' : ` where ${filter}`
  return `${fn}(${column ?? ''})${where} as ${name}`
}

export function windowText(window: WindowSpec): string {
  const offset = window.offsetMs === 0 ? '' : ` from ${durationText(window.offsetMs)}`
  return window.kind === 'tumbling'
    ? `tumbling ${durationText(window.sizeMs)}${offset}`
    : `sliding ${durationText(window.sizeMs)} every ${durationText(window.slideMs)}${offset}`
}
