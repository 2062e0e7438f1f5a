// An aggregate as it was written, and what it becomes once the columns are known: aggregate.ts and its kin
// make it, aggregate-planning.ts asks it.
import { DataflowError } from '../base/errors.ts'
import type { Expression } from '../columnar/expression.ts'
import { expressionType } from '../columnar/expression-type.ts'
import type { Schema } from '../columnar/schema.ts'
import { typeName } from '../columnar/type.ts'
import type { AggregateFunctionName } from '../operators/operator-spec.ts'
import type { Column } from './column.ts'
import { bindColumn, columnsOf, visibleIndex } from './column-expression.ts'

interface AggregateParts {
  /** The second column. */
  readonly by?: unknown
  /** How many values a list has at most. */
  readonly parameter?: number
  readonly filter?: unknown
}

/** An aggregate as it was written: bound to columns when aggregate() is called. */
export class WindowAggregate {
  readonly function: AggregateFunctionName
  readonly input: unknown
  readonly by: unknown
  readonly parameter: number | undefined
  readonly filter: unknown

  constructor(name: AggregateFunctionName, input: unknown, parts: AggregateParts = {}) {
    this.function = name
    this.input = input
    this.by = parts.by
    this.parameter = parts.parameter
    this.filter = parts.filter
  }

  where(predicate: unknown): WindowAggregate {
    if (this.filter !== undefined) {
      throw new DataflowError(
        'UNSUPPORTED',
        `${this.function}() has two where(); make it one, with and() between the conditions`,
      )
    }
    const { by, parameter } = this
    return new WindowAggregate(this.function, this.input, {
      by,
      ...(parameter === undefined ? {} : { parameter }),
      filter: predicate,
    })
  }

  /** What it is over, as an expression; undefined for all rows. */
  bindInput(schema: Schema): Expression | undefined {
    return bindOver(this.input, schema)
  }

  /** Its second column; undefined when it has none. */
  bindBy(schema: Schema): Expression | undefined {
    return bindOver(this.by, schema)
  }

  bindFilter(schema: Schema): Expression | undefined {
    if (this.filter === undefined) return undefined
    const predicate = bindArgument(this.filter, schema)
    const type = expressionType(predicate, schema)
    if (type.kind !== 'bool') {
      throw new DataflowError('TYPE_MISMATCH', `where() takes a bool, not ${typeName(type)}`)
    }
    return predicate
  }
}

function bindOver(over: unknown, schema: Schema): Expression | undefined {
  if (over === undefined) return undefined
  if (typeof over !== 'string') return bindArgument(over, schema)
  visibleIndex(schema, over)
  return { kind: 'column', name: over }
}

function bindArgument(argument: unknown, schema: Schema): Expression {
  const column = typeof argument === 'function' ? argument(columnsOf(schema)) : argument
  return bindColumn(column as Column, schema)
}
