// A source of the user's own: rows, or arrays of rows, from an iterable or an async iterable.
//
// I1  Rows are pulled one by one, only while there is room for a batch; a slow job slows the
//     iterable.
// I2  A batch goes on when it is full, when flushMs have passed since its first row, or at the end.
// I3  An iterable object can be read once, so a job that starts again needs a function that makes
//     one.
import type { Clock } from '../base/clock.ts'
import { DataflowError, isDataflowError } from '../base/errors.ts'
import type { Json } from '../base/json.ts'
import { BatchBuilder } from '../columnar/batch-builder.ts'
import type {
  Connector,
  PollResult,
  ReaderContext,
  Source,
  SourceReader,
  Split,
} from './connector.ts'

type Rows = Iterable<unknown> | AsyncIterable<unknown>
/** The closure of an iterable source. */
export type RowsFunction = Rows | (() => Rows)

/** An iterable source as data. */
export interface IterableConfig {
  /**
   * How long a row may wait for its batch to fill up, in milliseconds; FLUSH_MS unless said
   * otherwise.
   */
  readonly flushMs?: number
}

const FLUSH_MS = 10

export const iterableConnector: Connector = {
  source: (config, { closure, clock }) => iterableSource(config, closure as RowsFunction, clock),
}

export function iterableSource(config: Json, rows: RowsFunction, clock: Clock): Source {
  const { flushMs = FLUSH_MS } = config as unknown as IterableConfig
  return {
    plan: () => Promise.resolve([{ id: 'rows' }] satisfies Split[]),
    reader: (context) => new IterableReader(rows, flushMs, context, clock),
  }
}

class IterableReader implements SourceReader {
  readonly #rows: RowsFunction
  readonly #flushMs: number
  readonly #clock: Clock
  readonly #batchRows: number
  readonly #builder: BatchBuilder
  #iterator: Iterator<unknown> | AsyncIterator<unknown> | undefined
  #state: 'reading' | 'ended' | 'closed' = 'reading'
  #failure: unknown
  #isDue = false
  #cancelFlush: (() => void) | undefined
  // The puller waits for room, poll()'s promise for a batch: never both.
  #onRoom: (() => void) | undefined
  #onBatch: (() => void) | undefined

  constructor(rows: RowsFunction, flushMs: number, context: ReaderContext, clock: Clock) {
    this.#rows = rows
    this.#flushMs = flushMs
    this.#clock = clock
    this.#batchRows = context.config.batchRows
    this.#builder = new BatchBuilder(context.kernels, context.schema)
  }

  open(): void {
    // Its end, also a failing one, is seen by poll().
    void this.#pull()
  }

  /**
   * @throws USER_CODE_FAILED for what the iterable throws, TYPE_MISMATCH for a row that does not
   * fit
   */
  poll(): PollResult | Promise<void> {
    const isFull = this.#builder.length >= this.#batchRows
    const isDue = this.#isDue || this.#state === 'ended'
    if (isFull || (isDue && this.#builder.length > 0)) return this.#takeBatch()
    if (this.#failure !== undefined) throw this.#failure
    if (this.#state === 'ended') return 'split-ended'
    return new Promise((resolve) => {
      this.#onBatch = resolve
    })
  }

  close(): void {
    this.#state = 'closed'
    this.#cancelFlush?.()
    this.#onRoom?.()
    this.#builder.close()
    // The user's `finally` blocks run, but a generator that hangs must not hold up the job's end.
    void Promise.resolve(this.#iterator?.return?.()).catch(() => undefined)
  }

  async #pull(): Promise<void> {
    try {
      const rows = typeof this.#rows === 'function' ? this.#rows() : this.#rows
      this.#iterator = iteratorOf(rows)
      for (;;) {
        const { done, value } = await this.#iterator.next()
        if (done === true || this.#state === 'closed') break
        if (Array.isArray(value)) for (const row of value) await this.#append(row)
        else await this.#append(value)
      }
    } catch (error) {
      this.#failure = isDataflowError(error) ? error : userError(error)
    }
    if (this.#state === 'reading') this.#state = 'ended'
    this.#wake()
  }

  #append(row: unknown): Promise<void> | undefined {
    if (this.#state === 'closed') return undefined
    if (this.#builder.length === 0) {
      this.#cancelFlush = this.#clock.schedule(this.#flushMs, () => {
        this.#isDue = true
        this.#wake()
      })
    }
    this.#builder.append(row)
    if (this.#builder.length < this.#batchRows) return undefined
    this.#wake()
    return new Promise((resolve) => {
      this.#onRoom = resolve
    })
  }

  #takeBatch(): PollResult {
    this.#cancelFlush?.()
    this.#isDue = false
    const batch = this.#builder.finish()
    this.#onRoom?.()
    return batch
  }

  #wake(): void {
    this.#onBatch?.()
    this.#onBatch = undefined
  }
}

function iteratorOf(rows: Rows): Iterator<unknown> | AsyncIterator<unknown> {
  if (typeof rows === 'object' && rows !== null) {
    if (Symbol.asyncIterator in rows) return rows[Symbol.asyncIterator]()
    if (Symbol.iterator in rows) return rows[Symbol.iterator]()
  }
  throw new DataflowError(
    'TYPE_MISMATCH',
    'fromAsyncIterable needs an iterable or an async iterable of rows, or a function that gives ' +
      `one, not ${rows === null ? 'null' : typeof rows}`,
  )
}

function userError(cause: unknown): DataflowError {
  const what = cause instanceof Error ? cause.message : String(cause)
  return new DataflowError('USER_CODE_FAILED', `the source's iterable failed: ${what}`, { cause })
}
