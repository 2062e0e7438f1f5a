// Mail, full operators and held watermarks in a subtask: what they must keep, whatever comes when.
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BatchBuilder } from '../../src/columnar/batch-builder.ts'
import { RowReader } from '../../src/columnar/row-reader.ts'
import type { Operator, Output } from '../../src/operators/operator.ts'
import { InputGate } from '../../src/runtime/input-gate.ts'
import { kernels, type Mail, type Make, SCHEMA, type Seen, World } from './subtask-world.ts'

const pass: Make = (output) => ({ processBatch: (batch) => output.emit(batch) })

/** Keeps what it gets in line until the test lets the head of the line go, by mail. */
class Line implements Operator {
  readonly holdsWatermarks = true
  readonly #output: Output
  readonly #mail: Mail
  readonly #capacity: number
  readonly #line: (readonly number[] | { readonly watermarkMs: number } | boolean)[] = []
  #allowed = 0
  #greatest = 0

  constructor(output: Output, mail: Mail, capacity: number) {
    this.#output = output
    this.#mail = mail
    this.#capacity = capacity
  }

  get isFull(): boolean {
    return this.#line.length >= this.#capacity
  }

  /** How long the line ever was. */
  get greatest(): number {
    return this.#greatest
  }

  processBatch(batch: Parameters<Operator['processBatch']>[0]): void {
    const rows = new RowReader(kernels, SCHEMA).rows(batch)
    this.#add(rows.map((row) => row['n'] as number))
  }

  processWatermark(watermarkMs: number): void {
    this.#add({ watermarkMs })
  }

  processIdle(idle: boolean): void {
    this.#add(idle)
  }

  /** Lets one more element go. */
  release(): void {
    this.#allowed++
    this.#mail(() => this.#drain())
  }

  #add(element: readonly number[] | { readonly watermarkMs: number } | boolean): void {
    this.#line.push(element)
    this.#greatest = Math.max(this.#greatest, this.#line.length)
    // Elements may be let go before they are there.
    if (this.#allowed > 0) this.#mail(() => this.#drain())
  }

  *#drain(): Generator<void> {
    while (this.#allowed > 0 && this.#line.length > 0) {
      this.#allowed--
      const element = this.#line.shift()!
      if (typeof element === 'boolean') this.#output.emitIdle(element)
      else if ('watermarkMs' in element) yield* this.#output.forwardWatermark(element.watermarkMs)
      else {
        // A row a batch: it takes several credits.
        for (const n of element) {
          const builder = new BatchBuilder(kernels, SCHEMA)
          builder.append({ n })
          this.#output.emit(builder.finish())
          yield
        }
      }
    }
  }
}

/** Puts out each watermark as rows too, one a step: a window that fires. */
const fires =
  (rows: number): Make =>
  (output) => ({
    processBatch: (batch) => output.emit(batch),
    *processWatermark(watermarkMs) {
      if (!Number.isFinite(watermarkMs)) return
      for (let i = 0; i < rows; i++) {
        const builder = new BatchBuilder(kernels, SCHEMA)
        builder.append({ n: watermarkMs * 1_000 + i })
        output.emit(builder.finish())
        yield
      }
    },
  })

function lineWith(capacity: number): { make: Make; line(): Line } {
  let line: Line | undefined
  return {
    make: (output, mail) => {
      line = new Line(output, mail, capacity)
      return line
    },
    line: () => line!,
  }
}

describe('mail', () => {
  it('is a step that waits for credit, in the order in which it was sent', async () => {
    let post: Mail = () => undefined
    const make: Make = (output, mail) => {
      post = mail
      return pass(output, mail)
    }
    const world = await new World([make, pass]).open()
    const order: number[] = []
    world.credits = 0
    world.send(1)
    world.run()
    post(() => void order.push(1))
    post(() => void order.push(2))
    world.run()
    expect([order, world.seen]).toEqual([[], []])
    world.credits = 5
    world.run()
    expect([order, world.seen]).toEqual([[1, 2], [1]])
    await world.close()
  })

  it('that fails is blamed on the operator that sent it', async () => {
    let post: Mail = () => undefined
    const make: Make = (output, mail) => {
      post = mail
      return pass(output, mail)
    }
    const world = await new World([pass, make]).open()
    post(() => {
      throw new Error('oh no')
    })
    expect(() => world.run()).toThrow("operator 'operator 1', subtask 0: oh no")
    await world.close()
  })

  it('is dropped once the subtask has ended', async () => {
    let post: Mail = () => undefined
    const make: Make = (output, mail) => {
      post = mail
      return pass(output, mail)
    }
    const world = await new World([make]).open()
    world.subtask.cancel()
    post(() => {
      throw new Error('nobody may see this')
    })
    world.run()
    await world.close()
  })
})

describe('an operator that holds watermarks', () => {
  it('keeps rows, watermarks and idleness in line, and the subtask until the last is out', async () => {
    const { make, line } = lineWith(100)
    const world = await new World([pass, make, pass]).open()
    world.send(1, 'watermark 5', 'idle', 'active', 2, 'end')
    expect(world.run()).toEqual([])
    for (let i = 0; i < 5; i++) line().release()
    expect(world.run()).toEqual([1, 'watermark 5', 'idle', 'active', 2])
    expect(world.subtask.state).toBe('running')
    line().release()
    world.run()
    expect(world.seen.at(-1)).toBe('watermark Infinity')
    await Promise.resolve()
    await new Promise(setImmediate)
    expect([world.subtask.state, world.seen.at(-1)]).toEqual(['finished', 'end'])
    await world.close()
  })

  it('takes no input while it is full, and goes on when it has room', async () => {
    const { make, line } = lineWith(2)
    const world = await new World([make]).open()
    world.send(1, 2, 3, 4, 'end')
    world.run()
    expect(line().greatest).toBe(2)
    for (let i = 0; i < 5; i++) line().release()
    expect(world.run()).toEqual([1, 2, 3, 4, 'watermark Infinity'])
    expect(line().greatest).toBe(2)
    await world.close()
  })

  it('lets a window before it fire only as far as it has room', async () => {
    const { make, line } = lineWith(2)
    const world = await new World([fires(5), make, pass]).open()
    world.send('watermark 1', 7, 'end')
    world.run()
    expect([line().greatest, world.seen]).toEqual([2, []])
    for (let i = 0; i < 8; i++) line().release()
    const fired = [1_000, 1_001, 1_002, 1_003, 1_004]
    expect(world.run()).toEqual([...fired, 'watermark 1', 7, 'watermark Infinity'])
    expect(line().greatest).toBeLessThanOrEqual(3)
    await world.close()
  })

  it('keeps the order whatever comes when: two in a chain, windows, little credit', async () => {
    const element = fc.oneof(
      fc.array(fc.nat(9), { minLength: 1, maxLength: 3 }),
      fc.constant('watermark' as const),
    )
    await fc.assert(
      fc.asyncProperty(
        fc.array(element, { maxLength: 12 }),
        fc.infiniteStream(fc.nat(9)),
        fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 4 })),
        async (elements, chance, [one, two]) => {
          const first = lineWith(one)
          const second = lineWith(two)
          const world = await new World([fires(2), first.make, fires(3), second.make]).open()
          const expected: Seen[] = []
          let ms = 0
          world.credits = 0
          for (const each of elements) {
            if (each === 'watermark') {
              ms++
              const outer = [0, 1].map((i) => ms * 1_000 + i)
              const inner = [0, 1, 2].map((i) => ms * 1_000 + i)
              expected.push(...outer, ...inner, `watermark ${ms}`)
              world.send(`watermark ${ms}`)
            } else {
              expected.push(...each)
              world.send(each)
            }
          }
          world.send('end')
          expected.push('watermark Infinity')
          for (let i = 0; i < 2_000 && world.seen.length < expected.length; i++) {
            const what = chance.next().value!
            if (what === 0) first.line().release()
            else if (what === 1) second.line().release()
            else if (what === 2) world.credits = Math.min(world.credits + 1, 3)
            else world.subtask.step()
          }
          if (world.subtask.state === 'failed') throw world.subtask.error
          expect(world.seen).toEqual(expected)
          await world.close()
        },
      ),
      { numRuns: 1_000 },
    )
  })
})

describe('a gate', () => {
  it('gives the highest watermark before the idleness of its last channel', async () => {
    const world = await new World([pass]).open()
    world.send('watermark 3', 'idle', 'active', 'watermark 4', 'end')
    expect(world.run()).toEqual([
      'watermark 3',
      'idle',
      'active',
      'watermark 4',
      'watermark Infinity',
    ])
    await world.close()
    const gate = new InputGate(kernels, [SCHEMA, SCHEMA], () => undefined)
    const channels = [gate.addChannel(0), gate.addChannel(1)]
    gate.push(channels[0]!, { kind: 'watermark', watermarkMs: 9 })
    gate.push(channels[0]!, { kind: 'idle', idle: true })
    gate.push(channels[1]!, { kind: 'idle', idle: true })
    const events = []
    while (gate.hasElements) events.push(gate.next())
    expect(events).toEqual([
      { kind: 'watermark', watermarkMs: 9 },
      { kind: 'idle', idle: true },
    ])
  })
})
