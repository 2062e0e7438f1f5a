// Traits of watermarks, of the operator that makes them and of a source that does.
import { DataflowError } from '../../base/errors.ts'
import { columnsOf, expressionText } from '../../columnar/expression.ts'
import { expressionType } from '../../columnar/expression-type.ts'
import type { Schema } from '../../columnar/schema.ts'
import { typeName } from '../../columnar/type.ts'
import type { SourceWatermarkSpec, WatermarkSpec } from '../../operators/watermark-spec.ts'
import { isHidden } from '../stream-graph.ts'
import { durationText } from './duration-text.ts'
import { javascript, kernel, type OperatorTraits, passing, type SpecOf } from './operator-traits.ts'

export const assignWatermarks: OperatorTraits<SpecOf<'assignWatermarks'>> = {
  ...passing,
  inputColumns: (spec, needed, input) => [...needed, ...watermarkColumns(spec, input)],
  output(spec, [input]) {
    const type = expressionType(spec.time, input!)
    if (type.kind !== 'timestamp') {
      throw new DataflowError(
        'TYPE_MISMATCH',
        `event time is '${expressionText(spec.time)}', which is ${typeName(type)}, not a timestamp`,
      )
    }
    return input
  },
  engine: ({ generator }) =>
    generator.kind === 'custom'
      ? javascript('a function of rows; an object is made for each')
      : kernel('the greatest time of each batch'),
  detail: (spec) => watermarkText(spec),
}

/** The columns that watermarks are made from. */
export function watermarkColumns(spec: WatermarkSpec, input: Schema): readonly string[] {
  const { generator } = spec
  if (generator.kind === 'custom') return input.names.filter((name) => !isHidden(name))
  const columns = columnsOf(spec.time, new Set())
  return [...(generator.kind === 'punctuated' ? columnsOf(generator.when, columns) : columns)]
}

/** `date, up to 90s out of order, idle after 10s`. */
export function watermarkText(spec: SourceWatermarkSpec): string {
  const { time, idleTimeoutMs, alignment } = spec
  const idle = idleTimeoutMs === undefined ? '' : `, idle after ${durationText(idleTimeoutMs)}`
  const drift =
    alignment === undefined
      ? ''
      : `, at most ${durationText(alignment.maxDriftMs)} ahead in group '${alignment.group}'`
  return `${expressionText(time)}, ${generatorText(spec)}${idle}${drift}`
}

function generatorText({ generator }: WatermarkSpec): string {
  switch (generator.kind) {
    case 'bounded':
      return `up to ${durationText(generator.maxOutOfOrdernessMs)} out of order`
    case 'punctuated':
      return `where ${expressionText(generator.when)}`
    case 'custom':
      return 'by a generator of the job'
    case 'none':
      return 'at the end of input'
  }
}
