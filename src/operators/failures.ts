// What becomes of what a user's function throws: the job fails with the call and its record, unless it says
// otherwise; then the record is dropped and counted, or goes to a side output.
import { DataflowError, isDataflowError } from '../base/errors.ts'
import { show } from '../columnar/column-builder.ts'
import type { OperatorMetrics } from './operator.ts'
import type { FailurePolicySpec } from './process-spec.ts'
import type { SideRows } from './side-rows.ts'

/** The call that failed. */
export interface FailedCall {
  /** The function's method. */
  readonly call: string
  /** The row of the batch; undefined for a call that is of none, which `where` then tells of. */
  readonly row?: number
  readonly where?: string
  record(): Record<string, unknown>
}

export class Failures {
  readonly #policy: FailurePolicySpec
  readonly #sides: SideRows
  readonly #metrics: OperatorMetrics

  constructor(policy: FailurePolicySpec, sides: SideRows, metrics: OperatorMetrics) {
    this.#policy = policy
    this.#sides = sides
    this.#metrics = metrics
  }

  /**
   * Does with an error of the function's own what the job says. Ours are always thrown on.
   * @throws USER_CODE_FAILED
   */
  take(error: unknown, at: FailedCall): void {
    const policy = this.#policy
    if (isDataflowError(error)) throw withRow(error, at)
    if (policy.kind === 'skip') {
      this.#metrics.malformedRecords++
      return
    }
    const message = error instanceof Error ? error.message : String(error)
    const record = at.record()
    if (policy.kind === 'side' && this.#putAside(policy.tag, { ...record, error: message })) {
      this.#metrics.malformedRecords++
      return
    }
    const { call, row, where } = at
    throw new DataflowError(
      'USER_CODE_FAILED',
      `${call} threw ${where ?? `at row ${row}`} ${show(record)}: ${message}`,
      { cause: error, ...(row === undefined ? {} : { context: { row } }) },
    )
  }

  /** False: the side output wants what a call without a row has not. */
  #putAside(tag: string, record: Record<string, unknown>): boolean {
    const schema = this.#sides.schemaOf(tag)
    const isWhole =
      schema?.fields.every(({ name, type }) => type.nullable || name in record) ?? true
    if (isWhole) this.#sides.put(tag, record)
    return isWhole
  }
}

/** Our error with the row that it happened at. */
function withRow(error: DataflowError, { call, row, record }: FailedCall): DataflowError {
  if (row === undefined || error.context.row !== undefined) return error
  return new DataflowError(
    error.code,
    `${call} at row ${row} ${show(record())}: ${error.message}`,
    { cause: error, context: { ...error.context, row } },
  )
}
