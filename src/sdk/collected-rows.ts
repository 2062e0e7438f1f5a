// What collect() gives: the rows of a stream, for a client that iterates them.
//
// R1  Iterating starts the job, unless execute() has. Breaking off cancels a job that iterating started.
// R2  While somebody iterates, the job waits for them; before that, its rows are kept up to a bound.
// R3  A job that fails fails the iteration, after the rows that came before.
import { DataflowError } from '../base/errors.ts'
import { Schema } from '../columnar/schema.ts'
import type { Fields, RowOf } from '../columnar/type.ts'
import { COLLECT } from '../connectors/built-in.ts'
import type { StreamVertex } from '../graph/stream-graph.ts'
import { rowsOfIpc } from './collection.ts'
import { type LogicalStream, refuseUpdating } from './logical-stream.ts'

/** Bytes of rows that are kept while nobody iterates. */
const UNREAD_BYTES_MAX = 256 << 20
/** Bytes of rows that wait for one who iterates, before the job waits too. */
const WAITING_BYTES_MAX = 8 << 20

/** The rows of a stream; to be iterated once, with `for await`. Made by DataStream.collect(). */
export class CollectedRows<F extends Fields> implements AsyncIterable<RowOf<F>> {
  readonly #stream: LogicalStream
  readonly #sink: StreamVertex
  readonly #queue: Uint8Array[] = []
  #bytes = 0
  #state: 'unread' | 'reading' | 'done' = 'unread'
  #end: { readonly error?: unknown } | undefined
  #wakeReader: (() => void) | undefined
  #wakeJob: (() => void)[] = []

  constructor(stream: LogicalStream, location: string | undefined) {
    this.#stream = stream
    refuseUpdating(stream, 'collect()')
    const { vertex } = stream.append({
      spec: { kind: 'sink', connector: COLLECT, config: {}, closure: false },
      name: 'Sink: collect',
      output: new Schema([]),
      collector: {
        take: (bytes) => this.#take(bytes),
        end: (error) => {
          this.#end = error === undefined ? {} : { error }
          this.#wakeReader?.()
        },
      },
      ...(location === undefined ? {} : { location }),
    })
    this.#sink = vertex!
    stream.job.addSink(this.#sink)
  }

  [Symbol.asyncIterator](): AsyncGenerator<RowOf<F>, void, undefined> {
    if (this.#state !== 'unread') {
      throw new DataflowError(
        'GRAPH_INVALID',
        'the rows of a collect() can be read once; keep them: await Array.fromAsync(rows)',
      )
    }
    this.#state = 'reading'
    return this.#read()
  }

  async *#read(): AsyncGenerator<RowOf<F>, void, undefined> {
    let started: { cancel(): Promise<void> } | undefined
    try {
      started = await this.#stream.job.executePending(this.#sink)
      for (;;) {
        const bytes = this.#queue.shift()
        if (bytes !== undefined) {
          this.#bytes -= bytes.length
          this.#release()
          for await (const rows of rowsOfIpc<F>(bytes, this.#stream.visible)) yield* rows
        } else if (this.#end !== undefined) {
          if ('error' in this.#end) throw this.#end.error
          return
        } else {
          await new Promise<void>((resolve) => {
            this.#wakeReader = resolve
          })
        }
      }
    } finally {
      this.#state = 'done'
      this.#queue.length = 0
      this.#bytes = 0
      this.#release()
      if (this.#end === undefined) await started?.cancel()
    }
  }

  async #take(bytes: Uint8Array): Promise<void> {
    if (this.#state === 'done') return
    this.#queue.push(bytes)
    this.#bytes += bytes.length
    this.#wakeReader?.()
    if (this.#state === 'unread' && this.#bytes > UNREAD_BYTES_MAX) {
      throw new DataflowError(
        'MEMORY_EXHAUSTED',
        `collect() keeps ${this.#bytes} bytes that nobody has read (at most ${UNREAD_BYTES_MAX}); ` +
          'iterate it while the job runs, or write to a file',
      )
    }
    if (this.#state === 'reading' && this.#bytes > WAITING_BYTES_MAX) {
      await new Promise<void>((resolve) => this.#wakeJob.push(resolve))
    }
  }

  #release(): void {
    if (this.#bytes > WAITING_BYTES_MAX) return
    for (const wake of this.#wakeJob.splice(0)) wake()
  }
}
