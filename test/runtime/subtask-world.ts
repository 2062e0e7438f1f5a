// A subtask by itself, for tests: a chain of operators made for the test behind a real gate, before a
// channel whose credit the test gives. What comes out of its end is there to be seen.
import { DEFAULT_CONFIG } from '../../src/base/config.ts'
import { BatchBuilder } from '../../src/columnar/batch-builder.ts'
import { RowReader } from '../../src/columnar/row-reader.ts'
import { Schema } from '../../src/columnar/schema.ts'
import { int32 } from '../../src/columnar/type.ts'
import type { ChainedOperator } from '../../src/graph/job-graph.ts'
import { Kernels } from '../../src/kernels/module.ts'
import { newMetrics, type Operator, type Output } from '../../src/operators/operator.ts'
import type { OutputChannel } from '../../src/runtime/channel.ts'
import { decodeFrame, encodeFrame } from '../../src/runtime/frame.ts'
import { InputGate } from '../../src/runtime/input-gate.ts'
import { OperatorChain } from '../../src/runtime/operator-chain.ts'
import { Partitioner } from '../../src/runtime/partitioner.ts'
import { ProcessingTime } from '../../src/runtime/processing-time.ts'
import { Subtask } from '../../src/runtime/subtask.ts'

export const SCHEMA = Schema.of({ n: int32() })
export const kernels = new Kernels()

export type Seen = number | `watermark ${number | 'Infinity'}` | 'idle' | 'active' | 'end'
export type Mail = (work: () => Generator<void> | void) => void
export type Make = (output: Output, mail: Mail) => Operator

const clock = { now: () => 0, monotonic: () => 0, schedule: () => () => undefined }

/** A chain of operators, one behind the other, and what came out of its end. */
export class World {
  readonly seen: Seen[] = []
  readonly subtask: Subtask
  readonly time = new ProcessingTime(clock, () => undefined)
  credits = 1_000
  readonly #gate = new InputGate(kernels, [SCHEMA], () => undefined)
  readonly #reader = new RowReader(kernels, SCHEMA)
  readonly #builder = new BatchBuilder(kernels, SCHEMA)

  constructor(makes: readonly Make[]) {
    const operators = makes.map((_, i): ChainedOperator => ({
      id: String(i),
      name: `operator ${i}`,
      spec: { kind: 'where', predicate: { kind: 'column', name: 'n' } },
      output: SCHEMA.fields,
      next: i + 1 < makes.length ? [i + 1] : [],
    }))
    const metrics = operators.map(newMetrics)
    const chain = new OperatorChain({ operators, subtaskIndex: 0, metrics })
    makes.forEach((make, i) => {
      chain.setOperator(
        i,
        make(chain.output(i), (work) => this.subtask.mailbox(i, work)),
      )
    })
    chain.addPartitioner(
      makes.length - 1,
      new Partitioner(kernels, {
        config: DEFAULT_CONFIG,
        partitioning: { kind: 'forward' },
        channels: [this.#channel()],
        subtaskIndex: 0,
        maxParallelism: 128,
        closures: new Map(),
      }),
    )
    this.#gate.addChannel(0)
    this.subtask = new Subtask({
      task: 'task',
      kernels,
      chain,
      gate: this.#gate,
      metrics,
      reader: undefined,
      time: this.time,
      place: { subtaskIndex: 0, parallelism: 1, maxParallelism: 128 },
      requestSplit: () => undefined,
      wake: () => undefined,
    })
  }

  async open(): Promise<this> {
    await this.subtask.open()
    return this
  }

  send(...elements: readonly (Seen | readonly number[])[]): void {
    for (const element of elements) {
      if (element === 'end') this.#gate.push(0, { kind: 'end' })
      else if (element === 'idle' || element === 'active') {
        this.#gate.push(0, { kind: 'idle', idle: element === 'idle' })
      } else if (typeof element === 'string') {
        this.#gate.push(0, { kind: 'watermark', watermarkMs: Number(element.slice(10)) })
      } else {
        const rows = typeof element === 'number' ? [element] : element
        const mark = kernels.mark()
        for (const n of rows) this.#builder.append({ n })
        const frame = encodeFrame(kernels, this.#builder.finish(), undefined)
        kernels.reset(mark)
        this.#gate.push(0, { kind: 'frame', frame })
      }
    }
  }

  /** Steps until nothing goes on. */
  run(): readonly Seen[] {
    while (this.subtask.step());
    if (this.subtask.state === 'failed') throw this.subtask.error
    return this.seen
  }

  async close(): Promise<void> {
    await this.subtask.close()
  }

  #channel(): OutputChannel {
    const credits = (): number => this.credits
    return {
      get credits() {
        return credits()
      },
      sendFrame: ({ ptr }) => {
        this.credits--
        const mark = kernels.mark()
        const rows = this.#reader.rows(decodeFrame(kernels, SCHEMA, ptr))
        this.seen.push(...rows.map((row) => row['n'] as number))
        kernels.reset(mark)
        kernels.release(ptr)
      },
      sendWatermark: (ms) => void this.seen.push(`watermark ${ms}`),
      sendIdle: (idle) => void this.seen.push(idle ? 'idle' : 'active'),
      sendEnd: () => void this.seen.push('end'),
    }
  }
}
