// Process functions end to end, in the embedded cluster: state, timers and side outputs by key, at several
// parallelisms, against the same computed by a loop.
import { describe, expect, it } from 'vitest'
import {
  type Collector,
  float64,
  int32,
  type KeyedContext,
  type KeyedProcessFunction,
  type MapState,
  mapStateDescriptor,
  type OnTimerContext,
  outputTag,
  type RuntimeContext,
  StreamExecutionEnvironment,
  timestamp,
  utf8,
  type ValueState,
  valueStateDescriptor,
} from '../../src/index.ts'

const SCHEMA = { time: timestamp('ms'), city: utf8(), heat: float64() }
interface Reading {
  readonly time: number
  readonly city: string
  readonly heat: number
}

const ROWS: readonly Reading[] = Array.from({ length: 5_000 }, (_, i) => ({
  time: i * 997,
  city: `city ${(i * 7) % 61}`,
  heat: ((i * 31) % 400) / 10,
}))

const environment = (parallelism: number): StreamExecutionEnvironment =>
  StreamExecutionEnvironment.getExecutionEnvironment({ parallelism })

const HOUR_MS = 3_600_000
const hourEnd = (time: number): number => (Math.floor(time / HOUR_MS) + 1) * HOUR_MS - 1
const highest = mapStateDescriptor('highest', timestamp('ms'), float64())
const rowCount = valueStateDescriptor('rows', int32(), { default: 0 })

/** The highest of each hour and city, by hand: what a tumbling window would do. */
class HourlyHighest implements KeyedProcessFunction<string, Reading, HourlyRow> {
  #highest: MapState<number, number> | undefined
  #rows: ValueState<number, never> | undefined

  open(context: RuntimeContext): void {
    this.#highest = context.getState(highest)
    this.#rows = context.getState(rowCount)
  }

  processElement(row: Reading, context: KeyedContext<string>): void {
    this.#rows!.update(this.#rows!.value() + 1)
    const end = hourEnd(row.time)
    const before = this.#highest!.get(end)
    if (before === undefined || row.heat > before) this.#highest!.put(end, row.heat)
    context.timerService().registerEventTimeTimer(end)
  }

  onTimer(time: number, context: OnTimerContext<string>, out: Collector<HourlyRow>): void {
    out.collect({ city: context.currentKey, hour: time + 1, heat: this.#highest!.get(time)! })
    this.#highest!.remove(time)
  }
}

interface HourlyRow {
  readonly city: string
  readonly hour: number
  readonly heat: number
}

const HOURLY = { city: utf8(), hour: timestamp('ms'), heat: float64() }

function expectedHours(): HourlyRow[] {
  const hours = new Map<string, { city: string; hour: number; heat: number }>()
  for (const { time, city, heat } of ROWS) {
    const hour = hourEnd(time) + 1
    const row = hours.get(`${city} ${hour}`)
    if (row === undefined) hours.set(`${city} ${hour}`, { city, hour, heat })
    else row.heat = Math.max(row.heat, heat)
  }
  return sorted([...hours.values()])
}

const sorted = (rows: HourlyRow[]): HourlyRow[] =>
  rows.sort((a, b) => a.hour - b.hour || (a.city < b.city ? -1 : 1))

describe('a keyed process function', () => {
  it.each([1, 2, 4])('keeps state and fires timers by key in %d subtasks', async (parallelism) => {
    const hours = environment(parallelism)
      .fromCollection(ROWS, { schema: SCHEMA })
      .assignWatermarks('time')
      .keyBy('city')
      .process(() => new HourlyHighest(), HOURLY)
    expect(sorted(await Array.fromAsync(hours.collect()))).toEqual(expectedHours())
  })

  it('gives rows the time of their timer, so that windows behind it go on', async () => {
    const hours = environment(2)
      .fromCollection(ROWS, { schema: SCHEMA })
      .assignWatermarks('time')
      .keyBy('city')
      .process(HourlyHighest, HOURLY)
      .keyBy('city')
      .process(
        {
          processElement(row, context, out) {
            out.collect({ ...row, hour: context.timestamp()! + 1 })
          },
        },
        HOURLY,
      )
    expect(sorted(await Array.fromAsync(hours.collect()))).toEqual(expectedHours())
  })

  it('sends rows aside to typed tags', async () => {
    const hot = outputTag('hot', { city: utf8(), heat: float64() })
    const env = environment(2)
    const counts = env
      .fromCollection(ROWS, { schema: SCHEMA })
      .keyBy('city')
      .process(
        {
          processElement({ city, heat }, context, out) {
            if (heat > 39) context.output(hot, { city, heat })
            else out.collect({ n: 1 })
          },
        },
        { n: int32() },
      )
    const rows = await Array.fromAsync(counts.getSideOutput(hot).collect())
    expect(rows).toHaveLength(ROWS.filter(({ heat }) => heat > 39).length)
  })

  it('refuses a tag with two types, where it is read and where it is written', async () => {
    const tags = [
      outputTag('hot', { city: utf8() }),
      outputTag('hot', { city: float64() }),
    ] as const
    const made = environment(1)
      .fromCollection(ROWS, { schema: SCHEMA })
      .process({
        processElement(_row, context) {
          context.output(tags[1], { city: 1 })
        },
      })
    const read = made.getSideOutput(tags[0])
    expect(() => made.getSideOutput(tags[1])).toThrow(
      /'hot' of 'Process' is read with two types: \(city: utf8\) and \(city: float64\); use one/,
    )
    // The name is right: there is no other to mean.
    await expect(Array.fromAsync(read.collect())).rejects.toThrow(
      /is read with the columns \(city: utf8\), and written with \(city: float64\): use one tag object\.$/,
    )
  })
})
