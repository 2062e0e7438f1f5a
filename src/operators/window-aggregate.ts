// Aggregates by key over windows: which operator a windowed aggregation is. Called by the list of
// operators.
import type { OperatorFactory } from './operator.ts'
import { GridWindows } from './grid-windows.ts'
import { CountWindows } from './count-windows.ts'
import { SessionWindows } from './session-windows.ts'
import { TriggeredWindows } from './triggered-windows.ts'
import { isGridWindow, type WindowAggregateSpec } from './window-spec.ts'

/** @throws COLUMN_NOT_FOUND, TYPE_MISMATCH, CONFIG_INVALID */
export const createWindowAggregate: OperatorFactory<WindowAggregateSpec> = (
  spec,
  context,
  output,
) => {
  const { window, trigger } = spec
  // A purge of what is never looked at again changes nothing.
  if (window.kind === 'session') return new SessionWindows({ ...spec, window }, context, output)
  if (isGridWindow(window) && trigger === undefined) {
    return new GridWindows({ ...spec, window }, context, output)
  }
  if (window.kind === 'count') return new CountWindows({ ...spec, window }, context, output)
  return new TriggeredWindows({ ...spec, window }, context, output)
}
