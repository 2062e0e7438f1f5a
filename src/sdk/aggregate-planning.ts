// What an operator that aggregates gets: the expressions that its aggregates are over are computed by a
// select before the exchange, so that the operator (and the exchange) sees columns only.
//
// AP1  Equal expressions are computed once. A column as it is needs no computing.
import { DataflowError } from '../base/errors.ts'
import type { Expression } from '../columnar/expression.ts'
import { expressionType } from '../columnar/expression-type.ts'
import type { Schema } from '../columnar/schema.ts'
import type { NamedExpression } from '../graph/stream-graph.ts'
import { AGGREGATE_FUNCTIONS, type AggregateSpec } from '../operators/operator-spec.ts'
import { isRecord, shown } from './given.ts'
import { WindowAggregate } from './window-aggregate.ts'

/**
 * Binds aggregates to columns of the operator's input.
 * @param taken names that the operator's results have already
 * @throws GRAPH_INVALID, SCHEMA_MISMATCH for a name that is taken, COLUMN_NOT_FOUND, TYPE_MISMATCH
 */
export function bindAggregates(
  aggregates: Readonly<Record<string, unknown>>,
  taken: readonly string[],
  columns: ComputedColumns,
): readonly AggregateSpec[] {
  if (!isRecord(aggregates)) {
    throw new DataflowError(
      'CONFIG_INVALID',
      `aggregates are given by name, { n: count() }, and this is ${shown(aggregates)}`,
    )
  }
  const named = Object.entries(aggregates)
  if (named.length === 0) {
    throw new DataflowError('GRAPH_INVALID', 'aggregate({}) computes nothing; name an aggregate')
  }
  checkNames(taken, Object.keys(aggregates))
  const { schema } = columns
  return named.map(([name, aggregate]) => {
    if (!(aggregate instanceof WindowAggregate)) {
      throw new DataflowError(
        'GRAPH_INVALID',
        `'${name}' is no aggregate; the aggregates are ${AGGREGATE_FUNCTIONS.map((one) => `${one}()`).join(', ')}`,
      )
    }
    const input = aggregate.bindInput(schema)
    const by = aggregate.bindBy(schema)
    const filter = aggregate.bindFilter(schema)
    return {
      name,
      function: aggregate.function,
      ...(input === undefined ? {} : { column: columns.of(input, `$${name}`) }),
      ...(by === undefined ? {} : { by: columns.of(by, `$${name}.by`) }),
      ...(aggregate.parameter === undefined ? {} : { parameter: aggregate.parameter }),
      ...(filter === undefined ? {} : { filter: columns.of(filter, `$${name}.where`) }),
    }
  })
}

function checkNames(taken: readonly string[], names: readonly string[]): void {
  for (const name of names) {
    if (name.startsWith('$')) {
      throw new DataflowError('SCHEMA_MISMATCH', `column '${name}': names with $ are the engine's`)
    }
    if (taken.includes(name)) {
      throw new DataflowError(
        'SCHEMA_MISMATCH',
        `an aggregate is named '${name}', which is a key, a bound of the window or a column ` +
          'that stays; rename it',
      )
    }
  }
}

/** The columns that an aggregating operator sees. */
export class ComputedColumns {
  readonly schema: Schema
  readonly #byText = new Map<string, string>()
  readonly #columns = new Map<string, Expression>()
  /** Nothing is computed: the stream has all of them as they are. */
  isPlain = true

  constructor(schema: Schema) {
    this.schema = schema
  }

  get all(): readonly NamedExpression[] {
    return [...this.#columns].map(([name, expression]) => ({ name, expression }))
  }

  keep(name: string): void {
    this.#columns.set(name, { kind: 'column', name })
  }

  /** The name of the column with an expression: its own, or a hidden one that is computed. */
  of(expression: Expression, hiddenName: string): string {
    expressionType(expression, this.schema)
    if (expression.kind === 'column') {
      this.keep(expression.name)
      return expression.name
    }
    const text = JSON.stringify(expression)
    const known = this.#byText.get(text)
    if (known !== undefined) return known
    this.#byText.set(text, hiddenName)
    this.#columns.set(hiddenName, expression)
    this.isPlain = false
    return hiddenName
  }
}
