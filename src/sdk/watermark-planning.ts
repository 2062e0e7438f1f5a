// What assignTimestampsAndWatermarks(), assignWatermarks() and fromSource() with a strategy make: the
// strategy bound to the columns of a stream. Behind it, event time is the strategy's expression.
import { DataflowError } from '../base/errors.ts'
import type { Expression } from '../columnar/expression.ts'
import { expressionType } from '../columnar/expression-type.ts'
import type { Schema } from '../columnar/schema.ts'
import { typeName } from '../columnar/type.ts'
import type { WatermarkGeneratorSpec, WatermarkSpec } from '../operators/watermark-spec.ts'
import type { Column } from './column.ts'
import { bindColumn, columnsOf, visibleSchema } from './column-expression.ts'
import { type LogicalStream, refuseUpdating } from './logical-stream.ts'
import type { StrategySettings } from './watermark-strategy.ts'

/** @throws TYPE_MISMATCH, COLUMN_NOT_FOUND, CONFIG_INVALID */
export function planWatermarks(
  stream: LogicalStream,
  settings: StrategySettings,
  location: string | undefined,
): LogicalStream {
  refuseUpdating(stream, 'assignTimestampsAndWatermarks()')
  if (settings.alignment !== undefined) {
    throw new DataflowError(
      'CONFIG_INVALID',
      'withWatermarkAlignment() needs a source that can wait: give the strategy to ' +
        'env.fromSource(source, strategy)',
    )
  }
  const { watermarks, closure } = boundStrategy(stream.schema, settings)
  return stream.append(
    {
      spec: { kind: 'assignWatermarks', closure: closure !== undefined, ...watermarks },
      name: 'Watermarks',
      ...(closure === undefined ? {} : { closure }),
      ...(location === undefined ? {} : { location }),
    },
    watermarks.time,
  )
}

/** A strategy over columns, and the function that it needs. */
export function boundStrategy(
  schema: Schema,
  { time, generator, idleTimeoutMs }: StrategySettings,
): { readonly watermarks: WatermarkSpec; readonly closure: unknown } {
  const eventTime = eventTimeExpression(schema, time)
  const idle = typeof idleTimeoutMs === 'number' ? { idleTimeoutMs } : {}
  const made: WatermarkGeneratorSpec =
    generator.kind === 'punctuated'
      ? { kind: 'punctuated', when: punctuationOf(schema, generator.when) }
      : generator.kind === 'custom'
        ? { kind: 'custom' }
        : generator
  return {
    watermarks: { time: eventTime, generator: made, ...idle },
    closure: generator.kind === 'custom' ? generator.supplier : undefined,
  }
}

/** A callback's, a column's, or a name's expression. */
function bound(schema: Schema, column: Column | ((r: never) => Column)): Expression {
  return bindColumn(
    typeof column === 'function' ? column(columnsOf(schema) as never) : column,
    schema,
  )
}

export function eventTimeExpression(schema: Schema, time: StrategySettings['time']): Expression {
  if (typeof time === 'string') {
    const { type } = visibleSchema(schema).field(time)
    if (type.kind !== 'timestamp') {
      throw new DataflowError(
        'TYPE_MISMATCH',
        `event time is a timestamp, and column '${time}' is ${typeName(type)}; make one: ` +
          `withColumn('time', (r) => r.${time}.cast(timestamp('ms')))`,
        { context: { column: time } },
      )
    }
    return { kind: 'column', name: time }
  }
  const expression = bound(schema, time)
  const type = expressionType(expression, schema)
  if (type.kind === 'timestamp') return expression
  throw new DataflowError(
    'TYPE_MISMATCH',
    `event time is a timestamp, and the expression is ${typeName(type)}; cast it: ` +
      `(r) => r.seconds.cast(timestamp('s'))`,
  )
}

function punctuationOf(schema: Schema, when: Column | ((r: never) => Column)): Expression {
  const expression = bound(schema, when)
  const type = expressionType(expression, schema)
  if (type.kind === 'bool') return expression
  throw new DataflowError('TYPE_MISMATCH', `a punctuation is bool, not ${typeName(type)}`)
}
