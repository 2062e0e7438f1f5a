// asyncMap against a list of rows that wait: random batches, watermarks, answers, errors, retries, time-outs,
// idleness, and snapshots restored at another parallelism while calls are under way.
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RowReader } from '../../src/columnar/row-reader.ts'
import { Schema } from '../../src/columnar/schema.ts'
import { bool, int32, nullable, timestamp, utf8 } from '../../src/columnar/type.ts'
import { Kernels } from '../../src/kernels/module.ts'
import type { AsyncMapSpec } from '../../src/operators/async-spec.ts'
import { type AsyncCalls, createAsyncMap } from '../../src/operators/async-wait.ts'
import type { AsyncContext } from '../../src/operators/functions.ts'
import { Model, type ModelOptions, type Outcome, resultsOf } from './async-model.ts'
import { OperatorHarness, type Row } from './operator-harness.ts'

const kernels = new Kernels()

const INPUT = Schema.of({
  id: int32(),
  now: bool(),
  note: nullable(utf8()),
  $eventTime: timestamp('us'),
})
const OUTPUT = Schema.of({ text: utf8(), $eventTime: timestamp('us') })
const FAILED = Schema.of({ id: int32(), error: utf8(), $eventTime: timestamp('us') })
const SIDES = new Map([['failed', FAILED]])

const timeOf = (id: number): number => 1_000_000_000_000_007 + id

interface OpenCall {
  readonly id: number
  readonly attempt: number
  readonly signal: AbortSignal
  resolve(rows: unknown): void
  reject(error: Error): void
}

const turn = async (): Promise<void> => {
  for (let i = 0; i < 5; i++) await Promise.resolve()
}

/** One subtask of the operator: its calls are open until the test settles them. */
class Subtask {
  readonly log: string[] = []
  /** Calls that were made since they were last looked at. */
  readonly made: string[] = []
  readonly calls: OpenCall[] = []
  readonly #harness: OperatorHarness<AsyncMapSpec>

  constructor(
    options: ModelOptions,
    place: Pick<
      ConstructorParameters<typeof OperatorHarness<AsyncMapSpec>>[0],
      'subtaskIndex' | 'parallelism' | 'restore'
    > = {},
  ) {
    const results = new RowReader(kernels, OUTPUT)
    const failed = new RowReader(kernels, FAILED)
    const { log } = this
    this.#harness = new OperatorHarness<AsyncMapSpec>({
      kernels,
      factory: (spec, context, output) =>
        createAsyncMap(spec, context, {
          ...output,
          emit: (batch) => {
            for (const row of results.rows(batch)) {
              const { text, $eventTime } = row as { text: string; $eventTime: unknown }
              log.push(text)
              expect(Number($eventTime)).toBe(timeOf(Number(text.split('.')[0])))
            }
          },
          emitSide: (_tag, batch) => {
            for (const row of failed.rows(batch)) {
              const { id, error, $eventTime } = row as Row
              log.push(`side ${String(id)}`)
              expect(error).toMatch(/^(soft|hard|asyncInvoke had no answer within)/)
              expect(Number($eventTime)).toBe(timeOf(id as number))
            }
          },
          emitIdle: (idle) => void log.push(idle ? 'idle' : 'active'),
          *forwardWatermark(ms) {
            log.push(`w ${ms}`)
            yield
          },
        }),
      config: specOf(options),
      input: INPUT,
      output: OUTPUT,
      sides: SIDES,
      closure: () => this.#function(options),
      batchRows: 3,
      ...place,
    })
  }

  get isFull(): boolean {
    return this.#harness.isFull
  }

  async open(nowMs: number): Promise<this> {
    await this.#harness.open()
    this.#harness.processingTime(nowMs)
    this.#harness.mail()
    return this
  }

  push(rows: readonly { readonly id: number; readonly now: boolean }[]): void {
    this.#harness.batch(
      rows.map(({ id, now }) => ({
        id,
        now,
        note: id % 3 === 0 ? null : `row ${id}`,
        $eventTime: timeOf(id),
      })),
    )
  }

  watermark(ms: number): void {
    this.#harness.watermark(ms)
  }

  idle(idle: boolean): void {
    this.#harness.idle(idle)
  }

  time(ms: number): void {
    this.#harness.processingTime(ms)
  }

  async mail(): Promise<void> {
    await turn()
    this.#harness.mail()
  }

  settle({ id, resolve, reject }: OpenCall, outcome: Outcome): void {
    if (outcome === 'soft' || outcome === 'hard') reject(new Error(outcome))
    else if (outcome === 'bad') resolve({ text: `${id}.bad` })
    else if (outcome === 1) resolve({ text: `${id}.0` })
    else resolve(resultsOf(id, outcome).map((text) => ({ text })))
  }

  snapshot() {
    return this.#harness.snapshot()
  }

  close(): void {
    this.#harness.close()
    expect(this.calls.every(({ signal }) => signal.aborted)).toBe(true)
  }

  #function({ hasOnTimeout }: ModelOptions): AsyncCalls {
    const { calls, made } = this
    return {
      asyncInvoke(row: Row, { attempt, signal }: AsyncContext) {
        const id = row['id'] as number
        expect(row['note']).toBe(id % 3 === 0 ? null : `row ${id}`)
        made.push(`${id}, try ${attempt}`)
        // What it does to its row is its own affair.
        row['note'] = 'spoilt'
        if (row['now'] === true) return { text: `${id}.0` }
        return new Promise((resolve, reject) => {
          calls.push({ id, attempt, signal, resolve, reject })
        })
      },
      ...(hasOnTimeout ? { timeout: (row) => ({ text: `${String(row['id'])}.timeout` }) } : {}),
      retryOn: (error) => (error as Error).message === 'soft',
      retryOnResult: (rows) => rows.some((row) => (row as { text: string }).text.endsWith('bad')),
    }
  }
}

const specOf = (options: ModelOptions): AsyncMapSpec => {
  const { ordered, capacity, timeoutMs, attempts, delayMs, backoff } = options
  return {
    kind: 'asyncMap',
    closure: true,
    ordered,
    capacity,
    timeoutMs,
    ...(attempts === 1 ? {} : { retry: { attempts, delayMs, backoff } }),
    onError: options.onError === 'skip' ? { kind: 'skip' } : { kind: 'side', tag: 'failed' },
  }
}

/** Results between two watermarks in any order, where order is not promised. */
function comparable(log: readonly string[], ordered: boolean): readonly string[] {
  if (ordered) {
    // Rows of the side output and results are in order each.
    const isSide = (text: string) => (text.startsWith('side') ? 1 : 0)
    return runs(log).flatMap((run) => run.toSorted((a, b) => isSide(a) - isSide(b)))
  }
  return runs(log).flatMap((run) => run.toSorted())
}

function runs(log: readonly string[]): string[][] {
  const all: string[][] = [[]]
  for (const text of log) {
    const isRow = text.startsWith('side') || text.includes('.')
    if (!isRow) all.push([text], [])
    else all.at(-1)!.push(text)
  }
  return all
}

const anyOutcome = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom<Outcome>(1, 1, 1, 0, 2) },
  fc.constantFrom<Outcome>('bad', 'soft', 'hard'),
)
const anyStep = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('push' as const),
      rows: fc.array(
        fc.nat(4).map((chance) => chance === 0),
        { minLength: 1, maxLength: 5 },
      ),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('settle' as const),
      which: fc.nat(9),
      outcome: anyOutcome,
      isHeard: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('watermark' as const), ms: fc.nat(40) }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('time' as const), by: fc.nat(8) }) },
  fc.record({ kind: fc.constant('idle' as const), idle: fc.boolean() }),
  fc.record({
    kind: fc.constant('restore' as const),
    parallelism: fc.integer({ min: 1, max: 3 }),
  }),
)
type Step = typeof anyStep extends fc.Arbitrary<infer S> ? S : never

const anyOptions = fc.record({
  ordered: fc.boolean(),
  capacity: fc.integer({ min: 1, max: 4 }),
  timeoutMs: fc.integer({ min: 3, max: 12 }),
  attempts: fc.integer({ min: 1, max: 3 }),
  delayMs: fc.nat(3),
  backoff: fc.integer({ min: 1, max: 2 }),
  hasOnTimeout: fc.boolean(),
  onError: fc.constantFrom('skip' as const, 'side' as const),
})

/** The operator in some subtasks, and the model of each. */
class Job {
  readonly #options: ModelOptions
  #pairs: { readonly subtask: Subtask; readonly model: Model }[] = []
  #nowMs = 1_000
  #ids = 0
  #turn = 0

  constructor(options: ModelOptions) {
    this.#options = options
  }

  async open(): Promise<this> {
    const subtask = await new Subtask(this.#options).open(this.#nowMs)
    this.#pairs = [{ subtask, model: new Model(this.#options, this.#nowMs) }]
    return this
  }

  async take(step: Step): Promise<void> {
    const { subtask, model } = this.#pairs[this.#turn++ % this.#pairs.length]!
    switch (step.kind) {
      case 'push': {
        if (model.isFull) return
        const rows = step.rows.map((now) => ({ id: this.#ids++, now }))
        subtask.push(rows)
        model.push(rows)
        break
      }
      case 'settle': {
        const [call] = subtask.calls.splice(step.which % Math.max(1, subtask.calls.length), 1)
        if (call === undefined) return
        subtask.settle(call, step.outcome)
        model.settle(call.id, call.attempt, step.outcome)
        await turn()
        if (!step.isHeard) return
        await subtask.mail()
        model.mail()
        break
      }
      case 'watermark':
        subtask.watermark(step.ms)
        model.watermark(step.ms)
        break
      case 'time':
        this.#nowMs += step.by
        for (const pair of this.#pairs) {
          pair.subtask.time(this.#nowMs)
          pair.model.time(this.#nowMs)
        }
        break
      case 'idle':
        subtask.idle(step.idle)
        model.idle(step.idle)
        break
      case 'restore':
        await this.#restore(step.parallelism)
        break
    }
    this.check()
  }

  check(): void {
    const { ordered } = this.#options
    for (const { subtask, model } of this.#pairs) {
      expect(comparable(subtask.log.splice(0), ordered)).toEqual(
        comparable(model.out.splice(0), ordered),
      )
      expect(subtask.made.splice(0).toSorted()).toEqual(model.calls.splice(0).toSorted())
      expect(subtask.isFull).toBe(model.isFull)
    }
  }

  /** The end of input: every call is answered, whatever it takes. */
  async finish(): Promise<void> {
    for (const { subtask, model } of this.#pairs) {
      subtask.watermark(Infinity)
      model.watermark(Infinity)
    }
    this.check()
    for (let i = 0; this.#pairs.some(({ model }) => model.kept.length > 0); i++) {
      expect(i).toBeLessThan(200)
      for (const { subtask, model } of this.#pairs) {
        for (const call of subtask.calls.splice(0)) {
          subtask.settle(call, 1)
          model.settle(call.id, call.attempt, 1)
        }
        await subtask.mail()
        model.mail()
      }
      await this.take({ kind: 'time', by: 1 })
    }
    for (const { subtask, model } of this.#pairs) {
      expect(model.rows).toEqual([])
      subtask.close()
    }
  }

  async #restore(parallelism: number): Promise<void> {
    const restore = this.#pairs.map(({ subtask }) => subtask.snapshot())
    const kept = this.#pairs.map(({ model }) => model.kept)
    const rows = this.#pairs.flatMap(({ model }) => model.rows)
    const isSame = parallelism === this.#pairs.length
    for (const { subtask } of this.#pairs) subtask.close()
    this.#pairs = []
    for (let subtaskIndex = 0; subtaskIndex < parallelism; subtaskIndex++) {
      const place = { subtaskIndex, parallelism, restore }
      const subtask = await new Subtask(this.#options, place).open(this.#nowMs)
      const own = isSame
        ? kept[subtaskIndex]!
        : rows.filter((_, i) => i % parallelism === subtaskIndex)
      const model = new Model(this.#options, this.#nowMs, own as Model['kept'])
      model.run()
      this.#pairs.push({ subtask, model })
    }
  }
}

describe('asyncMap', () => {
  it('puts out what a list of waiting rows does, whatever settles when', async () => {
    await fc.assert(
      fc.asyncProperty(
        anyOptions,
        fc.array(anyStep, { minLength: 5, maxLength: 40 }),
        async (options, steps) => {
          const job = await new Job(options).open()
          for (const step of steps) await job.take(step)
          await job.finish()
        },
      ),
      { numRuns: 1_000 },
    )
  }, 60_000)
})
