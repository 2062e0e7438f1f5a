// Every error that crosses a floor: one table of codes, one class. Who catches compares `code`
// (instanceof dies at a thread or a wire), and the code fixes the domain and whether a retry helps.
//
// E1  A message says what, where and what to do.
// E2  Context (operator, subtask, split, offset) is added by wrapping with `cause`, first cause first.
// E3  toJSON/fromJSON carry an error, its context and its causes over a thread or a wire.

/** `user`: the job or its input is wrong; `resource`: a bound was met; `system`: ours. */
export type ErrorDomain = 'user' | 'resource' | 'system'

interface ErrorKind {
  readonly domain: ErrorDomain
  readonly retryable: boolean
}

const user: ErrorKind = { domain: 'user', retryable: false }
const resource: ErrorKind = { domain: 'resource', retryable: true }
const system: ErrorKind = { domain: 'system', retryable: true }

/** The one table of error codes. */
export const ERROR_CODES = {
  ARITHMETIC_OVERFLOW: user,
  ASSERTION_FAILED: { domain: 'system', retryable: false },
  CALL_TIMED_OUT: resource,
  CAST_FAILED: user,
  COLUMN_NOT_FOUND: user,
  CONFIG_INVALID: user,
  FILE_EXISTS: user,
  FILE_NOT_FOUND: user,
  FILE_UNREADABLE: { domain: 'system', retryable: true },
  FILE_UNWRITABLE: { domain: 'system', retryable: true },
  FORMAT_INVALID: user,
  GRAPH_INVALID: user,
  JOB_CANCELLED: user,
  JOB_FAILED: { domain: 'system', retryable: false },
  JOB_MODULE_INVALID: user,
  KERNEL_TRAP: { domain: 'system', retryable: false },
  MEMORY_EXHAUSTED: resource,
  NAME_UNKNOWN: user,
  PORT_IN_USE: user,
  RECORD_MALFORMED: user,
  RECORD_TOO_LARGE: user,
  SCHEMA_MISMATCH: user,
  STATE_INCOMPATIBLE: user,
  STATE_MISUSED: user,
  TYPE_MISMATCH: user,
  UDF_COMPILE_FAILED: user,
  UNSAFE_INTEGER: user,
  UNSUPPORTED: user,
  USER_CODE_FAILED: user,
  VALUE_NOT_SERIALIZABLE: user,
  WORKER_LOST: system,
} as const satisfies Record<string, ErrorKind>

export type ErrorCode = keyof typeof ERROR_CODES

/** Where it happened. Only what is known is set. */
export interface ErrorContext {
  readonly operator?: string
  readonly subtask?: number
  readonly split?: string
  /** A file, with line where there is one: `flights.csv:17`. */
  readonly location?: string
  /** Byte offset in the split. */
  readonly offset?: number
  readonly column?: string
  /** Row within the batch. */
  readonly row?: number
}

export interface ErrorJson {
  readonly code: ErrorCode
  readonly message: string
  readonly context: ErrorContext
  readonly stack?: string
  readonly cause?: ErrorJson | { readonly message: string; readonly stack?: string }
}

export interface DataflowErrorOptions {
  readonly cause?: unknown
  readonly context?: ErrorContext
}

/** The error of every floor: a code from the table, a message that helps, and where it happened. */
export class DataflowError extends Error {
  readonly code: ErrorCode
  readonly context: ErrorContext

  constructor(code: ErrorCode, message: string, options: DataflowErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'DataflowError'
    this.code = code
    this.context = options.context ?? {}
  }

  get domain(): ErrorDomain {
    return ERROR_CODES[this.code].domain
  }

  get retryable(): boolean {
    return ERROR_CODES[this.code].retryable
  }

  toJSON(): ErrorJson {
    return {
      code: this.code,
      message: this.message,
      context: this.context,
      ...(this.stack === undefined ? {} : { stack: this.stack }),
      ...(this.cause === undefined ? {} : { cause: causeToJson(this.cause) }),
    }
  }

  static fromJSON(json: ErrorJson): DataflowError {
    const error = new DataflowError(json.code, json.message, {
      context: json.context,
      ...(json.cause === undefined ? {} : { cause: causeFromJson(json.cause) }),
    })
    if (json.stack !== undefined) error.stack = json.stack
    return error
  }
}

/** True for our errors, also those that crossed a thread. */
export function isDataflowError(error: unknown): error is DataflowError {
  return error instanceof Error && 'code' in error && (error.code as string) in ERROR_CODES
}

/** The innermost cause: what the user wants to read first. */
export function firstCause(error: unknown): unknown {
  let current = error
  for (let depth = 0; depth < 16; depth++) {
    if (!(current instanceof Error) || current.cause === undefined) return current
    current = current.cause
  }
  return current
}

function causeToJson(cause: unknown): NonNullable<ErrorJson['cause']> {
  if (cause instanceof DataflowError) return cause.toJSON()
  if (cause instanceof Error) {
    return { message: cause.message, ...(cause.stack === undefined ? {} : { stack: cause.stack }) }
  }
  return { message: String(cause) }
}

function causeFromJson(cause: NonNullable<ErrorJson['cause']>): Error {
  if ('code' in cause) return DataflowError.fromJSON(cause)
  const error = new Error(cause.message)
  if (cause.stack !== undefined) error.stack = cause.stack
  return error
}

/**
 * The nearest of `names` to a misspelt one, as ` Did you mean 'price'?`, or a list of what there is.
 * Optimal string alignment distance; a name further than a third of its length is no suggestion.
 */
export function didYouMean(name: string, names: Iterable<string>): string {
  let best: string | undefined
  let bestDistance = Infinity
  const all = [...names]
  for (const candidate of all) {
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase())
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance]
  }
  if (best !== undefined && bestDistance <= Math.max(1, Math.floor(name.length / 3) + 1)) {
    return ` Did you mean '${best}'?`
  }
  if (all.length === 0) return ''
  const shown = all.slice(0, 12).join(', ')
  return ` There is: ${shown}${all.length > 12 ? `, and ${all.length - 12} more` : ''}.`
}

function editDistance(a: string, b: string): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1
      let distance = Math.min(last[j]! + 1, row[j - 1]! + 1, last[j - 1]! + cost)
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        distance = Math.min(distance, beforeLast[j - 2]! + 1)
      }
      row.push(distance)
    }
    beforeLast = last
    last = row
  }
  return last[b.length]!
}
