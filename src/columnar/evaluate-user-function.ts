// Calls of AssemblyScript functions: one call a batch, through the loop compiled around the function.
import { DataflowError } from '../base/errors.ts'
import type { UserFunctionExpression } from './expression.ts'
import type { Node } from './step.ts'

export function userFunctionStep(
  expression: UserFunctionExpression,
  _nodes: readonly Node[],
  modules: ReadonlyMap<string, WebAssembly.Module>,
): Node {
  throw new DataflowError(
    'UNSUPPORTED',
    `${expression.function} of ${expression.module}: ${modules.size} modules`,
  )
}
