// Runtime modes: a bounded job may run in batch mode, where event time stands still until the end of input.
// After Flink's execution.runtime-mode. The same operators run; who makes watermarks is told otherwise, and
// who has results that change gives the final ones, at the end.
//
// RM1  Both modes give the same final results, but that nothing is late in batch mode.
import { DataflowError, didYouMean } from '../base/errors.ts'
import type { OperatorSpec } from '../operators/operator-spec.ts'
import type { WatermarkSpec } from '../operators/watermark-spec.ts'
import type { Plan, PlannedOperator } from './plan.ts'

/** 'automatic' is 'batch' when every source ends. */
export type RuntimeMode = 'streaming' | 'batch' | 'automatic'

const MODES: readonly RuntimeMode[] = ['streaming', 'batch', 'automatic']

/** @throws CONFIG_INVALID */
export function checkedRuntimeMode(mode: RuntimeMode): RuntimeMode {
  if (MODES.includes(mode)) return mode
  const hint = didYouMean(String(mode), MODES)
  throw new DataflowError('CONFIG_INVALID', `there is no runtime mode '${String(mode)}'.${hint}`)
}

/** @throws UNSUPPORTED for a source without an end, in batch mode */
export function runsAsBatch(plan: Plan, mode: RuntimeMode): boolean {
  if (mode === 'streaming') return false
  const endless = plan.find(({ spec }) => spec.kind === 'source' && spec.unbounded === true)
  if (endless === undefined) return true
  if (mode === 'automatic') return false
  const { name, location } = endless
  const at = location === undefined ? '' : ` (${location})`
  throw new DataflowError(
    'UNSUPPORTED',
    `'${name}'${at} never ends, and batch mode gives its results at the end of input; ` +
      "use setRuntimeMode('streaming'), or 'automatic'",
    { context: { operator: name, ...(location === undefined ? {} : { location }) } },
  )
}

/**
 * The plan, when it runs as a stream.
 * @throws GRAPH_INVALID for results that only go out at the end
 */
export function inStreamingMode(plan: Plan): Plan {
  for (const { name, spec, location } of plan) {
    if (!('final' in spec)) continue
    throw new DataflowError(
      'GRAPH_INVALID',
      `'${name}' was built in batch mode, and the job runs as a stream; ` +
        'call setRuntimeMode() once, before the job is built',
      { context: { operator: name, ...(location === undefined ? {} : { location }) } },
    )
  }
  return plan
}

/** The plan without watermarks, and without results that change, before the end. */
export const inBatchMode = (plan: Plan): Plan =>
  plan.map((operator): PlannedOperator => ({ ...operator, spec: withoutProgress(operator.spec) }))

function withoutProgress(spec: OperatorSpec): OperatorSpec {
  if (spec.kind === 'assignWatermarks') {
    return { kind: spec.kind, closure: false, ...atTheEnd(spec) }
  }
  if (spec.kind === 'groupAggregate' || spec.kind === 'topN' || spec.kind === 'deduplicate') {
    // All is kept until the end: time does not pass in batch mode.
    const { stateTtlMs: _, ...forEver } = spec
    return { ...forEver, final: true }
  }
  if (spec.kind === 'join' && spec.type !== 'inner') return { ...spec, final: true }
  if (spec.kind !== 'source' || spec.watermarks === undefined) return spec
  const isOwn = spec.watermarks.generator.kind === 'custom'
  return {
    ...spec,
    closure: spec.closure && !isOwn,
    watermarks: atTheEnd(spec.watermarks),
  }
}

const atTheEnd = ({ time }: WatermarkSpec): WatermarkSpec => ({
  time,
  generator: { kind: 'none' },
})
