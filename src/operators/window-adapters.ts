// The functions over windows that a job gives, as the operator over windows of rows asks them: reduce,
// aggregate, process and apply, with a trigger, an evictor and a gap of the job's own. One object a subtask.
import { DataflowError } from '../base/errors.ts'
import type { AggregateFunction, ListState, StateDescriptor, ValueState } from '../state/state.ts'
import { type Adapted, adapted, lifeOf } from './function-adapters.ts'
import { functionInstance } from './function-instance.ts'
import type { Collector, RichFunction, RuntimeContext } from './functions.ts'
import type {
  Evictor,
  MergeWindowContext,
  ProcessWindowFunction,
  Trigger,
  WindowContext,
} from './window-functions.ts'

/** Rows of a window as one value, which each row is put into. */
export interface Fold {
  /** @param before undefined for a window's first row */
  add(before: unknown, row: unknown): unknown
  merge(a: unknown, b: unknown): unknown
  result(value: unknown): unknown
}

/** What a job gives. */
export interface WindowFunctionParts {
  readonly fold?: { readonly kind: 'reduce' | 'aggregate'; readonly given: unknown }
  readonly window?: { readonly kind: 'process' | 'apply'; readonly given: unknown }
  readonly trigger?: unknown
  readonly evictor?: unknown
  readonly gap?: (row: never) => unknown
  /** Windows become one another: what cannot merge is refused. */
  readonly isMerging?: boolean
  /** What is kept of a window's rows: a value of them all, or a list. */
  readonly contents: StateDescriptor<ValueState<unknown>> | StateDescriptor<ListState<unknown>>
}

/** What the operator asks. */
export interface RowWindowFunction extends RichFunction {
  readonly parts: WindowFunctionParts
  readonly fold: Fold | undefined
  readonly trigger: Trigger<unknown> | undefined
  readonly evictor: Evictor<unknown> | undefined
  /** The methods that are called when a row comes and when a window fires, for errors. */
  readonly adding: string
  readonly call: string
  emit(
    key: () => unknown,
    context: WindowContext,
    rows: readonly unknown[],
    out: Collector<unknown>,
  ): void
  /** Merges the state of sessions that have become one; undefined: the function has none of them. */
  readonly merge: ((context: MergeWindowContext) => void) | undefined
  clear(context: WindowContext): void
}

/** Instances of a subtask's own, opened and closed together. */
class Lives {
  readonly #all: Pick<Adapted, 'open' | 'close'>[] = []

  /** @throws CONFIG_INVALID for what has not the methods */
  own<T extends object>(given: unknown, what: string, methods: readonly (keyof T & string)[]): T {
    const { instance, release } = functionInstance<T & RichFunction>(given)
    const missing = methods.find((name) => typeof instance[name] !== 'function')
    if (missing !== undefined) {
      throw new DataflowError('CONFIG_INVALID', `the ${what} has no method ${missing}()`)
    }
    this.#all.push(lifeOf({ instance, release }))
    return instance
  }

  /** A plain function, or the one method of an object. */
  method(given: unknown, name: string): (...parameters: unknown[]) => unknown {
    const life = adapted(given, [name])
    this.#all.push(life)
    return life.calls[0]!
  }

  async open(context: RuntimeContext): Promise<void> {
    for (const life of this.#all) await life.open(context)
  }

  async close(): Promise<void> {
    const closed = await Promise.allSettled(this.#all.map((life) => life.close()))
    const failed = closed.find(({ status }) => status === 'rejected')
    if (failed?.status === 'rejected') throw failed.reason
  }
}

/** Makes the functions of one subtask. */
export const windowFunction = (parts: WindowFunctionParts): (() => RowWindowFunction) =>
  function windowFunctions() {
    const lives = new Lives()
    const { fold, window, trigger, evictor, isMerging = false } = parts
    return {
      parts,
      fold: fold === undefined ? undefined : foldOf(fold, lives, isMerging),
      adding: fold === undefined ? 'window' : ADDING[fold.kind],
      trigger:
        trigger === undefined
          ? undefined
          : lives.own<Trigger<unknown>>(trigger, 'trigger', [
              'onElement',
              ...(isMerging ? (['onMerge'] as const) : []),
            ]),
      evictor:
        evictor === undefined ? undefined : lives.own<Evictor<unknown>>(evictor, 'evictor', []),
      ...(window === undefined ? COLLECTING : emittingOf(window, lives)),
      open: (context) => lives.open(context),
      close: () => lives.close(),
    }
  }

const ADDING = { reduce: 'reduce', aggregate: 'add' } as const

type Emitting = Pick<RowWindowFunction, 'call' | 'emit' | 'merge' | 'clear'>

/** The one result of a window is its row. */
const COLLECTING: Emitting = {
  call: 'getResult',
  emit(_key, _context, rows, out) {
    for (const row of rows) out.collect(row)
  },
  merge: undefined,
  clear: () => undefined,
}

function emittingOf(
  { kind, given }: NonNullable<WindowFunctionParts['window']>,
  lives: Lives,
): Emitting {
  if (kind === 'apply') {
    const apply = lives.method(given, 'apply')
    return {
      call: 'apply',
      emit: (key, { window }, rows, out) => void apply(key(), window, rows, out),
      merge: undefined,
      clear: () => undefined,
    }
  }
  const fn = lives.own<ProcessWindowFunction<unknown, unknown, unknown>>(
    given,
    'ProcessWindowFunction',
    ['process'],
  )
  return {
    call: 'process',
    emit: (key, context, rows, out) => fn.process(key(), context, rows, out),
    merge: fn.onMerge === undefined ? undefined : (context) => fn.onMerge?.(context),
    clear: (context) => fn.clear?.(context),
  }
}

function foldOf(
  { kind, given }: NonNullable<WindowFunctionParts['fold']>,
  lives: Lives,
  isMerging: boolean,
): Fold {
  if (kind === 'reduce') {
    const reduce = lives.method(given, 'reduce')
    return {
      add: (before, row) => (before === undefined ? row : reduce(before, row)),
      merge: (a, b) => reduce(a, b),
      result: (value) => value,
    }
  }
  const fn = lives.own<AggregateFunction<unknown, unknown, unknown>>(given, 'AggregateFunction', [
    'createAccumulator',
    'add',
    'getResult',
    ...(isMerging ? (['merge'] as const) : []),
  ])
  return {
    add: (before, row) => fn.add(row, before === undefined ? fn.createAccumulator() : before),
    merge: (a, b) => fn.merge?.(a, b),
    result: (value) => fn.getResult(value),
  }
}
