// Calls of AssemblyScript functions: one call a batch, through the loop compiled around the
// function.
//
// UF1  A null argument gives null without a call.
// UF2  The types of the declaration and of the source must be the same; a column is never converted
// in
//      silence.
import { DataflowError, didYouMean } from '../base/errors.ts'
import { userModule } from '../kernels/user-function.ts'
import { manifestOf, type ValueType } from '../kernels/user-module.ts'
import type { UserFunctionExpression } from './expression.ts'
import { checkedRows, type Node, stepNode, validityOf } from './step.ts'
import { type DataType, typeName, withNullable } from './type.ts'
import { Vector } from './vector.ts'

/** AssemblyScript's type for each type of column that a user function can take or give. */
const VALUE_TYPES: Partial<Record<DataType['kind'], ValueType>> = {
  bool: 'bool',
  int8: 'i8',
  int16: 'i16',
  int32: 'i32',
  int64: 'i64',
  uint8: 'u8',
  uint16: 'u16',
  uint32: 'u32',
  uint64: 'u64',
  float32: 'f32',
  float64: 'f64',
  date: 'i32',
  timestamp: 'i64',
  duration: 'i64',
  utf8: 'string',
}

/**
 * A node that calls the function for each row.
 * @throws NAME_UNKNOWN, TYPE_MISMATCH, UNSUPPORTED: the file has no such function of these types
 */
export function userFunctionStep(
  expression: UserFunctionExpression,
  nodes: readonly Node[],
  modules: ReadonlyMap<string, WebAssembly.Module>,
): Node {
  const { function: name } = expression
  const module = modules.get(expression.module)
  if (module === undefined) {
    throw new DataflowError('GRAPH_INVALID', `${expression.module} was not compiled with the job`)
  }
  checkSignature(expression, module)
  const isNullable = expression.result.nullable || nodes.some(({ type }) => type.nullable)
  const type = withNullable(expression.result, isNullable)
  return stepNode(type, (at) => {
    const columns = nodes.map((node) => node.step(at))
    const validity = validityOf(at, ...columns.map((column) => column.validity))
    const result = userModule(at.kernels, module).call(
      name,
      columns,
      checkedRows(at, validity),
      at.n,
    )
    return new Vector({ type, length: at.n, validity, ...result })
  })
}

function checkSignature(expression: UserFunctionExpression, module: WebAssembly.Module): void {
  const { file, functions, refused } = manifestOf(module)
  const { function: name, parameters, result } = expression
  const signature = functions[name]
  if (signature === undefined) {
    const why =
      refused[name] === undefined
        ? `exports no function ${name}.${didYouMean(name, Object.keys(functions))}`
        : `${name} ${refused[name]}; a column's value is a number, a bool or a string`
    throw new DataflowError('NAME_UNKNOWN', `${file}: ${why}`, { context: { location: file } })
  }
  const declared = parameters.map((type) => valueType(file, name, type))
  const declaredResult = valueType(file, name, result)
  const isSame =
    declaredResult === signature.result &&
    declared.length === signature.parameters.length &&
    declared.every((type, i) => type === signature.parameters[i])
  if (isSame) return
  throw new DataflowError(
    'TYPE_MISMATCH',
    `${file}: ${name} is (${signature.parameters.join(', ')}): ${signature.result}, declared as ` +
      `(${parameters.map(typeName).join(', ')}): ${typeName(result)}, which would be ` +
      `(${declared.join(', ')}): ${declaredResult}`,
    { context: { location: file } },
  )
}

function valueType(file: string, name: string, type: DataType): ValueType {
  const value = VALUE_TYPES[type.kind]
  if (value !== undefined) return value
  throw new DataflowError(
    'UNSUPPORTED',
    `${file}: ${name} is declared with ${typeName(type)}; a user function takes and gives bool, ` +
      `integers, floats, dates, timestamps, durations and utf8`,
    { context: { location: file } },
  )
}
