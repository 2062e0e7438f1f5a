// The contracts of sources and sinks. A connector is data in the job graph (its name and a JSON config);
// the JobManager plans its splits, the subtasks read or write.
//
// C1  A split is JSON, and together with a position it says exactly which records follow.
// C2  A reader gives batches over the slot's linear memory; each lives until the next poll().
// C3  A malformed record is failed, skipped and counted, or written to the dead letters: never lost.
// C4  A sink's result appears at finish() as a whole, or not at all.
import type { Clock } from '../base/clock.ts'
import type { JobConfig } from '../base/config.ts'
import type { Json } from '../base/json.ts'
import type { Fields } from '../columnar/type.ts'
import type { RecordBatch } from '../columnar/record-batch.ts'
import type { Schema } from '../columnar/schema.ts'
import type { Kernels } from '../kernels/module.ts'
import type { OperatorMetrics } from '../operators/operator.ts'

/** A part of a source that one reader reads from start to end. */
export interface Split {
  /** Unique in the source, and readable: `flights.csv[0-1048576]`. */
  readonly id: string
  /** Bytes to read, for progress; undefined when nobody knows. */
  readonly bytes?: number
  readonly [key: string]: Json | undefined
}

export interface ReaderContext {
  readonly kernels: Kernels
  readonly config: JobConfig
  readonly subtaskIndex: number
  readonly parallelism: number
  /** What the reader must give, with the unneeded columns already left out. */
  readonly schema: Schema
  readonly metrics: OperatorMetrics
}

/** Reads splits in one subtask. */
export interface SourceReader {
  /** Starts on a split; called at first and after each 'split-ended'. */
  open(split: Split): void | Promise<void>
  /**
   * The next batch of the open split; or a promise when there is none yet: poll again once it settles.
   * Batches are made within poll(), so that their scratch memory ends with the subtask's step.
   */
  poll(): PollResult | Promise<void>
  /** What is to be said before the next batch; asked before each poll(). */
  event?(): SourceEvent | undefined
  close(): void | Promise<void>
}

export type PollResult = RecordBatch | 'split-ended'

/** What a source that makes its watermarks itself (SourceSpec.eventTime) says between batches. */
export type SourceEvent =
  /** Milliseconds. */
  | { readonly watermarkMs: number }
  /** Nobody is to wait for this subtask's watermarks, or again. */
  | { readonly idle: boolean }

/** A source as the JobManager and the readers see it. */
export interface Source {
  /** The splits, in the order in which they are best read. Fails clearly when there is nothing. */
  plan(parallelism: number): Promise<readonly Split[]>
  reader(context: ReaderContext): SourceReader
}

export interface WriterContext {
  readonly kernels: Kernels
  readonly config: JobConfig
  readonly subtaskIndex: number
  readonly parallelism: number
  /** The schema of what is written: hidden columns are left out, but for a changelog's `$op`. */
  readonly schema: Schema
  readonly metrics: OperatorMetrics
}

/** Writes in one subtask. */
export interface SinkWriter {
  open?(): void | Promise<void>
  /** Encodes before it returns (the batch dies then); a promise holds back further input. */
  write(batch: RecordBatch): void | Promise<void>
  /** The end of input: publish. */
  finish(): void | Promise<void>
  /** Always called once; without finish() before it, what was written is withdrawn. */
  close(): void | Promise<void>
}

export interface Sink {
  writer(context: WriterContext): SinkWriter
}

/** What a connector may ask for beside its config. */
export interface ConnectorEnvironment {
  /** The slot's time. */
  readonly clock: Clock
  /** Bytes that travelled beside the job graph (a collection's rows), by name. */
  blob(name: string): Uint8Array
  /** The user's closure of this source or sink, when its spec says that there is one. */
  readonly closure: unknown
  /** Sends an Arrow IPC stream's bytes to whoever awaits this job's collect(). */
  toClient(bytes: Uint8Array<ArrayBuffer>): Promise<void>
}

/** One entry of the list of connectors: how a config of the job graph becomes a source or a sink. */
export interface Connector {
  source?(config: Json, environment: ConnectorEnvironment): Source
  sink?(config: Json, environment: ConnectorEnvironment): Sink
}

/** What a user hands to fromSource(): a connector's name and config, with the columns it gives. */
export interface SourceSpec<F extends Fields = Fields> {
  readonly connector: string
  /** For plans and errors: `parquet flights-3m.parquet`. */
  readonly name: string
  readonly config: Json
  readonly schema: F
  /** The column that the watermarks speak of, where the source makes them itself. */
  readonly eventTime?: string
  /** Splits can be read side by side: else the source's parallelism is 1. */
  readonly parallel: boolean
  /** It never ends by itself: batch mode refuses it. */
  readonly unbounded?: boolean
}

/** What a user hands to sinkTo(). `In` is what it takes: rows must have these columns. */
export interface SinkSpec<In extends Fields = Fields> {
  readonly connector: string
  readonly name: string
  readonly config: Json
  /** Fixed where the sink says so (a single file is 1); undefined follows the stream. */
  readonly parallelism: number | undefined
  /** The columns that it takes, in order; absent when it takes whatever comes. */
  readonly schema?: In
  /** Columns that must be among those that come. */
  readonly needs?: readonly string[]
  /** Who takes what the sink's subtasks send to the client, where the job was built. */
  readonly client?: SinkClient
  /**
   * Which streams it takes: those whose rows stay ('append', unless said); changes by `key`, without the
   * rows before an update ('upsert'); or every change ('all'). What a row does is then its last column,
   * `$op` (uint8: 0 insert, 1 update before, 2 update after, 3 delete), when the stream is updating.
   */
  readonly changelog?: 'append' | 'upsert' | 'all'
  /** Of an 'upsert' sink: the columns of which each value has one row. */
  readonly key?: readonly (keyof In & string)[]
}

/** The end of a sink that reports to whoever built the job. */
export interface SinkClient {
  /** The promise is back pressure. */
  take(bytes: Uint8Array): Promise<void>
  /** The job has ended, by an error if there is one. */
  end(error?: unknown): void
}

/** What to do with a malformed record. */
export type OnError =
  | 'fail'
  | 'skip'
  /** NDJSON file of {file, line, offset, reason, record}. */
  | { readonly deadLetter: string }
