// Makes a stream's watermarks from its rows, and says when nobody is to wait for it.
//
// AW1  Watermarks rise strictly; a batch that brings nothing later brings no watermark.
// AW2  It is idle when its input is, or when no row came for idleTimeoutMs and none waits to be taken: a
//      subtask that is held up by those behind it is not idle.
// AW3  A row makes it active again, before the row goes on.
import type { Operator, OperatorContext, Output } from './operator.ts'
import { watermarkGenerators, type WatermarkGenerator } from './watermark-generator.ts'
import type { WatermarkSpec } from './watermark-spec.ts'

export function createAssignWatermarks(
  spec: WatermarkSpec,
  context: OperatorContext,
  output: Output,
): Operator {
  const schema = context.inputs[0]!
  const { kernels, userFunctions, closure, metrics } = context
  const make = watermarkGenerators(spec, { kernels, userFunctions, closure, metrics, schema })
  return new AssignWatermarks(spec, make(), context, output)
}

class AssignWatermarks implements Operator {
  readonly generatesWatermarks = true
  readonly #generator: WatermarkGenerator
  readonly #context: OperatorContext
  readonly #output: Output
  readonly #idleTimeoutMs: number
  readonly #intervalMs: number
  #lastMs = -Infinity
  #idleAtMs = Infinity
  #askAtMs = Infinity
  #isInputIdle = false
  #isTimedOut = false
  #isIdle = false

  constructor(
    { idleTimeoutMs = Infinity }: WatermarkSpec,
    generator: WatermarkGenerator,
    context: OperatorContext,
    output: Output,
  ) {
    this.#generator = generator
    this.#context = context
    this.#output = output
    this.#idleTimeoutMs = idleTimeoutMs
    const isAsked = generator.onPeriodicEmit !== undefined
    this.#intervalMs = isAsked ? context.config.autoWatermarkIntervalMs : Infinity
  }

  open(): void {
    const nowMs = this.#context.processingTimeMs()
    this.#idleAtMs = nowMs + this.#idleTimeoutMs
    this.#askAtMs = nowMs + this.#intervalMs
    this.#wait()
  }

  processBatch(batch: Parameters<Operator['processBatch']>[0]): Generator<void> | undefined {
    this.#generator.onBatch(batch)
    this.#isInputIdle = false
    this.#isTimedOut = false
    if (this.#idleTimeoutMs !== Infinity) {
      this.#idleAtMs = this.#context.processingTimeMs() + this.#idleTimeoutMs
    }
    this.#sayIdle(false)
    this.#output.emit(batch)
    const isNew = this.#generator.watermarkMs > this.#lastMs
    return isNew || this.#generator.isIdle === true ? this.#sayAll() : undefined
  }

  processIdle(idle: boolean): void {
    this.#isInputIdle = idle
    this.#sayIdle(this.#mayIdle)
  }

  *onProcessingTime(nowMs: number): Generator<void> {
    if (nowMs === Infinity) return
    if (nowMs >= this.#askAtMs) {
      this.#askAtMs = nowMs + this.#intervalMs
      this.#generator.onPeriodicEmit?.()
      yield* this.#sayAll()
    }
    if (nowMs >= this.#idleAtMs) {
      const isWaiting = !this.#context.hasInput
      // It looks again after as long as it takes to be idle.
      this.#idleAtMs = isWaiting ? Infinity : nowMs + this.#idleTimeoutMs
      this.#isTimedOut = isWaiting
      this.#sayIdle(this.#mayIdle)
    }
    this.#wait()
  }

  #wait(): void {
    const nextMs = Math.min(this.#idleAtMs, this.#askAtMs)
    if (nextMs !== Infinity) this.#context.wakeAt(nextMs)
  }

  #sayIdle(idle: boolean): void {
    if (idle === this.#isIdle) return
    this.#isIdle = idle
    this.#output.emitIdle(idle)
    if (!idle) this.#wait()
  }

  get #mayIdle(): boolean {
    return this.#isInputIdle || this.#isTimedOut || this.#generator.isIdle === true
  }

  /** What the generator has come to say. */
  *#sayAll(): Generator<void> {
    const { watermarkMs } = this.#generator
    if (watermarkMs > this.#lastMs) {
      this.#lastMs = watermarkMs
      yield* this.#output.forwardWatermark(watermarkMs)
    }
    this.#sayIdle(this.#mayIdle)
  }
}
