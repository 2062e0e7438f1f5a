// The connectors that the SDK itself puts into a job: collections, iterables, print and collect. Their
// names and configs, written by the SDK and read by the connectors.

/** Rows that travel beside the job as an Arrow IPC stream (fromCollection, fromArrow). */
export const COLLECTION = 'collection'
export interface CollectionConfig {
  /** The blob's name. */
  readonly blob: string
  readonly [key: string]: string
}

/** Rows of a user's iterable: the closure is `() => Iterable | AsyncIterable` of rows. Its config is {}. */
export const ITERABLE = 'iterable'

/** Prints rows as they come, or the greatest as a table at the end. */
export const PRINT = 'print'
export interface PrintConfig {
  /** Before each line, or over the table. */
  readonly label?: string
  /** Only the `top` rows with the greatest `by`, greatest first, when the input has ended. */
  readonly top?: number
  readonly by?: string
  /** How many rows are printed at most; the rest are only counted. */
  readonly limit?: number
  readonly [key: string]: string | number | undefined
}

/** Sends the rows to the client that awaits them, as Arrow IPC streams. Its config is {}. */
export const COLLECT = 'collect'
