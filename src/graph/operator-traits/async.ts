// Traits of asynchronous calls: the function sees every visible column, and event time goes with the row.
import type { AsyncCallsSpec, AsyncMapSpec } from '../../operators/async-spec.ts'
import { durationText } from './duration-text.ts'
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
