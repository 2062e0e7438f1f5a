// What aggregate() makes of a keyed window: the expressions it is over are computed by a select before
// the exchange, so that the window operator (and the exchange) sees columns only.
//
// WP1  Equal expressions are computed once. A column as it is needs no computing.
import { DataflowError, didYouMean } from '../base/errors.ts'
import type { Expression } from '../columnar/expression.ts'
import { expressionType } from '../columnar/expression-type.ts'
import { Schema } from '../columnar/schema.ts'
import { duration } from '../columnar/type.ts'
import type { NamedExpression } from '../graph/stream-graph.ts'
import { WINDOW_COLUMNS, windowAggregateFields } from '../operators/aggregate-type.ts'
import type { AggregateSpec, WindowSpec } from '../operators/operator-spec.ts'
import { WindowAggregate } from './aggregate.ts'
import { EVENT_TIME, type LogicalStream, refuseUpdating } from './logical-stream.ts'

/** What is asked of windows, whatever is made of their rows. */
export interface WindowSettings {
  /** None: all rows are one group. */
  readonly keys: readonly string[]
  readonly window: WindowSpec
}

export interface WindowRequest extends WindowSettings {
  readonly aggregates: Readonly<Record<string, unknown>>
}

/** @throws GRAPH_INVALID without event time, SCHEMA_MISMATCH for a name that is taken, TYPE_MISMATCH */
export function planWindow(
  stream: LogicalStream,
  { keys, window, aggregates }: WindowRequest,
  location: string | undefined,
): LogicalStream {
  refuseUpdating(stream, 'a window')
  const named = Object.entries(aggregates)
  if (named.length === 0) {
    throw new DataflowError('GRAPH_INVALID', 'aggregate({}) computes nothing; name an aggregate')
  }
  checkNames([...WINDOW_COLUMNS.map(({ name }) => name), ...keys], Object.keys(aggregates))
  const columns = new ComputedColumns(stream.schema)
  for (const key of keys) columns.keep(key)
  const time = columns.of(eventTimeOf(stream), EVENT_TIME)
  const specs = named.map(([name, aggregate]): AggregateSpec => {
    if (!(aggregate instanceof WindowAggregate)) {
      throw new DataflowError(
        'GRAPH_INVALID',
        `'${name}' is no aggregate; use count(), sum(), min(), max(), mean(), first() or last()`,
      )
    }
    const input = aggregate.bindInput(stream.schema)
    const filter = aggregate.bindFilter(stream.schema)
    return {
      name,
      function: aggregate.function,
      ...(input === undefined ? {} : { column: columns.of(input, `$${name}`) }),
      ...(filter === undefined ? {} : { filter: columns.of(filter, `$${name}.where`) }),
    }
  })
  const input = columns.isPlain
    ? stream
    : stream.plannedSelect(columns.all, location, { kind: 'column', name: time })
  const output = new Schema(windowAggregateFields(input.schema, keys, specs))
  const spec = { kind: 'windowAggregate', keys, time, window, aggregates: specs } as const
  return input
    .partitioned({ kind: 'hash', keys })
    .append(
      { spec, name: 'Window', output, ...(location === undefined ? {} : { location }) },
      LAST_MOMENT,
    )
}

/**
 * Event time behind a window: its last millisecond, as in Flink, so that a result falls into the longer
 * windows that its own window lies in.
 */
const LAST_MOMENT: Expression = {
  kind: 'call',
  function: 'sub',
  arguments: [
    { kind: 'column', name: 'windowEnd' },
    { kind: 'literal', type: duration('ms'), value: '1' },
  ],
}

function eventTimeOf(stream: LogicalStream): Expression {
  if (stream.eventTime !== undefined) return stream.eventTime
  const times = stream.visible.fields.filter(({ type }) => type.kind === 'timestamp')
  const example = times[0]?.name ?? 'time'
  const what =
    times.length === 0
      ? '; it has no timestamp column yet: cast one in a select'
      : ` (timestamps: ${times.map(({ name }) => name).join(', ')})`
  throw new DataflowError(
    'GRAPH_INVALID',
    `a window needs event time: call assignWatermarks('${example}', ...) before keyBy${what}`,
  )
}

function checkNames(taken: readonly string[], names: readonly string[]): void {
  for (const name of names) {
    if (name.startsWith('$')) {
      throw new DataflowError('SCHEMA_MISMATCH', `column '${name}': names with $ are the engine's`)
    }
    if (taken.includes(name)) {
      throw new DataflowError(
        'SCHEMA_MISMATCH',
        `an aggregate is named '${name}', which is a key or a bound of the window; rename it`,
      )
    }
  }
}

/** @throws COLUMN_NOT_FOUND, TYPE_MISMATCH for what cannot be a key */
export function checkKeys(keys: readonly string[], schema: Schema): void {
  if (keys.length === 0) {
    throw new DataflowError(
      'GRAPH_INVALID',
      `keyBy() needs a column.${didYouMean('', schema.names)}`,
    )
  }
  for (const key of keys) {
    const { type } = schema.field(key)
    if (type.kind === 'list' || type.kind === 'struct') {
      throw new DataflowError('TYPE_MISMATCH', `column '${key}' is a ${type.kind}, which is no key`)
    }
  }
}

/** The columns that the window operator sees. */
class ComputedColumns {
  readonly #schema: Schema
  readonly #byText = new Map<string, string>()
  readonly #columns = new Map<string, Expression>()
  /** Nothing is computed: the stream has all of them as they are. */
  isPlain = true

  constructor(schema: Schema) {
    this.#schema = schema
  }

  get all(): readonly NamedExpression[] {
    return [...this.#columns].map(([name, expression]) => ({ name, expression }))
  }

  keep(name: string): void {
    this.#columns.set(name, { kind: 'column', name })
  }

  /** The name of the column with an expression: its own, or a hidden one that is computed. */
  of(expression: Expression, hiddenName: string): string {
    expressionType(expression, this.#schema)
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
