// Windows on the wall clock of a zone, as Intl writes dates: what windows of a time zone are compared with.
import * as fc from 'fast-check'
import {
  cumulate,
  int32,
  slide,
  type TimeWindow,
  timestamp,
  tumble,
  utf8,
} from '../../src/index.ts'
import { localTime, ZONES } from '../time/naive-zone.ts'

export const [HOUR, DAY] = [3_600_000, 86_400_000]
export const SCHEMA = { at: timestamp('ms'), key: utf8(), n: int32() }
export const CHANGES = {
  'Europe/Berlin': [Date.UTC(2024, 2, 31, 1), Date.UTC(2024, 9, 27, 1)],
  'America/New_York': [Date.UTC(2024, 2, 10, 7), Date.UTC(2023, 10, 5, 6)],
  'America/Sao_Paulo': [Date.UTC(2018, 10, 4, 3), Date.UTC(2018, 1, 18, 2)],
  'Australia/Lord_Howe': [Date.UTC(2024, 3, 6, 15), Date.UTC(2024, 9, 5, 15, 30)],
  'Asia/Kathmandu': [Date.UTC(2024, 0, 1)],
  'Pacific/Apia': [Date.UTC(2011, 11, 30, 10)],
  'Africa/Casablanca': [Date.UTC(2024, 2, 10, 2), Date.UTC(2024, 3, 14, 2)],
  UTC: [Date.UTC(2024, 1, 29)],
} as const satisfies Record<(typeof ZONES)[number], readonly number[]>

export interface TestRow {
  readonly at: number
  readonly key: string
  readonly n: number
}

/** From a time on the wall clock to before another. */
export type LocalWindow = readonly [number, number]

interface Kind {
  readonly window: (timeZone: string) => TimeWindow
  /** The windows that a time on the wall clock is in. */
  readonly of: (local: number) => readonly LocalWindow[]
}

const every = (size: number, step: number, local: number) => {
  const last = Math.floor(local / step) * step
  return Array.from(
    { length: size / step },
    (_, i) => [last - i * step, last - i * step + size] as const,
  )
}

const upTo = (step: number, local: number) => {
  const start = Math.floor(local / DAY) * DAY
  const ends = Array.from({ length: DAY / step }, (_, i) => start + (i + 1) * step)
  return ends.filter((end) => local < end).map((end) => [start, end] as const)
}

export const KINDS: Readonly<Record<string, Kind>> = {
  days: { window: (timeZone) => tumble('1d', { timeZone }), of: (local) => every(DAY, DAY, local) },
  hours: {
    window: (timeZone) => tumble('1h', { timeZone }),
    of: (local) => every(HOUR, HOUR, local),
  },
  'three days each day': {
    window: (timeZone) => slide('3d', '1d', { timeZone }),
    of: (local) => every(3 * DAY, DAY, local),
  },
  // Where an hour is left out, several of these end at one moment, and some begin there, too.
  'two hours each hour': {
    window: (timeZone) => slide('2h', '1h', { timeZone }),
    of: (local) => every(2 * HOUR, HOUR, local),
  },
  'a day by six hours': {
    window: (timeZone) => cumulate('1d', '6h', { timeZone }),
    of: (local) => upTo(6 * HOUR, local),
  },
  'a day by hours': {
    window: (timeZone) => cumulate('1d', '1h', { timeZone }),
    of: (local) => upTo(HOUR, local),
  },
}

/**
 * Are these moments the bounds of a window on the wall clock? Its own may be in an hour that never came, or
 * that came twice.
 */
export function isBounds(
  zone: string,
  [start, end]: LocalWindow,
  from: number,
  to: number,
): boolean {
  const isIn = (ms: number) => localTime(zone, ms) >= start && localTime(zone, ms) < end
  const isFirst = isIn(from) && localTime(zone, from - 1) < start
  return isFirst && isIn(to - 1) && localTime(zone, to) >= end
}

const times = (zone: (typeof ZONES)[number]): fc.Arbitrary<number> =>
  fc
    .tuple(fc.constantFrom(...CHANGES[zone]), fc.integer({ min: -40, max: 40 }), fc.nat(HOUR))
    .map(([change, hours, rest]) => change + hours * HOUR + rest)

export const rowsOf = (
  zone: (typeof ZONES)[number],
  { maxLength = 20 } = {},
): fc.Arbitrary<TestRow[]> =>
  fc.array(
    fc.record({
      at: times(zone),
      key: fc.constantFrom('a', 'b'),
      n: fc.integer({ min: -9, max: 9 }),
    }),
    { minLength: 1, maxLength },
  )

/** A zone with one of its changes of the clocks, a kind of windows, and batches around it. */
export const cases = fc.constantFrom(...ZONES).chain((zone) =>
  fc.record({
    zone: fc.constant(zone),
    kind: fc.constantFrom(...Object.keys(KINDS)),
    parallelism: fc.constantFrom(1, 2),
    batches: fc.array(rowsOf(zone), { minLength: 1, maxLength: 3 }),
  }),
)
