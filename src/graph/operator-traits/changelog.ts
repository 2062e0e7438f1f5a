// Traits of the operators whose results change, and of those that end a changelog.
import { OP_COLUMN, OP_FIELD } from '../../columnar/changelog.ts'
import { Schema } from '../../columnar/schema.ts'
import { topNSchema } from '../../operators/changelog-schema.ts'
import { groupAggregateFields } from '../../operators/aggregate-type.ts'
import { checkTime } from './columns.ts'
import { durationText } from './duration-text.ts'
import { kernel, type OperatorTraits, type SpecOf, wholeRows } from './operator-traits.ts'
import { aggregateColumns, aggregateText, neededAggregates } from './window-aggregate.ts'

const opOf = (input: Schema): readonly string[] => (input.has(OP_COLUMN) ? [OP_COLUMN] : [])

const withOp = (schema: Schema, said: Schema): Schema => {
  const fields = schema.fields.filter(({ name }) => name !== OP_COLUMN)
  return new Schema(said.has(OP_COLUMN) ? [...fields, OP_FIELD] : fields)
}

const finalText = (final: true | undefined): string =>
  final === undefined ? '' : '; at the end of input'

const ttlText = (ttlMs: number | undefined): string =>
  ttlMs === undefined ? '' : `; forgotten after ${durationText(ttlMs)}`

export const groupAggregate: OperatorTraits<SpecOf<'groupAggregate'>> = {
  inputColumns(spec, needed, input) {
    const used = neededAggregates(spec.aggregates, needed).flatMap(aggregateColumns)
    return [...spec.keys, ...used, ...opOf(input)]
  },
  prune(spec, needed, _inputs, output) {
    const aggregates = neededAggregates(spec.aggregates, needed)
    const names = [...spec.keys, ...aggregates.map(({ name }) => name), ...opOf(output)]
    return { spec: { ...spec, aggregates }, names }
  },
  output: (spec, [input], said) =>
    withOp(new Schema(groupAggregateFields(input!, spec.keys, spec.aggregates)), said),
  engine: (spec) =>
    kernel(
      `keyed aggregation over columns${spec.final === true ? '' : '; the net changes of each batch'}`,
    ),
  detail(spec) {
    const by = spec.keys.length === 0 ? 'all rows' : `by ${spec.keys.join(', ')}`
    return `${by}: ${spec.aggregates.map(aggregateText).join(', ')}${finalText(spec.final)}${ttlText(spec.stateTtlMs)}`
  },
}

const isFirstArrival = (spec: SpecOf<'deduplicate'>): boolean =>
  spec.keep === 'first' && spec.time === undefined

export const deduplicate: OperatorTraits<SpecOf<'deduplicate'>> = {
  inputColumns(spec, needed) {
    const time = spec.time === undefined ? [] : [spec.time]
    return [...[...needed].filter((name) => name !== OP_COLUMN), ...spec.keys, ...time]
  },
  prune: (spec, _needed, [input], output) => ({
    spec,
    names: [...input!.names, ...opOf(output)],
    dropped: [],
  }),
  output(spec, [input], said) {
    for (const key of spec.keys) input!.indexOf(key)
    if (spec.time !== undefined) checkTime(input!, spec.time)
    return withOp(input!, said)
  },
  engine: (spec) =>
    kernel(
      isFirstArrival(spec)
        ? 'a hash table of the keys'
        : `a row a key${spec.final === true ? '' : '; the net changes'}`,
    ),
  detail(spec) {
    const order = spec.time === undefined ? 'in order of arrival' : `by ${spec.time}`
    return `the ${spec.keep} row ${order} of each ${spec.keys.join(', ')}${finalText(spec.final)}${ttlText(spec.stateTtlMs)}`
  },
}

export const topN: OperatorTraits<SpecOf<'topN'>> = {
  inputColumns: (spec, needed, input) => [
    ...[...needed].filter((name) => name !== OP_COLUMN && name !== spec.rank),
    ...spec.keys,
    ...spec.by.map(({ column }) => column),
    ...opOf(input),
  ],
  prune(spec, needed, [input], output) {
    const { rank, ...unranked } = spec
    const kept = input!.names.filter((name) => name !== OP_COLUMN)
    if (rank === undefined || needed.has(rank)) {
      const names = [...kept, ...(rank === undefined ? [] : [rank]), ...opOf(output)]
      return { spec, names, dropped: [] }
    }
    return { spec: unranked, names: [...kept, ...opOf(output)], dropped: [rank] }
  },
  output: (spec, [input], said) => withOp(topNSchema(input!, spec), said),
  engine: (spec) =>
    kernel(
      `a sorted list a key, compared as bytes${spec.final === true ? '' : '; the net changes of each batch'}`,
    ),
  detail({ keys, limit, by, rank, ties, stateTtlMs, final }) {
    const order = by.map(({ column, descending }) => (descending ? `${column} desc` : column))
    const of = keys.length === 0 ? '' : ` of each ${keys.join(', ')}`
    const equal = ties === true ? ', and their equals' : ''
    const place = rank === undefined ? '' : `, the place as ${rank}`
    return `the first ${limit}${of} by ${order.join(', ')}${equal}${place}${finalText(final)}${ttlText(stateTtlMs)}`
  },
}

export const materialize: OperatorTraits<SpecOf<'materialize'>> = {
  // Without keys a row is known by all of its columns.
  inputColumns: (spec, needed, input) =>
    spec.keys === undefined ? input.names : [...needed, ...spec.keys, ...opOf(input)],
  prune: (spec, _needed, [input]) => ({
    spec,
    names: input!.names.filter((name) => name !== OP_COLUMN),
    dropped: [],
  }),
  output: (_spec, [input]) => new Schema(input!.fields.filter(({ name }) => name !== OP_COLUMN)),
  engine: (spec) => kernel(spec.keys === undefined ? 'a count a row' : 'a row a key'),
  detail: (spec) =>
    `the final rows, when the input ends${spec.keys === undefined ? '' : `; one a ${spec.keys.join(', ')}`}`,
}

export const upsert: OperatorTraits<SpecOf<'upsert'>> = {
  ...wholeRows,
  inputColumns: (spec, needed) => [...needed, ...spec.keys, OP_COLUMN],
  prune: (spec, _needed, [input]) => ({ spec, names: input!.names, dropped: [] }),
  output: (_spec, [input]) => input,
  engine: () => kernel('the ops and keys of neighbours'),
  detail: (spec) => `by ${spec.keys.join(', ')}, without the rows before an update`,
}
