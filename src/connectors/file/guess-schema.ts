// The schema of files that do not say it: guessed from their first records. All columns may be
// null, for nobody knows what the later records hold.
//
// G1  A type is guessed when all values fit it: bool, int64, float64, date, timestamp[ms]; else
//     utf8. A column without any value is utf8.
// G2  In CSV, quoted values are text, and so are numbers with leading zeros (postal codes) or of
//     more digits than an int64 holds.
// G3  In NDJSON, objects are structs and arrays lists; values of mixed kinds are utf8, which keeps
//     their JSON text.
import {
  bool,
  type DataType,
  date,
  type Fields,
  float64,
  int64,
  list,
  nullable,
  struct,
  timestamp,
  utf8,
} from '../../columnar/type.ts'

type Guess =
  | 'none'
  | 'bool'
  | 'int64'
  | 'float64'
  | 'date'
  | 'timestamp'
  | 'utf8'
  | { readonly item: Guess }
  | { readonly fields: Map<string, Guess> }

const INTEGER = /^-?(0|[1-9]\d{0,17})$/
const FLOAT = /^-?(0|[1-9]\d*)(\.\d+)?(e[+-]?\d+)?$/i
const DATE = /^\d{4}-\d\d-\d\d$/
const TIMESTAMP = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d([.,]\d+)?)?(Z|[+-]\d\d(:?\d\d)?)?$/

const FRACTION = Symbol('a number that is not written as a whole one')

function markFraction(_: string, value: unknown, context: { readonly source?: string }): unknown {
  return typeof value === 'number' && !INTEGER.test(context.source ?? '') ? FRACTION : value
}

/** A line's value, with FRACTION for numbers like 1.0, whose value alone would say int64. */
export function parseForGuess(line: string): unknown {
  return JSON.parse(line, markFraction as (key: string, value: unknown) => unknown)
}

function guessText(text: string): Guess {
  if (INTEGER.test(text)) return 'int64'
  if (FLOAT.test(text)) return 'float64'
  if (text === 'true' || text === 'false') return 'bool'
  return guessTime(text)
}

function guessTime(text: string): Guess {
  if (DATE.test(text)) return 'date'
  return TIMESTAMP.test(text) ? 'timestamp' : 'utf8'
}

function guessJson(value: unknown): Guess {
  switch (typeof value) {
    case 'boolean':
      return 'bool'
    case 'symbol':
      return 'float64'
    case 'number':
      return Number.isSafeInteger(value) ? 'int64' : 'float64'
    case 'string':
      return guessTime(value)
    default:
      break
  }
  if (value === null) return 'none'
  if (Array.isArray(value)) {
    return { item: value.map(guessJson).reduce(widen, 'none' as Guess) }
  }
  const entries = Object.entries(value as object).map(([key, v]) => [key, guessJson(v)] as const)
  return { fields: new Map(entries) }
}

/** The least type that both fit. */
function widen(a: Guess, b: Guess): Guess {
  if (a === b || b === 'none') return a
  if (a === 'none') return b
  if (typeof a === 'string' || typeof b === 'string') return widenFlat(a, b)
  if ('item' in a) return 'item' in b ? { item: widen(a.item, b.item) } : 'utf8'
  if ('item' in b) return 'utf8'
  const fields = new Map(a.fields)
  for (const [name, guess] of b.fields) fields.set(name, widen(fields.get(name) ?? 'none', guess))
  return { fields }
}

function widenFlat(a: Guess, b: Guess): Guess {
  const both = (x: Guess, y: Guess): boolean => (a === x && b === y) || (a === y && b === x)
  if (both('int64', 'float64')) return 'float64'
  return both('date', 'timestamp') ? 'timestamp' : 'utf8'
}

function typeOf(guess: Guess): DataType {
  if (typeof guess !== 'string') {
    if ('item' in guess) return nullable(list(typeOf(guess.item)))
    // Arrow has no struct without fields; its JSON text loses nothing.
    if (guess.fields.size === 0) return nullable(utf8())
    const fields = [...guess.fields].map(([name, field]) => [name, typeOf(field)] as const)
    return nullable(struct(Object.fromEntries(fields) as Fields))
  }
  switch (guess) {
    case 'bool':
      return nullable(bool())
    case 'int64':
      return nullable(int64())
    case 'float64':
      return nullable(float64())
    case 'date':
      return nullable(date())
    case 'timestamp':
      return nullable(timestamp('ms'))
    default:
      return nullable(utf8())
  }
}

export interface TextRecord {
  readonly fields: readonly string[]
  readonly quoted: readonly boolean[]
}

/** Types of the fields of CSV records. */
export function guessTextTypes(
  fieldCount: number,
  records: Iterable<TextRecord>,
  nullValue: string,
): DataType[] {
  const guesses: Guess[] = Array.from({ length: fieldCount }, () => 'none')
  for (const { fields, quoted } of records) {
    for (let i = 0; i < fieldCount; i++) {
      const text = fields[i] ?? ''
      const isNull = quoted[i] !== true && (text === '' || text === nullValue)
      if (isNull) continue
      guesses[i] = widen(guesses[i]!, quoted[i] === true ? 'utf8' : guessText(text))
    }
  }
  return guesses.map(typeOf)
}

/** Fields of JSON objects, in the order in which they were seen. */
export function guessObjectFields(objects: Iterable<object>): Fields {
  let guess: Guess = { fields: new Map<string, Guess>() }
  for (const object of objects) guess = widen(guess, guessJson(object))
  const { fields } = guess as { readonly fields: Map<string, Guess> }
  return Object.fromEntries([...fields].map(([name, field]) => [name, typeOf(field)]))
}
