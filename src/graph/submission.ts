// What the SDK hands to a cluster, and what the cluster gives back: the border between building a job
// and running it. The embedded cluster and a remote one stand behind the same interface.
import type { JobSnapshot } from '../checkpoint/operator-state.ts'
import type { MetricTotal } from '../operators/user-metrics.ts'
import type { JobGraph } from './job-graph.ts'

export interface JobSubmission {
  readonly graph: JobGraph
  /** Bytes that connectors ask for by name (fromCollection, fromArrow). */
  readonly blobs: ReadonlyMap<string, Uint8Array>
  /** Closures by operator id. Used as they are by an inline slot; a worker finds its own in the module. */
  readonly closures: ReadonlyMap<string, unknown>
  /** Who takes the Arrow IPC bytes of each collect(), by operator id; the promise is back pressure. */
  readonly collectors: ReadonlyMap<string, (bytes: Uint8Array) => Promise<void>>
  /** What the job goes on from; absent when it begins. */
  readonly restored?: JobSnapshot
  readonly signal?: AbortSignal
}

export type JobState =
  | 'created'
  | 'running'
  | 'finished'
  | 'failing'
  | 'failed'
  | 'cancelling'
  | 'cancelled'

/** Totals over all subtasks, and how far the job is. */
export interface JobProgress {
  readonly state: JobState
  /** Rows that the sources read. */
  readonly rows: number
  readonly bytesIn: number
  readonly bytesOut: number
  /** Bytes that the sources' splits hold in all; undefined when a source cannot tell. */
  readonly bytesTotal: number | undefined
  readonly rowsOut: number
  readonly windowsFired: number
  readonly lateRows: number
  readonly rowObjects: number
  readonly malformedRecords: number
  /** The lowest of the sources' watermarks, milliseconds; undefined before the first. */
  readonly watermarkMs: number | undefined
  readonly elapsedMs: number
  /** From submission until the first window fired; undefined before. */
  readonly firstWindowMs: number | undefined
}

/** Figures of one operator, over its subtasks. */
export interface OperatorProgress {
  /** Its uid, or what stands for one. */
  readonly id: string
  readonly name: string
  readonly parallelism: number
  readonly rowsIn: number
  readonly rowsOut: number
  readonly bytesIn: number
  readonly bytesOut: number
  readonly lateRows: number
  readonly windowsFired: number
  readonly rowObjects: number
  readonly malformedRecords: number
  /** What its function counts and reports, by name. */
  readonly metrics: Readonly<Record<string, MetricTotal>>
}

/** A job's end. */
export interface JobResult extends JobProgress {
  readonly jobId: string
  readonly name: string
  readonly operators: readonly OperatorProgress[]
}

export interface JobClient {
  readonly jobId: string
  progress(): JobProgress
  /** Operator by operator, as of the tasks' latest reports. */
  operators(): readonly OperatorProgress[]
  cancel(): Promise<void>
  /**
   * Settles when all threads of the job are free again.
   * @throws JOB_FAILED (its first cause is what went wrong, with operator and subtask), JOB_CANCELLED
   */
  result(): Promise<JobResult>
}

export interface JobExecutor {
  submit(submission: JobSubmission): Promise<JobClient>
}
