// The connectors that the SDK itself puts into a job, by name, with what the SDK tells them.

/** Rows that travel beside the job as an Arrow IPC stream (fromCollection, fromArrow). */
export const COLLECTION = 'collection'

/** Rows of a user's iterable: the closure gives it. */
export const ITERABLE = 'iterable'

/** Prints rows: its config is made by printTable(). */
export const PRINT = 'print'

/** Sends the rows to the client that awaits them, as Arrow IPC streams. Its config is {}. */
export const COLLECT = 'collect'
