// The words of triggers: how rows touch them, and what they are in a snapshot: columns, with the window that
// they are of.
import { int64, timestamp, uint8 } from '../columnar/type.ts'
import { Vector } from '../columnar/vector.ts'
import type { Kernels } from '../kernels/module.ts'
import { triggerExport, triggerImport, type TriggerRows, triggerTouch } from '../kernels/trigger.ts'
import type { OperatorContext } from './operator.ts'
import type { TriggerFiring } from './window-spec.ts'

/** The window by number; rows since the last firing; the next one; whether rows came since. */
export const TRIGGER_FIELDS = [
  { name: '$window', type: int64() },
  { name: '$count', type: int64() },
  { name: '$next', type: timestamp('ms') },
  { name: '$filled', type: uint8() },
] as const

export function triggerColumns(
  kernels: Kernels,
  rows: TriggerRows,
  window: number,
): readonly Vector[] {
  const { n } = rows
  const windows = kernels.scratch(n * 8)
  kernels.i64.fill(BigInt(window), windows / 8, windows / 8 + n)
  const { counts, nexts, filled } = triggerExport(kernels, rows)
  return [windows, counts, nexts, filled].map(
    (values, i) => new Vector({ type: TRIGGER_FIELDS[i]!.type, length: n, values }),
  )
}

/**
 * Notes that rows have come; the earliest time at which one of their accumulators fires.
 * @param millis gives the rows' times, i64 milliseconds
 */
export function touchTriggers(
  context: OperatorContext,
  rows: TriggerRows,
  { time, intervalMs }: TriggerFiring,
  millis: () => number,
): number {
  const times =
    time === 'event'
      ? { millis: millis(), nowMs: 0 }
      : { millis: 0, nowMs: context.processingTimeMs() }
  return triggerTouch(context.kernels, rows, { ...times, intervalMs })
}

/** @param own with or without the window */
export function setTriggerWords(kernels: Kernels, rows: TriggerRows, own: readonly Vector[]): void {
  const [counts, nexts, filled] = own.slice(-3).map(({ values }) => values)
  triggerImport(kernels, rows, { counts: counts!, nexts: nexts!, filled: filled! })
}
