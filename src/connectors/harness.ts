// The source and the sink of jobs under test: rows, watermarks and idleness as the test says, and the rows
// that came out, as objects. They meet the test in this file's tables, so they work in its thread only.
//
// HC1  An input is a log: each subtask reads its share of it in order. Rows of a push stay together;
//      pushes go to subtasks in turn.
import { DataflowError } from '../base/errors.ts'
import type { Json } from '../base/json.ts'
import { BatchBuilder } from '../columnar/batch-builder.ts'
import { RowReader } from '../columnar/row-reader.ts'
import type {
  Connector,
  PollResult,
  ReaderContext,
  SinkWriter,
  SourceEvent,
  SourceReader,
  Split,
} from './connector.ts'

/** What a test puts into an input. */
export type HarnessEntry =
  | { readonly kind: 'rows'; readonly rows: readonly object[] }
  | { readonly kind: 'watermark'; readonly watermarkMs: number }
  | { readonly kind: 'idle'; readonly idle: boolean }

/** The log of an input. */
export class HarnessLog {
  readonly #entries: HarnessEntry[] = []
  /** Whoever reads it now. */
  readonly readers = new Set<{ readonly isBehind: boolean }>()
  #waiting: (() => void)[] = []
  #ended = false

  get ended(): boolean {
    return this.#ended
  }

  entry(index: number): HarnessEntry | undefined {
    return this.#entries[index]
  }

  append(entry: HarnessEntry): void {
    this.#entries.push(entry)
    this.#wake()
  }

  end(): void {
    this.#ended = true
    this.#wake()
  }

  /** Forgets everything: for the next job. */
  reset(): void {
    this.#entries.length = 0
    this.#ended = false
  }

  /** Settles when something was added. */
  changed(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve()
  }
}

// Emptied by forget(), which a harness calls when it is closed.
const LOGS = new Map<string, HarnessLog>()
const OUTPUTS = new Map<string, object[]>()

/** The log of that name, made when it is first asked for. */
export function harnessLog(id: string): HarnessLog {
  const known = LOGS.get(id)
  if (known !== undefined) return known
  const log = new HarnessLog()
  LOGS.set(id, log)
  return log
}

/** The rows that came out under that name. */
export function harnessOutput(id: string): object[] {
  const known = OUTPUTS.get(id)
  if (known !== undefined) return known
  const rows: object[] = []
  OUTPUTS.set(id, rows)
  return rows
}

/** Drops inputs and outputs. */
export function forget(ids: Iterable<string>): void {
  for (const id of ids) {
    LOGS.delete(id)
    OUTPUTS.delete(id)
  }
}

/** The name of the connector, for the specs that a test makes. */
export const HARNESS = 'harness'

export const harnessConnector: Connector = {
  source(config) {
    const { id } = config as { readonly id: string }
    return {
      plan: (parallelism) =>
        Promise.resolve(
          Array.from({ length: parallelism }, (_, i): Split => ({ id: `${id}-${i}`, index: i })),
        ),
      reader: (context) => new LogReader(logOf(config), context),
    }
  },
  sink: (config) => ({
    writer: ({ kernels, schema }): SinkWriter => {
      const { id } = config as { readonly id: string }
      const rows = harnessOutput(id)
      const reader = new RowReader(kernels, schema)
      return {
        write: (batch) => void rows.push(...(reader.rows(batch) as object[])),
        finish: () => undefined,
        close: () => undefined,
      }
    },
  }),
}

function logOf(config: Json): HarnessLog {
  const { id } = config as { readonly id: string }
  const log = LOGS.get(id)
  if (log !== undefined) return log
  throw new DataflowError(
    'CONFIG_INVALID',
    `the test input '${id}' is read outside its test: only a JobHarness runs such a job`,
  )
}

class LogReader implements SourceReader {
  readonly #log: HarnessLog
  readonly #context: ReaderContext
  readonly #builder: BatchBuilder
  #index = 0
  #position = 0
  #row = 0

  constructor(log: HarnessLog, context: ReaderContext) {
    this.#log = log
    this.#context = context
    this.#builder = new BatchBuilder(context.kernels, context.schema)
  }

  /** There is something to read. */
  get isBehind(): boolean {
    return this.#next() !== undefined
  }

  open(split: Split): void {
    this.#index = split.index as number
    this.#log.readers.add(this)
  }

  event(): SourceEvent | undefined {
    const entry = this.#next()
    if (entry === undefined || entry.kind === 'rows') return undefined
    this.#position++
    return entry.kind === 'idle' ? { idle: entry.idle } : { watermarkMs: entry.watermarkMs }
  }

  poll(): PollResult | Promise<void> {
    const entry = this.#next()
    if (entry?.kind === 'rows') return this.#batch(entry.rows)
    return this.#log.ended ? 'split-ended' : this.#log.changed()
  }

  close(): void {
    this.#log.readers.delete(this)
    this.#builder.close()
  }

  /** The entry that this subtask is at; undefined at the log's end. */
  #next(): HarnessEntry | undefined {
    for (;;) {
      const entry = this.#log.entry(this.#position)
      if (entry?.kind !== 'rows') return entry
      const isOwn = this.#position % this.#context.parallelism === this.#index
      if (isOwn && this.#row < entry.rows.length) return entry
      this.#position++
      this.#row = 0
    }
  }

  #batch(rows: readonly object[]): PollResult {
    const end = Math.min(rows.length, this.#row + this.#context.config.batchRows)
    for (; this.#row < end; this.#row++) this.#builder.append(rows[this.#row])
    return this.#builder.finish()
  }
}
