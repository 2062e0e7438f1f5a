// What the operator over windows of rows is told (row-windows.ts): reduce, aggregate, process and apply at
// row level. Functions of the job's (a trigger, an evictor, a gap) travel in its closure.
import type { FailurePolicySpec } from './process-spec.ts'
import type { TriggerSpec, WindowSpec } from './window-spec.ts'

export interface RowWindowSpec {
  readonly kind: 'rowWindow'
  readonly closure: true
  /** What it is, for a reader of the plan: `ReduceFunction`. */
  readonly function: string
  /** None: all rows are one group, in one subtask. */
  readonly keys: readonly string[]
  readonly window: WindowSpec
  /** Absent: as the windows' kind has it, or the closure's own. */
  readonly trigger?: TriggerSpec
  /** A function says when the window fires, and which rows go, for a reader of the plan. */
  readonly customTrigger?: true
  readonly evictor?: string
  /** The gap of a session is a function of the row. */
  readonly dynamicGap?: true
  readonly allowedLatenessMs?: number
  /** The side output that rows go to that are too late. */
  readonly lateTag?: string
  readonly onError: FailurePolicySpec
}
