// Fields of timestamps and dates, and truncation, in UTC.
import { DataflowError, didYouMean } from '../base/errors.ts'
import { castNumbers } from '../kernels/cast.ts'
import {
  CALENDAR_UNITS,
  calendarField,
  type CalendarField,
  isCalendarUnit,
  truncateTime,
} from '../kernels/temporal.ts'
import { unitsPerDay } from './constant.ts'
import { type CallExpression, expressionText } from './expression.ts'
import { type Evaluation, type Node, stepNode } from './step.ts'
import type { DataType } from './type.ts'
import { Vector } from './vector.ts'

/** year to second, dayOfWeek (Sunday is 0), and truncate. */
export function timeStep(
  expression: CallExpression,
  [time, unit]: readonly Node[],
  type: DataType,
): Node {
  if (expression.function === 'truncate') return truncateStep(expression, time!, unit!, type)
  const field = expression.function as CalendarField
  const perDay = unitsPerDay(time!.type)
  const isDate = time!.type.kind === 'date'
  const step = (at: Evaluation): Vector => {
    const { kernels, n } = at
    const vector = time!.step(at)
    const { validity } = vector
    const count = isDate ? castNumbers(kernels, 'int32', 'int64', vector, n, false) : vector
    const values = calendarField(kernels, field, count.values, n, perDay)
    return new Vector({ type, length: n, values, validity })
  }
  return stepNode(type, step, [time!])
}

function truncateStep(expression: CallExpression, time: Node, unit: Node, type: DataType): Node {
  const name = unit.constant?.value
  if (typeof name !== 'string' || !isCalendarUnit(name)) {
    throw new DataflowError(
      'TYPE_MISMATCH',
      `${expressionText(expression)}: ${String(name)} is no unit of time.` +
        didYouMean(String(name), CALENDAR_UNITS),
    )
  }
  const perDay = unitsPerDay(time.type)
  const step = (at: Evaluation): Vector => {
    const { values: from, validity } = time.step(at)
    const values = truncateTime(at.kernels, name, from, at.n, perDay)
    return new Vector({ type, length: at.n, values, validity })
  }
  return stepNode(type, step, [time])
}
