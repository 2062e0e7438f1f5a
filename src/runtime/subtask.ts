// One parallel instance of a vertex: an input gate or a source reader in front, a chain of operators, and
// partitioners behind it. The slot's mailbox loop calls step(); all that a subtask does happens in there.
//
//   created ─► running ─► finishing ─► finished            any ─► failed | cancelled
//
// S1  A step takes one batch, or one piece of work (a firing watermark, the rest of a batch that makes
//     much, an alarm, an operator's mail), and only while every output is ready.
// S2  A step's scratch memory ends with it; a batch goes back to its gate when all its work is done.
// S3  While a promise is pending (a sink that writes, a split that opens) no step is taken.
// S4  Work goes on before other work or input; where an operator behind it is full, work of that operator
//     and those behind it goes first. So work is a stack, and its operators rise in it.
// S5  At the end of input the subtask goes on with mail and alarms until the last watermark is out.
import { assert } from '../base/assert.ts'
import type { OperatorSnapshot, SubtaskPlace } from '../checkpoint/operator-state.ts'
import type { SnapshotWriter } from '../checkpoint/state-tables.ts'
import type { SourceEvent, SourceReader, Split } from '../connectors/connector.ts'
import type { Kernels } from '../kernels/module.ts'
import type { OperatorMetrics } from '../operators/operator.ts'
import type { InputGate } from './input-gate.ts'
import { openSplit } from './open-split.ts'
import type { OperatorChain } from './operator-chain.ts'
import type { ProcessingTime } from './processing-time.ts'
import type { SourceMessage, TaskId } from './slot-protocol.ts'
import type { SourceWatermarks } from './source-watermarks.ts'

export type SubtaskState = 'created' | 'running' | 'finishing' | 'finished' | 'failed' | 'cancelled'

export interface SubtaskParts {
  readonly task: TaskId
  readonly kernels: Kernels
  readonly chain: OperatorChain
  readonly gate: InputGate
  readonly metrics: readonly OperatorMetrics[]
  /** Set for a subtask that begins with a source. */
  readonly reader: SourceReader | undefined
  /** Set where the source makes watermarks split by split. */
  readonly watermarks?: SourceWatermarks | undefined
  readonly time: ProcessingTime
  /** Which part of its vertex it is. */
  readonly place: SubtaskPlace
  /** Asks the JobManager for the next split; the answer comes to onSplit(). */
  readonly requestSplit: () => void
  /** Runs the mailbox loop again. */
  readonly wake: () => void
}

/** Something half done: to be stepped while the outputs are ready. */
interface Work {
  /** The operator that does it, by its place in the chain; INPUT for what came from outside. */
  readonly operator: number
  readonly steps: Generator<void>
  readonly after?: () => void
}

interface Mail {
  readonly operator: number
  readonly work: () => Generator<void> | void
}

/** Before the first operator. */
const INPUT = -1
/** A source is the first operator. */
const SOURCE = 0

export class Subtask {
  readonly task: TaskId
  readonly metrics: readonly OperatorMetrics[]
  readonly #parts: SubtaskParts
  readonly #kernels: Kernels
  readonly #chain: OperatorChain
  #state: SubtaskState = 'created'
  #error: unknown
  #watermarkMs = -Infinity
  readonly #work: Work[] = []
  /** Bounded by the operators that write it. */
  readonly #mail: Mail[] = []
  #pending = 0
  #isPolling = false
  #isEnding = false
  #split: 'none' | 'requested' | 'open' | 'no-more' = 'none'
  #splitId = ''

  constructor(parts: SubtaskParts) {
    this.task = parts.task
    this.metrics = parts.metrics
    this.#parts = parts
    this.#kernels = parts.kernels
    this.#chain = parts.chain
  }

  get state(): SubtaskState {
    return this.#state
  }

  /** What it failed with. */
  get error(): unknown {
    return this.#error
  }

  /** The watermark that left the subtask last. */
  get watermarkMs(): number {
    return this.#chain.watermarkMs
  }

  get ended(): boolean {
    return this.#state === 'finished' || this.#state === 'failed' || this.#state === 'cancelled'
  }

  get gate(): InputGate {
    return this.#parts.gate
  }

  /** Rows or events wait to be taken. */
  get hasInput(): boolean {
    if (this.#parts.reader === undefined) return this.#parts.gate.hasElements
    return this.#split === 'open' && !this.#isPolling
  }

  async open(): Promise<void> {
    await this.#chain.open()
    assert(this.#state === 'created', `${this.task} is opened twice`)
    this.#state = 'running'
  }

  /** Holds back all further steps until the promise settles; a rejection fails the subtask. */
  pending(work: Promise<unknown>): void {
    this.#pending++
    work
      .catch((error: unknown) => this.fail(error))
      .finally(() => {
        this.#pending--
        this.#parts.wake()
      })
  }

  /** Work for the operator at `index`, to be a step of its own. */
  mailbox(index: number, work: () => Generator<void> | void): void {
    if (this.ended) return
    this.#mail.push({ operator: index, work })
    this.#parts.wake()
  }

  onSplit(split: Split | undefined): void {
    if (this.#split !== 'requested') return
    if (split === undefined) {
      this.#split = 'no-more'
      this.#parts.wake()
      return
    }
    this.#split = 'open'
    this.#splitId = split.id
    this.#parts.watermarks?.openSplit(split.id)
    this.pending(openSplit(this.#parts.reader!, split))
  }

  onSourceMessage(message: SourceMessage): void {
    const { watermarks } = this.#parts
    if (watermarks !== undefined) this.mailbox(SOURCE, () => watermarks.onMessage(message))
  }

  /** Takes one step. False: nothing to do now; wake() comes when that changes. A failure is a step. */
  step(): boolean {
    if (this.#state !== 'running' || this.#pending > 0) return false
    try {
      if (!this.#chain.ready) return false
      const current = this.#work.at(-1)
      const from = current?.operator ?? INPUT
      if (current !== undefined && !this.#chain.isFullBehind(from)) return this.#run(current)
      if (this.#startWaiting(from)) return true
      if (current !== undefined) return false
      if (this.#isEnding) return this.#tryFinish()
      if (this.#chain.isFullBehind(INPUT)) return false
      return this.#parts.reader === undefined ? this.#stepGate() : this.#stepSource()
    } catch (error) {
      this.fail(error)
      return true
    }
  }

  /** A promise that it does not go on without has not settled. */
  get isWaiting(): boolean {
    return this.#pending > 0 && !this.ended
  }

  /**
   * While it is on, no operator counts as full, and no source waits for its alignment group: what is on the
   * way between operators comes into their state. It is bounded by what the sources have.
   */
  quiesce(isOn: boolean): void {
    this.#chain.isQuiescing = isOn
    this.#parts.wake()
  }

  /** Nothing is half done: no watermark is firing, no batch has work left, and nobody is waited for. */
  get quiet(): boolean {
    return this.#work.length === 0 && this.#pending === 0 && this.#chain.ready
  }

  /** The state of its operators, by operator id. Only while it is quiet, between two steps. */
  snapshot(
    newWriter: (place: SubtaskPlace) => SnapshotWriter,
  ): ReadonlyMap<string, OperatorSnapshot> {
    assert(this.#work.length === 0, `${this.task} is asked for a snapshot while it fires`)
    const snapshots = new Map<string, OperatorSnapshot>()
    this.#inScratch(() => {
      this.#chain.snapshot(({ id }) => {
        const writer = newWriter(this.#parts.place)
        return { writer, done: () => snapshots.set(id, writer.finish()) }
      })
    })
    return snapshots
  }

  fail(error: unknown): void {
    if (this.ended) return
    this.#state = 'failed'
    this.#error = error
  }

  cancel(): void {
    if (!this.ended) this.#state = 'cancelled'
  }

  /** Gives everything back. Called once, whatever the state. */
  async close(): Promise<void> {
    const failures: unknown[] = []
    const attempt = async (work: () => void | Promise<void> | undefined): Promise<void> => {
      try {
        await work()
      } catch (error) {
        failures.push(error)
      }
    }
    await attempt(() => this.#parts.reader?.close())
    await attempt(() => this.#chain.close())
    this.#parts.gate.close()
    this.#parts.time.close()
    if (failures.length > 0 && this.#state === 'finished') {
      this.#state = 'failed'
      this.#error = failures[0]
    }
  }

  #stepGate(): boolean {
    const event = this.#parts.gate.next()
    if (event === undefined) return false
    switch (event.kind) {
      case 'batch': {
        const { batch, input } = event
        let rest: Generator<void> | undefined
        this.#inScratch(() => {
          rest = this.#chain.processBatch(batch, input)
        })
        const after = (): void => this.#parts.gate.done()
        if (rest === undefined) after()
        else this.#work.push({ operator: 0, steps: rest, after })
        return true
      }
      case 'watermark':
        return this.#advance(event.watermarkMs)
      case 'idle':
        this.#chain.processIdle(event.idle)
        return true
      case 'end':
        return this.#endOfInput()
    }
  }

  #stepSource(): boolean {
    switch (this.#split) {
      case 'none':
        this.#split = 'requested'
        this.#parts.requestSplit()
        return false
      case 'requested':
        return false
      case 'no-more':
        return this.#endOfInput()
      case 'open':
        if (this.#isPolling) return false
        if (this.#parts.watermarks?.isPaused === true && !this.#chain.isQuiescing) return false
        return this.#poll()
    }
  }

  #poll(): boolean {
    const reader = this.#parts.reader!
    const event = reader.event?.()
    if (event !== undefined) return this.#say(event)
    const mark = this.#kernels.mark()
    const polled = reader.poll()
    if (polled instanceof Promise) {
      this.#isPolling = true
      polled
        .catch((error: unknown) => this.fail(error))
        .finally(() => {
          this.#isPolling = false
          this.#parts.wake()
        })
      return false
    }
    const isEnd = polled === 'split-ended'
    if (isEnd) this.#split = 'none'
    const { watermarks } = this.#parts
    if (watermarks !== undefined) {
      const id = this.#splitId
      const work = () => (isEnd ? watermarks.endSplit(id) : watermarks.emit(polled, id))
      this.#start({ operator: SOURCE, steps: this.#chain.onMail(SOURCE, work) })
    } else if (!isEnd) this.#chain.emitFromSource(polled)
    this.#kernels.reset(mark)
    return true
  }

  /** What the source says of event time. A watermark that does not rise says nothing. */
  #say(event: SourceEvent): boolean {
    if ('idle' in event) this.#chain.processIdle(event.idle)
    else if (event.watermarkMs > this.#watermarkMs) return this.#advance(event.watermarkMs)
    return true
  }

  #advance(watermarkMs: number, after?: () => void): boolean {
    this.#watermarkMs = watermarkMs
    const steps =
      this.#parts.reader === undefined
        ? this.#chain.processWatermark(watermarkMs)
        : this.#chain.forwardFromSource(watermarkMs)
    return this.#start({ operator: INPUT, steps, ...(after === undefined ? {} : { after }) })
  }

  /** Starts mail or an alarm of an operator behind `from` that may run. */
  #startWaiting(from: number): boolean {
    const mayRun = (operator: number): boolean =>
      operator > from && !this.#chain.isFullBehind(operator)
    const index = this.#mail.findIndex(({ operator }) => mayRun(operator))
    if (index >= 0) {
      const { operator, work } = this.#mail.splice(index, 1)[0]!
      return this.#start({ operator, steps: this.#chain.onMail(operator, work) })
    }
    const { time } = this.#parts
    const operator = time.due(mayRun)
    if (operator === undefined) return false
    return this.#start({ operator, steps: this.#chain.onProcessingTime(operator, time.now()) })
  }

  #start(work: Work): true {
    this.#work.push(work)
    return this.#run(work)
  }

  /** Goes on with the work on top for one step. */
  #run(work: Work): true {
    let done = false
    this.#inScratch(() => {
      done = work.steps.next().done === true
    })
    if (done) {
      this.#work.pop()
      work.after?.()
    }
    return true
  }

  #endOfInput(): boolean {
    const end = (): void => {
      this.#isEnding = true
    }
    if (this.#watermarkMs !== Infinity) return this.#advance(Infinity, end)
    end()
    return true
  }

  /** Finishes once operators that hold watermarks have let go of the last. */
  #tryFinish(): boolean {
    if (!this.#chain.isDrained) return false
    this.#finish()
    return true
  }

  #finish(): void {
    this.#state = 'finishing'
    this.pending(
      this.#chain.finish().then(() => {
        if (this.#state === 'finishing') this.#state = 'finished'
      }),
    )
  }

  #inScratch(work: () => void): void {
    const mark = this.#kernels.mark()
    try {
      work()
    } finally {
      this.#kernels.reset(mark)
    }
  }
}
