// The triggers that are data, as the operator over windows of rows asks them. After Flink's triggers of the
// same names.
//
// RT1  A continuous trigger is as in windows of columns, and not as in Flink: time that passes several
//      multiples of its interval fires once, and the window's end fires by whichever clock that goes.
import { unreachable } from '../base/assert.ts'
import { float64 } from '../columnar/type.ts'
import type { ReducingState, StateDescriptor } from '../state/state.ts'
import type {
  OnMergeContext,
  Trigger,
  TriggerContext,
  TriggerResult,
  Window,
} from './window-functions.ts'
import type { TriggerSpec, WindowTime } from './window-spec.ts'

const COUNT: StateDescriptor<ReducingState<number>> = {
  kind: 'reducing',
  name: '$count',
  type: float64(),
  reduce: (a: number, b: number) => a + b,
}

const NEXT_FIRING: StateDescriptor<ReducingState<number>> = {
  kind: 'reducing',
  name: '$fireAt',
  type: float64(),
  reduce: (a: number, b: number) => Math.min(a, b),
}

/** The trigger that data stands for, of windows that go by a clock; undefined: they have no end. */
export function rowTrigger(spec: TriggerSpec, clock: WindowTime | undefined): Trigger<unknown> {
  switch (spec.kind) {
    case 'eventTime':
      return EVENT_TIME
    case 'processingTime':
      return PROCESSING_TIME
    case 'count':
      return countTrigger(spec.count)
    case 'continuousEventTime':
      return continuousTrigger('event', spec.intervalMs, clock)
    case 'continuousProcessingTime':
      return continuousTrigger('processing', spec.intervalMs, clock)
    case 'purging':
      return purging(rowTrigger(spec.trigger, clock))
    default:
      return unreachable(spec)
  }
}

/** Fires at the window's last moment, and at once for rows that come later. */
const EVENT_TIME: Trigger<unknown> = {
  onElement: (_row, _timestamp, window, context) => atLast(window, context),
  onEventTime: (timeMs, window) => (timeMs === window.maxTimestamp() ? 'FIRE' : 'CONTINUE'),
  onMerge: (window, context) => void atLast(window, context),
}

function atLast(window: Window, context: TriggerContext): TriggerResult {
  const lastMs = window.maxTimestamp()
  if (lastMs <= context.currentWatermark()) return 'FIRE'
  context.registerEventTimeTimer(lastMs)
  return 'CONTINUE'
}

/** The clock stands at a window's last moment for a while: it fires when that is over. */
const PROCESSING_TIME: Trigger<unknown> = {
  onElement(_row, _timestamp, { end }, context) {
    context.registerProcessingTimeTimer(end)
    return 'CONTINUE'
  },
  onProcessingTime: (timeMs, { end }) => (timeMs === end ? 'FIRE' : 'CONTINUE'),
  onMerge: ({ end }, context) => context.registerProcessingTimeTimer(end),
}

const countTrigger = (most: number): Trigger<unknown> => ({
  onElement(_row, _timestamp, _window, context) {
    const count = context.getPartitionedState(COUNT)
    count.add(1)
    if ((count.get() ?? 0) < most) return 'CONTINUE'
    count.clear()
    return 'FIRE'
  },
  onMerge: (_window, context) => context.mergePartitionedState(COUNT),
})

/** Fires at multiples of an interval, from a window's first row on, and when the window is over. */
function continuousTrigger(
  time: WindowTime,
  intervalMs: number,
  clock: WindowTime | undefined,
): Trigger<unknown> {
  const ending = clock === 'processing' ? PROCESSING_TIME : EVENT_TIME
  const isOver = (window: Window, context: TriggerContext): boolean =>
    clock === 'processing'
      ? context.currentProcessingTime() >= window.end
      : context.currentWatermark() >= window.maxTimestamp()
  const now = (context: TriggerContext): number =>
    time === 'event' ? context.currentWatermark() : context.currentProcessingTime()
  const register = (timeMs: number, context: TriggerContext): void => {
    if (time === 'event') context.registerEventTimeTimer(timeMs)
    else context.registerProcessingTimeTimer(timeMs)
  }
  const registerNext = (afterMs: number, context: TriggerContext): void => {
    const nextMs = (Math.floor(afterMs / intervalMs) + 1) * intervalMs
    context.getPartitionedState(NEXT_FIRING).add(nextMs)
    register(nextMs, context)
  }
  const onInterval = (timeMs: number, window: Window, context: TriggerContext): TriggerResult => {
    const next = context.getPartitionedState(NEXT_FIRING)
    // At the end of input timers come before their time.
    if (next.get() !== timeMs || timeMs > now(context) || isOver(window, context)) return 'CONTINUE'
    next.clear()
    registerNext(now(context), context)
    return 'FIRE'
  }
  return {
    onElement(row, timestamp, window, context) {
      if (ending.onElement(row, timestamp, window, context) === 'FIRE') return 'FIRE'
      if (context.getPartitionedState(NEXT_FIRING).get() === undefined) {
        registerNext(time === 'event' ? timestamp : context.currentProcessingTime(), context)
      }
      return 'CONTINUE'
    },
    onEventTime(timeMs, window, context) {
      const isLast = ending.onEventTime?.(timeMs, window, context) === 'FIRE'
      if (isLast || time === 'processing') return isLast ? 'FIRE' : 'CONTINUE'
      return onInterval(timeMs, window, context)
    },
    onProcessingTime(timeMs, window, context) {
      const isLast = ending.onProcessingTime?.(timeMs, window, context) === 'FIRE'
      if (isLast || time === 'event') return isLast ? 'FIRE' : 'CONTINUE'
      return onInterval(timeMs, window, context)
    },
    onMerge(window, context) {
      context.mergePartitionedState(NEXT_FIRING)
      const nextMs = context.getPartitionedState(NEXT_FIRING).get()
      if (nextMs !== undefined) register(nextMs, context)
      ending.onMerge?.(window, context)
    },
  }
}

/** Fires as another trigger does, and empties the window with each firing. */
export function purging<In>(trigger: Trigger<In>): Trigger<In> {
  const purged = (result: TriggerResult = 'CONTINUE'): TriggerResult =>
    result === 'FIRE' ? 'FIRE_AND_PURGE' : result
  const onMerge = (window: Window, context: OnMergeContext) => trigger.onMerge?.(window, context)
  return {
    onElement: (...given) => purged(trigger.onElement(...given)),
    onEventTime: (...given) => purged(trigger.onEventTime?.(...given)),
    onProcessingTime: (...given) => purged(trigger.onProcessingTime?.(...given)),
    ...(trigger.onMerge === undefined ? {} : { onMerge }),
    clear: (...given) => trigger.clear?.(...given),
  }
}
