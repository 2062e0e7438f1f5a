// The watermarks that a source makes, split by split, in one subtask. After Flink's SourceOperator with its
// per-split outputs and its watermark alignment.
//
// SW1  The watermark is the least over the splits that are open and not idle; a split that has ended leaves.
// SW2  A bounded source says nothing until every split has been given to somebody: one that nobody has
//      opened may hold any time. So the order in which splits are read, and by how many, changes nothing.
// SW3  A split is idle that had no rows for idleTimeoutMs while the source was waiting for some; the
//      subtask is idle when all its splits are.
// SW4  In an alignment group it stops reading while its watermark is above what the JobManager allows.
//      It starts with nothing allowed: after the first watermark it waits for the others' first.
import { assert } from '../base/assert.ts'
import type { RecordBatch } from '../columnar/record-batch.ts'
import type { Operator, OperatorContext, Output } from '../operators/operator.ts'
import { type WatermarkGenerator, watermarkGenerators } from '../operators/watermark-generator.ts'
import type { SourceWatermarkSpec } from '../operators/watermark-spec.ts'
import type { SourceMessage } from './slot-protocol.ts'

interface OpenSplit {
  readonly generator: WatermarkGenerator
  idleAtMs: number
  isTimedOut: boolean
}

export interface SourceWatermarkParts {
  readonly spec: SourceWatermarkSpec
  readonly isBounded: boolean
  readonly context: OperatorContext
  readonly output: Output
  /** Tells the JobManager how far this subtask is; +Infinity: nobody is to wait for it. */
  report(watermarkMs: number): void
}

/** Stands for the source in the chain. */
export class SourceWatermarks implements Operator {
  readonly generatesWatermarks = true
  readonly #parts: SourceWatermarkParts
  readonly #make: () => WatermarkGenerator
  readonly #splits = new Map<string, OpenSplit>()
  readonly #idleTimeoutMs: number
  #isHeld: boolean
  #lastMs = -Infinity
  #isIdle = false
  #askAtMs = Infinity
  #allowedMs: number
  #reportedMs = -Infinity

  constructor(parts: SourceWatermarkParts) {
    const { spec, context, isBounded } = parts
    const { kernels, userFunctions, closure, metrics, output: schema } = context
    this.#parts = parts
    this.#make = watermarkGenerators(spec, { kernels, userFunctions, closure, metrics, schema })
    this.#idleTimeoutMs = spec.idleTimeoutMs ?? Infinity
    this.#isHeld = isBounded
    this.#allowedMs = spec.alignment === undefined ? Infinity : -Infinity
  }

  /** Too far ahead of its group: it is not to read now. */
  get isPaused(): boolean {
    return this.#lastMs > this.#allowedMs
  }

  /** Sources have no input. */
  processBatch(): void {}

  openSplit(id: string): void {
    assert(!this.#splits.has(id), `split ${id} is opened twice`)
    const { context } = this.#parts
    const nowMs = context.processingTimeMs()
    const generator = this.#make()
    this.#splits.set(id, {
      generator,
      idleAtMs: nowMs + this.#idleTimeoutMs,
      isTimedOut: false,
    })
    if (generator.onPeriodicEmit !== undefined && this.#askAtMs === Infinity) {
      this.#askAtMs = nowMs + context.config.autoWatermarkIntervalMs
    }
    this.#wait()
  }

  /** The split has no rows any more. */
  *endSplit(id: string): Generator<void> {
    this.#splits.delete(id)
    yield* this.#sayAll()
  }

  /** Rows of a split: they go out, and then the watermark that follows. */
  *emit(batch: RecordBatch, id: string): Generator<void> {
    const split = this.#splits.get(id)
    assert(split !== undefined, `rows of split ${id}, which is not open`)
    split.generator.onBatch(batch)
    split.isTimedOut = false
    if (this.#idleTimeoutMs !== Infinity) {
      split.idleAtMs = this.#parts.context.processingTimeMs() + this.#idleTimeoutMs
    }
    this.#sayIdle(false)
    this.#parts.output.emit(batch)
    yield* this.#sayAll()
  }

  /** What the JobManager says. */
  *onMessage(message: SourceMessage): Generator<void> {
    if (message.kind === 'alignment') this.#allowedMs = message.watermarkMsMax
    else this.#isHeld = false
    yield* this.#sayAll()
  }

  *onProcessingTime(nowMs: number): Generator<void> {
    if (nowMs === Infinity) return
    const { hasInput, config } = this.#parts.context
    if (nowMs >= this.#askAtMs) {
      this.#askAtMs = nowMs + config.autoWatermarkIntervalMs
      for (const { generator } of this.#splits.values()) generator.onPeriodicEmit?.()
    }
    for (const split of this.#splits.values()) {
      if (nowMs < split.idleAtMs) continue
      const isWaiting = !hasInput && !this.isPaused
      split.idleAtMs = isWaiting ? Infinity : nowMs + this.#idleTimeoutMs
      split.isTimedOut = isWaiting
    }
    yield* this.#sayAll()
    this.#wait()
  }

  *#sayAll(): Generator<void> {
    const splits = [...this.#splits.values()]
    const active = splits.filter((split) => !split.isTimedOut && split.generator.isIdle !== true)
    const watermarkMs = Math.min(...active.map(({ generator }) => generator.watermarkMs))
    if (!this.#isHeld && active.length > 0 && watermarkMs > this.#lastMs) {
      this.#lastMs = watermarkMs
      this.#report(watermarkMs)
      yield* this.#parts.output.forwardWatermark(watermarkMs)
    }
    this.#sayIdle(splits.length > 0 && active.length === 0)
  }

  #sayIdle(idle: boolean): void {
    if (idle === this.#isIdle) return
    this.#isIdle = idle
    this.#parts.output.emitIdle(idle)
    this.#report(idle ? Infinity : this.#lastMs)
    if (!idle) this.#wait()
  }

  #report(watermarkMs: number): void {
    if (this.#parts.spec.alignment === undefined || watermarkMs === this.#reportedMs) return
    this.#reportedMs = watermarkMs
    this.#parts.report(watermarkMs)
  }

  #wait(): void {
    const nextMs = Math.min(
      this.#askAtMs,
      ...[...this.#splits.values()].map((split) => split.idleAtMs),
    )
    if (nextMs !== Infinity) this.#parts.context.wakeAt(nextMs)
  }
}
