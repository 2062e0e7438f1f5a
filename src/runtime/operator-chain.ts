// A chain of operators in one subtask: batches and watermarks go through it by plain calls, depth first.
//
//   enter ─► operator 0 ─► operator 1 ─► ... ─► partitioners (an operator may feed several)
//
// N1  A watermark reaches an operator after all batches before it, and leaves it only when the operator
//     has fired all that it had to.
// N2  What an operator throws leaves the chain once wrapped: with operator, subtask and first cause.
import { assert } from '../base/assert.ts'
import { DataflowError, isDataflowError } from '../base/errors.ts'
import type { StateWriter } from '../checkpoint/operator-state.ts'
import type { RecordBatch } from '../columnar/record-batch.ts'
import type { ChainedOperator } from '../graph/job-graph.ts'
import type { Operator, OperatorMetrics, Output } from '../operators/operator.ts'
import type { Partitioner } from './partitioner.ts'

/** One operator in the chain, with whom it feeds. */
class Link implements Output {
  readonly described: ChainedOperator
  readonly metrics: OperatorMetrics
  readonly next: Link[] = []
  /** Side outputs by tag; they are among `all` that watermarks go to. */
  readonly sides = new Map<string, Link[]>()
  readonly all: Link[] = []
  readonly partitioners: Partitioner[] = []
  readonly #chain: OperatorChain
  operator: Operator | undefined
  /** What the operator got last. */
  watermarkMs = -Infinity
  /** What it gave last. */
  forwardedMs = -Infinity

  constructor(chain: OperatorChain, described: ChainedOperator, metrics: OperatorMetrics) {
    this.#chain = chain
    this.described = described
    this.metrics = metrics
  }

  feed(link: Link): void {
    this.all.push(link)
    const { spec } = link.described
    if (spec.kind !== 'sideOutput') this.next.push(link)
    else this.sides.set(spec.tag, [...(this.sides.get(spec.tag) ?? []), link])
  }

  emit(batch: RecordBatch): void {
    const rows = batch.rowCount
    if (rows === 0) return
    this.metrics.rowsOut += rows
    for (const link of this.next) link.process(batch, 0)
    for (const partitioner of this.partitioners) partitioner.emit(batch)
  }

  emitSide(tag: string, batch: RecordBatch): void {
    if (batch.rowCount === 0) return
    for (const link of this.sides.get(tag) ?? []) link.process(batch, 0)
  }

  emitIdle(idle: boolean): void {
    for (const link of this.all) link.processIdle(idle)
    for (const partitioner of this.partitioners) partitioner.emitIdle(idle)
  }

  emitWatermark(watermarkMs: number): void {
    this.#chain.runNow(this.forwardWatermark(watermarkMs))
  }

  processIdle(idle: boolean): void {
    if (this.operator!.processIdle === undefined) return this.emitIdle(idle)
    try {
      this.operator!.processIdle(idle)
    } catch (error) {
      throw this.#chain.blame(this, error)
    }
  }

  /** A batch of an operator before this one in the chain: its work is done at once. */
  process(batch: RecordBatch, input: number): void {
    const rest = this.begin(batch, input)
    if (rest !== undefined) this.#chain.runNow(rest)
  }

  /** Gives a batch to the operator. What is left of its work is to be stepped. */
  begin(batch: RecordBatch, input: number): Generator<void> | undefined {
    this.metrics.rowsIn += batch.rowCount
    this.metrics.batchesIn++
    try {
      const work = this.operator!.processBatch(batch, input)
      // The first piece is part of this step.
      return work === undefined || work.next().done === true ? undefined : this.#blamed(work)
    } catch (error) {
      throw this.#chain.blame(this, error)
    }
  }

  *#blamed(work: Generator<void>): Generator<void> {
    try {
      yield* work
    } catch (error) {
      throw this.#chain.blame(this, error)
    }
  }

  /** Takes the watermark through this operator and all behind it. */
  *advance(watermarkMs: number): Generator<void> {
    const operator = this.operator!
    this.watermarkMs = watermarkMs
    yield* this.run(() => operator.processWatermark?.(watermarkMs))
    if (operator.holdsWatermarks === true) return
    if (watermarkMs === Infinity) yield* this.alarm(Infinity)
    // A generator of watermarks speaks for itself, but the end of event time passes through it.
    if (operator.generatesWatermarks === true && watermarkMs !== Infinity) return
    yield* this.forwardWatermark(watermarkMs)
  }

  /** Tells this operator the processing time. */
  alarm(nowMs: number): Generator<void> {
    return this.run(() => this.operator!.onProcessingTime?.(nowMs))
  }

  /** Work of this operator, its failures blamed on it. */
  *run(work: () => Generator<void> | void): Generator<void> {
    try {
      const firing = work()
      if (firing !== undefined) yield* firing
    } catch (error) {
      throw this.#chain.blame(this, error)
    }
  }

  *forwardWatermark(watermarkMs: number): Generator<void> {
    this.forwardedMs = watermarkMs
    this.#chain.watermarkMs = watermarkMs
    for (const link of this.all) yield* link.advance(watermarkMs)
    for (const partitioner of this.partitioners) partitioner.emitWatermark(watermarkMs)
  }
}

/** Where an operator's state goes. */
export interface SnapshotTarget {
  readonly writer: StateWriter
  done(): void
}

export interface ChainDescription {
  readonly operators: readonly ChainedOperator[]
  readonly subtaskIndex: number
  readonly metrics: readonly OperatorMetrics[]
}

export class OperatorChain {
  /** The watermark that was forwarded last, anywhere in the chain. */
  watermarkMs = -Infinity
  /** Full operators take input all the same: a snapshot is to have what waits for room. */
  isQuiescing = false
  readonly #links: readonly Link[]
  readonly #subtaskIndex: number

  constructor(description: ChainDescription) {
    this.#subtaskIndex = description.subtaskIndex
    this.#links = description.operators.map(
      (operator, i) => new Link(this, operator, description.metrics[i]!),
    )
    for (const link of this.#links) {
      for (const index of link.described.next) link.feed(this.#links[index]!)
    }
  }

  /** Where the operator at `index` pushes to: given to its factory. */
  output(index: number): Output {
    return this.#links[index]!
  }

  /** The watermark that the operator at `index` got last. */
  watermarkOf(index: number): number {
    return this.#links[index]!.watermarkMs
  }

  /** Tells the operator at `index` the processing time; to be stepped while the outputs are ready. */
  onProcessingTime(index: number, nowMs: number): Generator<void> {
    return this.#links[index]!.alarm(nowMs)
  }

  /** Work that the operator at `index` asked for by mail; to be stepped while the outputs are ready. */
  onMail(index: number, work: () => Generator<void> | void): Generator<void> {
    return this.#links[index]!.run(work)
  }

  /** An operator behind the one at `index` takes nothing now; -1 asks of all. */
  isFullBehind(index: number): boolean {
    if (this.isQuiescing) return false
    for (let i = index + 1; i < this.#links.length; i++) {
      if (this.#links[i]!.operator?.isFull === true) return true
    }
    return false
  }

  /** The last watermark has left every operator. */
  get isDrained(): boolean {
    return this.#links.every(({ forwardedMs }) => forwardedMs === Infinity)
  }

  /** Writes the operators' state, by operator id; between two steps only. */
  snapshot(write: (operator: ChainedOperator) => SnapshotTarget): void {
    for (const link of this.#links) {
      if (link.operator?.snapshot === undefined) continue
      try {
        const { writer, done } = write(link.described)
        link.operator.snapshot(writer)
        done()
      } catch (error) {
        throw this.blame(link, error)
      }
    }
  }

  metricsOf(index: number): OperatorMetrics {
    return this.#links[index]!.metrics
  }

  setOperator(index: number, operator: Operator): void {
    this.#links[index]!.operator = operator
  }

  addPartitioner(index: number, partitioner: Partitioner): void {
    this.#links[index]!.partitioners.push(partitioner)
  }

  async open(): Promise<void> {
    // Last first: when an operator opens, all that it may emit to are open.
    for (const link of this.#links.toReversed()) {
      await this.#guard(link, () => link.operator?.open?.())
    }
  }

  /** A batch for the first operator. What is left of its work is to be stepped while outputs are ready. */
  processBatch(batch: RecordBatch, input: number): Generator<void> | undefined {
    return this.#links[0]!.begin(batch, input)
  }

  /** A watermark for the first operator; to be stepped while the outputs are ready. */
  processWatermark(watermarkMs: number): Generator<void> {
    return this.#links[0]!.advance(watermarkMs)
  }

  /** A batch that the chain's source made. */
  emitFromSource(batch: RecordBatch): void {
    this.#links[0]!.emit(batch)
  }

  /** A watermark that the chain's source made. */
  forwardFromSource(watermarkMs: number): Generator<void> {
    return this.#links[0]!.forwardWatermark(watermarkMs)
  }

  /** The input of the first operator is idle, or no longer. */
  processIdle(idle: boolean): void {
    this.#links[0]!.processIdle(idle)
  }

  async finish(): Promise<void> {
    for (const link of this.#links) await this.#guard(link, () => link.operator?.finish?.())
    for (const link of this.#links) for (const partitioner of link.partitioners) partitioner.end()
  }

  get ready(): boolean {
    for (const link of this.#links) {
      for (const partitioner of link.partitioners) if (!partitioner.ready) return false
    }
    return true
  }

  /** Closes all operators, whatever one of them throws; the first error is thrown at the end. */
  async close(): Promise<void> {
    let first: unknown
    for (const link of this.#links) {
      try {
        await this.#guard(link, () => link.operator?.close?.())
      } catch (error) {
        first ??= error
      }
      for (const partitioner of link.partitioners) partitioner.close()
    }
    if (first !== undefined) throw first
  }

  runNow(steps: Generator<void>): void {
    let bound = 0
    while (steps.next().done !== true) assert(bound++ < 1e7, 'a watermark fires without end')
  }

  /** The error with operator and subtask, unless an operator further down has put its own. */
  blame(link: Link, error: unknown): DataflowError {
    if (isDataflowError(error) && error.context.operator !== undefined) return error
    const { name, location } = link.described
    const at = location === undefined ? '' : ` (${location})`
    const where = `operator '${name}'${at}, subtask ${this.#subtaskIndex}`
    const ours = isDataflowError(error)
    const context = {
      ...(ours ? error.context : {}),
      operator: name,
      subtask: this.#subtaskIndex,
    }
    if (ours) {
      return new DataflowError(error.code, `${where}: ${error.message}`, { cause: error, context })
    }
    const isTrap = error instanceof WebAssembly.RuntimeError
    const message = error instanceof Error ? error.message : String(error)
    return new DataflowError(
      isTrap ? 'KERNEL_TRAP' : 'USER_CODE_FAILED',
      `${where}: ${isTrap ? 'a kernel trapped: ' : ''}${message}`,
      { cause: error, context },
    )
  }

  async #guard(link: Link, work: () => void | Promise<void> | undefined): Promise<void> {
    try {
      await work()
    } catch (error) {
      throw this.blame(link, error)
    }
  }
}
