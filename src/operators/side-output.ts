// A side output: passes on what the operator before it in the chain emits to its tag (the chain calls it
// with nothing else).
import type { Operator, OperatorContext, Output } from './operator.ts'

export function createSideOutput(
  _spec: { readonly kind: 'sideOutput' },
  _context: OperatorContext,
  output: Output,
): Operator {
  return { processBatch: (batch) => output.emit(batch) }
}
