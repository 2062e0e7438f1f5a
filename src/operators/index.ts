// The list of operators: one literal object of lazy imports. A new operator is one file, one line here,
// one kind in operator-spec.ts, one test.
import type { OperatorKind, OperatorSpec } from './operator-spec.ts'
import type { OperatorFactory } from './operator.ts'

/** Sources and sinks are driven by the subtask itself. */
type ChainOperatorKind = Exclude<OperatorKind, 'source' | 'sink'>

type SpecOf<K extends OperatorKind> = Extract<OperatorSpec, { readonly kind: K }>

const OPERATORS: {
  readonly [K in ChainOperatorKind]: () => Promise<OperatorFactory<SpecOf<K>>>
} = {
  where: async () => (await import('./where.ts')).createWhere,
  select: async () => (await import('./select.ts')).createSelect,
  filter: async () => (await import('./row-function.ts')).createFilter,
  map: async () => (await import('./row-function.ts')).createMap,
  flatMap: async () => (await import('./row-function.ts')).createFlatMap,
  assignWatermarks: async () => (await import('./assign-watermarks.ts')).createAssignWatermarks,
  windowAggregate: async () => (await import('./window-aggregate.ts')).createWindowAggregate,
  groupAggregate: async () => (await import('./group-aggregate.ts')).createGroupAggregate,
  overAggregate: async () => (await import('./over-aggregate.ts')).createOverAggregate,
  deduplicate: async () => (await import('./deduplicate.ts')).createDeduplicate,
  topN: async () => (await import('./top-n.ts')).createTopN,
  materialize: async () => (await import('./materialize.ts')).createMaterialize,
  upsert: async () => (await import('./upsert.ts')).createUpsert,
  partitionCustom: async () => (await import('./pass-through.ts')).createPassThrough,
  sideOutput: async () => (await import('./pass-through.ts')).createPassThrough,
  rowWindow: async () => (await import('./row-windows.ts')).createRowWindows,
  asyncLookupJoin: async () => (await import('./async-lookup-join.ts')).createAsyncLookupJoin,
  asyncMap: async () => (await import('./async-wait.ts')).createAsyncMap,
  process: async () => (await import('./process.ts')).createProcess,
  join: async () => (await import('./regular-join.ts')).createRegularJoin,
  windowJoin: async () => (await import('./window-join.ts')).createWindowJoin,
  intervalJoin: async () => (await import('./interval-join.ts')).createIntervalJoin,
  temporalJoin: async () => (await import('./temporal-join.ts')).createTemporalJoin,
  lookupJoin: async () => (await import('./lookup-join.ts')).createLookupJoin,
}

/** The factory of an operator. Its config is the spec of that kind. */
export function loadOperator<K extends ChainOperatorKind>(
  kind: K,
): Promise<OperatorFactory<SpecOf<K>>> {
  return OPERATORS[kind]()
}
