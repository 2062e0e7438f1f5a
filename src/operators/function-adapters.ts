// Functions of other shapes as process functions: map, flatMap, filter and reduce by key or with a life of
// their own, map and flatMap of two streams. What a job gives is a plain function, or an object, class with
// a method of that name (and open, close).
import { DataflowError } from '../base/errors.ts'
import type { StateDescriptor, ValueState } from '../state/state.ts'
import { type FunctionInstance, functionInstance, isClass } from './function-instance.ts'
import type {
  BaseContext,
  Collector,
  FlatMapped,
  RichFunction,
  RuntimeContext,
} from './functions.ts'

export type Call = (...parameters: unknown[]) => unknown
type Element = (row: unknown, context: BaseContext, out: Collector<unknown>) => void

/** Makes the process function of one subtask. */
type Factory = () => RichFunction & { readonly [method: string]: unknown }

/** A subtask's own instance of what a job gave. */
export interface Adapted {
  readonly calls: readonly Call[]
  /** A method that it may have. */
  optional(name: string): Call | undefined
  open(context: RuntimeContext): void | Promise<void>
  close(): Promise<void>
}

/** The methods of a subtask's own instance; a plain function is its only method. */
export function adapted(given: unknown, methods: readonly string[]): Adapted {
  if (typeof given === 'function' && !isClass(given)) {
    return {
      calls: [given as Call],
      optional: () => undefined,
      open: () => undefined,
      close: () => Promise.resolve(),
    }
  }
  const { instance, release } = functionInstance<RichFunction & Record<string, unknown>>(given)
  const calls = methods.map((name): Call => {
    const method = instance[name]
    if (typeof method === 'function') return method.bind(instance) as Call
    throw new DataflowError('CONFIG_INVALID', `the function has no method ${name}()`)
  })
  return {
    calls,
    optional(name) {
      const method = instance[name]
      return typeof method === 'function' ? (method.bind(instance) as Call) : undefined
    },
    ...lifeOf({ instance, release }),
  }
}

/** open() and close() of a subtask's own instance. */
export const lifeOf = ({
  instance,
  release,
}: FunctionInstance<RichFunction>): Pick<Adapted, 'open' | 'close'> => ({
  open: (context) => instance.open?.(context),
  async close() {
    try {
      await instance.close?.()
    } finally {
      release()
    }
  },
})

/** One input's rows through one method. */
function single(given: unknown, method: string, element: (call: Call) => Element): Factory {
  const isMethod = typeof (given as Record<string, unknown> | null)?.[method] === 'function'
  if (typeof given !== 'function' && !isMethod) {
    throw new DataflowError(
      'CONFIG_INVALID',
      `${method}() takes a function of a row, or an object or class with a method ${method}()`,
    )
  }
  return () => {
    const { calls, open, close } = adapted(given, [method])
    return { open, close, processElement: element(calls[0]!) }
  }
}

const mapping =
  (call: Call): Element =>
  (row, _context, out) =>
    out.collect(call(row))

const flatMapping =
  (call: Call): Element =>
  (row, _context, out) => {
    const given = call(row, out) as FlatMapped<unknown>
    if (given !== undefined) for (const made of given) out.collect(made)
  }

export const mapFunction = (given: unknown): Factory => single(given, 'map', mapping)

export const flatMapFunction = (given: unknown): Factory => single(given, 'flatMap', flatMapping)

export const filterFunction = (given: unknown): Factory =>
  single(given, 'filter', (call) => (row, _context, out) => {
    if (call(row) === true) out.collect(row)
  })

/** The rows of a key so far as one row: emitted anew for each. */
export const reduceFunction = (
  given: unknown,
  state: StateDescriptor<ValueState<unknown>>,
): Factory =>
  single(given, 'reduce', (call) => (row, context, out) => {
    const reduced = context.getState(state)
    const before = reduced.value()
    const after = before === undefined ? row : call(before, row)
    reduced.update(after)
    out.collect(after)
  })

/** What belongs to an asynchronous function beside it. */
export interface AsyncExtras {
  readonly timeout?: Call
  readonly retryOn?: Call
  readonly retryOnResult?: Call
}

/**
 * A function that answers later, and what is asked of it when it fails.
 * @param method that of an object or class
 */
export const asyncFunction =
  (given: unknown, extras: AsyncExtras, method: 'asyncInvoke' | 'asyncLookup'): Factory =>
  () => {
    const { calls, optional, open, close } = adapted(given, [method])
    const timeout = extras.timeout ?? optional('timeout')
    return { ...extras, open, close, asyncInvoke: calls[0]!, ...(timeout && { timeout }) }
  }

/** Two streams through one method each. */
function double(
  given: unknown,
  method: 'map' | 'flatMap',
  element: (call: Call) => Element,
): Factory {
  return () => {
    const { calls, open, close } = adapted(given, [`${method}1`, `${method}2`])
    return {
      open,
      close,
      processElement1: element(calls[0]!),
      processElement2: element(calls[1]!),
    }
  }
}

export const coMapFunction = (given: unknown): Factory => double(given, 'map', mapping)

export const coFlatMapFunction = (given: unknown): Factory => double(given, 'flatMap', flatMapping)
