// Traits of the ends of a job.
import { OP_COLUMN } from '../../columnar/changelog.ts'
import { COLLECT, ITERABLE, PRINT } from '../../connectors/built-in.ts'
import { isHidden } from '../stream-graph.ts'
import {
  javascript,
  kernel,
  type OperatorTraits,
  type SpecOf,
  wholeRows,
} from './operator-traits.ts'
import { watermarkColumns, watermarkText } from './watermarks.ts'

export const source: OperatorTraits<SpecOf<'source'>> = {
  inputColumns: () => [],
  prune(spec, needed, _inputs, output) {
    const { watermarks } = spec
    const own = watermarks === undefined ? [] : watermarkColumns(watermarks, output)
    return { spec, names: output.names.filter((name) => needed.has(name) || own.includes(name)) }
  },
  engine(spec) {
    if (spec.connector === ITERABLE) return javascript('each row of the iterable is an object')
    if (spec.watermarks?.generator.kind === 'custom') {
      return javascript('its watermarks come from a function of rows; an object is made for each')
    }
    return spec.closure
      ? javascript('the source calls a function of the job')
      : kernel('records become columns as they are read')
  },
  detail: ({ watermarks }) =>
    watermarks === undefined ? '' : `watermarks by ${watermarkText(watermarks)}`,
}

export const sink: OperatorTraits<SpecOf<'sink'>> = {
  ...wholeRows,
  inputColumns: (spec, _needed, input) =>
    input.names.filter(
      (name) => !isHidden(name) || (spec.changelog === true && name === OP_COLUMN),
    ),
  engine(spec) {
    if (spec.connector === PRINT) return javascript('rows are made only for what is printed')
    if (spec.connector === COLLECT) return kernel('columns go to the client as Arrow')
    return spec.closure
      ? javascript('the sink calls a function of the job')
      : kernel('columns are encoded as they are')
  },
}

/** It gives what the operator before it puts out beside its rows, and needs none of those. */
export const sideOutput: OperatorTraits<SpecOf<'sideOutput'>> = {
  ...wholeRows,
  inputColumns: () => [],
  engine: () => kernel('rows that the operator before it puts aside'),
  detail: (spec) => `'${spec.tag}'`,
}
