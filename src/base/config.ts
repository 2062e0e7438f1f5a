// Every bound and default of the engine, in one table: name, unit, default. Who meets a bound names
// it in the error, so that a reader finds it here.

/** Parts that a count window over columns is merged from, at most: a key keeps accumulators for each. */
export const COUNT_WINDOW_PARTS_MAX = 4_096

/** Settings of a job. Units are in the names. */
export interface JobConfig {
  /** Rows a record batch holds at most, from the source on. */
  readonly batchRows: number
  /** Bytes of one record that a source accepts; a longer one is malformed. */
  readonly recordBytesMax: number
  /** Subtasks an operator runs as, unless it says otherwise. */
  readonly parallelism: number
  /** Key groups: the unit in which keyed state moves. Fixed for a job's life. */
  readonly maxParallelism: number
  /** Frames in flight on one channel: the credit that a receiver grants. */
  readonly channelCredits: number
  /** Bytes one frame between slots holds at most. */
  readonly frameBytesMax: number
  /** Partitions of one file sink's subtask that have an open file (partitionBy). */
  readonly filePartitionsMax: number
  /** Bytes of linear memory one slot may take. */
  readonly slotMemoryBytes: number
  /** How often a slot reports its counters, in milliseconds. */
  readonly metricsIntervalMs: number
  /** How often a custom generator of watermarks is asked, in milliseconds. */
  readonly autoWatermarkIntervalMs: number
  /** How long a part of an endless source may give no rows before others go on without it, in ms. */
  readonly sourceIdleTimeoutMs: number
  /** Asynchronous calls that one operator's subtask has under way at most, unless it says otherwise. */
  readonly asyncCallsMax: number
  /** How long an asynchronous call may take, its retries included, unless it says otherwise; in ms. */
  readonly asyncTimeoutMs: number
  /** How long a slot may take to stop before its thread is ended, in milliseconds. */
  readonly cancelTimeoutMs: number
  /** State entries looked at for expiry after each batch and watermark of an operator with a TTL. */
  readonly stateCleanupEntries: number
  /** Below this many keys in an operator's subtask nobody looks for those without state. */
  readonly stateCompactionKeysMin: number
}

export const DEFAULT_CONFIG: JobConfig = {
  batchRows: 16_384,
  recordBytesMax: 1 << 20,
  parallelism: 1,
  maxParallelism: 128,
  channelCredits: 4,
  frameBytesMax: 64 << 20,
  filePartitionsMax: 32,
  slotMemoryBytes: 4 * 2 ** 30 - 65_536,
  metricsIntervalMs: 100,
  autoWatermarkIntervalMs: 200,
  sourceIdleTimeoutMs: 60_000,
  asyncCallsMax: 100,
  asyncTimeoutMs: 60_000,
  cancelTimeoutMs: 5_000,
  stateCleanupEntries: 1_000,
  stateCompactionKeysMin: 65_536,
}
