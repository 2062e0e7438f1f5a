// What the operators of asynchronous calls are told (async-wait.ts): how many calls there may be, how long
// one may take, how often it is tried, and what becomes of a row whose call fails.
import type { FailurePolicySpec } from './process-spec.ts'

export interface AsyncRetrySpec {
  /** Tries in all, the first one included. */
  readonly attempts: number
  readonly delayMs: number
  /** Each delay is so many times the one before. */
  readonly backoff: number
  readonly maxDelayMs?: number
}

export interface AsyncCallsSpec {
  /** Results in the order of their rows; else as they come, between two watermarks. */
  readonly ordered: boolean
  /** Calls at a time in one subtask; the job's asyncCallsMax unless said. */
  readonly capacity?: number
  /** From a row's first try to its result; the job's asyncTimeoutMs unless said. */
  readonly timeoutMs?: number
  readonly retry?: AsyncRetrySpec
  readonly onError: FailurePolicySpec
}

export interface AsyncMapSpec extends AsyncCallsSpec {
  readonly kind: 'asyncMap'
  readonly closure: true
}

export interface LookupCacheSpec {
  /** Rows of the table; a key without any counts as one. */
  readonly maxRows: number
  /** How long after they came they are believed; for ever unless said. */
  readonly ttlMs?: number
}

/** A look-up join with a table that a function asks. */
export interface AsyncLookupJoinSpec extends AsyncCallsSpec {
  readonly kind: 'asyncLookupJoin'
  readonly closure: true
  /** Pairs of (stream column, table column): the table's are the key. */
  readonly on: readonly (readonly [string, string])[]
  /** Output name and table column. */
  readonly take: readonly (readonly [string, string])[]
  /** Table columns that are never null. */
  readonly required: readonly string[]
  /** 'left' keeps rows without a match, with nulls. */
  readonly join: 'left' | 'inner'
  readonly cache?: LookupCacheSpec
}

export type AsyncOperatorSpec = AsyncMapSpec | AsyncLookupJoinSpec
