// Traits of the functions of rows: they see every visible column, and hidden ones go along by row.
import type { Schema } from '../../columnar/schema.ts'
import { isHidden } from '../stream-graph.ts'
import {
  javascript,
  type Names,
  type OperatorTraits,
  passing,
  type SpecOf,
} from './operator-traits.ts'

const visible = (input: Schema): readonly string[] => input.names.filter((name) => !isHidden(name))

const engine = () => javascript('a function of rows; an object is made for each')

export const filter: OperatorTraits<SpecOf<'filter'>> = {
  ...passing,
  inputColumns: (_spec, needed, input) => [...visible(input), ...needed],
  output: (_spec, [input]) => input,
  engine,
}

export const partitionCustom: OperatorTraits<SpecOf<'partitionCustom'>> = {
  ...passing,
  output: (_spec, [input]) => input,
  engine: () => javascript('a function of one value of each row; no object is made'),
}

/** A function that makes rows: their visible columns are its own, the hidden ones its input's. */
export const making = {
  inputColumns: (_spec: unknown, needed: Names, input: Schema): Iterable<string> => [
    ...visible(input),
    ...[...needed].filter(isHidden),
  ],
  prune: <S>(spec: S, needed: Names, _inputs: readonly Schema[], output: Schema) => ({
    spec,
    names: output.names.filter((name) => !isHidden(name) || needed.has(name)),
  }),
  engine,
}

export const map: OperatorTraits<SpecOf<'map'>> = { ...making }
export const flatMap: OperatorTraits<SpecOf<'flatMap'>> = { ...making }
