// Aggregates by key over windows: which operator a windowed aggregation is. Called by the list of
// operators.
import { DataflowError } from '../base/errors.ts'
import type { OperatorFactory } from './operator.ts'
import { GridWindows } from './grid-windows.ts'
import { CountWindows } from './count-windows.ts'
import { SessionWindows } from './session-windows.ts'
import { TriggeredSessions } from './triggered-sessions.ts'
import { TriggeredWindows } from './triggered-windows.ts'
import { firingOf, isGridWindow, type WindowAggregateSpec } from './window-spec.ts'

/** @throws COLUMN_NOT_FOUND, TYPE_MISMATCH, CONFIG_INVALID */
export const createWindowAggregate: OperatorFactory<WindowAggregateSpec> = (
  spec,
  context,
  output,
) => {
  const { window, trigger } = spec
  refuseTrigger(spec)
  if (window.kind === 'session') {
    const { count, intervalMs } = firingOf(trigger)
    const Sessions = count > 0 || intervalMs > 0 ? TriggeredSessions : SessionWindows
    return new Sessions({ ...spec, window }, context, output)
  }
  if (isGridWindow(window) && trigger === undefined) {
    return new GridWindows({ ...spec, window }, context, output)
  }
  if (window.kind === 'count') return new CountWindows({ ...spec, window }, context, output)
  return new TriggeredWindows({ ...spec, window }, context, output)
}

/** What the SDK refuses at the call, and a job written as data may still say. */
function refuseTrigger({ window, trigger }: WindowAggregateSpec): void {
  if (window.kind !== 'count' || trigger === undefined) return
  throw new DataflowError(
    'CONFIG_INVALID',
    'windows of a number of rows fire by that number; leave the trigger out',
  )
}
