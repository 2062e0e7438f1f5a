// Conversions to and from decimals: narrow ones are int64 (up to 18 digits), wide ones 128 bits.
import {
  decimalCompare,
  decimalConstant,
  decimalFromFloat,
  decimalFromWhole,
  decimalScaleDown,
  decimalScaleUp,
  decimalToFloat,
  decimalToWhole,
} from '../kernels/decimal.ts'
import { NO_ROW, type NumericKind, vectorOperand } from '../kernels/operand.ts'
import { down, number, rounded, scale, type Stage, up } from './cast-stage.ts'
import { byteWidth, type DataType, type Decimal } from './type.ts'

const DIGITS_MAX = 38

/** Whether values of a type are 128 bits. */
export const isWide = (type: DataType): boolean => byteWidth(type) === 16

/** 10^digits as the nearest float64. */
const powerOfTen = (digits: number): number => Number(`1e${digits}`)

/** To units of 10^-scale, of at most `precision` digits. */
export function toDecimal(from: NumericKind, to: Decimal): readonly Stage[] {
  const isFloat = from === 'float32' || from === 'float64'
  if (isFloat) {
    const units = [...number(from, 'float64'), scale('mul', powerOfTen(to.scale)), rounded]
    if (isWide(to)) return [...units, wideFromFloat(to.precision)]
    return [...units, ...number('float64', 'int64'), up(1, powerOfTen(to.precision))]
  }
  if (!isWide(to)) {
    return [...number(from, 'int64'), up(powerOfTen(to.scale), powerOfTen(to.precision))]
  }
  const whole = from === 'uint64' ? 'uint64' : 'int64'
  return [...number(from, whole), wideFromWhole(whole), wideUp(to.scale, to.precision)]
}

/** From units of 10^-scale; `kind` is the number that is wanted when it is no decimal. */
export function decimalTo(from: Decimal, to: DataType, kind?: NumericKind): readonly Stage[] {
  if (to.kind === 'decimal') return rescaled(from, to)
  if (kind === 'float32' || kind === 'float64') {
    const units = isWide(from) ? [wideToFloat] : number('int64', 'float64')
    return [...units, scale('div', powerOfTen(from.scale)), ...number('float64', kind)]
  }
  if (!isWide(from)) {
    const whole = from.scale === 0 ? [] : [down('truncate', powerOfTen(from.scale), 0)]
    return [...whole, ...number('int64', kind!)]
  }
  const whole = from.scale === 0 ? [] : [wideDown('truncate', from.scale, DIGITS_MAX)]
  const target = kind === 'uint64' ? 'uint64' : 'int64'
  return [...whole, wideToWhole(target), ...number(target, kind!)]
}

function rescaled(from: Decimal, to: Decimal): readonly Stage[] {
  const shift = to.scale - from.scale
  const isRoomy = shift >= 0 && to.precision - to.scale >= from.precision - from.scale
  if (!isWide(from) && !isWide(to)) {
    const limit = powerOfTen(to.precision)
    if (shift < 0) return [down('nearest', powerOfTen(-shift), limit)]
    return shift === 0 && isRoomy ? [] : [up(powerOfTen(shift), limit)]
  }
  const widened = isWide(from) ? [] : [wideFromWhole('int64')]
  const moved =
    shift < 0
      ? [wideDown('nearest', -shift, to.precision)]
      : shift === 0 && isRoomy
        ? []
        : [wideUp(shift, to.precision)]
  return [...widened, ...moved, ...(isWide(to) ? [] : [wideToWhole('int64')])]
}

const wideFromWhole =
  (from: 'int64' | 'uint64'): Stage =>
  (kernels, { values, validity }, n) => ({
    values: decimalFromWhole(kernels, from, values, n),
    validity,
    badRow: NO_ROW,
  })

const wideToWhole =
  (to: 'int64' | 'uint64'): Stage =>
  (kernels, input, n, isTry) =>
    decimalToWhole(kernels, to, input, n, isTry)

const wideUp =
  (digits: number, precision: number): Stage =>
  (kernels, input, n, isTry) =>
    decimalScaleUp(kernels, digits, precision, input, n, isTry)

const wideDown =
  (rounding: 'truncate' | 'nearest', digits: number, precision: number): Stage =>
  (kernels, input, n, isTry) =>
    decimalScaleDown(kernels, rounding, digits, precision, input, n, isTry)

const wideFromFloat =
  (precision: number): Stage =>
  (kernels, input, n, isTry) =>
    decimalFromFloat(kernels, precision, input, n, isTry)

const wideToFloat: Stage = (kernels, { values, validity }, n) => ({
  values: decimalToFloat(kernels, values, n),
  validity,
  badRow: NO_ROW,
})

/** Whether it is not 0. */
export const wideToBool: Stage = (kernels, { values, validity }, n) => ({
  values: decimalCompare(kernels, 'ne', vectorOperand(values), decimalConstant(kernels, 0n), n),
  validity,
  badRow: NO_ROW,
})
