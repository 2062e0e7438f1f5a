// The list of operator traits: one entry a kind. A new operator adds one line here.
import type { OperatorKind, OperatorSpec } from '../../operators/operator-spec.ts'
import { asyncLookupJoin, asyncMap } from './async.ts'
import { deduplicate, groupAggregate, materialize, topN, upsert } from './changelog.ts'
import { select, where } from './columns.ts'
import { intervalJoin, join, temporalJoin, windowJoin } from './join.ts'
import { lookupJoin } from './lookup-join.ts'
import type { OperatorTraits, SpecOf } from './operator-traits.ts'
import { overAggregate } from './over.ts'
import { filter, flatMap, map, partitionCustom } from './row-function.ts'
import { process } from './process.ts'
import { rowWindow } from './row-window.ts'
import { sideOutput, sink, source } from './source-and-sink.ts'
import { assignWatermarks } from './watermarks.ts'
import { windowAggregate } from './window-aggregate.ts'

const TRAITS: { readonly [K in OperatorKind]: OperatorTraits<SpecOf<K>> } = {
  source,
  where,
  select,
  filter,
  map,
  flatMap,
  assignWatermarks,
  windowAggregate,
  windowJoin,
  intervalJoin,
  temporalJoin,
  join,
  lookupJoin,
  process,
  rowWindow,
  asyncMap,
  asyncLookupJoin,
  groupAggregate,
  overAggregate,
  deduplicate,
  topN,
  materialize,
  upsert,
  sideOutput,
  sink,
  partitionCustom,
}

/** The traits of a spec's kind. */
export const traitsOf = (spec: OperatorSpec): OperatorTraits<OperatorSpec> =>
  TRAITS[spec.kind] as OperatorTraits<OperatorSpec>
