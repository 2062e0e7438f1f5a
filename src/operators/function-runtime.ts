// What a user's function finds around it, whatever operator runs it: its instance, its runtime context with
// metrics, keyed state and timers, and their snapshots.
//
// FR1  State is that of the scope's current id, which the operator sets before each call and unsets after.
// FR2  Between two batches: bounded clean-up of what has expired, and of keys that hold nothing.
import { DataflowError } from '../base/errors.ts'
import type { StateWriter } from '../checkpoint/operator-state.ts'
import type { Field } from '../columnar/schema.ts'
import { heapStateBackend } from '../state/heap-state-backend.ts'
import { KeyScope } from '../state/key-scope.ts'
import { OperatorStates } from '../state/operator-states.ts'
import type { StateDescriptor } from '../state/state.ts'
import type { StateBackend, StateBackendParts } from '../state/state-backend.ts'
import type { StateScope } from '../state/state-table.ts'
import { KeyedTimers } from '../time/timer-service.ts'
import { CurrentTime } from './event-times.ts'
import { type FunctionInstance, functionInstance } from './function-instance.ts'
import type { RichFunction, RuntimeContext } from './functions.ts'
import type { OperatorContext } from './operator.ts'
import { metricGroup } from './user-metrics.ts'

interface Keyed {
  readonly scope: KeyScope
  readonly backend: StateBackend
  readonly timers: KeyedTimers
}

export class FunctionRuntime<F extends RichFunction> {
  readonly time = new CurrentTime()
  readonly context: OperatorContext
  readonly keyed: Keyed | undefined
  readonly operatorStates: OperatorStates
  #function: FunctionInstance<F> | undefined

  /** @param keys the key columns; undefined for a function without keyed state */
  constructor(context: OperatorContext, keys: readonly Field[] | undefined) {
    this.context = context
    this.operatorStates = new OperatorStates(this.#backendParts(), context.subtaskIndex)
    if (keys !== undefined) this.keyed = this.#keyedState(keys)
  }

  /** The subtask's own instance of the function. */
  get function(): F {
    this.#function ??= functionInstance<F>(this.context.closure)
    return this.#function.instance
  }

  async open(): Promise<void> {
    const { keyed, context } = this
    if (keyed !== undefined) {
      const { scope, timers } = keyed
      timers.restore({ kernels: context.kernels, scope }, context.restored)
    }
    const runtime = runtimeContext(context, this.operatorStates, (descriptor) =>
      this.getState(descriptor),
    )
    await this.function.open?.(runtime)
  }

  getState<S>(
    descriptor: StateDescriptor<S>,
    scope: StateScope | undefined = this.keyed?.scope,
  ): S {
    const { keyed } = this
    if (keyed === undefined || scope === undefined) {
      throw new DataflowError(
        'STATE_MISUSED',
        `state '${descriptor.name}' is asked for in a function that is not keyed: call keyBy() before`,
      )
    }
    return keyed.backend.getState(descriptor, scope)
  }

  /** After each batch, and after the timers of a watermark. */
  tidyUp(): void {
    const { keyed } = this
    if (keyed === undefined) return
    keyed.backend.cleanUp(this.context.config.stateCleanupEntries)
    keyed.scope.compact()
  }

  snapshot(into: StateWriter): void {
    this.operatorStates.snapshot(into)
    const { keyed } = this
    if (keyed === undefined) return
    const { kernels, config } = this.context
    keyed.backend.snapshot(into)
    keyed.timers.snapshot({ kernels, into, scope: keyed.scope, batchRows: config.batchRows })
  }

  async close(): Promise<void> {
    try {
      await this.#function?.instance.close?.()
    } finally {
      this.#function?.release()
      this.#function = undefined
      this.operatorStates.close()
      if (this.keyed !== undefined) {
        const { scope, backend } = this.keyed
        scope.current = -1
        scope.absence = 'after close'
        backend.close()
        scope.close()
      }
    }
  }

  #keyedState(keys: readonly Field[]): Keyed {
    const { context } = this
    const { kernels, config } = context
    const scope = new KeyScope(kernels, keys, config.stateCompactionKeysMin)
    const watermarkMs = () => context.watermarkMs
    const processingTimeMs = () => context.processingTimeMs()
    const backend = heapStateBackend(this.#backendParts())
    const wakeAt = (timeMs: number) => context.wakeAt(timeMs)
    return {
      scope,
      backend,
      timers: new KeyedTimers(scope, { watermarkMs, processingTimeMs, wakeAt }),
    }
  }

  #backendParts(): StateBackendParts {
    const { context, time } = this
    const { kernels, config, restored } = context
    return {
      kernels,
      time: {
        processingTimeMs: () => context.processingTimeMs(),
        eventTimeMs: () => Math.max(time.ms ?? -Infinity, context.watermarkMs),
        watermarkMs: () => context.watermarkMs,
      },
      restored,
      batchRows: config.batchRows,
    }
  }
}

/** What open() is given. */
function runtimeContext(
  context: OperatorContext,
  operatorStates: OperatorStates,
  getState: RuntimeContext['getState'],
): RuntimeContext {
  const { name, subtaskIndex, parallelism, attempt, metrics } = context
  return {
    taskName: name,
    subtaskIndex,
    parallelism,
    attempt,
    metrics: metricGroup(metrics.user),
    getState,
    getOperatorState: (descriptor, distribution = 'list') =>
      operatorStates.list(descriptor, distribution),
  }
}
