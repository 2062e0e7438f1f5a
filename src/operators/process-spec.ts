// What the operator of process functions is told (process.ts): which method of the user's function takes
// the rows of which input, by which keys, and what happens to a row that it throws at.

/** What becomes of a row at which the user's function throws. */
export type FailurePolicySpec =
  | { readonly kind: 'fail' }
  /** Dropped, and counted as malformed. */
  | { readonly kind: 'skip' }
  /** To a side output, with what was thrown in its column 'error'. */
  | { readonly kind: 'side'; readonly tag: string }

export interface ProcessInputSpec {
  /** The method of the function that takes this input's rows. */
  readonly method: string
  /** The key columns; empty when the input is not keyed. */
  readonly keys: readonly string[]
  /** Its rows go to every subtask, and may change broadcast state. */
  readonly broadcast?: true
}

export interface ProcessSpec {
  readonly kind: 'process'
  readonly closure: true
  /** What it is, for a reader of the plan: `KeyedProcessFunction`. */
  readonly function: string
  readonly inputs: readonly ProcessInputSpec[]
  readonly onError: FailurePolicySpec
}
