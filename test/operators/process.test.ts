// Process functions against a naive model, under random programs: timers that are set, deleted and fire, in
// event and processing time, with a count in state, across snapshots and restores in other numbers of subtasks.
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DEFAULT_CONFIG } from '../../src/base/config.ts'
import { Schema } from '../../src/columnar/schema.ts'
import { float64, int32, nullable, timestamp, utf8 } from '../../src/columnar/type.ts'
import { Kernels } from '../../src/kernels/module.ts'
import type { KeyedProcessFunction } from '../../src/operators/functions.ts'
import { createProcess } from '../../src/operators/process.ts'
import type { ProcessSpec } from '../../src/operators/process-spec.ts'
import { int64, valueStateDescriptor } from '../../src/index.ts'
import { keyOwners } from './key-owners.ts'
import { OperatorHarness, type Row } from './operator-harness.ts'

const kernels = new Kernels()

const INPUT = Schema.of({
  key: nullable(utf8()),
  do: utf8(),
  at: float64(),
  again: int32(),
  $eventTime: timestamp('ms'),
})
const OUTPUT = Schema.of({
  key: nullable(utf8()),
  domain: utf8(),
  at: float64(),
  count: int64(),
  $eventTime: timestamp('ms'),
})
const SPEC: ProcessSpec = {
  kind: 'process',
  closure: true,
  function: 'KeyedProcessFunction',
  inputs: [{ method: 'processElement', keys: ['key'] }],
  onError: { kind: 'fail' },
}

type Do = 'event' | 'processing' | 'forget event' | 'forget processing' | 'count'

interface Command {
  readonly key: string | null
  readonly do: Do
  readonly at: number
  /** A timer that fires sets the next one this much later; 0: it does not. */
  readonly again: number
}

interface Fired {
  readonly key: string | null
  readonly domain: 'event' | 'processing'
  readonly at: number
  readonly count: bigint
}

const count = valueStateDescriptor('count', int64(), { default: 0n })
const step = valueStateDescriptor('step', int32(), { default: 0 })
const END = 60

/** Does what its rows say; a timer counts, and tells of itself. */
const commanded: KeyedProcessFunction<string | null, Command, Fired> = {
  processElement(row, context) {
    const timers = context.timerService()
    if (row.do === 'event') timers.registerEventTimeTimer(row.at)
    else if (row.do === 'processing') timers.registerProcessingTimeTimer(row.at)
    else if (row.do === 'forget event') timers.deleteEventTimeTimer(row.at)
    else if (row.do === 'forget processing') timers.deleteProcessingTimeTimer(row.at)
    else context.getState(count).update(context.getState(count).value() + 1n)
    context.getState(step).update(row.again)
  },
  onTimer(at, context, out) {
    const state = context.getState(count)
    state.update(state.value() + 1n)
    const { timeDomain: domain, currentKey: key } = context
    out.collect({ key, domain, at, count: state.value() })
    const again = context.getState(step).value()
    if (again === 0 || at + again > END) return
    const timers = context.timerService()
    if (domain === 'event') timers.registerEventTimeTimer(at + again)
    else timers.registerProcessingTimeTimer(at + again)
  },
}

class Model {
  readonly #counts = new Map<string | null, bigint>()
  readonly #steps = new Map<string | null, number>()
  /** In order of registration. */
  #timers: { key: string | null; domain: Fired['domain']; at: number }[] = []

  command({ key, do: what, at, again }: Command): void {
    this.#steps.set(key, again)
    if (what === 'count') this.#counts.set(key, (this.#counts.get(key) ?? 0n) + 1n)
    else if (what === 'event' || what === 'processing') this.#set(key, what, at)
    else {
      const domain = what === 'forget event' ? 'event' : 'processing'
      this.#timers = this.#timers.filter(
        (timer) => timer.key !== key || timer.domain !== domain || timer.at !== at,
      )
    }
  }

  advance(domain: Fired['domain'], toMs: number): Fired[] {
    const fired: Fired[] = []
    // What is set while the last of them fire does not fire at the end of processing time.
    const isLast = domain === 'processing' && toMs === Infinity
    for (;;) {
      const due = this.#timers.filter((timer) => timer.domain === domain && timer.at <= toMs)
      const at = Math.min(...due.map((timer) => timer.at))
      const first = due.find((timer) => timer.at === at)
      if (first === undefined) return fired
      const { key } = first
      this.#timers = this.#timers.filter((timer) => timer !== first)
      const counted = (this.#counts.get(key) ?? 0n) + 1n
      this.#counts.set(key, counted)
      fired.push({ key, domain, at, count: counted })
      const again = this.#steps.get(key) ?? 0
      if (again > 0 && at + again <= END && !isLast) this.#set(key, domain, at + again)
    }
  }

  #set(key: string | null, domain: Fired['domain'], at: number): void {
    const isThere = this.#timers.some(
      (timer) => timer.key === key && timer.domain === domain && timer.at === at,
    )
    if (!isThere) this.#timers.push({ key, domain, at })
  }
}

const KEYS = [null, '', 'a', 'b', 'longer than sixteen bytes', 'é']

const command: fc.Arbitrary<Command> = fc.record({
  key: fc.constantFrom(...KEYS),
  do: fc.constantFrom<Do[]>(
    'event',
    'event',
    'processing',
    'forget event',
    'forget processing',
    'count',
  ),
  at: fc.integer({ min: -10, max: 40 }),
  again: fc.constantFrom(0, 0, 1, 7),
})

type Step =
  | { readonly rows: Command[] }
  | { readonly domain: Fired['domain']; readonly by: number }
  | { readonly parallelism: number }

const program: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.record({ rows: fc.array(command, { maxLength: 6 }) }) },
    {
      weight: 4,
      arbitrary: fc.record({
        domain: fc.constantFrom<Fired['domain'][]>('event', 'processing'),
        by: fc.nat(15),
      }),
    },
    { weight: 1, arbitrary: fc.record({ parallelism: fc.integer({ min: 1, max: 3 }) }) },
  ),
  { maxLength: 25 },
)

class Subtasks {
  #harnesses: OperatorHarness<ProcessSpec>[] = []
  #owners = new Map<string | null, number>()
  /** Timers of one time fire in the order in which they were set: while it is one subtask. */
  isOrdered = true

  async open(parallelism: number): Promise<void> {
    const snapshots = this.#harnesses.map((harness) => harness.snapshot())
    await this.close()
    const rows = KEYS.map((key) => ({ key }))
    const targets = { maxParallelism: DEFAULT_CONFIG.maxParallelism, targets: parallelism }
    const owners = keyOwners(kernels, Schema.of({ key: nullable(utf8()) }), rows, targets)
    this.#owners = new Map(KEYS.map((key, i) => [key, owners[i]!]))
    this.isOrdered &&= parallelism === 1
    this.#harnesses = Array.from({ length: parallelism }, (_, subtaskIndex) => {
      const place = { subtaskIndex, parallelism, batchRows: 4 }
      const what = { kernels, factory: createProcess, config: SPEC, input: INPUT, output: OUTPUT }
      const restore = snapshots.length === 0 ? {} : { restore: snapshots }
      return new OperatorHarness({ ...what, ...place, ...restore, closure: commanded })
    })
    for (const harness of this.#harnesses) await harness.open()
  }

  send(rows: readonly Command[]): void {
    const timed = rows.map((row) => ({ ...row, $eventTime: 0 }))
    this.#harnesses.forEach((harness, subtask) => {
      harness.batch(timed, (row) => this.#owners.get(row.key as string | null) === subtask)
    })
  }

  advance(domain: Fired['domain'], toMs: number): Row[] {
    return this.#harnesses.flatMap((harness) =>
      domain === 'event' ? harness.watermark(toMs) : harness.processingTime(toMs),
    )
  }

  async close(): Promise<void> {
    for (const harness of this.#harnesses) harness.close()
    await Promise.resolve()
    this.#harnesses = []
  }
}

const inOrder = (rows: readonly Row[]): Row[] =>
  rows.toSorted(
    (a, b) =>
      Number(a.at) - Number(b.at) || KEYS.indexOf(a.key as string) - KEYS.indexOf(b.key as string),
  )

describe('timers and state of a keyed process function', () => {
  it('are those of a model, for 1,000 random programs', async () => {
    await fc.assert(
      fc.asyncProperty(program, async (steps) => {
        const model = new Model()
        const subtasks = new Subtasks()
        await subtasks.open(1)
        const nowMs = { event: 0, processing: 0 }
        const check = (domain: Fired['domain'], toMs: number): void => {
          const wanted = model.advance(domain, toMs)
          // The end of event time is that of processing time.
          if (toMs === Infinity) wanted.push(...model.advance('processing', Infinity))
          const fired = subtasks.advance(domain, toMs)
          const timed = wanted.map((row) => ({ ...row, $eventTime: row.at }))
          if (subtasks.isOrdered) expect(fired).toEqual(timed)
          else expect(inOrder(fired)).toEqual(inOrder(timed))
        }
        for (const one of steps) {
          if ('rows' in one) {
            for (const row of one.rows) model.command(row)
            subtasks.send(one.rows)
          } else if ('by' in one) check(one.domain, (nowMs[one.domain] += one.by))
          else await subtasks.open(one.parallelism)
        }
        check('event', Infinity)
        await subtasks.close()
      }),
      { numRuns: 1_000 },
    )
  })
})
