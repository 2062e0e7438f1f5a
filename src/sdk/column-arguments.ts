// How many arguments the methods of columns take, for who calls them without the compiler: JavaScript
// drops what is too much in silence, and coalesce(0, 1) would do something else than it says.
import { DataflowError } from '../base/errors.ts'
import type { ExpressionColumn } from './column-expression.ts'
import { isRecord, shown } from './given.ts'

/** Parameters of each method, as a message shows them; `?` is one that may be left out, `...` any number. */
const PARAMETERS: Readonly<Record<Exclude<keyof ExpressionColumn, 'bind'>, string>> = {
  eq: 'other',
  ne: 'other',
  lt: 'other',
  le: 'other',
  gt: 'other',
  ge: 'other',
  isDistinctFrom: 'other',
  between: 'low, high',
  in: 'values',
  isNull: '',
  isNotNull: '',
  coalesce: 'value',
  nullIf: 'value',
  least: 'other',
  greatest: 'other',
  cast: 'to',
  tryCast: 'to',
  and: 'other',
  or: 'other',
  not: '',
  add: 'other',
  sub: 'other',
  since: 'start',
  mul: 'other',
  div: 'other',
  idiv: 'other',
  mod: 'other',
  neg: '',
  abs: '',
  floor: '',
  ceil: '',
  round: 'digits?',
  sqrt: '',
  sign: '',
  exp: '',
  ln: '',
  log10: '',
  log2: '',
  pow: 'exponent',
  year: '',
  month: '',
  day: '',
  hour: '',
  minute: '',
  second: '',
  dayOfWeek: '',
  truncate: 'unit',
  lower: '',
  upper: '',
  trim: '',
  trimStart: '',
  trimEnd: '',
  reverse: '',
  length: '',
  startsWith: 'prefix',
  endsWith: 'suffix',
  contains: 'part',
  like: 'pattern',
  indexOf: 'part',
  concat: 'other, ...others',
  substring: 'start, length',
  left: 'count',
  right: 'count',
  padStart: 'length, fill?',
  padEnd: 'length, fill?',
  repeat: 'count',
  splitPart: 'delimiter, index',
  replace: 'part, replacement',
}

/** Puts a check before each method: CONFIG_INVALID for arguments that are too many or too few. */
export function checkArguments(prototype: ExpressionColumn): void {
  for (const [name, parameters] of Object.entries(PARAMETERS)) {
    const names = parameters === '' ? [] : parameters.split(', ')
    const required = names.filter((one) => !/[?]$|^[.]/.test(one)).length
    const most = parameters.includes('...') ? Infinity : names.length
    const method = Reflect.get(prototype, name) as (...given: readonly unknown[]) => unknown
    const checked = function (this: ExpressionColumn, ...given: readonly unknown[]): unknown {
      if (given.length < required || given.length > most) throw wrong(name, names, given)
      return method.apply(this, given as unknown[])
    }
    Object.defineProperty(prototype, name, { value: checked, writable: true, configurable: true })
  }
}

function wrong(name: string, names: readonly string[], given: readonly unknown[]): DataflowError {
  const wants = names.length === 0 ? 'no argument' : `(${names.join(', ')})`
  const has = given.length === 0 ? 'none' : `(${given.map(argument).join(', ')})`
  return new DataflowError('CONFIG_INVALID', `${name}() takes ${wants}, not ${has}`)
}

const argument = (value: unknown): string =>
  isRecord(value) && 'bind' in value ? 'a column' : shown(value)
