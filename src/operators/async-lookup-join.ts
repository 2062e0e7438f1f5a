// Joins a stream with a table that a function asks, key by key: asyncMap with a cache before it.
//
//   row -> key -> cache ─┬─ known: the joined rows, at once
//                        └─ asked for already: its answer; else the function is asked
//
// AL1  Null equals nothing: a row with a null in its key has no match, and nobody is asked.
// AL2  With a cache, a key is asked for once at a time; an answer that nobody waits for any more is kept, and
//      a call that was given up is asked anew.
import { DataflowError } from '../base/errors.ts'
import type { AsyncLookupJoinSpec } from './async-spec.ts'
import { type AsyncCalls, AsyncWaitOperator } from './async-wait.ts'
import type { AsyncContext, Counter } from './functions.ts'
import { LookupCache } from './lookup-cache.ts'
import type { OperatorContext, OperatorFactory } from './operator.ts'
import { recordText } from './record-text.ts'
import { counterOf } from './user-metrics.ts'
import type { Row } from './visible-rows.ts'

export const createAsyncLookupJoin: OperatorFactory<AsyncLookupJoinSpec> = (
  spec,
  context,
  output,
) => new AsyncWaitOperator(spec, context, output, (fn) => new AsyncLookup(fn, spec, context))

interface CountedCache {
  readonly answers: LookupCache
  readonly hits: Counter
  readonly misses: Counter
}

/** The user's function of a key as one of rows. */
class AsyncLookup implements AsyncCalls {
  readonly #function: AsyncCalls
  readonly #spec: AsyncLookupJoinSpec
  readonly #context: OperatorContext
  readonly #cache: CountedCache | undefined
  /** At most one a call that was started. */
  readonly #asked = new Map<string, Promise<readonly Row[]>>()

  constructor(fn: AsyncCalls, spec: AsyncLookupJoinSpec, context: OperatorContext) {
    this.#function = fn
    this.#spec = spec
    this.#context = context
    if (spec.cache === undefined) return
    const counter = (name: string): Counter => counterOf(context.metrics.user, name)
    this.#cache = {
      answers: new LookupCache(spec.cache),
      hits: counter('cacheHits'),
      misses: counter('cacheMisses'),
    }
  }

  retryOn(error: unknown): boolean {
    return this.#function.retryOn?.(error) ?? true
  }

  asyncInvoke(row: Row, call: AsyncContext): readonly Row[] | Promise<readonly Row[]> {
    if (this.#spec.on.some(([column]) => row[column] === null)) return this.#joined(row, [])
    const found = this.#find(row, call)
    if (found instanceof Promise) return found.then((rows) => this.#joined(row, rows))
    return this.#joined(row, found)
  }

  /** The table's rows for a row. */
  #find(row: Row, call: AsyncContext): readonly Row[] | Promise<readonly Row[]> {
    if (this.#cache === undefined) return this.#ask(row, call)
    const { answers, hits, misses } = this.#cache
    const text = this.#keyText(row)
    const known = answers.get(text, this.#context.processingTimeMs()) ?? this.#asked.get(text)
    if (known !== undefined) {
      hits.inc()
      return known
    }
    misses.inc()
    const found = this.#ask(row, call)
    if (found instanceof Promise) return this.#wait(text, found, answers, call.signal)
    answers.put(text, found, this.#context.processingTimeMs())
    return found
  }

  /** Others that want the key wait, too, until there is an answer or nobody expects one. */
  async #wait(
    text: string,
    found: Promise<readonly Row[]>,
    answers: LookupCache,
    signal: AbortSignal,
  ): Promise<readonly Row[]> {
    this.#asked.set(text, found)
    const forget = (): void => {
      if (this.#asked.get(text) === found) this.#asked.delete(text)
    }
    signal.addEventListener('abort', forget, { once: true })
    try {
      const rows = await found
      answers.put(text, rows, this.#context.processingTimeMs())
      return rows
    } finally {
      signal.removeEventListener('abort', forget)
      forget()
    }
  }

  #ask(row: Row, call: AsyncContext): readonly Row[] | Promise<readonly Row[]> {
    const key = Object.fromEntries(this.#spec.on.map(([column, name]) => [name, row[column]]))
    const answer: unknown = this.#function.asyncInvoke(key, call)
    if (answer instanceof Object && 'then' in answer) {
      return Promise.resolve(answer as PromiseLike<unknown>).then((rows) =>
        this.#checked(rows, key),
      )
    }
    return this.#checked(answer, key)
  }

  /** The rows of an answer. */
  #checked(answer: unknown, key: Row): readonly Row[] {
    if (answer === undefined || answer === null) return []
    const rows = (Array.isArray(answer) ? answer : [answer]) as readonly unknown[]
    for (const row of rows) {
      const column =
        typeof row === 'object' && row !== null
          ? this.#spec.required.find((name) => ((row as Row)[name] ?? null) === null)
          : ''
      if (column === undefined) continue
      const what = column === '' ? `is ${String(row)}` : `has nothing in column '${column}'`
      throw new DataflowError(
        'TYPE_MISMATCH',
        `the row that was found for ${recordText(key)} ${what}`,
      )
    }
    return rows as readonly Row[]
  }

  #joined(row: Row, found: readonly Row[]): readonly Row[] {
    const { take, join } = this.#spec
    const matches = found.length === 0 && join === 'left' ? [{} as Row] : found
    return matches.map((match) => {
      const joined = { ...row }
      for (const [name, from] of take) joined[name] = match[from] ?? null
      return joined
    })
  }

  /** A text that two keys share exactly when their values are equal. */
  #keyText(row: Row): string {
    const { on } = this.#spec
    if (on.length === 1) return valueText(row[on[0]![0]])
    return JSON.stringify(on.map(([column]) => valueText(row[column])))
  }
}

function valueText(value: unknown): string {
  if (typeof value === 'string') return value
  if (value instanceof Uint8Array) return value.join()
  // One column has values of one type; 0 and -0 are equal.
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}
