// Traits of asynchronous calls: the function sees every visible column, and event time goes with the row. A
// look-up join's function sees the key alone; the row takes along what is needed behind it.
import type {
  AsyncCallsSpec,
  AsyncLookupJoinSpec,
  AsyncMapSpec,
} from '../../operators/async-spec.ts'
import { durationText } from './duration-text.ts'
import { joinNeeds, joinOutput, joinText, takesNeeded } from './lookup-join.ts'
import { javascript, type OperatorTraits } from './operator-traits.ts'
import { failureText, timedRows } from './process.ts'

/** How calls are made: `ordered, at most 20 calls, 10s each, 3 tries`. */
export function callsText({
  ordered,
  capacity,
  timeoutMs,
  retry,
  onError,
}: AsyncCallsSpec): string {
  const parts = [
    ordered ? 'ordered' : 'unordered',
    capacity === undefined ? undefined : `at most ${capacity} calls`,
    timeoutMs === undefined ? undefined : `${durationText(timeoutMs)} each`,
    retry === undefined ? undefined : `${retry.attempts} tries`,
  ]
  return parts.filter((part) => part !== undefined).join(', ') + failureText(onError)
}

export const asyncMap: OperatorTraits<AsyncMapSpec> = {
  ...timedRows,
  engine: () => javascript('an asynchronous function of rows; an object is made for each'),
  detail: callsText,
}

export const asyncLookupJoin: OperatorTraits<AsyncLookupJoinSpec> = {
  inputColumns(spec, needed, input) {
    // The side output has whole rows, with their times.
    return spec.onError.kind === 'side'
      ? timedRows.inputColumns(spec, needed, input)
      : joinNeeds(spec, needed)
  },
  prune(spec, needed, [input]) {
    const { take, ...pruned } = takesNeeded(spec, needed, input!)
    return { spec: { ...spec, take }, ...pruned }
  },
  output: joinOutput,
  engine: () => javascript('an asynchronous function of keys; an object is made for each row'),
  detail(spec) {
    const { cache } = spec
    const ttl = cache?.ttlMs === undefined ? '' : ` for ${durationText(cache.ttlMs)}`
    const kept = cache === undefined ? '' : `, cache of ${cache.maxRows} rows${ttl}`
    return `${joinText(spec)}${kept}, ${callsText(spec)}`
  },
}
