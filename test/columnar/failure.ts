// What a test of errors asks: the error of ours that something fails with.
import { type DataflowError, isDataflowError } from '../../src/base/errors.ts'

/** The error that `run` throws or rejects with. */
export async function failure(run: () => unknown): Promise<DataflowError> {
  try {
    await run()
  } catch (error) {
    if (isDataflowError(error)) return error
    throw error
  }
  throw new Error('it did not fail')
}
