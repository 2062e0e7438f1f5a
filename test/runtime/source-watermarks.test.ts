// The watermarks of a source, split by split, against a list of splits that is looked at every millisecond;
// and what they promise: no row is late, in whatever order splits are read.
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BatchBuilder } from '../../src/columnar/batch-builder.ts'
import { Schema } from '../../src/columnar/schema.ts'
import { timestamp } from '../../src/columnar/type.ts'
import { Kernels } from '../../src/kernels/module.ts'
import type { OperatorContext } from '../../src/operators/operator.ts'
import type { SourceWatermarkSpec } from '../../src/operators/watermark-spec.ts'
import type { SourceMessage } from '../../src/runtime/slot-protocol.ts'
import { SourceWatermarks } from '../../src/runtime/source-watermarks.ts'
import { OperatorHarness } from '../operators/operator-harness.ts'

const kernels = new Kernels()
const SCHEMA = Schema.of({ time: timestamp('ms') })

interface Options {
  readonly maxOutOfOrdernessMs: number
  readonly idleTimeoutMs: number | undefined
  readonly isBounded: boolean
  readonly isAligned: boolean
}

const specOf = (options: Options): SourceWatermarkSpec => {
  const { maxOutOfOrdernessMs, idleTimeoutMs, isAligned } = options
  return {
    time: { kind: 'column', name: 'time' },
    generator: { kind: 'bounded', maxOutOfOrdernessMs },
    ...(idleTimeoutMs === undefined ? {} : { idleTimeoutMs }),
    ...(isAligned ? { alignment: { group: 'all', maxDriftMs: 5 } } : {}),
  }
}

/** A source's end of the chain, its clock, and what it said. */
class Source {
  hasInput = false
  readonly reports: number[] = []
  readonly #builder = new BatchBuilder(kernels, SCHEMA)
  readonly #harness: OperatorHarness<SourceWatermarkSpec>
  #made: SourceWatermarks | undefined

  constructor(options: Options) {
    const hasInput = (): boolean => this.hasInput
    this.#harness = new OperatorHarness<SourceWatermarkSpec>({
      kernels,
      factory: (spec, given, output) => {
        const context: OperatorContext = {
          ...given,
          get hasInput() {
            return hasInput()
          },
        }
        const { isBounded } = options
        const report = (watermarkMs: number): void => void this.reports.push(watermarkMs)
        this.#made = new SourceWatermarks({ spec, isBounded, context, output, report })
        return this.#made
      },
      config: specOf(options),
      input: SCHEMA,
      output: SCHEMA,
    })
  }

  /** Watermarks and idleness since it was asked last. */
  said(): (number | string)[] {
    return this.#harness.watermarks.splice(0)
  }

  get isPaused(): boolean {
    return this.#made!.isPaused
  }

  open(id: string): void {
    this.#made!.openSplit(id)
  }

  end(id: string): void {
    this.#run(this.#made!.endSplit(id))
  }

  rows(id: string, times: readonly number[]): void {
    const mark = kernels.mark()
    for (const time of times) this.#builder.append({ time })
    this.#run(this.#made!.emit(this.#builder.finish(), id))
    kernels.reset(mark)
  }

  tell(message: SourceMessage): void {
    this.#run(this.#made!.onMessage(message))
  }

  time(nowMs: number): void {
    this.#harness.processingTime(nowMs)
  }

  #run(steps: Generator<void>): void {
    for (const _ of steps);
  }
}

interface Split {
  greatest: number
  quietSinceMs: number
  isIdle: boolean
}

/** The same by looking at every split each time. */
class Model {
  hasInput = false
  readonly splits = new Map<string, Split>()
  readonly out: (number | string)[] = []
  readonly reports: number[] = []
  readonly #options: Options
  #isHeld: boolean
  #allowedMs: number
  #lastMs = -Infinity
  #isIdle = false
  #nowMs = 0

  constructor(options: Options) {
    this.#options = options
    this.#isHeld = options.isBounded
    this.#allowedMs = options.isAligned ? -Infinity : Infinity
  }

  get isPaused(): boolean {
    return this.#lastMs > this.#allowedMs
  }

  open(id: string): void {
    this.splits.set(id, { greatest: -Infinity, quietSinceMs: this.#nowMs, isIdle: false })
  }

  end(id: string): void {
    this.splits.delete(id)
    this.#look()
  }

  rows(id: string, times: readonly number[]): void {
    const split = this.splits.get(id)!
    Object.assign(split, {
      greatest: Math.max(split.greatest, ...times),
      quietSinceMs: this.#nowMs,
      isIdle: false,
    })
    // Rows end the idleness before anything is said of them.
    this.#sayIdle(false)
    this.#look()
  }

  tell(message: SourceMessage): void {
    if (message.kind === 'alignment') this.#allowedMs = message.watermarkMsMax
    else this.#isHeld = false
    this.#look()
  }

  time(toMs: number): void {
    const { idleTimeoutMs } = this.#options
    while (this.#nowMs < toMs) {
      this.#nowMs++
      if (idleTimeoutMs === undefined) continue
      let isOver = false
      for (const split of this.splits.values()) {
        if (split.isIdle || this.#nowMs < split.quietSinceMs + idleTimeoutMs) continue
        isOver = true
        // A split that could not be read was not quiet.
        if (this.hasInput || this.isPaused) split.quietSinceMs = this.#nowMs
        else split.isIdle = true
      }
      if (isOver) this.#look()
    }
  }

  #look(): void {
    const active = [...this.splits.values()].filter(({ isIdle }) => !isIdle)
    const least = Math.min(...active.map(({ greatest }) => greatest))
    const watermarkMs = least - this.#options.maxOutOfOrdernessMs - 1
    if (!this.#isHeld && active.length > 0 && watermarkMs > this.#lastMs) {
      this.#lastMs = watermarkMs
      this.#report(watermarkMs)
      this.out.push(watermarkMs)
    }
    this.#sayIdle(this.splits.size > 0 && active.length === 0)
  }

  #sayIdle(idle: boolean): void {
    if (idle === this.#isIdle) return
    this.#isIdle = idle
    this.out.push(idle ? 'idle' : 'active')
    this.#report(idle ? Infinity : this.#lastMs)
  }

  #report(watermarkMs: number): void {
    if (this.#options.isAligned && this.reports.at(-1) !== watermarkMs) {
      if (watermarkMs !== -Infinity || this.reports.length > 0) this.reports.push(watermarkMs)
    }
  }
}

const anyOptions = fc.record({
  maxOutOfOrdernessMs: fc.nat(4),
  idleTimeoutMs: fc.option(fc.integer({ min: 1, max: 8 }), { nil: undefined }),
  isBounded: fc.boolean(),
  isAligned: fc.boolean(),
})
const anyId = fc.constantFrom('a', 'b', 'c')
const anyStep = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('rows' as const),
      id: anyId,
      times: fc.array(fc.nat(60), { minLength: 1, maxLength: 4 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('open' as const), id: anyId }) },
  fc.record({ kind: fc.constant('end' as const), id: anyId }),
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('time' as const), by: fc.nat(6) }) },
  fc.record({ kind: fc.constant('input' as const), has: fc.boolean() }),
  fc.record({ kind: fc.constant('assigned' as const) }),
  fc.record({ kind: fc.constant('allow' as const), ms: fc.nat(60) }),
)

describe('the watermarks of a source', () => {
  it('are the least of its splits that are open and not idle', () => {
    fc.assert(
      fc.property(anyOptions, fc.array(anyStep, { maxLength: 50 }), (options, steps) => {
        const source = new Source(options)
        const model = new Model(options)
        const both = (act: (one: Source | Model) => void): void => {
          act(source)
          act(model)
        }
        let nowMs = 0
        for (const step of steps) {
          switch (step.kind) {
            case 'open':
              if (!model.splits.has(step.id)) both((one) => one.open(step.id))
              break
            case 'end':
              if (model.splits.has(step.id)) both((one) => one.end(step.id))
              break
            case 'rows':
              if (model.splits.has(step.id) && !model.isPaused) {
                both((one) => one.rows(step.id, step.times))
              }
              break
            case 'time':
              nowMs += step.by
              both((one) => one.time(nowMs))
              break
            case 'input':
              source.hasInput = model.hasInput = step.has
              break
            case 'assigned':
              both((one) => one.tell({ kind: 'splits-assigned' }))
              break
            case 'allow':
              both((one) => one.tell({ kind: 'alignment', watermarkMsMax: step.ms }))
              break
          }
          expect(source.said()).toEqual(model.out.splice(0))
          expect(source.reports).toEqual(model.reports)
          expect(source.isPaused).toBe(model.isPaused)
        }
      }),
      { numRuns: 1_000 },
    )
  })

  it('make no row late, whichever split is read when: each within its disorder', () => {
    const split = fc.record({
      start: fc.nat(100),
      times: fc.array(fc.record({ step: fc.nat(5), back: fc.nat(3) }), { maxLength: 12 }),
    })
    fc.assert(
      fc.property(
        fc.array(split, { minLength: 1, maxLength: 4 }),
        fc.infiniteStream(fc.nat(9)),
        (splits, chance) => {
          const source = new Source({
            maxOutOfOrdernessMs: 3,
            idleTimeoutMs: undefined,
            isBounded: true,
            isAligned: false,
          })
          const waiting = splits.map(({ start, times }, i) => {
            let at = start
            return { id: `${i}`, rows: times.map(({ step, back }) => (at += step) - back) }
          })
          const open: typeof waiting = []
          let watermarkMs = -Infinity
          const hear = (): void => {
            for (const said of source.said()) if (typeof said === 'number') watermarkMs = said
          }
          while (waiting.length + open.length > 0) {
            const which = chance.next().value!
            if (open.length === 0 || (which < 2 && waiting.length > 0)) {
              const next = waiting.shift()!
              source.open(next.id)
              open.push(next)
              if (waiting.length === 0) source.tell({ kind: 'splits-assigned' })
            } else {
              const one = open[which % open.length]!
              const rows = one.rows.splice(0, 1 + (which % 3))
              for (const time of rows) expect(time).toBeGreaterThan(watermarkMs)
              if (rows.length > 0) source.rows(one.id, rows)
              else {
                source.end(one.id)
                open.splice(open.indexOf(one), 1)
              }
            }
            hear()
          }
        },
      ),
      { numRuns: 1_000 },
    )
  })

  const plain = { maxOutOfOrdernessMs: 0, idleTimeoutMs: 10, isBounded: false, isAligned: false }

  it('go on without a split that is idle, and wait for it again when it has rows', () => {
    const source = new Source(plain)
    source.open('quick')
    source.open('slow')
    source.rows('slow', [5])
    source.rows('quick', [100])
    expect(source.said()).toEqual([4])
    source.time(9)
    source.rows('quick', [200])
    expect(source.said()).toEqual([])
    source.time(10)
    expect(source.said()).toEqual([199])
    // Its rows are late by now, and the watermark stays.
    source.rows('slow', [6])
    source.rows('quick', [300])
    expect(source.said()).toEqual([])
    source.end('slow')
    expect(source.said()).toEqual([299])
  })

  it('are idle when all splits are, and not by a source that has rows to read', () => {
    const source = new Source(plain)
    source.open('one')
    source.rows('one', [1])
    source.hasInput = true
    source.time(15)
    source.hasInput = false
    expect(source.said()).toEqual([0])
    source.time(19)
    expect(source.said()).toEqual([])
    source.time(20)
    expect(source.said()).toEqual(['idle'])
    source.rows('one', [2])
    expect(source.said()).toEqual(['active', 1])
  })

  it('are refused for a split that is open already, and for rows of one that is not', () => {
    const source = new Source(plain)
    source.open('one')
    expect(() => source.open('one')).toThrow(/split one is opened twice/)
    expect(() => source.rows('two', [1])).toThrow(/rows of split two, which is not open/)
  })
})
