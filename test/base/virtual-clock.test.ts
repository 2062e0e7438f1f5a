// The clock of simulations: moments in their order, whatever order they were asked for in.
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { VirtualClock } from '../../src/base/virtual-clock.ts'

describe('VirtualClock', () => {
  it('runs what is due in order of time, then of asking, and shows that time', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(20), { maxLength: 30 }), fc.nat(25), (delays, until) => {
        const clock = new VirtualClock(100)
        const ran: [number, number][] = []
        delays.forEach((delay, i) => {
          clock.schedule(delay, () => {
            expect(clock.now()).toBe(100 + delay)
            ran.push([delay, i])
          })
        })
        clock.advanceTo(100 + until)
        const due = delays.map((delay, i): [number, number] => [delay, i])
        expect(ran).toEqual(
          due.filter(([delay]) => delay <= until).sort((a, b) => a[0] - b[0] || a[1] - b[1]),
        )
        const later = delays.filter((delay) => delay > until)
        expect(clock.nextMs).toBe(later.length === 0 ? Infinity : 100 + Math.min(...later))
      }),
    )
  })

  it('forgets what was cancelled, and does not go back', () => {
    const clock = new VirtualClock()
    let ran = false
    const cancel = clock.schedule(5, () => {
      ran = true
    })
    cancel()
    clock.advanceTo(10)
    expect(ran).toBe(false)
    expect(() => clock.advanceTo(9)).toThrow(/cannot go back/)
  })
})
