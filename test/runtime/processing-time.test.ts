// Alarms of processing time under a clock that is set by hand.
import { expect, it } from 'vitest'
import { ProcessingTime } from '../../src/runtime/processing-time.ts'
import { setClock } from '../set-clock.ts'

it('an alarm comes at its time and not before, the earliest that was asked for', () => {
  const { clock, set } = setClock()
  let wakes = 0
  const time = new ProcessingTime(clock, () => wakes++)
  time.wakeAt(3, 500)
  time.wakeAt(3, 100)
  time.wakeAt(3, 300)
  time.wakeAt(1, 200)
  set(99)
  expect([time.due(), wakes]).toEqual([undefined, 0])
  set(150)
  expect([time.due(), time.due(), wakes]).toEqual([3, undefined, 1])
  set(250)
  expect([time.due(), time.due(), wakes]).toEqual([1, undefined, 2])
})

it('stands still while the clock steps back', () => {
  const { clock, set } = setClock()
  const time = new ProcessingTime(clock, () => undefined)
  set(1_000)
  expect(time.now()).toBe(1_000)
  set(400)
  expect(time.now()).toBe(1_000)
  time.wakeAt(0, 1_000)
  expect(time.due()).toBe(0)
  set(1_001)
  expect(time.now()).toBe(1_001)
})

it('waits for far alarms in pieces, and for none once it is closed', () => {
  const { clock, set, timers } = setClock()
  const time = new ProcessingTime(clock, () => time.due())
  time.wakeAt(0, 1e12)
  set(4_000_000)
  expect(timers.size).toBe(1)
  time.close()
  expect(timers.size).toBe(0)
})
