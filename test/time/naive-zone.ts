// The wall clock of a zone as Intl gives it for one moment: what the offsets of zones are compared with.
export const ZONES = [
  'Europe/Berlin',
  'America/New_York',
  'America/Sao_Paulo',
  'Australia/Lord_Howe',
  'Asia/Kathmandu',
  'Pacific/Apia',
  'Africa/Casablanca',
  'UTC',
] as const

const formats = new Map<string, Intl.DateTimeFormat>()

/** Milliseconds since the wall clock's 1970-01-01T00:00. */
export function localTime(timeZone: string, ms: number): number {
  let format = formats.get(timeZone)
  if (format === undefined) {
    format = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'medium' })
    formats.set(timeZone, format)
  }
  return Date.parse(`${format.format(ms).replace(' ', 'T')}Z`) + (((ms % 1_000) + 1_000) % 1_000)
}
