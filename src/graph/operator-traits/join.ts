// Traits of the joins of two streams: they hold the columns that somebody needs, and their keys.
import { OP_COLUMN, OP_FIELD } from '../../columnar/changelog.ts'
import { columnsOf, expressionText } from '../../columnar/expression.ts'
import { type Field, Schema } from '../../columnar/schema.ts'
import { withNullable } from '../../columnar/type.ts'
import { WINDOW_COLUMNS } from '../../operators/aggregate-type.ts'
import { isOuter, type JoinSpec } from '../../operators/join-spec.ts'
import { checkTime } from './columns.ts'
import { durationText } from './duration-text.ts'
import { kernel, type Names, type OperatorTraits, type SpecOf } from './operator-traits.ts'
import { windowText } from './window-aggregate.ts'

/** The columns of a spec that are needed for some of its results. */
export function neededJoinColumns({ columns, where }: JoinSpec, needed: Names) {
  const names = where === undefined ? needed : columnsOf(where, new Set(needed))
  return columns.filter(({ name }) => names.has(name))
}

/** What a join needs of an input beside what its kind needs. */
export function joinInputColumns(spec: JoinSpec, needed: Names, input: Schema, side: number) {
  return [
    ...neededJoinColumns(spec, needed)
      .filter((column) => column.side === side)
      .map(({ column }) => column),
    ...spec.on.map((pair) => pair[side]!),
    ...(input.has(OP_COLUMN) ? [OP_COLUMN] : []),
  ]
}

/** The columns of the results by the inputs' types, as the spec names them, and `others` of no input. */
export function joinedFields(
  spec: JoinSpec,
  inputs: readonly Schema[],
  names: readonly string[],
  others: readonly Field[] = [OP_FIELD],
): readonly Field[] {
  const outer = isOuter(spec.type)
  const byName = new Map(spec.columns.map((column) => [column.name, column]))
  return names.map((name) => {
    const other = others.find((field) => field.name === name)
    if (other !== undefined) return other
    const { side, column } = byName.get(name) ?? { side: 0, column: name }
    const { type } = inputs[side]!.field(column)
    return { name, type: outer[1 - side] ? withNullable(type, true) : type }
  })
}

function checkJoinKeys({ on }: JoinSpec, inputs: readonly Schema[]): void {
  for (const pair of on) pair.forEach((name, side) => inputs[side]!.indexOf(name))
}

/** `left join on a = b where price > 3`. */
export function joinText({ type, on, where }: Pick<JoinSpec, 'type' | 'on' | 'where'>): string {
  const pairs = on.map(([left, right]) => `${left} = ${right}`).join(' and ')
  return `${type} on ${pairs}${where === undefined ? '' : ` where ${expressionText(where)}`}`
}

export const join: OperatorTraits<SpecOf<'join'>> = {
  inputColumns: joinInputColumns,
  prune: (spec, needed, _inputs, output) => ({
    spec: { ...spec, columns: neededJoinColumns(spec, needed) },
    names: output.names.filter((name) => needed.has(name) || name === OP_COLUMN),
  }),
  output(spec, inputs, said) {
    checkJoinKeys(spec, inputs)
    return new Schema(joinedFields(spec, inputs, said.names))
  },
  engine: () => kernel('both sides in columns, chained by key'),
  detail: (spec) =>
    joinText(spec) +
    (spec.ttlMs === undefined
      ? `, keeps every row${spec.final === true ? ', and tells at the end of input who met nobody' : ''}`
      : `, keeps a row for ${durationText(spec.ttlMs)}`),
}

/** A join by the event time of both sides. */
const timed = {
  inputColumns: <S extends JoinSpec & { readonly time?: readonly [string, string] }>(
    spec: S,
    needed: Names,
    input: Schema,
    side: number,
  ) => [
    ...joinInputColumns(spec, needed, input, side),
    ...(spec.time === undefined ? [] : [spec.time[side]!]),
  ],
  prune: <S extends JoinSpec>(
    spec: S,
    needed: Names,
    _inputs: readonly Schema[],
    output: Schema,
  ) => ({
    spec: { ...spec, columns: neededJoinColumns(spec, needed) },
    names: output.names.filter((name) => needed.has(name)),
  }),
}

function checkTimes(
  spec: JoinSpec & { readonly time?: readonly [string, string] },
  inputs: readonly Schema[],
): void {
  checkJoinKeys(spec, inputs)
  spec.time?.forEach((name, side) => checkTime(inputs[side]!, name))
}

export const windowJoin: OperatorTraits<SpecOf<'windowJoin'>> = {
  ...timed,
  output(spec, inputs, said) {
    checkTimes(spec, inputs)
    const bounds = spec.bounds.map((name, i) => ({ name, type: WINDOW_COLUMNS[i]!.type }))
    return new Schema(joinedFields(spec, inputs, said.names, bounds))
  },
  engine: () => kernel('both sides in columns, chained by key when their window is over'),
  detail: (spec) =>
    `${windowText(spec.window)} over ${spec.time?.join(' and ') ?? 'processing time'}: ${joinText(spec)}`,
}

export const intervalJoin: OperatorTraits<SpecOf<'intervalJoin'>> = {
  ...timed,
  output(spec, inputs, said) {
    checkTimes(spec, inputs)
    return new Schema(joinedFields(spec, inputs, said.names, []))
  },
  engine: () => kernel('both sides in columns, chained by key until the watermark has passed'),
  detail({ time: [left, right], lower, upper, ...spec }) {
    const from = `${lower.exclusive ? 'above' : 'from'} ${durationText(lower.ms)}`
    const to = `${upper.exclusive ? 'below' : 'to'} ${durationText(upper.ms)}`
    return `${joinText(spec)}, ${right} ${from} ${to} after ${left}`
  },
}

export const temporalJoin: OperatorTraits<SpecOf<'temporalJoin'>> = {
  ...timed,
  output(spec, inputs, said) {
    checkTimes(spec, inputs)
    return new Schema(joinedFields(spec, inputs, said.names, []))
  },
  engine: () => kernel('versions in columns, chained by key and time'),
  detail: (spec) => `${joinText(spec)}, the version by ${spec.time[1]} at ${spec.time[0]}`,
}
