// The error of kernels that take memory by themselves (tables, slices) and could not get it.
import { DataflowError } from '../base/errors.ts'
import type { Kernels } from './module.ts'

/** What the caller throws when a kernel says that memory is exhausted. */
export function exhausted(kernels: Kernels, what: string): DataflowError {
  return new DataflowError(
    'MEMORY_EXHAUSTED',
    `a slot's linear memory is full at ${kernels.memoryBytes} bytes: ${what} could not grow; ` +
      'use more slots, or a key with fewer values',
  )
}
