// What every state backend must do, by random programs against a naive model: Maps and arrays of values with
// the times at which they were touched. State of each kind, with and without a TTL of each sort, by keys that
// are spread over subtasks, snapshots at random points, and restores in another number of subtasks.
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { OperatorSnapshot } from '../../src/checkpoint/operator-state.ts'
import { RestoredState, SnapshotWriter } from '../../src/checkpoint/state-tables.ts'
import { BatchBuilder } from '../../src/columnar/batch-builder.ts'
import { Schema } from '../../src/columnar/schema.ts'
import { type DataType, float64, int32, int64, nullable, utf8 } from '../../src/columnar/type.ts'
import { Kernels } from '../../src/kernels/module.ts'
import { KeyScope } from '../../src/state/key-scope.ts'
import { structured } from '../../src/state/serializer.ts'
import type {
  ListState,
  MapState,
  StateDescriptor,
  StateTtl,
  StateType,
  ValueState,
} from '../../src/state/state.ts'
import type { StateBackend, StateBackendFactory } from '../../src/state/state-backend.ts'
import { keyOwners } from '../operators/key-owners.ts'

const KEYS = [null, '', 'a', 'b', 'ab', 'a key longer than sixteen bytes', 'é', 'z']
const KEY_SCHEMA = Schema.of({ key: nullable(utf8()) })
const MAX_PARALLELISM = 16

type Kind = 'value' | 'list' | 'map' | 'reducing' | 'aggregating'

type Step =
  | { readonly do: 'write' | 'read' | 'clear' | 'other'; readonly key: number; readonly n: number }
  | { readonly do: 'time'; readonly by: number }
  | { readonly do: 'tidy' }
  | { readonly do: 'restore'; readonly parallelism: number }

interface Program {
  readonly kind: Kind
  /** Of which type the values are; n becomes one of its values. */
  readonly type: 'float64' | 'int64' | 'utf8' | 'structured'
  /** Of which type a map's keys are: texts and numbers are compared as they are. */
  readonly keys: keyof typeof MAP_KEYS
  readonly ttl: StateTtl | undefined
  readonly steps: readonly Step[]
}

const keyed = fc.record({
  do: fc.constantFrom(
    'write' as const,
    'write' as const,
    'read' as const,
    'other' as const,
    'clear' as const,
  ),
  key: fc.nat(KEYS.length - 1),
  n: fc.nat(4),
})

const program: fc.Arbitrary<Program> = fc.record({
  kind: fc.constantFrom<Kind[]>('value', 'list', 'map', 'reducing', 'aggregating'),
  type: fc.constantFrom('float64', 'int64', 'utf8', 'structured'),
  keys: fc.constantFrom('int64', 'int32', 'utf8'),
  ttl: fc.option(
    fc.record({
      ttlMs: fc.integer({ min: 1, max: 20 }),
      time: fc.constantFrom('processing' as const, 'event' as const),
      refresh: fc.constantFrom('write' as const, 'readAndWrite' as const),
    }),
    { nil: undefined },
  ),
  steps: fc.array(
    fc.oneof(
      { weight: 12, arbitrary: keyed },
      { weight: 3, arbitrary: fc.record({ do: fc.constant('time' as const), by: fc.nat(12) }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant('tidy' as const) }) },
      {
        weight: 1,
        arbitrary: fc.record({
          do: fc.constant('restore' as const),
          parallelism: fc.integer({ min: 1, max: 3 }),
        }),
      },
    ),
    { maxLength: 50 },
  ),
})

const TYPES: Record<Program['type'], { type: StateType; of: (n: number) => unknown }> = {
  float64: { type: float64(), of: (n) => n / 2 },
  int64: { type: int64() as DataType, of: (n) => BigInt(n) - 2n },
  utf8: { type: utf8(), of: (n) => 'x'.repeat(n) },
  structured: { type: structured(), of: (n) => ({ n, at: new Date(n), list: [n, 'é', null] }) },
}

const MAP_KEYS = {
  int64: { type: int64() as DataType, of: (n: number): unknown => BigInt(n) },
  int32: { type: int32() as DataType, of: (n: number): unknown => n },
  utf8: { type: utf8() as DataType, of: (n: number): unknown => 'k'.repeat(n) },
}

/** Joins two values: the same in the model and in the state. */
const joined = (a: unknown, b: unknown): unknown => {
  if (typeof a === 'number') return a + (b as number)
  if (typeof a === 'bigint') return a + (b as bigint)
  if (typeof a === 'string') return a + (b as string)
  return { n: (a as { n: number }).n + (b as { n: number }).n }
}

const descriptorOf = ({ kind, type, keys, ttl }: Program): StateDescriptor => ({
  kind,
  name: 'under test',
  type: TYPES[type].type,
  ...(kind === 'map' ? { keyType: MAP_KEYS[keys].type } : {}),
  ...(kind === 'reducing' ? { reduce: joined } : {}),
  ...(kind === 'aggregating'
    ? {
        aggregate: {
          createAccumulator: () => TYPES[type].of(0),
          add: (value: unknown, accumulator: unknown) => joined(accumulator, value),
          getResult: (accumulator: unknown) => [accumulator],
        },
      }
    : {}),
  ...(ttl === undefined ? {} : { ttl }),
})

interface Touched {
  readonly slot: unknown
  value: unknown
  atMs: number
}

/** What there is for each key, as a list of what was touched when. */
class Model {
  readonly #program: Program
  readonly #entries = new Map<number, Touched[]>()
  nowMs = 100

  constructor(given: Program) {
    this.#program = given
  }

  run({ do: what, key, n }: Extract<Step, { key: number }>): unknown {
    const { kind, type, keys, ttl } = this.#program
    const living = (this.#entries.get(key) ?? []).filter(
      ({ atMs }) => ttl === undefined || atMs + ttl.ttlMs > this.nowMs,
    )
    this.#entries.set(key, living)
    const value = TYPES[type].of(n)
    const touch = (entries: Touched[]) => {
      if (ttl?.refresh === 'readAndWrite') for (const entry of entries) entry.atMs = this.nowMs
    }
    const fresh = (slot: unknown, v: unknown): Touched => ({ slot, value: v, atMs: this.nowMs })
    const slot = kind === 'map' ? MAP_KEYS[keys].of(n) : 0
    const known = living.find((entry) => entry.slot === slot)
    if (what === 'clear') {
      this.#entries.delete(key)
      return undefined
    }
    if (what === 'write') {
      if (kind === 'list') living.push(fresh(0, value))
      else if (kind === 'value' || kind === 'map') {
        if (known === undefined) living.push(fresh(slot, value))
        else Object.assign(known, fresh(slot, value))
      } else {
        const before = known?.value ?? (kind === 'aggregating' ? TYPES[type].of(0) : undefined)
        const after = before === undefined ? value : joined(before, value)
        if (known === undefined) living.push(fresh(slot, after))
        else Object.assign(known, fresh(slot, after))
      }
      return undefined
    }
    if (kind === 'map') {
      if (what === 'other') {
        if (n % 2 === 0) {
          if (known !== undefined) living.splice(living.indexOf(known), 1)
          return undefined
        }
        if (known !== undefined) touch([known])
        return known?.value
      }
      touch(living)
      return living.map((entry) => [entry.slot, entry.value])
    }
    if (kind === 'list' && what === 'other') {
      this.#entries.set(key, [fresh(0, value), fresh(0, value)])
      return undefined
    }
    touch(living)
    if (kind === 'list') return living.map((entry) => entry.value)
    if (kind === 'aggregating') return known === undefined ? undefined : [known.value]
    return known?.value
  }
}

/** The same step on a state; what a step reads is its answer. */
function runOn(state: unknown, of: Program, step: Extract<Step, { key: number }>) {
  const { kind, type, keys } = of
  const { do: what, n } = step
  const value = TYPES[type].of(n)
  if (kind === 'list') {
    const list = state as ListState<unknown>
    if (what === 'write') return list.add(value)
    if (what === 'other') return list.update([value, value])
    return what === 'clear' ? list.clear() : list.get()
  }
  if (kind === 'map') {
    const map = state as MapState<unknown, unknown>
    const key = MAP_KEYS[keys].of(n)
    if (what === 'write') return map.put(key, value)
    if (what === 'other') return n % 2 === 0 ? map.remove(key) : map.get(key)
    return what === 'clear' ? map.clear() : [...map.entries()]
  }
  if (kind === 'value') {
    const one = state as ValueState<unknown>
    if (what === 'write') return one.update(value)
    return what === 'clear' ? one.clear() : one.value()
  }
  const merging = state as { get(): unknown; add(v: unknown): void; clear(): void }
  if (what === 'write') return merging.add(value)
  return what === 'clear' ? merging.clear() : merging.get()
}

interface Part {
  readonly scope: KeyScope
  readonly backend: StateBackend
}

/** The subtasks of one run, and who owns which key. */
class Run {
  readonly #kernels: Kernels
  readonly #program: Program
  readonly #factory: StateBackendFactory
  readonly #clock: { readonly nowMs: number }
  readonly #descriptor: StateDescriptor
  #parts: Part[] = []
  #owners: number[] = []

  constructor(kernels: Kernels, given: Program, factory: StateBackendFactory, clock: Model) {
    this.#kernels = kernels
    this.#program = given
    this.#descriptor = descriptorOf(given)
    this.#factory = factory
    this.#clock = clock
    this.#open(1, undefined)
  }

  step(step: Extract<Step, { key: number }>): unknown {
    const { scope, backend } = this.#parts[this.#owners[step.key]!]!
    scope.current = this.#id(scope, step.key)
    expect(scope.keyOf(scope.current)).toBe(KEYS[step.key])
    // The same descriptor, or another that says the same.
    const descriptor = step.n % 2 === 0 ? this.#descriptor : descriptorOf(this.#program)
    const answer = runOn(backend.getState(descriptor, scope), this.#program, step)
    scope.current = -1
    return answer
  }

  tidy(): void {
    for (const { scope, backend } of this.#parts) {
      backend.cleanUp(3)
      scope.compact()
    }
  }

  restore(parallelism: number): void {
    const snapshots = this.#parts.map(({ backend }, subtaskIndex): OperatorSnapshot => {
      const mark = this.#kernels.mark()
      const writer = new SnapshotWriter(this.#kernels, {
        subtaskIndex,
        parallelism: this.#parts.length,
        maxParallelism: MAX_PARALLELISM,
      })
      backend.snapshot(writer)
      this.#kernels.reset(mark)
      return writer.finish()
    })
    this.close()
    this.#open(parallelism, snapshots)
  }

  close(): void {
    for (const { backend, scope } of this.#parts) {
      backend.close()
      scope.close()
    }
  }

  #open(parallelism: number, snapshots: readonly OperatorSnapshot[] | undefined): void {
    const kernels = this.#kernels
    const now = () => this.#clock.nowMs
    this.#parts = Array.from({ length: parallelism }, (_, subtaskIndex) => {
      const place = { subtaskIndex, parallelism, maxParallelism: MAX_PARALLELISM }
      const restored = snapshots && new RestoredState(kernels, snapshots, place)
      const time = { processingTimeMs: now, eventTimeMs: now, watermarkMs: now }
      const backend = this.#factory({ kernels, time, restored, batchRows: 3 })
      const scope = new KeyScope(kernels, KEY_SCHEMA.fields, 4)
      backend.getState(this.#descriptor, scope)
      return { scope, backend }
    })
    const rows = KEYS.map((key) => ({ key }))
    const targets = { maxParallelism: MAX_PARALLELISM, targets: parallelism }
    this.#owners = keyOwners(kernels, KEY_SCHEMA, rows, targets)
  }

  #id(scope: KeyScope, key: number): number {
    const mark = this.#kernels.mark()
    const builder = new BatchBuilder(this.#kernels, KEY_SCHEMA)
    builder.append({ key: KEYS[key] })
    const [id] = scope.resolve(builder.finish().columns, 1)
    this.#kernels.reset(mark)
    return id!
  }
}

/** Every backend's test is one call of this. */
export function stateBackendConformance(name: string, factory: StateBackendFactory): void {
  describe(`the state backend ${name}`, () => {
    it('does what a model does, across snapshots, for 1,000 random programs', () => {
      const kernels = new Kernels()
      fc.assert(
        fc.property(program, (given) => {
          const model = new Model(given)
          const run = new Run(kernels, given, factory, model)
          for (const step of given.steps) {
            if (step.do === 'time') model.nowMs += step.by
            else if (step.do === 'tidy') run.tidy()
            else if (step.do === 'restore') run.restore(step.parallelism)
            else expect(run.step(step)).toEqual(model.run(step))
          }
          run.close()
        }),
        { numRuns: 1_000 },
      )
    })
  })
}
