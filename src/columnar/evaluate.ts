// Column expressions over record batches: compiled once against a schema into a tree of steps, each of
// which calls kernels over whole columns. Temporaries and results are in the arena.
//
// EV1  Types are settled when compiling: operands are brought to their common type by casts in the tree,
//      constants by JavaScript, once.
// EV2  Values are computed for every row of the vectors; a selection is compacted before, so that a row
//      that a filter dropped can neither overflow nor fail a cast.
// EV3  What a row does not need cannot fail it: a branch of ifElse is checked in the rows that choose it,
//      coalesce's default where the value is null, and/or's right side where the left does not decide.
// EV4  Nulls: a step's validity is the AND of its operands' unless its function says otherwise.
// EV5  Operators on floats that follow one another, and the comparison on top, are one kernel
//      (evaluate-floats.ts).
import { DataflowError } from '../base/errors.ts'
import type { Kernels } from '../kernels/module.ts'
import { bitmapLogic, bitmapToSelection } from '../kernels/bitmap.ts'
import { callStep } from './evaluate-call.ts'
import { convert } from './evaluate-cast.ts'
import { inStep } from './evaluate-compare.ts'
import { userFunctionStep } from './evaluate-user-function.ts'
import { type Expression, expressionText } from './expression.ts'
import { expressionType } from './expression-type.ts'
import { compact } from './gather.ts'
import { RecordBatch } from './record-batch.ts'
import type { Schema } from './schema.ts'
import { columnNode, type Compile, constantNode, type Node, vectorOf } from './step.ts'
import { type DataType, typeName } from './type.ts'
import type { Vector } from './vector.ts'

export interface CompileContext {
  readonly schema: Schema
  /** Compiled AssemblyScript functions by the URL of their file. */
  readonly userFunctions: ReadonlyMap<string, WebAssembly.Module>
}

/** An expression that was compiled against a schema. */
export interface CompiledExpression {
  readonly type: DataType
  /** The expression's value in each row of a batch without selection. */
  evaluate(kernels: Kernels, batch: RecordBatch): Vector
}

/**
 * Compiles an expression.
 * @throws COLUMN_NOT_FOUND, TYPE_MISMATCH
 */
export function compileExpression(
  expression: Expression,
  context: CompileContext,
): CompiledExpression {
  const type = expressionType(expression, context.schema)
  const compile: Compile = (part) => compileNode(part, context, compile)
  const node = convert(compile(expression), type, expressionText(expression), false)
  return {
    type,
    evaluate: (kernels, batch) =>
      vectorOf(node, { kernels, columns: batch.columns, n: batch.length, active: 0 }).as(type),
  }
}

/** A predicate: which rows of a batch it keeps. Null keeps nothing. */
export type Predicate = (kernels: Kernels, batch: RecordBatch) => RecordBatch

/**
 * Compiles a predicate. The batch it gives is the same one under a smaller selection.
 * @throws TYPE_MISMATCH when the expression is not bool
 */
export function compilePredicate(expression: Expression, context: CompileContext): Predicate {
  const compiled = compileExpression(expression, context)
  if (compiled.type.kind !== 'bool') {
    throw new DataflowError(
      'TYPE_MISMATCH',
      `a predicate must be bool, and ${expressionText(expression)} is ${typeName(compiled.type)}`,
    )
  }
  return (kernels, batch) => {
    const dense = compact(kernels, batch)
    const { values, validity, length } = compiled.evaluate(kernels, dense)
    const kept = validity === 0 ? values : bitmapLogic(kernels, 'and', values, validity, length)
    const selection = bitmapToSelection(kernels, kept, length)
    return selection.length === length ? dense : dense.withSelection(selection)
  }
}

/** A projection: named expressions, as the columns of a new batch. */
export function compileProjection(
  columns: readonly { readonly expression: Expression }[],
  output: Schema,
  context: CompileContext,
): (kernels: Kernels, batch: RecordBatch) => RecordBatch {
  const compiled = columns.map(({ expression }) => compileExpression(expression, context))
  // Columns that only pass through keep the batch's selection: nothing needs to be compacted yet.
  const passed = columns.map(({ expression }) =>
    expression.kind === 'column' ? context.schema.indexOf(expression.name) : undefined,
  )
  const onlyPasses = passed.every((index) => index !== undefined)
  return (kernels, batch) => {
    if (onlyPasses) return batch.project(output, passed as number[])
    const dense = compact(kernels, batch)
    const vectors = compiled.map((expression, i) => {
      const index = passed[i]
      return index === undefined ? expression.evaluate(kernels, dense) : dense.columns[index]!
    })
    return new RecordBatch(output, dense.length, vectors)
  }
}

function compileNode(expression: Expression, context: CompileContext, compile: Compile): Node {
  const type = expressionType(expression, context.schema)
  switch (expression.kind) {
    case 'column':
      return columnNode(type, context.schema.indexOf(expression.name))
    case 'literal':
      return constantNode(type, expression.value)
    case 'cast':
      return convert(compile(expression.input), type, expressionText(expression), expression.try)
    case 'in':
      return inStep(expression, compile, type)
    case 'call':
      return callStep(expression, compile, type)
    case 'user':
      return userFunctionStep(expression, expression.arguments.map(compile), context.userFunctions)
  }
}
