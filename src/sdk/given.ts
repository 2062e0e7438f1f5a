// What a method is given, looked at where the compiler has not: in JavaScript, and in what was cast. Options
// with a name that there is not, no options, no function, no stream.
import { DataflowError, didYouMean } from '../base/errors.ts'

/** The names of options, all of them: the compiler counts. */
export const optionNames = <T>(names: Readonly<Record<keyof T, true>>): readonly string[] =>
  Object.keys(names)

/**
 * @param call who takes them, for the message: `tumble()`
 * @throws CONFIG_INVALID for what is no object, and for a name that is none of these
 */
export function checkOptions(given: unknown, call: string, names: readonly string[]): void {
  if (!isRecord(given)) {
    throw new DataflowError(
      'CONFIG_INVALID',
      `${call} takes options, { ${names.join(', ')} }, not ${shown(given)}`,
    )
  }
  const unknown = Object.keys(given).find((name) => !names.includes(name))
  if (unknown === undefined) return
  throw new DataflowError(
    'CONFIG_INVALID',
    `${call} has no option '${unknown}'.${didYouMean(unknown, names)}`,
  )
}

/** @throws CONFIG_INVALID for what is no function, with how one is written */
export function checkFunction(given: unknown, call: string, example: string): void {
  if (typeof given === 'function') return
  throw new DataflowError(
    'CONFIG_INVALID',
    `${call} takes a function: ${example}; not ${shown(given)}`,
  )
}

/** An object that is no array. */
export const isRecord = (given: unknown): given is Record<string, unknown> =>
  typeof given === 'object' && given !== null && !Array.isArray(given)

/** A value in a few words. */
export function shown(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return `'${value}'`
    case 'bigint':
      return `${value}n`
    case 'function':
      return value.name === '' ? 'a function' : `the function ${value.name}`
    case 'object':
      if (value === null) return 'null'
      if (Array.isArray(value)) return `[${value.map(shown).join(', ')}]`
      if (value.constructor !== undefined && value.constructor !== Object) {
        return `a ${value.constructor.name}`
      }
      return `an object with (${Object.keys(value).join(', ')})`
    default:
      return String(value)
  }
}

export const noKeyedStream = (given: unknown): DataflowError =>
  new DataflowError(
    'CONFIG_INVALID',
    `a keyed stream goes with a keyed stream, and this is ${shown(given)}; call keyBy() on it`,
  )

/** @throws CONFIG_INVALID for what no connector has made */
export function checkConnector(given: unknown, call: string, what: 'source' | 'sink'): void {
  if (isRecord(given) && typeof given['connector'] === 'string') return
  throw new DataflowError(
    'CONFIG_INVALID',
    `${call} takes a ${what} that a connector makes, such as ` +
      `${what === 'sink' ? "csvFile('out.csv')" : "csv('in.csv')"}, not ${shown(given)}`,
  )
}

/** @throws CONFIG_INVALID for what is no array of rows */
export function checkRows(given: unknown): void {
  if (Array.isArray(given)) return
  throw new DataflowError(
    'CONFIG_INVALID',
    `fromCollection() takes an array of rows, [{ n: 1 }], not ${shown(given)}`,
  )
}
