// What operators that go by event time ask of its column.
import { DataflowError } from '../base/errors.ts'
import { firstNull } from '../columnar/first-null.ts'
import type { Vector } from '../columnar/vector.ts'
import type { OperatorContext } from './operator.ts'

/** @throws RECORD_MALFORMED, with the row, when a time is null */
export function refuseNullTimes(
  { kernels, inputs }: OperatorContext,
  time: Vector,
  position: number,
): void {
  const row = firstNull(kernels, time)
  if (row === undefined) return
  const column = inputs[0]!.fields[position]!.name
  throw new DataflowError(
    'RECORD_MALFORMED',
    `the event time '${column}' is null: such a row has no place in time; leave it out with where()`,
    { context: { column, row } },
  )
}
