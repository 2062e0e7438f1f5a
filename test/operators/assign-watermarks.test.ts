// Watermark strategies against a naive model: the watermarks that follow from batches of times, in any
// unit, with and without selections; idleness by the clock; and rows whose times are none.
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { DataflowError } from '../../src/base/errors.ts'
import { Schema } from '../../src/columnar/schema.ts'
import {
  bool,
  int64,
  nullable,
  timestamp,
  type TimeUnit,
  UNITS_PER_SECOND,
} from '../../src/columnar/type.ts'
import { Kernels } from '../../src/kernels/module.ts'
import { createAssignWatermarks } from '../../src/operators/assign-watermarks.ts'
import type { CustomWatermarkGenerator } from '../../src/operators/custom-watermarks.ts'
import type { WatermarkSpec } from '../../src/operators/watermark-spec.ts'
import { OperatorHarness, type Row } from './operator-harness.ts'

const kernels = new Kernels()
const time = { kind: 'column', name: 'time' } as const
const bounded = (maxOutOfOrdernessMs: number): WatermarkSpec => ({
  time,
  generator: { kind: 'bounded', maxOutOfOrdernessMs },
})

interface Options {
  readonly unit?: TimeUnit
  readonly closure?: unknown
  readonly hasInput?: boolean
}

async function harness(config: WatermarkSpec, { unit = 'ms', ...options }: Options = {}) {
  const schema = Schema.of({ time: nullable(timestamp(unit)), last: bool() })
  const made = new OperatorHarness({
    kernels,
    factory: createAssignWatermarks,
    config,
    input: schema,
    output: schema,
    ...options,
  })
  await made.open()
  return made
}

/** A time as a row has it: milliseconds, or units as a bigint. */
const rowTime = (units: number, unit: TimeUnit): number | bigint => {
  if (unit === 's') return units * 1_000
  return unit === 'ms' ? units : BigInt(units)
}

const floorMs = (units: number, unit: TimeUnit): number =>
  Math.floor((units * 1_000) / UNITS_PER_SECOND[unit])

interface TestRow {
  readonly units: number
  readonly last: boolean
  readonly isIn: boolean
}

const batches = fc.array(
  fc.array(
    fc.record({
      units: fc.integer({ min: -5_000, max: 5_000 }),
      last: fc.boolean(),
      isIn: fc.boolean(),
    }),
    { maxLength: 20 },
  ),
  { maxLength: 6 },
)

/** What rises strictly of what is said after each batch. */
function rising(said: readonly number[]): number[] {
  const out: number[] = []
  for (const ms of said) if (ms > (out.at(-1) ?? -Infinity)) out.push(ms)
  return out
}

async function watermarksOf(
  spec: WatermarkSpec,
  input: readonly (readonly TestRow[])[],
  options: Options,
): Promise<{ rows: Row[]; watermarks: readonly (number | 'idle' | 'active')[] }> {
  const operator = await harness(spec, options)
  const { unit = 'ms' } = options
  const rows = input.flatMap((batch) =>
    operator.batch(
      batch.map(({ units, last }) => ({ time: rowTime(units, unit), last })),
      (_, i) => batch[i]!.isIn,
    ),
  )
  operator.close()
  return { rows, watermarks: operator.watermarks }
}

describe('watermarks', () => {
  it('of bounded out-of-orderness equal the naive model, in each unit', async () => {
    await fc.assert(
      fc.asyncProperty(
        batches,
        fc.nat(3_000),
        fc.constantFrom<TimeUnit>('s', 'ms', 'us', 'ns'),
        async (input, bound, unit) => {
          const kept = input.map((batch) => batch.filter(({ isIn }) => isIn))
          const said = kept
            .filter((batch) => batch.length > 0)
            .map((batch) => Math.max(...batch.map((row) => floorMs(row.units, unit))) - bound - 1)
          const got = await watermarksOf(bounded(bound), input, { unit })
          expect(got.watermarks).toEqual(rising(said))
          expect(got.rows).toHaveLength(kept.flat().length)
        },
      ),
      { numRuns: 1_000 },
    )
  })

  it('of punctuations equal the naive model', async () => {
    const when = { kind: 'column', name: 'last' } as const
    await fc.assert(
      fc.asyncProperty(batches, async (input) => {
        const said = input
          .map((batch) => batch.filter(({ isIn, last }) => isIn && last))
          .filter((batch) => batch.length > 0)
          .map((batch) => Math.max(...batch.map((row) => row.units)))
        const got = await watermarksOf({ time, generator: { kind: 'punctuated', when } }, input, {})
        expect(got.watermarks).toEqual(rising(said))
      }),
      { numRuns: 1_000 },
    )
  })

  it('of a generator of the job are what it says after each batch', async () => {
    await fc.assert(
      fc.asyncProperty(batches, async (input) => {
        // Every third row is trusted.
        const supplier = (): CustomWatermarkGenerator<Row> => {
          let seen = 0
          return {
            onEvent(row, timestampMs, output) {
              expect(row['time']).toBe(timestampMs)
              if (++seen % 3 === 0) output.emitWatermark(timestampMs)
            },
          }
        }
        let seen = 0
        const said = input.map((batch) => {
          const trusted = batch.filter(({ isIn }) => isIn && ++seen % 3 === 0)
          return Math.max(-Infinity, ...trusted.map(({ units }) => units))
        })
        const spec: WatermarkSpec = { time, generator: { kind: 'custom' } }
        const got = await watermarksOf(spec, input, { closure: supplier })
        expect(got.watermarks).toEqual(rising(said))
      }),
      { numRuns: 1_000 },
    )
  })

  it('of batch mode are none, but times are still checked', async () => {
    const operator = await harness({ time, generator: { kind: 'none' } })
    expect(operator.batch([{ time: 5, last: false }])).toHaveLength(1)
    expect(operator.watermarks).toEqual([])
    expect(() => operator.batch([{ time: null, last: false }])).toThrow(/no event time/)
    operator.close()
  })

  it('may follow from an expression', async () => {
    const input = Schema.of({ seconds: int64() })
    const operator = new OperatorHarness({
      kernels,
      factory: createAssignWatermarks,
      config: {
        time: {
          kind: 'cast',
          input: { kind: 'column', name: 'seconds' },
          to: timestamp('s'),
          try: false,
        },
        generator: { kind: 'bounded', maxOutOfOrdernessMs: 500 },
      } satisfies WatermarkSpec,
      input,
      output: input,
    })
    await operator.open()
    operator.batch([{ seconds: 7n }, { seconds: 3n }])
    expect(operator.watermarks).toEqual([6_499])
    operator.close()
  })
})

describe('a generator of the job', () => {
  const custom: WatermarkSpec = { time, generator: { kind: 'custom' } }

  it('is asked every 200 ms of processing time, and may say that nobody is to wait', async () => {
    let asked = 0
    const operator = await harness(custom, {
      closure: (): CustomWatermarkGenerator => ({
        onEvent: () => undefined,
        onPeriodicEmit(output) {
          asked++
          output.emitWatermark(asked * 10)
          if (asked === 3) output.markIdle()
        },
      }),
    })
    operator.processingTime(199)
    expect(asked).toBe(0)
    operator.processingTime(1_000)
    expect(operator.watermarks).toEqual([10, 20, 30, 'idle', 40, 50])
    operator.batch([{ time: 7, last: false }])
    expect(operator.watermarks.at(-1)).toBe('active')
    operator.close()
  })

  it.each([
    [() => ({}), /gives no generator/],
    [() => ({ onEvent: () => raise('oh') }), /threw at row 0, \{"time":7,"last":false\}: oh/],
    [
      () => ({ onEvent: (_: Row, __: number, out: Out) => out.emitWatermark(Number.NaN) }),
      /said NaN; a watermark is milliseconds/,
    ],
  ])('that is wrong is refused with what it was given: %#', async (closure, message) => {
    const run = async (): Promise<void> => {
      const operator = await harness(custom, { closure })
      operator.batch([{ time: 7, last: false }])
    }
    await expect(run()).rejects.toThrow(message)
  })
})

type Out = { emitWatermark(ms: number): void }
function raise(message: string): never {
  throw new Error(message)
}

describe('idleness', () => {
  const idle: WatermarkSpec = { ...bounded(0), idleTimeoutMs: 1_000 }

  it('comes after the time-out without rows, and goes with the next row, before it', async () => {
    const operator = await harness(idle)
    operator.processingTime(600)
    operator.batch([{ time: 1, last: false }])
    operator.processingTime(1_599)
    expect(operator.watermarks).toEqual([0])
    operator.processingTime(1_600)
    expect(operator.watermarks).toEqual([0, 'idle'])
    operator.processingTime(9_000)
    operator.batch([{ time: 5, last: false }])
    expect(operator.watermarks).toEqual([0, 'idle', 'active', 4])
    operator.processingTime(10_000)
    expect(operator.watermarks).toEqual([0, 'idle', 'active', 4, 'idle'])
    operator.close()
  })

  it('does not come while input waits: the subtask is held up, its input is not idle', async () => {
    const operator = await harness(idle, { hasInput: true })
    operator.processingTime(10_000)
    expect(operator.watermarks).toEqual([])
    operator.close()
  })

  it('of the input passes, and is joined with its own', async () => {
    const operator = await harness(idle)
    operator.idle(true)
    operator.idle(false)
    operator.processingTime(1_000)
    operator.idle(true)
    operator.idle(false)
    expect(operator.watermarks).toEqual(['idle', 'active', 'idle'])
    operator.close()
  })
})

describe('a time that is none', () => {
  async function refusal(row: Row, unit: TimeUnit = 'ms'): Promise<DataflowError> {
    const operator = await harness(bounded(0), { unit })
    try {
      operator.batch([{ time: unit === 'ms' || unit === 's' ? 1_000 : 1n, last: true }, row])
    } catch (error) {
      return error as DataflowError
    }
    throw new Error('it was taken')
  }

  it('is refused with its row: null', async () => {
    const error = await refusal({ time: null, last: false })
    expect([error.code, error.context.row]).toEqual(['RECORD_MALFORMED', 1])
    expect(error.message).toMatch(
      /one row has no event time: 'time' is null; row 1 of its batch, \{"time":null,"last":false\}/,
    )
  })

  it.each([
    [8_640_000_000_000_001, 'ms'],
    [-8_640_000_000_000_001, 'ms'],
    [8_640_000_000_001_000, 's'],
    [9_007_199_254_740_991, 'ms'],
  ] as const)('is refused with its row: %d %s', async (units, unit) => {
    const error = await refusal({ time: units, last: false }, unit)
    expect([error.code, error.context.row]).toEqual(['RECORD_MALFORMED', 1])
    expect(error.message).toMatch(/row 1 of its batch has an event time out of range: 'time' is/)
  })

  it('is not refused at the edge of the range', async () => {
    const operator = await harness(bounded(10))
    operator.batch([
      { time: -8_640_000_000_000_000, last: false },
      { time: 8_640_000_000_000_000, last: false },
    ])
    expect(operator.watermarks).toEqual([8_640_000_000_000_000 - 11])
    operator.close()
  })
})
