// Assertions: what the code relies on, checked at floor boundaries, never once a row.
// A failed assertion fails the subtask; only the restart strategy catches it.
import { DataflowError } from './errors.ts'

/**
 * @param message a function where it is dear to make: it is called when the condition does not hold
 * @throws ASSERTION_FAILED when the condition does not hold.
 */
export function assert(condition: boolean, message: string | (() => string)): asserts condition {
  if (condition) return
  throw new DataflowError('ASSERTION_FAILED', typeof message === 'string' ? message : message())
}

/** The end of a switch on a tag: the compiler proves that it is never reached. */
export function unreachable(value: never): never {
  throw new DataflowError('ASSERTION_FAILED', `unreachable: ${JSON.stringify(value)}`)
}
