// What is wrong with a line, in words, and where it is: the number of a line is found only when it
// is needed, by counting the line feeds before it.
import type { DataType } from '../../columnar/type.ts'
import { typeName, withNullable } from '../../columnar/type.ts'
import type { Schema } from '../../columnar/schema.ts'
import type { ScanFault } from '../../kernels/line-scan.ts'
import { countByte } from '../../kernels/line-scan.ts'
import type { Kernels } from '../../kernels/module.ts'
import { openBytes } from './byte-source.ts'

const BLOCK_BYTES = 1 << 18
const SHOWN_BYTES = 60
const LF = 10

/**
 * Numbers the lines of one plain file: what was counted is kept, so rising offsets cost one
 * reading.
 */
export class LineNumbers {
  readonly #kernels: Kernels
  readonly #path: string
  #offset = 0
  #line = 1

  constructor(kernels: Kernels, path: string) {
    this.#kernels = kernels
    this.#path = path
  }

  /** The line, from 1, that a byte of the file is in. */
  lineAt(offset: number): number {
    if (offset < this.#offset) {
      this.#offset = 0
      this.#line = 1
    }
    const source = openBytes(this.#path, 'none', this.#offset)
    const block = this.#kernels.allocate(BLOCK_BYTES)
    try {
      while (this.#offset < offset) {
        const wanted = Math.min(BLOCK_BYTES, offset - this.#offset)
        const bytes = source.read(this.#kernels.u8.subarray(block, block + wanted))
        if (typeof bytes !== 'number' || bytes === 0) break
        this.#line += countByte(this.#kernels, block, bytes, LF)
        this.#offset += bytes
      }
      return this.#line
    } finally {
      this.#kernels.release(block)
      source.close()
    }
  }
}

export interface ReasonContext {
  readonly schema: Schema
  readonly recordBytesMax: number
  /** Fields that a CSV record should have. */
  readonly fieldCount: number
  /** Bytes that end a value: a delimiter, or JSON's commas and brackets. */
  readonly valueEnds: readonly number[]
  /** Of the record and, from `valueAt` on, of the place of the fault. */
  readonly record: Uint8Array
  readonly valueAt: number
}

/** Why a record is malformed: `'12x' is no int32`. */
export function faultReason(fault: ScanFault, context: ReasonContext): string {
  const { record, valueAt, fieldCount, recordBytesMax } = context
  const place = `at character ${valueAt + 1} of the record`
  const type = fault.column === undefined ? undefined : typeAt(context.schema, fault.column)
  const name = type === undefined ? 'value' : typeName(withNullable(type, false))
  const text = shownValue(record, valueAt, context.valueEnds)
  switch (fault.kind) {
    case 'syntax':
    case 'json-type':
      return `${text} is no ${name}`
    case 'range':
      return `${text} does not fit ${name}`
    case 'utf8':
      return `not UTF-8, or half of a surrogate pair, ${place}`
    case 'null':
      return `no value for ${name}; declare the column nullable(...) if it may be missing`
    case 'too-few-fields':
    case 'too-many-fields':
      return `${fault.fields} ${fault.fields === 1 ? 'field' : 'fields'} instead of ${fieldCount}`
    case 'quote-open':
      return `the quote ${place} is not closed`
    case 'quote-stray':
      return `a quote or text in the wrong place ${place}; in a quoted field, quotes are doubled`
    case 'too-large':
      return `more than ${recordBytesMax} bytes (recordBytesMax), or a quote that is not closed`
    case 'json-depth':
      return `brackets nested too deep ${place}`
    case 'json':
      return `not JSON ${place}: ${text}`
  }
}

function shownValue(record: Uint8Array, start: number, ends: readonly number[]): string {
  let end = start
  const isQuoted = record[start] === 0x22
  const last = Math.min(record.length, start + SHOWN_BYTES)
  if (isQuoted) {
    const close = record.indexOf(0x22, start + 1)
    end = close < 0 || close >= last ? last : close + 1
  } else {
    while (end < last && !ends.includes(record[end]!)) end++
  }
  const text = new TextDecoder().decode(record.subarray(start, end)).trim()
  const cut = end - start === SHOWN_BYTES ? '...' : ''
  if (text === '' && start >= record.length) return 'the end of the line'
  return isQuoted ? text + cut : `'${text}${cut}'`
}

/** The type of `column`, or of a field in it: `address.city`. */
function typeAt(schema: Schema, path: string): DataType | undefined {
  const field = schema.fields.find(({ name }) => path === name || path.startsWith(`${name}.`))
  if (field === undefined) return undefined
  let type: DataType | undefined = field.type
  let rest = path.slice(field.name.length + 1)
  while (rest !== '' && type !== undefined) {
    if (type.kind === 'list') {
      type = type.item
      rest = rest.slice('item.'.length)
    } else if (type.kind === 'struct') {
      const { fields }: { fields: Readonly<Record<string, DataType>> } = type
      const name: string | undefined = Object.keys(fields).find(
        (key) => rest === key || rest.startsWith(`${key}.`),
      )
      type = name === undefined ? undefined : fields[name]
      rest = rest.slice((name ?? rest).length + 1)
    } else {
      type = undefined
    }
  }
  return type
}
