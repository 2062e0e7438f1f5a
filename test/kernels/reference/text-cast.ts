// Twins of the casts between text and numbers, decimals and times: what JavaScript's own
// conversions say, under a grammar written as patterns. A reader gives the value, 'syntax' or
// 'range'.

export type Read<T> = T | 'syntax' | 'range'

const LIMITS: Readonly<Record<string, readonly [bigint, bigint]>> = {
  int8: [-128n, 127n],
  int16: [-32_768n, 32_767n],
  int32: [-(2n ** 31n), 2n ** 31n - 1n],
  int64: [-(2n ** 63n), 2n ** 63n - 1n],
  uint8: [0n, 255n],
  uint16: [0n, 65_535n],
  uint32: [0n, 2n ** 32n - 1n],
  uint64: [0n, 2n ** 64n - 1n],
}

export function readInteger(kind: string, text: string): Read<bigint> {
  if (!/^[+-]?[0-9]+$/.test(text)) return 'syntax'
  const value = BigInt(text.replace('+', ''))
  const [least, most] = LIMITS[kind]!
  return value < least || value > most ? 'range' : value
}

export function readFloat(text: string): Read<number> {
  const name = /^([+-]?)(nan|inf|infinity)$/i.exec(text)
  if (name) {
    const value = name[2]!.toLowerCase() === 'nan' ? NaN : Infinity
    return name[1] === '-' ? -value : value
  }
  return /^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)(e[+-]?[0-9]+)?$/i.test(text) ? Number(text) : 'syntax'
}

export function readBool(text: string): Read<boolean> {
  if (/^(true|t|yes|y|1)$/i.test(text)) return true
  return /^(false|f|no|n|0)$/i.test(text) ? false : 'syntax'
}

/** The value in units of 10^-scale, a half rounded away from zero. */
export function readDecimal(text: string, precision: number, scale: number): Read<bigint> {
  const parts = /^([+-]?)([0-9]*)(?:\.([0-9]*))?(?:e([+-]?[0-9]+))?$/i.exec(text)
  if (!parts || (parts[2] === '' && (parts[3] ?? '') === '')) return 'syntax'
  const digits = BigInt(parts[2]! + (parts[3] ?? ''))
  const power = Number(parts[4] ?? 0) - (parts[3] ?? '').length + scale
  if (power > 100 && digits !== 0n) return 'range'
  const factor = 10n ** BigInt(Math.min(Math.abs(power), 2000))
  const size = power >= 0 ? digits * factor : (2n * digits + factor) / (2n * factor)
  if (size >= 10n ** BigInt(precision)) return 'range'
  return parts[1] === '-' ? -size : size
}

export function writeDecimal(value: bigint, scale: number): string {
  const size = value < 0n ? -value : value
  const digits = size.toString().padStart(scale + 1, '0')
  const sign = value < 0n ? '-' : ''
  if (scale === 0) return sign + digits
  return `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`
}

const DATE = String.raw`(\d{4}|[+-]\d{6})-(\d\d)-(\d\d)`
const CLOCK = String.raw`(\d\d):(\d\d)(?::(\d\d)(?:[.,](\d+))?)?`
const ZONE = String.raw`(?:([zZ])|([+-])(\d\d)(?::?(\d\d))?)`
const TIME = new RegExp(`^${DATE}(?:[tT ]${CLOCK}${ZONE}?)?$`)

/** Timestamps of years with at most six digits, as a count of 10^-scale seconds. */
export function readTimestamp(text: string, scale: number): Read<bigint> {
  const parts = TIME.exec(text)
  if (!parts) return 'syntax'
  const [, year, month, day, hour = '0', minute = '0', second = '0', fraction = ''] = parts
  const [, , , , , , , , , sign, zoneHour = '0', zoneMinute = '0'] = parts
  const days = readDays(Number(year), Number(month), Number(day))
  const clock = [Number(hour), Number(minute), Number(second)] as const
  if (days === 'range' || clock[0] > 23 || clock[1] > 59 || clock[2] > 59) return 'range'
  if (Number(zoneHour) > 23 || Number(zoneMinute) > 59) return 'range'
  const zone = (Number(zoneHour) * 60 + Number(zoneMinute)) * (sign === '-' ? -60 : 60)
  const seconds = BigInt(days * 86_400 + clock[0] * 3600 + clock[1] * 60 + clock[2] - zone)
  const units = BigInt(fraction.padEnd(scale, '0').slice(0, scale) || '0')
  const value = seconds * 10n ** BigInt(scale) + units
  return value < -(2n ** 63n) || value >= 2n ** 63n ? 'range' : value
}

export function readDate(text: string): Read<bigint> {
  const parts = /^(\d{4}|[+-]\d{6})-(\d\d)-(\d\d)$/.exec(text)
  if (!parts) return 'syntax'
  const days = readDays(Number(parts[1]), Number(parts[2]), Number(parts[3]))
  return days === 'range' ? days : BigInt(days)
}

function readDays(year: number, month: number, day: number): number | 'range' {
  // Shifted by cycles of 400 years into what Date can hold.
  const cycles = Math.floor(year / 400) - 5
  const date = new Date(Date.UTC(2000, 0, 1))
  date.setUTCFullYear(year - cycles * 400, month - 1, day)
  const isReal = date.getUTCMonth() === month - 1 && date.getUTCDate() === day && month > 0
  return isReal ? date.getTime() / 86_400_000 + cycles * 146_097 : 'range'
}

/** A count of 10^-scale seconds, for instants that Date can hold. */
export function writeTimestamp(value: bigint, scale: number): string {
  const units = 10n ** BigInt(scale)
  const fraction = ((value % units) + units) % units
  const iso = new Date(Number((value - fraction) / units) * 1000).toISOString()
  const digits = scale === 0 ? '' : `.${fraction.toString().padStart(scale, '0')}`
  return `${iso.slice(0, iso.lastIndexOf('.'))}${digits}Z`
}
