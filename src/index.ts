// The public names of the package, and nothing else: what a job imports from 'millrace'.
import { provideExecutor } from './sdk/environment.ts'

// The embedded cluster is loaded when a job is first executed: building and explaining need none.
provideExecutor(async () => new (await import('./cluster/mini-cluster.ts')).MiniCluster())

export { DataflowError, type ErrorCode, type ErrorContext, isDataflowError } from './base/errors.ts'
export type { JobConfig } from './base/config.ts'
export { Schema } from './columnar/schema.ts'
export {
  binary,
  bool,
  type DataType,
  date,
  decimal,
  duration,
  type Fields,
  float32,
  float64,
  int16,
  int32,
  int64,
  int8,
  list,
  nullable,
  type RowOf,
  struct,
  timestamp,
  type TimeUnit,
  uint16,
  uint32,
  uint64,
  uint8,
  utf8,
  type ValueOf,
} from './columnar/type.ts'
export type { OnError, SinkSpec, SourceSpec } from './connectors/connector.ts'
export {
  arrow,
  arrowFile,
  csv,
  csvFile,
  ndjson,
  ndjsonFile,
  parquet,
  parquetFile,
} from './connectors/file/files.ts'
export { nexmark, type NexmarkOptions, type NexmarkSources } from './connectors/nexmark.ts'
export type { JobExplanation } from './graph/explain.ts'
export type { JobGraph } from './graph/job-graph.ts'
export type { RuntimeMode } from './graph/runtime-mode.ts'
export type {
  JobClient,
  JobExecutor,
  JobProgress,
  JobResult,
  OperatorProgress,
  JobState,
  JobSubmission,
} from './graph/submission.ts'
export type { MetricTotal } from './operators/user-metrics.ts'
export type { JoinType } from './operators/join-spec.ts'
export type {
  AsyncAnswer,
  AsyncContext,
  AsyncFunction,
  AsyncLookupFunction,
  BaseContext,
  BroadcastContext,
  BroadcastProcessFunction,
  CoFlatMapFunction,
  Collector,
  FlatMapped,
  CoMapFunction,
  CoProcessFunction,
  Counter,
  Histogram,
  KeyedBroadcastContext,
  KeyedBroadcastProcessFunction,
  KeyedContext,
  KeyedCoProcessFunction,
  KeyedProcessFunction,
  KeyedReadOnlyBroadcastContext,
  LookupAnswer,
  MetricGroup,
  OnTimerContext,
  ProcessContext,
  ProcessFunction,
  ReadOnlyBroadcastContext,
  ReduceFunction,
  RichFilterFunction,
  RichFlatMapFunction,
  RichFunction,
  RichMapFunction,
  RuntimeContext,
} from './operators/functions.ts'
export type {
  CoGroupFunction,
  OneSide,
  JoinContext,
  FlatJoinFunction,
  JoinFunction,
  ProcessJoinFunction,
} from './operators/join-functions.ts'
export type {
  Evictor,
  MergeWindowContext,
  MergingStateDescriptor,
  OnMergeContext,
  ProcessWindowFunction,
  TimestampedValue,
  Trigger,
  TriggerContext,
  TriggerResult,
  Window,
  WindowContext,
  WindowFunction,
} from './operators/window-functions.ts'
export {
  all,
  any,
  count,
  first,
  last,
  max,
  mean,
  min,
  sum,
  type Aggregate,
} from './sdk/aggregate.ts'
export { argMax, argMin } from './sdk/aggregate-arg.ts'
export { approxCountDistinct, countDistinct } from './sdk/aggregate-distinct.ts'
export { collect, topN } from './sdk/aggregate-list.ts'
export { median, quantile } from './sdk/aggregate-quantile.ts'
export { stddevPop, stddevSamp, varPop, varSamp } from './sdk/aggregate-variance.ts'
export {
  asyncLookup,
  type AsyncLookup,
  type AsyncLookupOptions,
  type LookupCacheOptions,
} from './sdk/async-lookup.ts'
export { AsyncDataStream } from './sdk/async-data-stream.ts'
export type { AsyncCallOptions, AsyncOptions, RetryOptions } from './sdk/async-planning.ts'
export { CollectedRows } from './sdk/collected-rows.ts'
export { col, lit, when } from './sdk/column-functions.ts'
export type {
  BoolColumn,
  Column,
  ColumnOf,
  ColumnsOf,
  DateColumn,
  DurationColumn,
  NumericColumn,
  TextColumn,
  TimestampColumn,
} from './sdk/column.ts'
export {
  BroadcastConnectedStream,
  BroadcastStream,
  ConnectedStreams,
  KeyedBroadcastConnectedStream,
  KeyedConnectedStreams,
} from './sdk/connected-streams.ts'
export { DataStream, type WatermarkOptions } from './sdk/data-stream.ts'
export { StreamExecutionEnvironment } from './sdk/environment.ts'
export { countEvictor, deltaEvictor, type EvictorOptions, timeEvictor } from './sdk/evictor.ts'
export { defineJob, type Job } from './sdk/job-module.ts'
export type {
  IntervalJoinOptions,
  JoinKeys,
  JoinOptions,
  RegularJoinOptions,
  WindowBounds,
  WindowJoinOptions,
} from './sdk/join.ts'
export { KeyedStream } from './sdk/keyed-stream.ts'
export { type OverFields, OverStream } from './sdk/over-stream.ts'
export type { OverOptions } from './sdk/over-planning.ts'
export { outputTag, type OutputTag } from './sdk/output-tag.ts'
export type { FunctionOptions } from './sdk/process-planning.ts'
export type { AggregateOptions } from './sdk/row-window-planning.ts'
export type { FunctionOf, KeyOf } from './sdk/row-types.ts'
export type { EnvironmentOptions, ExecuteOptions } from './sdk/settings.ts'
export {
  aggregatingStateDescriptor,
  listStateDescriptor,
  mapStateDescriptor,
  reducingStateDescriptor,
  type StateOptions,
  type TtlOptions,
  valueStateDescriptor,
} from './sdk/state-descriptor.ts'
export { asc, desc, type SortBy } from './sdk/sort-order.ts'
export { StreamSink } from './sdk/stream-sink.ts'
export type { TimeSpan } from './sdk/time-span.ts'
export { udf } from './sdk/user-function.ts'
export {
  continuousEventTimeTrigger,
  continuousProcessingTimeTrigger,
  countTrigger,
  deltaTrigger,
  eventTimeTrigger,
  processingTimeTrigger,
  purgingTrigger,
} from './sdk/trigger.ts'
export {
  cumulate,
  type DynamicSession,
  globalWindow,
  session,
  slide,
  type TimeWindow,
  tumble,
  type WindowOptions,
} from './sdk/window.ts'
export {
  type EventTime,
  type Punctuation,
  type WatermarkGenerator,
  type WatermarkOutput,
  WatermarkStrategy,
} from './sdk/watermark-strategy.ts'
export { WindowedStream } from './sdk/windowed-stream.ts'
export { type Serializer, structured } from './state/serializer.ts'
export type {
  AggregateFunction,
  AggregatingState,
  AggregatingStateDescriptor,
  ListState,
  ListStateDescriptor,
  MapState,
  MapStateDescriptor,
  ReadOnlyMapState,
  ReducingState,
  ReducingStateDescriptor,
  StateDescriptor,
  StateType,
  ValueState,
  ValueStateDescriptor,
} from './state/state.ts'
export type { TimeDomain, TimeQueries, TimerService } from './time/timer-service.ts'
