// Type tests of windows over columns: the rows that they infer, and what must not compile.
import {
  count,
  countTrigger,
  cumulate,
  type DataStream,
  type Fields,
  globalWindow,
  int32,
  max,
  outputTag,
  type RowOf,
  session,
  slide,
  type StreamExecutionEnvironment,
  sum,
  timestamp,
  tumble,
  utf8,
} from '../../src/index.ts'

type Equal<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
type Row<S> = S extends DataStream<infer F> ? { [K in keyof RowOf<F>]: RowOf<F>[K] } : never
function rows<T>() {
  return { are: <S>(_stream: S, ..._ok: Equal<Row<S>, T> extends true ? [] : [Row<S>]): void => {} }
}

declare const env: StreamExecutionEnvironment
const schema = { time: timestamp('ms'), user: utf8(), shop: int32(), n: int32() } satisfies Fields
const stream = env
  .fromCollection([{ time: 0, user: 'a', shop: 1, n: 1 }], { schema })
  .assignWatermarks('time')
const keyed = stream.keyBy('user')

interface Bounds {
  windowStart: number
  windowEnd: number
}

interface Timed extends Bounds {
  user: string
  rows: bigint
}

type Flat<T> = { [K in keyof T]: T[K] }
type CountOf = Row<ReturnType<typeof countRows>>['rows']
const countRows = () => keyed.countWindow(2).aggregate({ rows: count() })

// Windows of time have bounds, whatever their kind; the key columns follow, and the aggregates.
type TimedRow = Flat<Omit<Timed, 'rows'> & { rows: CountOf }>
for (const window of [tumble('1s'), slide('2s', '1s'), cumulate('1d', '1h'), session('1m')]) {
  rows<TimedRow>().are(keyed.window(window).aggregate({ rows: count() }))
}
rows<TimedRow>().are(
  keyed
    .window(tumble('1d', { timeZone: 'Europe/Berlin', offset: '1h', time: 'processing' }))
    .trigger(countTrigger(3))
    .aggregate({ rows: count() }),
)
rows<Flat<Bounds & { rows: CountOf }>>().are(
  stream.windowAll(tumble('1s')).aggregate({ rows: count() }),
)

// Those of everything, or of a number of rows, have none.
rows<{ user: string; most: number }>().are(
  keyed.window(globalWindow()).aggregate({ most: max('n') }),
)
rows<{ user: string; most: number }>().are(keyed.countWindow(10, 5).aggregate({ most: max('n') }))
rows<{ most: number }>().are(stream.countWindowAll(10).aggregate({ most: max('n') }))
rows<{ user: string; shop: number; most: number }>().are(
  stream
    .keyBy('user', 'shop')
    .countWindow(3)
    .aggregate((r) => ({ most: max(r.n) })),
)

// A side output of late rows has the stream's columns.
const late = outputTag('late', schema)
const results = keyed
  .window(tumble('1s'))
  .allowedLateness('1s')
  .sideOutputLateData(late)
  .aggregate({ total: sum('n') })
rows<{ time: number; user: string; shop: number; n: number }>().are(results.getSideOutput(late))

// @ts-expect-error: the tag has other columns
keyed.window(tumble('1s')).sideOutputLateData(outputTag('late', { time: timestamp('ms') }))
// @ts-expect-error: no time span
tumble('1 hour')
// @ts-expect-error: a size and a slide
slide('1s')
// @ts-expect-error: windows go by event or processing time
tumble('1s', { time: 'ingestion' })
// @ts-expect-error: a zone by its name
tumble('1d', { timeZone: 2 })
// @ts-expect-error: a session has no grid, and no offset
session('1m', { offset: '1s' })
// @ts-expect-error: a number of rows
keyed.countWindow('10')
// @ts-expect-error: a lateness is a time span
keyed.window(tumble('1s')).allowedLateness('soon')
const counted = keyed.countWindow(2).aggregate({ rows: count() })
// @ts-expect-error: windows of a number of rows have no bounds
counted.select((r) => ({ at: r.windowStart }))
