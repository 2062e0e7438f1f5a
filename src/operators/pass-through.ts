// Operators that pass rows on as they are. A side output gets what the operator before it in the chain
// emits to its tag (the chain calls it with nothing else); a custom partitioner's function is asked by the
// edges behind it.
import type { Operator, OperatorContext, Output } from './operator.ts'

export function createPassThrough(
  _spec: unknown,
  _context: OperatorContext,
  output: Output,
): Operator {
  return { processBatch: (batch) => output.emit(batch) }
}
