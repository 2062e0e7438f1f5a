// What reduce(), process() and their kin make of a stream in windows: one operator over rows, partitioned by
// its keys, with the functions of the job's in its closure.
import { DataflowError } from '../base/errors.ts'
import { Schema } from '../columnar/schema.ts'
import { type Fields, float64, struct, timestamp } from '../columnar/type.ts'
import { isClass } from '../operators/function-instance.ts'
import type { RowWindowSpec } from '../operators/row-window-spec.ts'
import { windowFunction, type WindowFunctionParts } from '../operators/window-adapters.ts'
import type { Trigger } from '../operators/window-functions.ts'
import { isTimeWindow, type TriggerSpec, type WindowSpec } from '../operators/window-spec.ts'
import { structured } from '../state/serializer.ts'
import type { StateType } from '../state/state.ts'
import { countEvictor } from './evictor.ts'
import { EVENT_TIME, LogicalStream, refuseUpdating } from './logical-stream.ts'
import { checkOptions, optionNames } from './given.ts'
import { failurePolicy, type FunctionOptions } from './process-planning.ts'
import type { FunctionOf } from './row-types.ts'
import { listStateDescriptor, valueStateDescriptor } from './state-descriptor.ts'
import { countWindowsFire } from './trigger.ts'
import {
  eventTimeOf,
  lateOutput,
  needsEventTime,
  partitionedFor,
  type WindowSettings,
} from './window-planning.ts'

/** What happens to a row at which a function throws, and how accumulators are kept. */
export interface AggregateOptions extends FunctionOptions {
  /** A column type, or a serializer; structured() unless said. */
  readonly accumulator?: StateType
}

const AGGREGATE_OPTIONS = optionNames<AggregateOptions>({ onError: true, accumulator: true })

export interface RowWindowRequest {
  /** What it is, in the plan. */
  readonly function: string
  readonly functions: Pick<WindowFunctionParts, 'fold' | 'window'>
  /** The columns of the rows that come out; undefined: those of the stream. */
  readonly schema: Fields | undefined
  readonly options: AggregateOptions
  readonly location: string | undefined
}

const CONTENTS = '$contents'

/** @throws GRAPH_INVALID without event time, CONFIG_INVALID, SCHEMA_MISMATCH, COLUMN_NOT_FOUND */
export function planRowWindow(
  stream: LogicalStream,
  settings: WindowSettings,
  request: RowWindowRequest,
): LogicalStream {
  const { keys, window, allowedLatenessMs, lateTag } = settings
  const { location, options, functions } = request
  refuseUpdating(stream, 'a window')
  checkOptions(options, `the ${request.function}`, AGGREGATE_OPTIONS)
  if (needsEventTime(settings)) eventTimeOf(stream)
  const { trigger, evictor } = firing(settings)
  checkFunctions(settings, functions)
  const closure = windowFunction({
    ...functions,
    ...(settings.customTrigger === undefined ? {} : { trigger: settings.customTrigger }),
    ...(evictor === undefined ? {} : { evictor }),
    ...(settings.gap === undefined ? {} : { gap: settings.gap }),
    isMerging: window.kind === 'session',
    contents: contentsOf(stream, request, evictor !== undefined),
  })
  const spec: RowWindowSpec = {
    kind: 'rowWindow',
    closure: true,
    function: request.function,
    keys,
    window,
    ...(trigger === undefined ? {} : { trigger }),
    ...(settings.customTrigger === undefined ? {} : { customTrigger: true }),
    ...(evictor === undefined ? {} : { evictor: evictorText(evictor) }),
    ...(settings.gap === undefined ? {} : { dynamicGap: true }),
    ...(allowedLatenessMs === undefined ? {} : { allowedLatenessMs }),
    ...(lateTag === undefined ? {} : { lateTag: lateOutput(lateTag, stream).tag }),
    onError: failurePolicy(options, stream),
  }
  const visible = resultColumns(stream, request)
  const time = isTimeWindow(window) ? [{ name: EVENT_TIME, type: timestamp('ms') }] : []
  const input = partitionedFor(keys, stream.withEventTimeColumn(location))
  return new LogicalStream(input.job, input.inputs, input.schema).append(
    {
      spec,
      closure,
      name: 'Window',
      output: new Schema([...visible.fields, ...time]),
      ...(keys.length === 0 ? { parallelismMax: 1 } : {}),
      ...(location === undefined ? {} : { location }),
    },
    time.length === 0 ? undefined : { kind: 'column', name: EVENT_TIME },
  )
}

/** @throws CONFIG_INVALID for an aggregation of the job's own without columns */
function resultColumns(
  { visible }: LogicalStream,
  { schema, functions }: RowWindowRequest,
): Schema {
  if (schema !== undefined) return Schema.of(schema)
  if (functions.fold?.kind !== 'aggregate' || functions.window !== undefined) return visible
  throw new DataflowError(
    'CONFIG_INVALID',
    'aggregate() with an AggregateFunction needs the columns of its results: ' +
      'aggregate(fn, { total: float64() })',
  )
}

/** Windows of a number of rows are windows of everything, with a trigger and an evictor. */
function firing({ window, trigger, evictor }: WindowSettings): {
  readonly trigger?: TriggerSpec
  readonly evictor?: WindowSettings['evictor']
} {
  if (window.kind !== 'count') {
    return {
      ...(trigger === undefined ? {} : { trigger }),
      ...(evictor === undefined ? {} : { evictor }),
    }
  }
  if (evictor !== undefined) {
    throw new DataflowError(
      'CONFIG_INVALID',
      'windows of a number of rows keep that number; for an evictor use globalWindow()',
    )
  }
  const { size, slide = size } = window
  const counting = { kind: 'count', count: slide } as const
  if (slide === size) return { trigger: { kind: 'purging', trigger: counting } }
  return { trigger: counting, evictor: countEvictor(size) }
}

/** What is kept of a window's rows. */
function contentsOf(
  { visible }: LogicalStream,
  { functions, options }: RowWindowRequest,
  isEvicted: boolean,
): WindowFunctionParts['contents'] {
  const row = struct(visible.toFields())
  if (isEvicted) {
    return listStateDescriptor(CONTENTS, struct({ value: row, timestamp: float64() }))
  }
  switch (functions.fold?.kind) {
    case 'reduce':
      return valueStateDescriptor(CONTENTS, row)
    case 'aggregate':
      return valueStateDescriptor(CONTENTS, options.accumulator ?? structured<unknown>())
    default:
      return listStateDescriptor(CONTENTS, row)
  }
}

const AGGREGATE_METHODS = ['createAccumulator', 'add', 'getResult'] as const

/** An AggregateFunction, and not aggregates over columns by name. */
export const isAggregateFunction = (given: unknown): boolean =>
  (typeof given === 'function' && isClass(given)) ||
  AGGREGATE_METHODS.some((name) => hasMethod(given, name) === true)

/** A ProcessWindowFunction, and not columns or options. */
export const isWindowFunction = (given: unknown): boolean =>
  typeof given === 'function' || (isObject(given) && hasMethod(given, 'process') === true)

/**
 * A trigger of the job's own.
 * @throws CONFIG_INVALID for what is none
 */
export function customTrigger(
  trigger: FunctionOf<Trigger<never>>,
  window: WindowSpec,
): Pick<WindowSettings, 'customTrigger'> {
  if (window.kind === 'count') throw countWindowsFire()
  checkMethods(trigger, ['onElement'], 'trigger')
  return { customTrigger: trigger }
}

/** @throws CONFIG_INVALID for functions without their methods */
function checkFunctions(
  { window, customTrigger: trigger }: WindowSettings,
  { fold, window: fn }: RowWindowRequest['functions'],
): void {
  const isMerging = window.kind === 'session'
  if (trigger !== undefined && isMerging) checkMethods(trigger, ['onMerge'], 'trigger of sessions')
  if (fold?.kind === 'aggregate') {
    const methods = [...AGGREGATE_METHODS, ...(isMerging ? ['merge'] : [])]
    checkMethods(fold.given, methods, 'AggregateFunction')
  }
  if (fn?.kind === 'process') checkMethods(fn.given, ['process'], 'ProcessWindowFunction')
  const plain = fold?.kind === 'reduce' ? fold : fn?.kind === 'apply' ? fn : undefined
  if (plain !== undefined && (typeof plain.given !== 'function' || isClass(plain.given))) {
    checkMethods(plain.given, [plain.kind], `function of ${plain.kind}()`)
  }
}

function checkMethods(given: unknown, methods: readonly string[], what: string): void {
  const missing = methods.find((name) => hasMethod(given, name) === false)
  if (missing === undefined) return
  throw new DataflowError(
    'CONFIG_INVALID',
    `a ${what} has a method ${missing}(), and this has none; give an object, a class or a factory`,
  )
}

/** Undefined, of a class or a factory: nobody knows before it is made. */
function hasMethod(given: unknown, name: string): boolean | undefined {
  if (typeof given === 'function') return undefined
  return isObject(given) && typeof given[name] === 'function'
}

const isObject = (given: unknown): given is Record<string, unknown> =>
  typeof given === 'object' && given !== null

function evictorText(evictor: NonNullable<WindowSettings['evictor']>): string {
  return typeof evictor === 'object' && evictor.description !== undefined
    ? evictor.description
    : 'what an evictor of its own says'
}
