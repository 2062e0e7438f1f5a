// Traits of aggregates over the rows up to each row.
import { keepsInFrame, type OverFrame, overSchema } from '../../operators/over-spec.ts'
import { checkTime } from './columns.ts'
import { durationText } from './duration-text.ts'
import { kernel, type OperatorTraits, type SpecOf } from './operator-traits.ts'
import { aggregateColumns, aggregateText, neededAggregates } from './window-aggregate.ts'

export const overAggregate: OperatorTraits<SpecOf<'overAggregate'>> = {
  inputColumns({ keys, time, columns, aggregates }, needed) {
    const used = neededAggregates(aggregates, needed).flatMap(aggregateColumns)
    const taken = columns.filter((name) => needed.has(name))
    return [...keys, ...(time === undefined ? [] : [time]), ...taken, ...used]
  },
  prune(spec, needed) {
    const aggregates = neededAggregates(spec.aggregates, needed)
    const columns = spec.columns.filter((name) => needed.has(name))
    return {
      spec: { ...spec, aggregates, columns },
      names: [...columns, ...aggregates.map(({ name }) => name)],
    }
  },
  output(spec, [input]) {
    for (const key of spec.keys) input!.indexOf(key)
    if (spec.time !== undefined) checkTime(input!, spec.time)
    return overSchema(input!, spec)
  },
  engine: ({ aggregates, frame }) =>
    kernel(
      aggregates.some((one) => keepsInFrame(one, frame))
        ? 'windows that end at a row: the values of one a key, and two running aggregates'
        : 'windows that end at a row: two running aggregates a key',
    ),
  detail({ keys, time, frame, aggregates }) {
    const order = time === undefined ? 'in order of arrival' : `in order of ${time}`
    const by = keys.length === 0 ? '' : ` by ${keys.join(', ')}`
    return `${frameText(frame)}${by} ${order}: ${aggregates.map(aggregateText).join(', ')}`
  },
}

function frameText(frame: OverFrame): string {
  if (frame.kind === 'rows') return frame.rows === 1 ? 'each row' : `the last ${frame.rows} rows`
  return frame.kind === 'range' ? `the last ${durationText(frame.ms)}` : 'all rows so far'
}
