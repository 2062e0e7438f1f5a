// where: keeps the rows for which a predicate is true. The columns stay as they are; the batch goes on
// under a smaller selection.
import { compilePredicate } from '../columnar/evaluate.ts'
import type { Expression } from '../columnar/expression.ts'
import type { Operator, OperatorContext, Output } from './operator.ts'

export function createWhere(
  spec: { readonly predicate: Expression },
  { kernels, inputs, userFunctions }: OperatorContext,
  output: Output,
): Operator {
  const keep = compilePredicate(spec.predicate, { schema: inputs[0]!, userFunctions })
  return { processBatch: (batch) => output.emit(keep(kernels, batch)) }
}
