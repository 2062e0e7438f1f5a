// Traits of functions over windows of rows: they see every visible column, and event time.
import type { RowWindowSpec } from '../../operators/row-window-spec.ts'
import { durationText } from './duration-text.ts'
import { javascript, type OperatorTraits } from './operator-traits.ts'
import { failureText, timedRows } from './process.ts'
import { triggerText, windowText } from './window-aggregate.ts'

export const rowWindow: OperatorTraits<RowWindowSpec> = {
  ...timedRows,
  engine: () => javascript('a function of the rows of a window; an object is made for each'),
  detail(spec) {
    const { function: name, keys, window, dynamicGap, onError } = spec
    const of = dynamicGap === true ? 'session of a gap by row' : windowText(window)
    const by = keys.length === 0 ? '' : ` by ${keys.join(', ')}`
    return `${name} over ${of}${by}${firingText(spec)}${failureText(onError)}`
  },
}

function firingText(spec: RowWindowSpec): string {
  const { trigger, customTrigger, evictor, allowedLatenessMs, lateTag } = spec
  return [
    trigger === undefined ? '' : `, fires ${triggerText(trigger)}`,
    customTrigger === undefined ? '' : ', fires by a trigger of its own',
    evictor === undefined ? '' : `, keeps ${evictor}`,
    allowedLatenessMs === undefined ? '' : `, ${durationText(allowedLatenessMs)} late allowed`,
    lateTag === undefined ? '' : `, late rows to '${lateTag}'`,
  ].join('')
}
