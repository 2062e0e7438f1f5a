// NDJSON (one JSON object a line, also called JSON Lines) as a file format: records to columns and
// back by the kernels of json-scan and json-encode.
//
// N1  Keys come in any order; those that no column wants are skipped. A missing key is null. Of two
//     equal keys in one object the last wins.
// N2  A utf8 column takes the value of a string, and of anything else the JSON text as it stands.
// N3  A line feed ends a record, always: JSON escapes it in strings.
import { DataflowError } from '../../base/errors.ts'
import type { Json } from '../../base/json.ts'
import { Schema } from '../../columnar/schema.ts'
import { encodeJson } from '../../kernels/line-encode.ts'
import type { SourceReader, WriterContext } from '../connector.ts'
import type { FileEncoder, FileFormat, FileReaderContext } from './format.ts'
import { guessObjectFields, parseForGuess } from './guess-schema.ts'
import { LineEncoder } from './line-encoder.ts'
import { readLineHead } from './line-head.ts'
import { LineReader } from './line-reader.ts'
import { type LineSplit, planLines } from './line-splits.ts'

/** Records that a schema is guessed from. */
const GUESS_RECORDS = 1_000
const VALUE_ENDS = [...',}]\r\n'].map((char) => char.charCodeAt(0))

export const ndjsonFormat: FileFormat = {
  name: 'ndjson',
  extensions: ['.ndjson', '.jsonl', '.json'],

  schema(path: string): Schema {
    const fields = guessObjectFields(objectsOf(path))
    if (Object.keys(fields).length === 0) {
      const message = `${path}: no JSON object in its first lines, so its columns cannot be guessed`
      throw new DataflowError('FORMAT_INVALID', `${message}; declare a schema`, {
        context: { location: path },
      })
    }
    return Schema.of(fields)
  },

  plan(path: string, _: Json, splitBytes: number): readonly LineSplit[] {
    return planLines(path, splitBytes, undefined)
  },

  reader(context: FileReaderContext): SourceReader {
    return new LineReader(context, (path) => ({
      lines: { kind: 'json' },
      headBytes: readLineHead(path).markBytes,
      valueEnds: VALUE_ENDS,
    }))
  },

  encoder(context: WriterContext): FileEncoder {
    return new LineEncoder(context, { encode: encodeJson, close: () => undefined })
  },
}

/** The objects of the first lines; what is none is the reader's to complain about. */
function* objectsOf(path: string): Generator<object> {
  const { bytes, isWhole } = readLineHead(path)
  const lines = Buffer.from(bytes).toString('utf8').split('\n')
  // The last one may be cut.
  if (!isWhole) lines.pop()
  for (const line of lines.slice(0, GUESS_RECORDS)) {
    let value: unknown
    try {
      value = parseForGuess(line)
    } catch {
      // A broken line says nothing about types.
      continue
    }
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) yield value
  }
}
