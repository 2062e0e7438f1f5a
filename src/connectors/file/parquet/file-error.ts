// Errors of binary files, in words: which file, where in it, what is wrong, and what to do.
import { DataflowError } from '../../../base/errors.ts'

/** A place in a file, as far as it is known. */
export interface FilePlace {
  readonly path: string
  /** From 0. */
  readonly rowGroup?: number
  readonly column?: string
  /** Of a byte in the file. */
  readonly offset?: number
}

/** The file breaks its format. */
export function damaged(place: FilePlace, what: string, cause?: unknown): DataflowError {
  return placed(
    'FORMAT_INVALID',
    place,
    `${what}; the file is damaged: write or copy it anew`,
    cause,
  )
}

/** The file is in order, but holds what cannot be read. */
export function unsupported(place: FilePlace, what: string): DataflowError {
  return placed('UNSUPPORTED', place, what)
}

function placed(
  code: 'FORMAT_INVALID' | 'UNSUPPORTED',
  { path, rowGroup, column, offset }: FilePlace,
  what: string,
  cause?: unknown,
): DataflowError {
  const where = [
    path,
    ...(rowGroup === undefined ? [] : [`row group ${rowGroup}`]),
    ...(column === undefined ? [] : [`column '${column}'`]),
    ...(offset === undefined ? [] : [`offset ${offset}`]),
  ].join(', ')
  return new DataflowError(code, `${where}: ${what}`, {
    context: {
      location: path,
      ...(column === undefined ? {} : { column }),
      ...(offset === undefined ? {} : { offset }),
    },
    ...(cause === undefined ? {} : { cause }),
  })
}
