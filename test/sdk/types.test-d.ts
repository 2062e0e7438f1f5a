// Type tests: programs that must compile, with the exact row types they must infer, and programs that
// must not (a @ts-expect-error that nothing answers to is an error of its own). tsc is the runner; what
// the messages say is held by type-messages.test.ts.
import {
  bool,
  col,
  count,
  csv,
  type DataStream,
  date,
  decimal,
  type Fields,
  first,
  float32,
  float64,
  int16,
  int32,
  int64,
  lit,
  max,
  mean,
  min,
  nullable,
  type RowOf,
  type SinkSpec,
  slide,
  type StreamExecutionEnvironment,
  sum,
  timestamp,
  tumble,
  uint32,
  utf8,
  when,
} from '../../src/index.ts'

type Equal<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
type Row<S> = S extends DataStream<infer F> ? { [K in keyof RowOf<F>]: RowOf<F>[K] } : never
function rows<T>() {
  return { are: <S>(_stream: S, ..._ok: Equal<Row<S>, T> extends true ? [] : [Row<S>]): void => {} }
}

declare const env: StreamExecutionEnvironment

const flights = env.fromSource(
  csv('flights.csv', {
    schema: {
      date: timestamp('ms'),
      delay: int16(),
      distance: nullable(float64()),
      origin: utf8(),
      price: decimal(10, 2),
      id: int64(),
      seats: uint32(),
      ratio: float32(),
      isFull: bool(),
      day: date(),
    },
  }),
)
const airports = csv('airports.csv', {
  schema: { iata: utf8(), name: nullable(utf8()), altitude: int32() },
})

// Programs that compile.
export function inferred(): void {
  const plain = env.fromCollection([
    { n: 1, s: 'a', b: true, d: new Date(0), i: 1n, x: null as string | null },
  ])
  rows<{ n: number; s: string; b: boolean; d: number; i: bigint; x: string | null }>().are(plain)

  rows<{ origin: string; delay: number; isLate: boolean; far: boolean | null }>().are(
    flights.select((r) => ({
      origin: r.origin,
      delay: r.delay,
      isLate: r.delay.gt(15),
      far: r.distance.gt(100),
    })),
  )
  // Arithmetic: an integer column with a fraction is a float, with an integer it keeps its rows' type.
  rows<{
    a: number
    b: bigint
    c: number
    d: string
    e: number
    f: number
    g: bigint | null
    h: number
  }>().are(
    flights.select((r) => ({
      a: r.delay.add(1),
      b: r.id.add(1),
      c: r.id.mul(0.908),
      d: r.price.mul(2),
      e: r.seats.add(r.delay),
      f: r.id.div(2),
      g: r.id.mod(10),
      h: r.ratio.mul(0.5),
    })),
  )
  rows<{ a: string; b: string | null; c: number; d: number; e: string; f: boolean }>().are(
    flights.select((r) => ({
      a: when(r.delay.gt(15)).then('late').otherwise('fine'),
      b: when(r.isFull).then(r.origin).otherwise(null),
      c: r.distance.coalesce(0),
      d: r.origin.splitPart('-', 0).length(),
      e: lit('x'),
      f: r.distance.isNull(),
    })),
  )
  rows<{ a: string; b: string; c: string | null; d: string; e: string }>().are(
    flights.select((r) => ({
      // oxlint-disable-next-line unicorn/no-array-reverse -- no array
      a: r.origin.trimStart().trimEnd().reverse(),
      b: r.origin.left(r.delay).right(2),
      c: r.origin.left(r.distance.tryCast(int32())),
      d: r.origin.padStart(8).padEnd(9, r.origin),
      e: r.origin.repeat(2),
    })),
  )
  rows<{ a: number; b: number | null; c: number; d: number | null; e: bigint | null }>().are(
    flights.select((r) => ({
      a: r.price.round(2),
      b: r.distance.sign().exp().ln().log10().log2(),
      c: r.id.pow(2),
      d: r.delay.pow(r.distance),
      e: r.id.nullIf(0),
    })),
  )
  rows<{ f: string | null }>().are(flights.select((r) => ({ f: r.origin.nullIf('') })))
  rows<{ a: string; b: string | null }>().are(
    flights.select((r) => ({
      a: r.origin.concat('-', r.origin),
      b: r.origin.concat('-', r.origin.nullIf('')),
    })),
  )
  rows<{ at: number; is: boolean; maybe: boolean | null }>().are(
    flights.select((r) => ({
      at: r.origin.indexOf('O'),
      is: r.origin.like('O%_'),
      maybe: when(r.isFull).then(r.origin).otherwise(null).like('%'),
    })),
  )
  rows<{ hour: number; start: number; day: Date; age: number | bigint }>().are(
    flights.select((r) => ({
      hour: r.date.hour(),
      start: r.date.truncate('hour'),
      day: r.day,
      age: r.date.since('2001-01-01'),
    })),
  )
  rows<{ delay: string; origin: string }>().are(
    flights
      .select((r) => ({ delay: r.delay, origin: r.origin }))
      .withColumn('delay', (r) => r.delay.cast(utf8())),
  )
  rows<{ origin: string }>().are(
    flights.select(({ origin, delay }) => ({ origin, delay })).drop('delay'),
  )
  rows<{ word: string; size: number }>().are(
    flights.flatMap((row) => [{ word: row.origin, size: row.delay }], {
      word: utf8(),
      size: int32(),
    }),
  )
  flights.filter((row) => row.distance !== null && row.distance > row.delay && row.id > 5n)
  flights.where(() => col('delay', int16()).gt(3))
}

export function windows(): void {
  const keyed = flights.assignWatermarks('date', { maxOutOfOrderness: '5s' }).keyBy('origin')
  rows<{
    windowStart: number
    windowEnd: number
    origin: string
    flights: number
    averageDelay: number
    lateShare: number
    top: number
    far: number | null
    ids: bigint
    firstDay: Date
    total: string
    lateOnes: number
    lateMean: number | null
  }>().are(
    keyed.window(tumble('1h')).aggregate({
      flights: count(),
      averageDelay: mean('delay'),
      lateShare: mean((r) => r.delay.gt(15)),
      top: max('delay'),
      far: max('distance'),
      ids: sum('id'),
      firstDay: first('day'),
      total: sum('price'),
      lateOnes: count().where((r) => r.delay.gt(15)),
      lateMean: mean('delay').where((r) => r.delay.gt(15)),
    }),
  )
  const day = flights.assignWatermarks('date').keyBy(['origin', 'day'])
  rows<{ windowStart: number; windowEnd: number; origin: string; day: Date; n: number }>().are(
    day.window(tumble('1h')).aggregate({ n: count() }),
  )
  day.window(tumble('1h')).apply(
    (key, _window, all, out) => {
      const origin: string = key.origin
      out.collect({ origin, n: all.length })
    },
    { origin: utf8(), n: int32() },
  )
  rows<{ windowStart: number; windowEnd: number; origin: string; late: number | null }>().are(
    keyed
      .window(slide('10s', '2s'))
      .aggregate((r) => ({ late: mean(r.delay.mul(2)).where(r.origin.startsWith('O')) })),
  )
  rows<{ windowStart: number; windowEnd: number; hour: number; least: string }>().are(
    flights
      .assignWatermarks('date')
      .keyBy((r) => ({ hour: r.date.hour() }))
      .window(tumble(1_000))
      .aggregate({ least: min('origin') }),
  )
}

export function joins(): void {
  const small = flights.select((r) => ({ origin: r.origin, delay: r.delay }))
  rows<{ origin: string; delay: number; name: string | null; altitude: number | null }>().are(
    small.lookupJoin(airports, { on: { origin: 'iata' }, take: ['name', 'altitude'] }),
  )
  rows<{ origin: string; delay: number; airport: string | null; height: number }>().are(
    small.lookupJoin(airports, {
      on: { origin: 'iata' },
      take: { airport: 'name', height: 'altitude' },
      join: 'inner',
    }),
  )
}

declare const typedSink: SinkSpec<{
  origin: ReturnType<typeof utf8>
  delay: ReturnType<typeof int16>
}>

export function sinks(): void {
  flights.sinkTo(typedSink)
  flights.print({ by: 'delay', limit: 3 })
}

// Programs that do not.
export function mistakes(untyped: DataStream<Fields>): void {
  // @ts-expect-error a column that is not there
  flights.where((r) => r.dlay.gt(15))
  // @ts-expect-error text is not compared with a number
  flights.where((r) => r.origin.gt(15))
  // @ts-expect-error a number is not compared with text
  flights.where((r) => r.delay.eq('late'))
  // @ts-expect-error text is not added up
  flights.select((r) => ({ x: r.origin.add(1) }))
  // @ts-expect-error digits are a constant
  flights.select((r) => ({ x: r.distance.round(r.delay) }))
  // @ts-expect-error a text has no logarithm
  flights.select((r) => ({ x: r.origin.ln() }))
  // @ts-expect-error a number to the power of a text
  flights.select((r) => ({ x: r.delay.pow('2') }))
  // @ts-expect-error a number never equals a text
  flights.select((r) => ({ x: r.delay.nullIf('') }))
  // @ts-expect-error a number behind a text
  flights.select((r) => ({ x: r.origin.concat('-', r.delay) }))
  // @ts-expect-error nothing behind a text
  flights.select((r) => ({ x: r.origin.concat() }))
  // @ts-expect-error a count is a number
  flights.select((r) => ({ x: r.origin.left('1') }))
  // @ts-expect-error and no column of texts
  flights.select((r) => ({ x: r.origin.repeat(r.origin) }))
  // @ts-expect-error a text is padded with a text
  flights.select((r) => ({ x: r.origin.padStart(8, 0) }))
  // @ts-expect-error a pattern is a constant
  flights.where((r) => r.origin.like(r.origin))
  // @ts-expect-error a text is looked for in a text
  flights.select((r) => ({ x: r.origin.indexOf(1) }))
  // @ts-expect-error a number is no predicate
  flights.where((r) => r.delay)
  // @ts-expect-error a JavaScript boolean is no predicate
  flights.where((r) => r.origin === 'ORD')
  // @ts-expect-error a key that is not there
  flights.keyBy('orgin')
  // @ts-expect-error nor in an array
  flights.keyBy(['origin', 'orgin'])
  // @ts-expect-error text is no event time
  flights.assignWatermarks('origin')
  // @ts-expect-error a time span without a unit
  flights.assignWatermarks('date', { maxOutOfOrderness: '5' })
  // @ts-expect-error dropping what is not there
  flights.drop('orgin')
  // @ts-expect-error the row function gives a row of other columns
  flights.map((row) => ({ size: row.origin }), { size: int32() })
  // @ts-expect-error a union of other columns
  flights.union(env.fromCollection([{ n: 1 }]))
  // @ts-expect-error rows that are not of the schema
  env.fromCollection([{ n: 'a' }], { schema: { n: int32() } })

  const hours = flights.assignWatermarks('date').keyBy('origin').window(tumble('1h'))
  // @ts-expect-error the aggregate's column is not there
  hours.aggregate({ x: mean('dealy') })
  // @ts-expect-error text has no mean
  hours.aggregate({ x: mean('origin') })
  // @ts-expect-error text has no sum
  hours.aggregate({ x: sum((r) => r.origin) })
  // @ts-expect-error the column is not there, with a filter behind it
  hours.aggregate({ x: mean('dealy').where((r) => r.delay.gt(1)) })
  // @ts-expect-error the filter is no predicate
  hours.aggregate({ x: count().where((r) => r.delay) })
  // @ts-expect-error text has no sum, by the column itself
  hours.aggregate((r) => ({ x: sum(r.origin) }))

  // @ts-expect-error the stream's key is not there
  flights.lookupJoin(airports, { on: { orgin: 'iata' }, take: ['name'] })
  // @ts-expect-error the table's key is of another type
  flights.lookupJoin(airports, { on: { origin: 'altitude' }, take: ['name'] })
  // @ts-expect-error the table has no such column
  flights.lookupJoin(airports, { on: { origin: 'iata' }, take: ['nmae'] })

  // @ts-expect-error the sink takes a column that the stream has not
  flights.drop('delay').sinkTo(typedSink)
  // @ts-expect-error the sink takes an int16, not text
  flights.withColumn('delay', (r) => r.delay.cast(utf8())).sinkTo(typedSink)
  // @ts-expect-error no order by a column that is not there
  flights.print({ by: 'dlay' })
  // @ts-expect-error the columns are not known to the compiler: col('delay', int16())
  untyped.where((r) => r.delay.gt(15))
}
