// Constants of expressions: their JSON (decimal text for 64-bit integers, decimals and timestamps) as the
// bytes of a column, and from one type to another.
import { unreachable } from '../base/assert.ts'
import { DataflowError } from '../base/errors.ts'
import { byteWidth, type DataType, typeName, UNITS_PER_SECOND } from './type.ts'

type Value = number | string | boolean

const SECONDS_PER_DAY = 86_400

/** Writes a constant of a fixed-width type in little endian. */
export function writeValue(view: DataView, at: number, type: DataType, value: Value): void {
  switch (type.kind) {
    case 'int8':
    case 'uint8':
      return view.setUint8(at, Number(value))
    case 'int16':
    case 'uint16':
      return view.setUint16(at, Number(value), true)
    case 'int32':
    case 'uint32':
    case 'date':
      return view.setUint32(at, Number(value), true)
    case 'float32':
      return view.setFloat32(at, Number(value), true)
    case 'float64':
      return view.setFloat64(at, Number(value), true)
    case 'int64':
    case 'uint64':
    case 'timestamp':
    case 'duration':
      return view.setBigInt64(at, BigInt(value), true)
    case 'decimal': {
      const units = decimalUnits(String(value), type.scale)
      view.setBigInt64(at, BigInt.asIntN(64, units), true)
      if (byteWidth(type) === 16) view.setBigInt64(at + 8, units >> 64n, true)
      return
    }
    default:
      throw new DataflowError('UNSUPPORTED', `a ${typeName(type)} has no fixed width`)
  }
}

/**
 * The constant in another type when that is exact; undefined when it is not, or when only a kernel does
 * it, so that a cast of a constant is what the cast of a column is.
 */
export function convertConstant(given: Value, from: DataType, to: DataType): Value | undefined {
  // A column of it has the nearest float32, not what was written.
  const value = from.kind === 'float32' ? Math.fround(Number(given)) : given
  if (to.kind === 'bool') return typeof value === 'string' ? Number(value) !== 0 : Boolean(value)
  if (from.kind === 'float32' || from.kind === 'float64') return fromFloat(Number(value), to)
  if (from.kind === 'decimal') return fromUnits(String(value), from.scale, to)
  if (from.kind === 'utf8' || from.kind === 'binary') return undefined
  const whole = BigInt(value)
  if (isTime(from) && isTime(to)) {
    const factor = unitsPerDay(to) / unitsPerDay(from)
    return Number.isInteger(factor) ? fromWhole(whole * BigInt(factor), to) : undefined
  }
  return fromWhole(whole, to)
}

function fromFloat(value: number, to: DataType): Value | undefined {
  if (to.kind === 'float64') return value
  if (to.kind === 'float32') return Math.fround(value)
  if (to.kind === 'decimal' || !Number.isInteger(value)) return undefined
  return fromWhole(BigInt(value), to)
}

function fromUnits(text: string, scale: number, to: DataType): Value | undefined {
  if (to.kind === 'decimal') {
    if (to.scale < scale) return undefined
    const units = decimalUnits(text, to.scale)
    return fitsDigits(units, to.precision) ? decimalText(units, to.scale) : undefined
  }
  const units = decimalUnits(text, scale)
  const power = 10n ** BigInt(scale)
  if (to.kind === 'float64' && fitsDigits(units, 15)) return Number(units) / Number(power)
  return units % power === 0n ? fromWhole(units / power, to) : undefined
}

function fromWhole(value: bigint, to: DataType): Value | undefined {
  switch (to.kind) {
    case 'float64':
      return Number(value)
    case 'float32':
      return fitsDigits(value, 15) ? Math.fround(Number(value)) : undefined
    case 'int8':
    case 'int16':
    case 'int32':
    case 'uint8':
    case 'uint16':
    case 'uint32':
      return fits(value, to.kind) ? Number(value) : undefined
    case 'date':
      return fits(value, 'int32') ? Number(value) : undefined
    case 'int64':
    case 'uint64':
      return fits(value, to.kind) ? String(value) : undefined
    case 'timestamp':
    case 'duration':
      return fits(value, 'int64') ? String(value) : undefined
    case 'decimal': {
      const units = value * 10n ** BigInt(to.scale)
      return fitsDigits(units, to.precision) ? decimalText(units, to.scale) : undefined
    }
    case 'bool':
    case 'utf8':
    case 'binary':
    case 'list':
    case 'struct':
      return undefined
    default:
      return unreachable(to)
  }
}

const isTime = (type: DataType): boolean => 'unit' in type || type.kind === 'date'

/** How many of a time's units make a day: 1 for dates. */
export function unitsPerDay(type: DataType): number {
  return 'unit' in type ? UNITS_PER_SECOND[type.unit] * SECONDS_PER_DAY : 1
}

/** Whether a whole number is in the range of an integer type. */
function fits(value: bigint, kind: string): boolean {
  const bits = BigInt(kind.replace(/\D/g, ''))
  if (kind.startsWith('u')) return value >= 0n && value < 1n << bits
  return value >= -(1n << (bits - 1n)) && value < 1n << (bits - 1n)
}

function fitsDigits(units: bigint, digits: number): boolean {
  const limit = 10n ** BigInt(digits)
  return units < limit && units > -limit
}

/** `12.5` at scale 2 is 1250; further digits round half away from zero. */
export function decimalUnits(text: string, scale: number): bigint {
  const match = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/.exec(text)
  if (match === null) throw new DataflowError('TYPE_MISMATCH', `'${text}' is no decimal number`)
  const [, sign, whole = '', fraction = '', exponent = '0'] = match
  const shift = scale + Number(exponent) - fraction.length
  const digits = BigInt(whole + fraction || '0')
  const power = 10n ** BigInt(Math.abs(shift))
  const units = shift >= 0 ? digits * power : (digits + power / 2n) / power
  return sign === '-' ? -units : units
}

function decimalText(units: bigint, scale: number): string {
  const digits = (units < 0n ? -units : units).toString().padStart(scale + 1, '0')
  const at = digits.length - scale
  return (
    (units < 0n ? '-' : '') + (scale === 0 ? digits : `${digits.slice(0, at)}.${digits.slice(at)}`)
  )
}
