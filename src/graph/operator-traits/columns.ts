// Traits of the operators on columns of one row: where, select.
import { DataflowError } from '../../base/errors.ts'
import { columnsOf, type Expression, expressionText, operands } from '../../columnar/expression.ts'
import { expressionType } from '../../columnar/expression-type.ts'
import type { Schema } from '../../columnar/schema.ts'
import { typeName } from '../../columnar/type.ts'
import { selectSchema } from '../stream-graph.ts'
import { kernel, type OperatorTraits, passing, type SpecOf } from './operator-traits.ts'

export const where: OperatorTraits<SpecOf<'where'>> = {
  ...passing,
  inputColumns: (spec, needed) => columnsOf(spec.predicate, new Set(needed)),
  output(spec, [input]) {
    const type = expressionType(spec.predicate, input!)
    if (type.kind !== 'bool') {
      throw new DataflowError('TYPE_MISMATCH', `its predicate is ${typeName(type)}, not bool`)
    }
    return input
  },
  engine: (spec) =>
    calls(spec.predicate)
      ? kernel('a column expression, with a user function in AssemblyScript')
      : kernel('a column expression'),
  detail: (spec) => expressionText(spec.predicate),
}

export const select: OperatorTraits<SpecOf<'select'>> = {
  inputColumns(spec, needed) {
    const columns = new Set<string>()
    for (const { name, expression } of spec.columns) {
      if (needed.has(name)) columnsOf(expression, columns)
    }
    return columns
  },
  prune(spec, needed) {
    const columns = spec.columns.filter(({ name }) => needed.has(name))
    return { spec: { ...spec, columns }, names: columns.map(({ name }) => name) }
  },
  output: (spec, [input]) => selectSchema(spec.columns, input!),
  engine(spec) {
    if (spec.columns.every(({ expression }) => expression.kind === 'column')) {
      return kernel('columns as they are, without a copy')
    }
    return spec.columns.some(({ expression }) => calls(expression))
      ? kernel('column expressions, with a user function in AssemblyScript')
      : kernel('column expressions')
  },
  detail: (spec) =>
    spec.columns
      .map(({ name, expression }) =>
        expression.kind === 'column' && expression.name === name
          ? name
          : `${expressionText(expression)} as ${name}`,
      )
      .join(', '),
}

/** @throws TYPE_MISMATCH, COLUMN_NOT_FOUND */
export function checkTime(input: Schema, column: string): void {
  const { type } = input.field(column)
  if (type.kind !== 'timestamp') {
    throw new DataflowError(
      'TYPE_MISMATCH',
      `event time is '${column}', which is ${typeName(type)}, not a timestamp`,
    )
  }
}

const calls = (expression: Expression): boolean =>
  expression.kind === 'user' || operands(expression).some(calls)
