// Property tests over random event histories, against statements that must hold of any history, and the
// cases of Flink's StatusWatermarkValve by name.
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { WatermarkValve } from '../../src/time/watermark-valve.ts'

type Event =
  | { readonly kind: 'watermark'; readonly input: number; readonly ms: number }
  | { readonly kind: 'idle' | 'active' | 'end'; readonly input: number }

const history = (inputs: number): fc.Arbitrary<Event[]> =>
  fc.array(
    fc.oneof(
      {
        weight: 4,
        arbitrary: fc.record({
          kind: fc.constant('watermark' as const),
          input: fc.nat(inputs - 1),
          ms: fc.integer({ min: 0, max: 50 }),
        }),
      },
      {
        weight: 1,
        arbitrary: fc.record({
          kind: fc.constantFrom('idle' as const, 'active' as const, 'end' as const),
          input: fc.nat(inputs - 1),
        }),
      },
    ),
    { maxLength: 60 },
  )

function apply(valve: WatermarkValve, event: Event): { watermarkMs?: number; idle?: boolean } {
  switch (event.kind) {
    case 'watermark':
      return valve.onWatermark(event.input, event.ms)
    case 'idle':
      return valve.onIdle(event.input)
    case 'active':
      return valve.onActive(event.input)
    case 'end':
      return valve.onEnd(event.input)
  }
}

describe('watermark valve', () => {
  it('gives the minimum over its inputs', () => {
    const valve = new WatermarkValve(2)
    expect(valve.onWatermark(0, 10)).toEqual({})
    expect(valve.onWatermark(1, 5)).toEqual({ watermarkMs: 5 })
    expect(valve.onWatermark(1, 20)).toEqual({ watermarkMs: 10 })
    expect(valve.onWatermark(0, 8)).toEqual({})
  })

  it('leaves an idle input out, and gives the highest watermark when all are idle', () => {
    const valve = new WatermarkValve(2)
    valve.onWatermark(0, 10)
    expect(valve.onIdle(1)).toEqual({ watermarkMs: 10 })
    valve.onActive(1)
    valve.onWatermark(1, 30)
    expect(valve.onIdle(1)).toEqual({})
    expect(valve.onIdle(0)).toEqual({ watermarkMs: 30, idle: true })
    expect(valve.onActive(0)).toEqual({ idle: false })
  })

  it('does not let a woken input hold back what has been given out', () => {
    const valve = new WatermarkValve(2)
    valve.onWatermark(0, 10)
    valve.onIdle(1)
    valve.onActive(1)
    expect(valve.onWatermark(1, 4)).toEqual({})
    expect(valve.onWatermark(0, 15)).toEqual({ watermarkMs: 15 })
    // Caught up: from here on it counts.
    expect(valve.onWatermark(1, 16)).toEqual({})
    expect(valve.onWatermark(0, 20)).toEqual({ watermarkMs: 16 })
  })

  it('ends at +Infinity when every input has ended', () => {
    const valve = new WatermarkValve(2)
    valve.onWatermark(0, 3)
    expect(valve.onEnd(0)).toEqual({})
    expect(valve.onWatermark(1, 7)).toEqual({ watermarkMs: 7 })
    expect(valve.onEnd(1)).toEqual({ watermarkMs: Infinity })
  })

  it('does not end while an idle input may come back', () => {
    const valve = new WatermarkValve(2)
    valve.onWatermark(0, 10)
    valve.onWatermark(1, 4)
    expect(valve.onIdle(1)).toEqual({ watermarkMs: 10 })
    expect(valve.onWatermark(0, Infinity)).toEqual({ idle: true })
    expect(valve.onEnd(0)).toEqual({})
    expect(valve.onActive(1)).toEqual({ idle: false })
    expect(valve.onWatermark(1, 12)).toEqual({ watermarkMs: 12 })
    expect(valve.onEnd(1)).toEqual({ watermarkMs: Infinity })
  })

  it('rises strictly and never passes an active, aligned input, whatever happens', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 4 }).chain((n) => fc.tuple(fc.constant(n), history(n))),
        ([inputs, events]) => {
          const valve = new WatermarkValve(inputs)
          const last = Array.from({ length: inputs }, () => -Infinity)
          const active = Array.from({ length: inputs }, () => true)
          const ended = Array.from({ length: inputs }, () => false)
          let given = -Infinity
          for (const event of events) {
            const wasActive = active[event.input]!
            const output = apply(valve, event)
            if (event.kind === 'watermark') {
              const counts = wasActive && !ended[event.input]!
              if (counts) last[event.input] = Math.max(last[event.input]!, event.ms)
            } else if (event.kind === 'end') ended[event.input] = true
            else active[event.input] = event.kind === 'active'
            if (output.watermarkMs === undefined) continue
            if (output.watermarkMs === Infinity) {
              expect(ended).not.toContain(false)
              continue
            }
            expect(output.watermarkMs).toBeGreaterThan(given)
            // An input behind what was given before is one that woke up and has not caught up (W3).
            const bound = last.filter((ms, i) => active[i]! && !ended[i]! && ms >= given)
            const allowed = bound.length > 0 ? Math.min(...bound) : Math.max(...last)
            expect(output.watermarkMs).toBeLessThanOrEqual(allowed)
            given = output.watermarkMs
          }
        },
      ),
      { numRuns: 1_000 },
    )
  })

  it('is the plain minimum of maxima when no input is ever idle', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(2), fc.integer({ min: 0, max: 99 })), { maxLength: 80 }),
        (steps) => {
          const valve = new WatermarkValve(3)
          const last = [-Infinity, -Infinity, -Infinity]
          for (const [input, ms] of steps) {
            valve.onWatermark(input, ms)
            last[input] = Math.max(last[input]!, ms)
            expect(valve.watermarkMs).toBe(Math.min(...last))
          }
        },
      ),
    )
  })
})
