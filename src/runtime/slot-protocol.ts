// What a slot and its TaskManager say to each other, and what two slots say on the port between them.
// Plain data that survives a structured clone; a wire carries the same words.
import type { ErrorJson } from '../base/errors.ts'
import type { JobConfig } from '../base/config.ts'
import type { JobSnapshot, OperatorSnapshot } from '../checkpoint/operator-state.ts'
import type { Split } from '../connectors/connector.ts'
import type { JobVertex, Partitioning } from '../graph/job-graph.ts'
import type { OperatorMetrics } from '../operators/operator.ts'
import type { MetricReport } from '../operators/user-metrics.ts'

/** `vertex#subtask`: unique in a job. */
export type TaskId = string

/** One direction of data between two subtasks. */
export interface ChannelDescriptor {
  /** Unique in the job. */
  readonly channel: number
  /** The slot at the other end. */
  readonly slot: number
}

export interface InputDescriptor extends ChannelDescriptor {
  /** Which input of the vertex's first operator it feeds. */
  readonly input: number
}

/** The channels of one edge, one a target subtask. */
export interface OutputDescriptor {
  /** The operator of the chain whose rows go out. */
  readonly operator: number
  readonly partitioning: Partitioning
  /** Key groups of the consumers. */
  readonly maxParallelism: number
  readonly channels: readonly ChannelDescriptor[]
}

export interface TaskDeployment {
  readonly task: TaskId
  readonly vertex: JobVertex
  readonly subtaskIndex: number
  readonly attempt: number
  readonly inputs: readonly InputDescriptor[]
  readonly outputs: readonly OutputDescriptor[]
}

/** What all tasks of a job in one slot share. */
export interface JobDeployment {
  readonly jobId: string
  readonly config: JobConfig
  /** To rebuild closures from; absent when no operator has one. */
  readonly module?: string
  readonly blobs: ReadonlyMap<string, Uint8Array>
  /** Compiled user functions by the URL of their source. */
  readonly userFunctions: ReadonlyMap<string, WebAssembly.Module>
  /** What the job goes on from: the snapshots of all subtasks, by operator id. */
  readonly restored?: JobSnapshot
}

/** Counters of one task, an entry an operator of its chain. */
export interface TaskReport {
  readonly task: TaskId
  readonly watermarkMs: number
  readonly operators: readonly OperatorReport[]
}

/** The counters of one operator in one subtask, as data. */
export type OperatorReport = Omit<OperatorMetrics, 'user'> & {
  readonly user: Readonly<Record<string, MetricReport>>
}

/** What the JobManager tells the source of a task about its watermarks. */
export type SourceMessage =
  /** Each of the source's splits has a reader. */
  | { readonly kind: 'splits-assigned' }
  /** How far its watermark may be for it to read on. */
  | { readonly kind: 'alignment'; readonly watermarkMsMax: number }

export type ToSlot =
  | {
      readonly kind: 'deploy'
      readonly job: JobDeployment
      readonly tasks: readonly TaskDeployment[]
    }
  | { readonly kind: 'connect'; readonly slot: number; readonly port: Port }
  | { readonly kind: 'start' }
  | { readonly kind: 'split'; readonly task: TaskId; readonly split: Split | undefined }
  | { readonly kind: 'source-message'; readonly task: TaskId; readonly message: SourceMessage }
  | { readonly kind: 'collected'; readonly request: number }
  /** Asks for the state of all tasks; only while none of them has anything to do. */
  | { readonly kind: 'snapshot' }
  | { readonly kind: 'cancel' }

export type FromSlot =
  | { readonly kind: 'deployed' }
  | { readonly kind: 'request-split'; readonly task: TaskId }
  /** How far an aligned source is, milliseconds; +Infinity: nobody is to wait for it. */
  | { readonly kind: 'source-watermark'; readonly task: TaskId; readonly watermarkMs: number }
  | { readonly kind: 'report'; readonly tasks: readonly TaskReport[] }
  | {
      readonly kind: 'collect'
      readonly operator: string
      readonly bytes: Uint8Array<ArrayBuffer>
      readonly request: number
    }
  /** The state of the slot's tasks: pairs of operator id and snapshot. */
  | {
      readonly kind: 'snapshot'
      readonly operators: readonly (readonly [string, OperatorSnapshot])[]
    }
  /** A task ended: finished, cancelled, or failed with its error. */
  | {
      readonly kind: 'ended'
      readonly task: TaskId
      readonly state: 'finished' | 'cancelled' | 'failed'
      readonly error?: ErrorJson
    }
  /** All tasks have ended and the slot holds nothing any more. */
  | { readonly kind: 'idle' }
  /** The slot itself failed (a deployment that cannot be built). */
  | { readonly kind: 'failed'; readonly error: ErrorJson }

/** Between slots. A buffer that comes back with a credit is the one that was sent. */
export type BetweenSlots =
  | {
      readonly kind: 'batch'
      readonly channel: number
      readonly buffer: ArrayBuffer
      readonly bytes: number
    }
  | { readonly kind: 'watermark'; readonly channel: number; readonly watermarkMs: number }
  | { readonly kind: 'idle'; readonly channel: number; readonly idle: boolean }
  | { readonly kind: 'end'; readonly channel: number }
  | { readonly kind: 'credit'; readonly channel: number; readonly buffer: ArrayBuffer }

/** One end of an ordered message pipe: a MessagePort, or what stands for it in a simulator. */
export interface Port {
  postMessage(message: unknown, transfer?: readonly ArrayBuffer[]): void
  /** From now on messages go to this listener, and to no earlier one. */
  onMessage(listener: (message: never) => void): void
  close(): void
}
