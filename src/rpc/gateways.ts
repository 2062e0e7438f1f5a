// What JobManager and TaskManagers ask of each other. In the embedded cluster these are plain calls; over
// a network the same calls are the gRPC services of protos/. Neither side knows which.
import type { ErrorJson } from '../base/errors.ts'
import type { OperatorSnapshot } from '../checkpoint/operator-state.ts'
import type { Split } from '../connectors/connector.ts'
import type {
  JobDeployment,
  TaskDeployment,
  TaskId,
  SourceMessage,
  TaskReport,
} from '../runtime/slot-protocol.ts'

/** All tasks of a job in one slot: they are deployed, and end, together. */
export interface SlotDeployment {
  /** Index of the slot among those of the job. */
  readonly slot: number
  readonly job: JobDeployment
  readonly tasks: readonly TaskDeployment[]
}

/** How a task ended. */
export interface TaskEnd {
  readonly task: TaskId
  readonly state: 'finished' | 'cancelled' | 'failed'
  readonly error?: ErrorJson
}

/** The JobManager calls this side of a TaskManager. */
export interface TaskExecutorGateway {
  /** Slots that are free now. */
  readonly freeSlots: number
  /**
   * Takes slots for a job, connects them with each other and builds the tasks; no data flows yet.
   * @throws what a task's construction throws
   */
  deploy(deployments: readonly SlotDeployment[], master: JobMasterGateway): Promise<void>
  /** Lets the job's tasks run. */
  start(jobId: string): void
  /** Tells a source task about its watermarks. */
  tellSource(jobId: string, task: TaskId, message: SourceMessage): void
  /** Stops the job's tasks; settles when its slots are free. A slot that does not answer is killed. */
  cancel(jobId: string): Promise<void>
  /** The state of the job's tasks here; only while none of them has anything to do. */
  snapshot(jobId: string): Promise<readonly (readonly [string, OperatorSnapshot])[]>
  /** Settles when the job holds no slot here any more. */
  released(jobId: string): Promise<void>
}

/** A TaskManager calls this side of the JobManager, for one job. */
export interface JobMasterGateway {
  /** The next split of a source task; undefined when there is none left. */
  requestSplit(task: TaskId): Promise<Split | undefined>
  /** How far an aligned source is, milliseconds; +Infinity: nobody is to wait for it. */
  sourceWatermark(task: TaskId, watermarkMs: number): void
  report(reports: readonly TaskReport[]): void
  taskEnded(end: TaskEnd): void
  /** A slot failed as a whole: its thread died, or did not stop in time. */
  slotFailed(slot: number, error: ErrorJson): void
  /** Bytes of a collect(); the promise is back pressure. */
  collect(operator: string, bytes: Uint8Array): Promise<void>
}
