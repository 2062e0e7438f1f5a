// Traits of the joins of two streams: they hold the columns that somebody needs, and their keys.
import { OP_COLUMN, OP_FIELD } from '../../columnar/changelog.ts'
import { columnsOf, expressionText } from '../../columnar/expression.ts'
import { Schema } from '../../columnar/schema.ts'
import { withNullable } from '../../columnar/type.ts'
import { isOuter, type JoinSpec } from '../../operators/join-spec.ts'
import { durationText } from './duration-text.ts'
import { kernel, type Names, type OperatorTraits, type SpecOf } from './operator-traits.ts'

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

/** The columns of the results by the inputs' types, as the spec names them. */
export function joinedFields(spec: JoinSpec, inputs: readonly Schema[], names: readonly string[]) {
  const outer = isOuter(spec.type)
  const byName = new Map(spec.columns.map((column) => [column.name, column]))
  return names.map((name) => {
    const column = byName.get(name)
    if (column === undefined) return OP_FIELD
    const { type } = inputs[column.side]!.field(column.column)
    const mayMiss = outer[1 - column.side]!
    return { name, type: mayMiss ? withNullable(type, true) : type }
  })
}

/** `left join on a = b where price > 3`. */
export function joinText({ type, on, where }: JoinSpec): string {
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
    for (const [left, right] of spec.on) {
      inputs[0]!.indexOf(left)
      inputs[1]!.indexOf(right)
    }
    return new Schema(joinedFields(spec, inputs, said.names))
  },
  engine: () => kernel('both sides in columns, chained by key'),
  detail: (spec) =>
    joinText(spec) +
    (spec.ttlMs === undefined
      ? ', keeps every row'
      : `, keeps a row for ${durationText(spec.ttlMs)}`),
}
