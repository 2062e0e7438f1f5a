// What becomes of a record that cannot be read: the onError policy of a file source, one object a
// reader.
//
// D1  fail throws; skip counts; deadLetter counts and writes {file, line, row, offset, column,
//     reason, record, encoding} to an NDJSON file. None is lost without a count.
// D2  Subtask 0 writes the file itself, subtask 3 `<name>-3.<ending>` beside it: each is published
//     as a whole when its reader closes, also in a job that fails (then they say why), and replaces
//     what an earlier run left. Where no record was malformed there is no file.
// D3  A record that is not UTF-8 is written in base64, and says so.
import { basename, dirname, extname, join } from 'node:path'
import { DataflowError } from '../../base/errors.ts'
import type { OperatorMetrics } from '../../operators/operator.ts'
import type { OnError } from '../connector.ts'
import { AtomicFile, syncFolder } from './atomic-file.ts'
import { type FileSystem, nodeFileSystem, systemCode, writeError } from './file-system.ts'

/** A malformed record as the policy sees it; what a format does not know is undefined. */
export interface Malformed {
  readonly path: string
  /** From 1. */
  readonly line?: number | undefined
  /** From 0 in its split, in formats without lines. */
  readonly row?: number | undefined
  /** Of the record's first byte in the (decompressed) file. */
  readonly offset?: number | undefined
  readonly column: string | undefined
  readonly reason: string
  readonly record: Uint8Array
}

export interface MalformedRecordsContext {
  readonly metrics: OperatorMetrics
  readonly subtaskIndex: number
  readonly parallelism: number
}

export class MalformedRecords {
  readonly #onError: OnError
  readonly #context: MalformedRecordsContext
  readonly #fs: FileSystem
  #letters: AtomicFile | undefined
  #waiting: Promise<void> | undefined

  constructor(onError: OnError, context: MalformedRecordsContext, fs = nodeFileSystem) {
    this.#onError = onError
    this.#context = context
    this.#fs = fs
  }

  /** @throws RECORD_MALFORMED when the policy is to fail, FILE_UNWRITABLE for the dead letters */
  report(record: Malformed): void {
    if (this.#onError === 'fail') throw malformedError(record)
    this.#context.metrics.malformedRecords++
    if (this.#onError === 'skip') return
    this.#letters ??= new AtomicFile(this.#fs, this.#path(this.#context.subtaskIndex))
    const letter = new TextEncoder().encode(`${JSON.stringify(toLetter(record))}\n`)
    this.#waiting = this.#letters.write(letter) ?? this.#waiting
  }

  /** A promise when the dead letters hold back further reading. */
  takeWaiting(): Promise<void> | undefined {
    const waiting = this.#waiting
    this.#waiting = undefined
    return waiting
  }

  /** Publishes the dead letters. */
  async close(): Promise<void> {
    if (typeof this.#onError === 'string') return
    const letters = this.#letters
    this.#letters = undefined
    try {
      if (letters !== undefined) {
        await letters.seal()
        await letters.publish('replace')
        await syncFolder(this.#fs, letters)
      }
    } finally {
      await letters?.abort()
    }
    await this.#removeStale(letters === undefined)
  }

  async #removeStale(withOwn: boolean): Promise<void> {
    const { subtaskIndex, parallelism } = this.#context
    const stale = withOwn ? [this.#path(subtaskIndex)] : []
    if (subtaskIndex === 0) {
      // Of a run at a higher parallelism.
      const own = this.#path(0)
      const ending = extname(own)
      const stem = basename(own, ending)
      const names = await this.#fs.readdir(dirname(own)).catch(() => [])
      for (const name of names) {
        if (!name.startsWith(`${stem}-`) || !name.endsWith(ending)) continue
        const number = name.slice(stem.length + 1, name.length - ending.length)
        if (/^\d+$/.test(number) && Number(number) >= parallelism)
          stale.push(join(dirname(own), name))
      }
    }
    for (const path of stale) {
      await this.#fs.unlink(path).catch((error: unknown) => {
        if (systemCode(error) !== 'ENOENT') throw writeError(path, 0, error)
      })
    }
  }

  #path(subtask: number): string {
    const { deadLetter } = this.#onError as { deadLetter: string }
    if (subtask === 0) return deadLetter
    const ending = extname(deadLetter)
    return join(dirname(deadLetter), `${basename(deadLetter, ending)}-${subtask}${ending}`)
  }
}

/** The error of `onError: 'fail'`: where the record is, and what is wrong with it. */
export function malformedError(record: Malformed): DataflowError {
  const { path, line, row, offset, column, reason } = record
  const place = line === undefined ? (row === undefined ? '' : `, row ${row}`) : `:${line}`
  const inColumn = column === undefined ? '' : `, column '${column}'`
  const message =
    `${path}${place}${inColumn}: ${reason}; correct the file, or go on without such records: ` +
    `onError: 'skip' counts them, onError: { deadLetter: 'bad.ndjson' } keeps them`
  return new DataflowError('RECORD_MALFORMED', message, {
    context: {
      location: line === undefined ? path : `${path}:${line}`,
      ...(offset === undefined ? {} : { offset }),
      ...(column === undefined ? {} : { column }),
      ...(row === undefined ? {} : { row }),
    },
  })
}

function toLetter({ path, line, row, offset, column, reason, record }: Malformed): object {
  const letter = { file: path, line, row, offset, column, reason }
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(record)
    return { ...letter, record: text }
  } catch {
    // Not UTF-8: what cannot be shown is kept as it is.
    return { ...letter, record: Buffer.from(record).toString('base64'), encoding: 'base64' }
  }
}
