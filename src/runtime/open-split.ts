// A source reader begins with a split; what fails then says which split it was.
import { DataflowError } from '../base/errors.ts'
import type { SourceReader, Split } from '../connectors/connector.ts'

/** @throws what open() throws, with the split; USER_CODE_FAILED for what is no error of ours */
export async function openSplit(reader: SourceReader, split: Split): Promise<void> {
  try {
    await reader.open(split)
  } catch (error) {
    throw new DataflowError(
      error instanceof DataflowError ? error.code : 'USER_CODE_FAILED',
      error instanceof Error ? error.message : String(error),
      { cause: error, context: { split: split.id } },
    )
  }
}
