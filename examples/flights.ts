// The main job: three million US flights of 2001, by airport and hour. Event time is the departure; each
// hour of an airport becomes one row with its flights, average and largest delay (minutes) and the share
// that was more than a quarter of an hour late; the airports' names and states are looked up.
import {
  arrowFile,
  count,
  csv,
  int64,
  max,
  mean,
  ndjsonFile,
  nullable,
  parquet,
  type StreamExecutionEnvironment,
  timestamp,
  tumble,
  utf8,
} from 'millrace'

const DATA = new URL('../data/', import.meta.resolve('vega-datasets'))

const flights = parquet(new URL('flights-3m.parquet', DATA), {
  schema: {
    date: timestamp('us'),
    delay: int64(),
    distance: int64(),
    origin: utf8(),
    destination: utf8(),
  },
})

const airports = csv(new URL('airports.csv', DATA), {
  schema: { iata: utf8(), name: utf8(), state: nullable(utf8()) },
})

export default function job(env: StreamExecutionEnvironment): void {
  const hours = env
    .fromSource(flights)
    .assignWatermarks('date')
    .keyBy('origin')
    .window(tumble('1h'))
    .aggregate({
      flights: count(),
      averageDelay: mean('delay'),
      maxDelay: max('delay'),
      lateShare: mean((flight) => flight.delay.gt(15)),
    })
    .lookupJoin(airports, { on: { origin: 'iata' }, take: ['name', 'state'] })
    .select((hour) => ({
      windowStart: hour.windowStart,
      windowEnd: hour.windowEnd,
      origin: hour.origin,
      name: hour.name,
      state: hour.state,
      flights: hour.flights,
      averageDelay: hour.averageDelay,
      maxDelay: hour.maxDelay,
      lateShare: hour.lateShare,
    }))
  hours.sinkTo(arrowFile('out/flights.arrow'))
  hours.sinkTo(ndjsonFile('out/flights.ndjson'))
  hours
    .where((hour) => hour.flights.ge(10))
    .print({ title: 'The ten worst airport-hours', by: 'averageDelay', limit: 10 })
}
