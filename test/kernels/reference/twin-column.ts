// A column that the scalar twins of the line scanners fill: typed arrays of a batch's rows, text in
// one growing buffer.

export type TwinKind = 'int32' | 'int64' | 'float64' | 'utf8' | 'bool'

export interface TwinSpec {
  readonly kind: TwinKind
  readonly nullable: boolean
}

export class TwinColumn {
  readonly spec: TwinSpec
  readonly numbers: Float64Array
  readonly integers: BigInt64Array
  readonly valid: Uint8Array
  readonly offsets: Int32Array
  text: Uint8Array
  used = 0

  constructor(spec: TwinSpec, rowsMax: number) {
    this.spec = spec
    const is64 = spec.kind === 'int64'
    const isText = spec.kind === 'utf8'
    this.numbers = new Float64Array(is64 || isText ? 0 : rowsMax)
    this.integers = new BigInt64Array(is64 ? rowsMax : 0)
    this.valid = new Uint8Array(rowsMax)
    this.offsets = new Int32Array(isText ? rowsMax + 1 : 0)
    this.text = new Uint8Array(isText ? rowsMax * 16 : 0)
  }

  append(row: number, bytes: Uint8Array, start: number, end: number): void {
    const length = end - start
    if (this.used + length > this.text.length) {
      const bigger = new Uint8Array(Math.max(this.text.length * 2, this.used + length))
      bigger.set(this.text)
      this.text = bigger
    }
    if (length < 32) {
      for (let i = start; i < end; i++) this.text[this.used++] = bytes[i]!
    } else {
      this.text.set(bytes.subarray(start, end), this.used)
      this.used += length
    }
    this.offsets[row + 1] = this.used
    this.valid[row] = 1
  }

  null(row: number): void {
    this.valid[row] = 0
    if (this.offsets.length > 0) this.offsets[row + 1] = this.used
  }

  rewind(row: number): void {
    if (this.offsets.length > 0) this.used = this.offsets[row]!
  }

  value(row: number): unknown {
    if (this.spec.nullable && this.valid[row] === 0) return null
    const { kind } = this.spec
    if (kind === 'utf8') {
      const text = this.text.subarray(this.offsets[row]!, this.offsets[row + 1]!)
      return Buffer.from(text).toString('utf8')
    }
    if (kind === 'int64') return this.integers[row]
    return kind === 'bool' ? this.numbers[row] === 1 : this.numbers[row]
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** True when the bytes are UTF-8. */
export function isUtf8(bytes: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end; i++) {
    if (bytes[i]! < 128) continue
    try {
      utf8.decode(bytes.subarray(start, end))
      return true
    } catch {
      return false
    }
  }
  return true
}

export function ascii(bytes: Uint8Array, start: number, end: number): string {
  let text = ''
  for (let i = start; i < end; i++) text += String.fromCharCode(bytes[i]!)
  return text
}

/** NaN when it is no whole number; inexact beyond 2^53. */
function integer(bytes: Uint8Array, start: number, end: number): number {
  const sign = bytes[start]
  const first = sign === 45 || sign === 43 ? start + 1 : start
  if (first >= end) return Number.NaN
  let value = 0
  for (let i = first; i < end; i++) {
    const digit = bytes[i]! - 48
    if (digit < 0 || digit > 9) return Number.NaN
    value = value * 10 + digit
  }
  return sign === 45 ? -value : value
}

/** Puts a number into the column's row; '' or why it cannot. */
export function putNumber(
  column: TwinColumn,
  row: number,
  bytes: Uint8Array,
  start: number,
  end: number,
): string {
  if (column.spec.kind === 'float64') {
    const value = float(bytes, start, end)
    if (value === undefined) return 'syntax'
    column.numbers[row] = value
  } else {
    const value = integer(bytes, start, end)
    if (Number.isNaN(value)) return 'syntax'
    if (column.spec.kind === 'int32') {
      if (value < -(2 ** 31) || value >= 2 ** 31) return 'range'
      column.numbers[row] = value
    } else if (Number.isSafeInteger(value)) {
      column.integers[row] = BigInt(value)
    } else {
      const exact = BigInt(ascii(bytes, start, end).replace('+', ''))
      if (BigInt.asIntN(64, exact) !== exact) return 'range'
      column.integers[row] = exact
    }
  }
  column.valid[row] = 1
  return ''
}

const FLOAT = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i
const NAMED = /^[+-]?(nan|inf|infinity)$/i

function float(bytes: Uint8Array, start: number, end: number): number | undefined {
  const first = bytes[start] === 45 ? start + 1 : start
  if (end - first < 16) {
    // Up to fifteen digits and a point are exact this way: one rounding.
    let digits = 0
    let scale = 0
    let i = first
    for (; i < end; i++) {
      const digit = bytes[i]! - 48
      if (digit >= 0 && digit <= 9) {
        digits = digits * 10 + digit
        scale *= 10
      } else if (digit === -2 && scale === 0 && i > first) {
        scale = 1
      } else {
        break
      }
    }
    if (i === end && i > first && scale !== 1) {
      const size = scale === 0 ? digits : digits / scale
      return first === start ? size : -size
    }
  }
  const text = ascii(bytes, start, end)
  if (FLOAT.test(text)) return Number(text)
  if (!NAMED.test(text)) return undefined
  if (text.toLowerCase().endsWith('nan')) return Number.NaN
  return text.startsWith('-') ? -Infinity : Infinity
}
