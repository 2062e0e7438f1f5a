// What fromSource() and its kin add to the stream graph: a source, with event time and watermarks where
// the source makes them itself, or a strategy does split by split.
import type { JobConfig } from '../base/config.ts'
import { DataflowError } from '../base/errors.ts'
import { Schema } from '../columnar/schema.ts'
import type { Fields } from '../columnar/type.ts'
import type { SourceSpec } from '../connectors/connector.ts'
import type { StreamVertexOptions } from '../graph/stream-graph.ts'
import type { OperatorSpec } from '../operators/operator-spec.ts'
import { checkConnector } from './given.ts'
import { type JobBuilder, LogicalStream } from './logical-stream.ts'
import { checkedNames } from './settings.ts'
import { boundStrategy, eventTimeExpression } from './watermark-planning.ts'
import type { StrategySettings } from './watermark-strategy.ts'

export type SourceOptions = Partial<Omit<StreamVertexOptions, 'spec' | 'inputs' | 'output'>> & {
  readonly strategy?: StrategySettings | undefined
}

/** @throws COLUMN_NOT_FOUND, TYPE_MISMATCH, SCHEMA_MISMATCH, GRAPH_INVALID */
export function planSource<F extends Fields>(
  job: JobBuilder,
  config: JobConfig,
  source: SourceSpec<F>,
  { strategy, ...options }: SourceOptions,
): LogicalStream {
  checkConnector(source, 'fromSource()', 'source')
  const { connector, name, schema, parallel, eventTime, unbounded } = source
  const output = Schema.of(checkedNames(schema))
  const closure = options.closure !== undefined
  if (strategy !== undefined && (eventTime !== undefined || closure)) {
    const why = closure ? 'is read by a function' : 'makes its watermarks itself'
    throw new DataflowError(
      'GRAPH_INVALID',
      `source '${name}' ${why}; give the strategy to assignTimestampsAndWatermarks() behind it`,
    )
  }
  const timed =
    strategy === undefined ? undefined : sourceWatermarks(output, source, strategy, config)
  const spec: OperatorSpec = {
    kind: 'source',
    connector,
    config: source.config,
    closure: closure || timed?.closure !== undefined,
    ...(unbounded === true ? { unbounded } : {}),
    ...(timed === undefined ? {} : { watermarks: timed.watermarks }),
  }
  const from = job.graph.add({
    ...options,
    spec,
    name: `Source: ${name}`,
    inputs: [],
    output,
    ...(parallel ? {} : { parallelismMax: 1 }),
    ...(timed?.closure === undefined ? {} : { closure: timed.closure }),
  })
  const own = eventTime === undefined ? undefined : eventTimeExpression(output, eventTime)
  return new LogicalStream(job, [{ from }], output, timed?.watermarks.time ?? own)
}

/** The strategy of a source: a part of an endless one that has no rows is not waited for, unless said. */
function sourceWatermarks(
  output: Schema,
  { parallel, unbounded }: SourceSpec,
  strategy: StrategySettings,
  { sourceIdleTimeoutMs }: JobConfig,
) {
  const isDefault = strategy.idleTimeoutMs === undefined && parallel && unbounded === true
  const settings = isDefault ? { ...strategy, idleTimeoutMs: sourceIdleTimeoutMs } : strategy
  const { watermarks, closure } = boundStrategy(output, settings)
  const { alignment } = strategy
  return {
    closure,
    watermarks: { ...watermarks, ...(alignment === undefined ? {} : { alignment }) },
  }
}
