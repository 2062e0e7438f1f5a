// What asyncMap() and AsyncDataStream make of a stream and a function that answers later: an operator of
// asynchronous calls, its function with what is asked of it as one closure.
import { DataflowError } from '../base/errors.ts'
import { Schema } from '../columnar/schema.ts'
import type { Fields, RowOf } from '../columnar/type.ts'
import type { AsyncCallsSpec, AsyncRetrySpec } from '../operators/async-spec.ts'
import { asyncFunction, type Call } from '../operators/function-adapters.ts'
import type { AsyncAnswer, AsyncContext, AsyncFunction } from '../operators/functions.ts'
import { checkOptions, optionNames } from './given.ts'
import { EVENT_TIME, type LogicalStream, refuseUpdating } from './logical-stream.ts'
import { failurePolicy, type FunctionOptions } from './process-planning.ts'
import type { ObjectOf } from './row-types.ts'
import { positiveTimeSpanMs, type TimeSpan, timeSpanMs } from './time-span.ts'

/** When and how often a call that failed is tried again. */
export interface RetryOptions<Out> {
  /** Tries in all, the first one included. */
  readonly attempts: number
  /** From a failure to the next try; a time span, 0 unless said. */
  readonly delay?: TimeSpan
  /** Each delay is so many times the one before; 1 unless said. */
  readonly backoff?: number
  /** The longest delay; a time span. */
  readonly maxDelay?: TimeSpan
  /** Whether what was thrown is worth another try; everything is, unless said. */
  readonly retryOn?: (error: unknown) => boolean
  /** Whether an answer is worth another try; none is, unless said. The last one stands. */
  readonly retryOnResult?: (rows: readonly Out[]) => boolean
}

/** How asynchronous calls are made. */
export interface AsyncCallOptions<Out> extends FunctionOptions {
  /** Calls at a time in one subtask; `asyncCallsMax` of the job (100) unless said. */
  readonly capacity?: number
  /** From a row's first try to its answer; a time span, `asyncTimeoutMs` of the job (60 s) unless said. */
  readonly timeout?: TimeSpan
  /** Results in the order of their rows (unless said otherwise), or as they come between two watermarks. */
  readonly ordered?: boolean
  readonly retry?: RetryOptions<Out>
}

/** The same, with the columns of the results. */
export interface AsyncOptions<F extends Fields, G extends Fields> extends AsyncCallOptions<
  RowOf<NoInfer<G>>
> {
  /** The columns of the rows it gives; without it, they are those that it gets. */
  readonly schema?: G
  /** The rows of a call that took too long; without it, the call fails. */
  readonly onTimeout?: (row: RowOf<F>) => RowOf<NoInfer<G>> | readonly RowOf<NoInfer<G>>[]
}

/** A function of a row that answers later, or an object, class with a method asyncInvoke(). */
export type AsyncFunctionOf<F extends Fields, G extends Fields> =
  | ((row: RowOf<F>, context: AsyncContext) => AsyncAnswer<RowOf<NoInfer<G>>>)
  | ObjectOf<AsyncFunction<RowOf<F>, RowOf<NoInfer<G>>>>

/** The options, whatever the rows. */
export interface AsyncRequest extends AsyncCallOptions<never> {
  readonly schema?: Fields
  readonly onTimeout?: (row: never) => unknown
}

const OPTIONS = optionNames<AsyncRequest>({
  schema: true,
  onTimeout: true,
  capacity: true,
  timeout: true,
  ordered: true,
  retry: true,
  onError: true,
})

/** @throws CONFIG_INVALID, GRAPH_INVALID, COLUMN_NOT_FOUND, TYPE_MISMATCH */
export function planAsyncMap(
  stream: LogicalStream,
  fn: unknown,
  options: AsyncRequest,
  location: string | undefined,
): LogicalStream {
  refuseUpdating(stream, 'asyncMap()')
  checkFunction(fn, 'asyncInvoke')
  checkOptions(options, 'asyncMap()', OPTIONS)
  const timed = stream.withEventTimeColumn(location)
  const visible = options.schema === undefined ? timed.visible : Schema.of(options.schema)
  const time = timed.schema.fields.filter(({ name }) => name === EVENT_TIME)
  return timed.append({
    spec: { kind: 'asyncMap', closure: true, ...callsSpec(options, timed) },
    name: 'Async map',
    output: new Schema([...visible.fields, ...time]),
    closure: asyncFunction(fn, extras(options), 'asyncInvoke'),
    ...(location === undefined ? {} : { location }),
  })
}

/** @throws CONFIG_INVALID, COLUMN_NOT_FOUND, TYPE_MISMATCH */
export function callsSpec(options: AsyncRequest, stream: LogicalStream): AsyncCallsSpec {
  const { capacity, timeout, ordered = true, retry } = options
  if (capacity !== undefined) checkCount(capacity, 'capacity')
  return {
    ordered,
    ...(capacity === undefined ? {} : { capacity }),
    ...(timeout === undefined ? {} : { timeoutMs: positiveTimeSpanMs(timeout, 'timeout') }),
    ...(retry === undefined ? {} : { retry: retrySpec(retry) }),
    onError: failurePolicy(options, stream),
  }
}

/** What is asked of the job when a call fails. */
export function extras({ onTimeout, retry }: AsyncRequest): Record<string, Call> {
  const calls = {
    timeout: onTimeout,
    retryOn: retry?.retryOn,
    retryOnResult: retry?.retryOnResult,
  }
  const given = Object.entries(calls).filter(([, call]) => call !== undefined)
  return Object.fromEntries(given) as Record<string, Call>
}

function retrySpec(retry: RetryOptions<never>): AsyncRetrySpec {
  const { attempts, delay = 0, backoff = 1, maxDelay } = retry
  checkCount(attempts, 'retry.attempts')
  const delayMs = timeSpanMs(delay, 'retry.delay')
  if (delayMs < 0) {
    throw new DataflowError('CONFIG_INVALID', `retry.delay is ${delayMs} ms; it is 0 or longer`)
  }
  if (!(Number.isFinite(backoff) && backoff >= 1)) {
    throw new DataflowError('CONFIG_INVALID', `retry.backoff is ${backoff}; it is 1 or greater`)
  }
  return {
    attempts,
    delayMs,
    backoff,
    ...(maxDelay === undefined
      ? {}
      : { maxDelayMs: positiveTimeSpanMs(maxDelay, 'retry.maxDelay') }),
  }
}

/** @throws CONFIG_INVALID */
export function checkCount(count: number, what: string): void {
  if (Number.isSafeInteger(count) && count > 0) return
  throw new DataflowError(
    'CONFIG_INVALID',
    `${what} is ${count}; it is a whole number, 1 or greater`,
  )
}

/** @throws CONFIG_INVALID */
export function checkFunction(fn: unknown, method: 'asyncInvoke' | 'asyncLookup'): void {
  if (typeof fn === 'function') return
  const found = (fn as { readonly [method: string]: unknown } | null | undefined)?.[method]
  if (typeof found === 'function') return
  throw new DataflowError(
    'CONFIG_INVALID',
    `an asynchronous function has a method ${method}(), and this has none; give a function, an ` +
      'object or a class',
  )
}
