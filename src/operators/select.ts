// select: new columns out of expressions. Columns that only pass through cost nothing.
import { compileProjection } from '../columnar/evaluate.ts'
import type { Expression } from '../columnar/expression.ts'
import type { Operator, OperatorContext, Output } from './operator.ts'

export function createSelect(
  spec: { readonly columns: readonly { readonly name: string; readonly expression: Expression }[] },
  { kernels, inputs, output: schema, userFunctions }: OperatorContext,
  output: Output,
): Operator {
  const project = compileProjection(spec.columns, schema, { schema: inputs[0]!, userFunctions })
  return { processBatch: (batch) => output.emit(project(kernels, batch)) }
}
