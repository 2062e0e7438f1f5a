// Triggers as a job writes them: when a window fires. After Flink's. Most are data; those that are functions
// of the job's (a delta, a trigger of one's own) are for windows of rows.
import { DataflowError, didYouMean } from '../base/errors.ts'
import { purging } from '../operators/row-triggers.ts'
import type { Trigger } from '../operators/window-functions.ts'
import { type TriggerSpec, type WindowSpec, windowTime } from '../operators/window-spec.ts'
import { structured } from '../state/serializer.ts'
import { shown } from './given.ts'
import { valueStateDescriptor } from './state-descriptor.ts'
import { positiveTimeSpanMs, type TimeSpan } from './time-span.ts'

/**
 * Fires when the watermark reaches the window's end, and for each batch with rows that come later and are
 * allowed: what windows by event time do unless told otherwise.
 * @example
 * import { eventTimeTrigger, purgingTrigger } from 'millrace'
 * console.log(purgingTrigger(eventTimeTrigger()).kind)
 */
export const eventTimeTrigger = (): TriggerSpec => ({ kind: 'eventTime' })

/**
 * Fires when the clock reaches the window's end: what windows by processing time do.
 * @example
 * import { processingTimeTrigger } from 'millrace'
 * console.log(processingTimeTrigger().kind)
 */
export const processingTimeTrigger = (): TriggerSpec => ({ kind: 'processingTime' })

/**
 * Fires each time a window has got so many more rows of a key, and not at its end.
 * @param count rows, 1 or more
 * @throws CONFIG_INVALID
 * @example
 * import { count, countTrigger, globalWindow, StreamExecutionEnvironment } from 'millrace'
 * const env = StreamExecutionEnvironment.getExecutionEnvironment()
 * const all = env
 *   .fromCollection([{ n: 1 }, { n: 2 }])
 *   .windowAll(globalWindow())
 *   .trigger(countTrigger(1))
 *   .aggregate({ rows: count() })
 * for await (const row of all.collect()) console.log(row.rows)
 */
export function countTrigger(count: number): TriggerSpec {
  return { kind: 'count', count: checkedCount(count, 'the count of a trigger') }
}

/**
 * Fires whenever event time passes a multiple of the interval, with what a key has so far, and at the
 * window's end. A watermark that passes several multiples fires once.
 * @param interval a time span
 * @throws CONFIG_INVALID
 * @example
 * import { continuousEventTimeTrigger } from 'millrace'
 * console.log(continuousEventTimeTrigger('1s').kind)
 */
export function continuousEventTimeTrigger(interval: TimeSpan): TriggerSpec {
  const intervalMs = positiveTimeSpanMs(interval, 'the interval of a trigger')
  return { kind: 'continuousEventTime', intervalMs }
}

/**
 * Fires whenever the clock passes a multiple of the interval, with what a key has so far, and at the
 * window's end.
 * @param interval a time span
 * @throws CONFIG_INVALID
 * @example
 * import { continuousProcessingTimeTrigger } from 'millrace'
 * console.log(continuousProcessingTimeTrigger('1s').kind)
 */
export function continuousProcessingTimeTrigger(interval: TimeSpan): TriggerSpec {
  const intervalMs = positiveTimeSpanMs(interval, 'the interval of a trigger')
  return { kind: 'continuousProcessingTime', intervalMs }
}

/**
 * Fires as another trigger does, and empties the window each time: a result is over the rows since the one
 * before.
 * @param trigger the other one
 * @example
 * import { countTrigger, purgingTrigger } from 'millrace'
 * console.log(purgingTrigger(countTrigger(100)).kind)
 */
export function purgingTrigger<In>(trigger: Trigger<In>): Trigger<In>
export function purgingTrigger(trigger: TriggerSpec): TriggerSpec
export function purgingTrigger<In>(trigger: TriggerSpec | Trigger<In>): TriggerSpec | Trigger<In> {
  if (typeof trigger !== 'object' || trigger === null) {
    throw new DataflowError(
      'CONFIG_INVALID',
      `purgingTrigger() takes a trigger, such as countTrigger(100), and this is ${shown(trigger)}`,
    )
  }
  if (!isTriggerSpec(trigger)) return purging(trigger)
  return trigger.kind === 'purging' ? trigger : { kind: 'purging', trigger }
}

/**
 * Fires when a row differs enough from the one at which it fired last (at first: from the window's first
 * row), and not at the window's end.
 * @param delta the difference of a row from an earlier one
 * @param threshold it fires when the difference is greater
 * @throws CONFIG_INVALID
 * @example
 * import { deltaTrigger, globalWindow, StreamExecutionEnvironment } from 'millrace'
 * const env = StreamExecutionEnvironment.getExecutionEnvironment()
 * const moved = env
 *   .fromCollection([{ x: 1 }, { x: 2 }, { x: 9 }])
 *   .windowAll(globalWindow())
 *   .trigger(deltaTrigger((before, row) => Math.abs(row.x - before.x), 5))
 *   .reduce((_, row) => row)
 * for await (const row of moved.collect()) console.log(row.x)
 */
export function deltaTrigger<In>(
  delta: (before: In, row: In) => number,
  threshold: number,
): Trigger<In> {
  if (typeof threshold !== 'number' || Number.isNaN(threshold)) {
    throw new DataflowError('CONFIG_INVALID', `the threshold of a trigger is ${threshold}`)
  }
  const last = valueStateDescriptor('$last', structured<In>())
  return {
    onElement(row, _timestamp, _window, context) {
      const state = context.getPartitionedState(last)
      const before = state.value()
      if (before !== undefined && delta(before, row) <= threshold) return 'CONTINUE'
      state.update(row)
      return before === undefined ? 'CONTINUE' : 'FIRE'
    },
  }
}

/** A trigger that is data. */
export const isTriggerSpec = (trigger: unknown): trigger is TriggerSpec =>
  typeof trigger === 'object' && trigger !== null && 'kind' in trigger

/** @throws CONFIG_INVALID for what is no number of rows */
export function checkedCount(count: number, what: string): number {
  if (!Number.isSafeInteger(count) || count < 1 || count > 0x7fffffff) {
    throw new DataflowError('CONFIG_INVALID', `${what} is ${count}; it is a whole number from 1 on`)
  }
  return count
}

/**
 * A trigger that goes with the windows; undefined for what they do anyway.
 * @throws CONFIG_INVALID for one that would never fire
 */
export function checkedTrigger(trigger: TriggerSpec, window: WindowSpec): TriggerSpec | undefined {
  checkKind(trigger)
  const time = windowTime(window)
  const { kind } = trigger.kind === 'purging' ? trigger.trigger : trigger
  if (window.kind === 'count') throw countWindowsFire()
  const isEnd = kind === 'eventTime' || kind === 'processingTime'
  const own = time === 'processing' ? 'processingTime' : 'eventTime'
  if (isEnd && (time === undefined || kind !== own)) {
    throw new DataflowError(
      'CONFIG_INVALID',
      time === undefined
        ? `a global window has no end, so that a ${kind} trigger never fires`
        : `windows by ${time} time end by that: use ${own}Trigger(), or windows by the other time`,
    )
  }
  if (kind === 'continuousEventTime' && time === 'processing') {
    throw new DataflowError(
      'CONFIG_INVALID',
      'windows by processing time know no event time: use continuousProcessingTimeTrigger()',
    )
  }
  return trigger.kind === own ? undefined : trigger
}

const KINDS: Readonly<Record<TriggerSpec['kind'], true>> = {
  eventTime: true,
  processingTime: true,
  count: true,
  continuousEventTime: true,
  continuousProcessingTime: true,
  purging: true,
}

/** @throws CONFIG_INVALID for a kind that there is not */
function checkKind(trigger: TriggerSpec): void {
  if (!Object.hasOwn(KINDS, trigger.kind)) {
    const hint = didYouMean(String(trigger.kind), Object.keys(KINDS))
    throw new DataflowError(
      'CONFIG_INVALID',
      `there is no trigger of kind '${trigger.kind}'.${hint}`,
    )
  }
  if (trigger.kind === 'purging') checkKind(trigger.trigger)
}

export const countWindowsFire = (): DataflowError =>
  new DataflowError(
    'CONFIG_INVALID',
    'windows of a number of rows fire by that number; for a trigger use globalWindow()',
  )
