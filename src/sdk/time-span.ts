// Lengths of time as a job writes them: '10s', '1h', '500ms', or a number of milliseconds.
import { DataflowError } from '../base/errors.ts'
import { shown } from './given.ts'

/** A length of time: a number of milliseconds, or a count and a unit such as '10s', '1h' or '500ms'. */
export type TimeSpan = number | `${number}${'ms' | 's' | 'm' | 'h' | 'd'}`

const UNIT_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
}

/**
 * Milliseconds of a time span.
 * @throws CONFIG_INVALID when it is none, or no whole number of milliseconds
 */
export function timeSpanMs(span: TimeSpan, what: string): number {
  const ms = typeof span === 'number' ? span : parse(span, what)
  if (!Number.isSafeInteger(ms)) {
    throw new DataflowError(
      'CONFIG_INVALID',
      `${what} is ${shown(span)}, not a whole number of milliseconds`,
    )
  }
  return ms
}

/**
 * Milliseconds of a time span that must be longer than nothing.
 * @throws CONFIG_INVALID
 */
export function positiveTimeSpanMs(span: TimeSpan, what: string): number {
  const ms = timeSpanMs(span, what)
  if (ms <= 0) {
    throw new DataflowError('CONFIG_INVALID', `${what} is ${ms} ms; it must be longer than 0`)
  }
  return ms
}

function parse(text: unknown, what: string): number {
  const match = /^\s*(-?\d+(?:\.\d+)?)\s*(ms|s|m|h|d)\s*$/.exec(String(text))
  if (match === null) {
    throw new DataflowError(
      'CONFIG_INVALID',
      `${what} is ${shown(text)}; write it as '10s', '1h' or '500ms' (ms, s, m, h, d), ` +
        'or as a number of milliseconds',
    )
  }
  // '0.1s' must be 100, not 100.00000000000001.
  return Math.round(Number(match[1]) * UNIT_MS[match[2]!]! * 1e6) / 1e6
}
