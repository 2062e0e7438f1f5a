// The job graph: what a JobManager gets. JSON but for nothing: a vertex is a chain of operators that run
// as one subtask; an edge says how batches go from one vertex to the next.
//
// G1  An operator id is stable: derived from its uid, or from its kind and its place in the graph.
// G2  A spec with `closure: true` needs the job's module: a worker rebuilds the graph and looks the
//     closure up by operator id. All else is here as data.
import type { DataType } from '../columnar/type.ts'
import type { JobConfig } from '../base/config.ts'
import type { OperatorSpec } from '../operators/operator-spec.ts'

/** How rows go from the subtasks of one vertex to those of the next. */
export type Partitioning =
  /** Subtask i to subtask i: never leaves the slot, the only kind that chains. */
  | { readonly kind: 'forward' }
  /** By key group of these columns. */
  | { readonly kind: 'hash'; readonly keys: readonly string[] }
  /** Batches round robin. */
  | { readonly kind: 'rebalance' }
  /** Batches round robin over a part of the subtasks, so that each producer has few channels. */
  | { readonly kind: 'rescale' }
  /** Each row to any subtask, evenly. */
  | { readonly kind: 'shuffle' }
  /** As a function of the job says: the closure of operator `by` gets the value of `column`. */
  | { readonly kind: 'custom'; readonly by: string; readonly column: string }
  /** All rows to all subtasks. */
  | { readonly kind: 'broadcast' }
  /** All rows to subtask 0. */
  | { readonly kind: 'global' }

/** One operator of a chain. */
export interface ChainedOperator {
  /** 16 hex digits. */
  readonly id: string
  readonly uid?: string
  readonly name: string
  readonly spec: OperatorSpec
  /** The columns of what it emits. */
  readonly output: readonly ColumnDescription[]
  /** Where the job made it: `job.ts:12`. */
  readonly location?: string
  /** Columns that it could give and nobody needs: left out of `output`. */
  readonly pruned?: readonly string[]
  /**
   * Operators of this chain that it feeds, as indices; usually [i + 1], two when a stream forks inside
   * the chain, none at its end.
   */
  readonly next: readonly number[]
}

export interface JobVertex {
  /** The id of its first operator. */
  readonly id: string
  /** `Source: flights -> Where -> Select`. */
  readonly name: string
  readonly parallelism: number
  readonly maxParallelism: number
  /** Vertices of other groups never share its slots; absent: the group 'default'. */
  readonly slotSharingGroup?: string
  readonly operators: readonly ChainedOperator[]
  /** The columns of each input; none for a source. Several edges may feed one input (a union). */
  readonly inputs: readonly (readonly ColumnDescription[])[]
}

/** A column as data: what a Schema is made from. */
export interface ColumnDescription {
  readonly name: string
  readonly type: DataType
}

/** From an operator of one vertex to the first operator of another (its input number `input`). */
export interface JobEdge {
  readonly from: { readonly vertex: string; readonly operator: number }
  readonly to: { readonly vertex: string; readonly input: number }
  readonly partitioning: Partitioning
}

export interface JobGraph {
  readonly name: string
  readonly config: JobConfig
  /** Watermarks come at the end of input only; unless said, as rows come. */
  readonly runtimeMode?: 'batch'
  readonly vertices: readonly JobVertex[]
  readonly edges: readonly JobEdge[]
  /** The URLs of the `.as.ts` files to compile before the job starts. */
  readonly userFunctionModules: readonly string[]
  /** The job's module, when a worker must rebuild closures. */
  readonly module?: string
}
