// Traits of process functions: they see every visible column of each input, and its event time.
import type { Schema } from '../../columnar/schema.ts'
import { EVENT_TIME_COLUMN } from '../../operators/event-times.ts'
import type { FailurePolicySpec, ProcessSpec } from '../../operators/process-spec.ts'
import { isHidden } from '../stream-graph.ts'
import { javascript, type Names, type OperatorTraits } from './operator-traits.ts'

/** What a function that sees rows and their event time needs and gives. */
export const timedRows = {
  inputColumns: (_spec: unknown, _needed: Names, input: Schema): Iterable<string> =>
    input.names.filter((name) => !isHidden(name) || name === EVENT_TIME_COLUMN),
  prune: <S>(spec: S, needed: Names, _inputs: readonly Schema[], output: Schema) => ({
    spec,
    names: output.names.filter((name) => !isHidden(name) || needed.has(name)),
  }),
}

export const process: OperatorTraits<ProcessSpec> = {
  ...timedRows,
  engine: () => javascript('a function of rows; an object is made for each'),
  detail({ function: name, inputs, onError }) {
    const keys = inputs.find((input) => input.keys.length > 0)?.keys ?? []
    const by = keys.length === 0 ? '' : ` by ${keys.join(', ')}`
    return `${name}${by}${failureText(onError)}`
  },
}

/** What becomes of rows at which a function throws. */
export function failureText(onError: FailurePolicySpec): string {
  switch (onError.kind) {
    case 'fail':
      return ''
    case 'skip':
      return ', rows that it throws at are dropped'
    default:
      return `, rows that it throws at go to '${onError.tag}'`
  }
}
