// Traits of process functions: they see every visible column of each input, and its event time.
import { EVENT_TIME_COLUMN } from '../../operators/event-times.ts'
import type { ProcessSpec } from '../../operators/process-spec.ts'
import { isHidden } from '../stream-graph.ts'
import { javascript, type OperatorTraits } from './operator-traits.ts'

export const process: OperatorTraits<ProcessSpec> = {
  inputColumns: (_spec, _needed, input) =>
    input.names.filter((name) => !isHidden(name) || name === EVENT_TIME_COLUMN),
  prune: (spec, needed, _inputs, output) => ({
    spec,
    names: output.names.filter((name) => !isHidden(name) || needed.has(name)),
  }),
  engine: () => javascript('a function of rows; an object is made for each'),
  detail({ function: name, inputs, onError }) {
    const keys = inputs.find((input) => input.keys.length > 0)?.keys ?? []
    const by = keys.length === 0 ? '' : ` by ${keys.join(', ')}`
    const failing =
      onError.kind === 'fail'
        ? ''
        : onError.kind === 'skip'
          ? ', rows that it throws at are dropped'
          : `, rows that it throws at go to '${onError.tag}'`
    return `${name}${by}${failing}`
  },
}
