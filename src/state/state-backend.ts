// The contract of a state backend: where an operator's keyed state lies while it runs. One backend an
// operator and subtask; test/conformance/state-backend.ts says in tests what is said here.
//
// SB1  getState() gives one object a descriptor's name and scope: the state of the scope's current id.
// SB2  Another kind or type under a known name is refused, now and on restore, with both named.
// SB3  What was restored and nobody asked for goes into the next snapshot as it came.
// SB4  snapshot() writes keyed tables by the naming columns of ids: they may come back anywhere.
import type { StateReader, StateWriter } from '../checkpoint/operator-state.ts'
import type { Kernels } from '../kernels/module.ts'
import type { StateDescriptor } from './state.ts'
import type { StateScope, StateTime } from './state-table.ts'

export interface StateBackend {
  /**
   * The state that a descriptor names, for a scope's ids; what was restored is in it.
   * @throws STATE_MISUSED under another kind or type, STATE_INCOMPATIBLE for what was restored as another
   */
  getState<S>(descriptor: StateDescriptor<S>, scope: StateScope): S
  /** Visits the ids that have something under a descriptor; it may have expired. */
  forEachId(descriptor: StateDescriptor, scope: StateScope, visit: (id: number) => void): void
  /** Removes what has expired, so many entries of each state; between two batches. */
  cleanUp(entries: number): void
  snapshot(into: StateWriter): void
  close(): void
}

export interface StateBackendParts {
  readonly kernels: Kernels
  readonly time: StateTime
  readonly restored: StateReader | undefined
  /** Rows of a snapshot's batches. */
  readonly batchRows: number
}

export type StateBackendFactory = (parts: StateBackendParts) => StateBackend
