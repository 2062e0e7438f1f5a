// Constants of expressions: their JSON (decimal text for 64-bit integers, decimals and timestamps) as the
// bytes of a column, and from one type to another.
import { unreachable } from '../base/assert.ts'
import { DataflowError } from '../base/errors.ts'
import { byteWidth, type DataType, typeName, UNITS_PER_SECOND } from './type.ts'

type Value = number | string | boolean

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
 * The constant in another type: exactly, or not at all.
 * @throws TYPE_MISMATCH when the type cannot hold it
 */
export function convertConstant(value: Value, from: DataType, to: DataType): Value {
  const problem = (): DataflowError =>
    new DataflowError('TYPE_MISMATCH', `the constant ${String(value)} is no ${typeName(to)}`)
  switch (to.kind) {
    case 'float32':
    case 'float64':
      return Number(value)
    case 'int8':
    case 'int16':
    case 'int32':
    case 'uint8':
    case 'uint16':
    case 'uint32': {
      const number = Number(value)
      if (!Number.isInteger(number) || !fits(BigInt(number), to.kind)) throw problem()
      return number
    }
    case 'int64':
    case 'uint64': {
      if (typeof value === 'number' && !Number.isInteger(value)) throw problem()
      if (!fits(BigInt(value), to.kind)) throw problem()
      return String(value)
    }
    case 'decimal':
      return decimalText(decimalUnits(String(value), to.scale), to.scale)
    case 'timestamp':
      if (from.kind === 'timestamp') {
        return String(
          scaleUnits(BigInt(value), UNITS_PER_SECOND[from.unit], UNITS_PER_SECOND[to.unit]),
        )
      }
      if (from.kind === 'date')
        return String(BigInt(value) * 86_400n * BigInt(UNITS_PER_SECOND[to.unit]))
      return String(value)
    case 'duration':
      if (from.kind !== 'duration') return String(value)
      return String(
        scaleUnits(BigInt(value), UNITS_PER_SECOND[from.unit], UNITS_PER_SECOND[to.unit]),
      )
    case 'date':
      return Number(value)
    case 'bool':
    case 'utf8':
    case 'binary':
      return value
    case 'list':
    case 'struct':
      throw problem()
    default:
      return unreachable(to)
  }
}

/** Whether a whole number is in the range of an integer type. */
export function fits(value: bigint, kind: string): boolean {
  const bits = BigInt(kind.replace(/\D/g, ''))
  if (kind.startsWith('u')) return value >= 0n && value < 1n << bits
  return value >= -(1n << (bits - 1n)) && value < 1n << (bits - 1n)
}

function scaleUnits(value: bigint, from: number, to: number): bigint {
  if (to >= from) return value * BigInt(to / from)
  const divisor = BigInt(from / to)
  const quotient = value / divisor
  return value % divisor < 0n ? quotient - 1n : quotient
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
