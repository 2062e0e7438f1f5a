// Random stream graphs for property tests: sources, wheres, selects, unions, windows and sinks, put
// together as fast-check's choices say.
import * as fc from 'fast-check'
import { DEFAULT_CONFIG } from '../../src/base/config.ts'
import type { Expression } from '../../src/columnar/expression.ts'
import { Schema } from '../../src/columnar/schema.ts'
import { float64, timestamp, utf8 } from '../../src/columnar/type.ts'
import { type Plan, planOperators } from '../../src/graph/plan.ts'
import {
  plainColumns,
  selectSchema,
  StreamGraph,
  type StreamInput,
  type StreamVertex,
} from '../../src/graph/stream-graph.ts'
import { windowAggregateFields } from '../../src/operators/aggregate-type.ts'

export const SOURCE_SCHEMA = Schema.of({
  time: timestamp('ms'),
  key: utf8(),
  a: float64(),
  b: float64(),
  c: float64(),
  d: utf8(),
})

/** One step: what to add, onto which of the streams so far. */
export interface Step {
  readonly kind: 'source' | 'where' | 'select' | 'union' | 'rebalance' | 'window' | 'map' | 'sink'
  readonly onto: number
  readonly choice: number
  readonly parallelism: number
}

export const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.constantFrom<Step['kind'][]>(
    'source',
    'where',
    'where',
    'select',
    'select',
    'union',
    'rebalance',
    'window',
    'map',
    'sink',
  ),
  onto: fc.nat(1_000),
  choice: fc.nat(1_000),
  parallelism: fc.constantFrom(0, 0, 1, 2, 3),
})

export const RANDOM_CONFIG = { ...DEFAULT_CONFIG, parallelism: 2 }

/** The plan of a random graph, not pruned. */
export function planOf(steps: readonly Step[]): Plan {
  const { graph, sinks } = new RandomGraph(steps)
  return planOperators(graph, sinks, RANDOM_CONFIG).plan
}

interface Stream {
  readonly inputs: readonly StreamInput[]
  readonly schema: Schema
}

export class RandomGraph {
  readonly graph = new StreamGraph()
  readonly sinks: StreamVertex[] = []
  readonly #streams: Stream[] = []

  constructor(steps: readonly Step[]) {
    this.add({ kind: 'source', onto: 0, choice: 0, parallelism: 0 })
    for (const one of steps) this.add(one)
    if (this.sinks.length === 0) this.add({ kind: 'sink', onto: 0, choice: 0, parallelism: 0 })
  }

  add({ kind, onto, choice, parallelism }: Step): void {
    const stream = this.#streams[onto % Math.max(1, this.#streams.length)]!
    const vertex = this.#vertex(kind, stream, choice)
    if (vertex !== undefined && parallelism > 0) vertex.setParallelism(parallelism)
    if (vertex !== undefined && kind !== 'sink') {
      this.#streams.push({ inputs: [{ from: vertex }], schema: vertex.options.output })
    }
  }

  #vertex(kind: Step['kind'], stream: Stream, choice: number): StreamVertex | undefined {
    switch (kind) {
      case 'source':
        return this.graph.add({
          spec: { kind: 'source', connector: 'test', config: {}, closure: false },
          name: 'Source',
          inputs: [],
          output: SOURCE_SCHEMA,
        })
      case 'sink': {
        const sink = this.graph.add({
          spec: { kind: 'sink', connector: 'test', config: {}, closure: false },
          name: 'Sink',
          inputs: stream.inputs,
          output: new Schema([]),
        })
        this.sinks.push(sink)
        return sink
      }
      case 'where': {
        const name = stream.schema.names[choice % stream.schema.length]!
        const predicate: Expression = {
          kind: 'call',
          function: 'isNotNull',
          arguments: [{ kind: 'column', name }],
        }
        return this.#append({ kind: 'where', predicate }, stream, stream.schema)
      }
      case 'map':
        return this.#append({ kind: 'map', closure: true }, stream, stream.schema)
      case 'select': {
        const names = stream.schema.names.filter((_, i) => ((choice >> i) & 1) === 1)
        const kept = names.length === 0 ? stream.schema.names : names
        const columns = plainColumns(kept)
        return this.#append(
          { kind: 'select', columns },
          stream,
          selectSchema(columns, stream.schema),
        )
      }
      case 'rebalance':
        this.#streams.push({
          ...stream,
          inputs: stream.inputs.map(({ from }) => ({ from, partitioning: { kind: 'rebalance' } })),
        })
        return undefined
      case 'union': {
        const other = this.#streams.find(
          (one) => one !== stream && one.schema.equals(stream.schema),
        )
        if (other !== undefined) {
          this.#streams.push({ ...stream, inputs: [...stream.inputs, ...other.inputs] })
        }
        return undefined
      }
      case 'window':
        return this.#window(stream)
    }
  }

  #window(stream: Stream): StreamVertex | undefined {
    const { schema } = stream
    if (!schema.has('time') || !schema.has('key')) return undefined
    const aggregates = ['a', 'b', 'c']
      .filter((name) => schema.has(name))
      .map((column) => ({ name: `${column}Max`, function: 'max', column }) as const)
    if (aggregates.length === 0) return undefined
    const output = new Schema(windowAggregateFields(schema, ['key'], aggregates))
    return this.graph.add({
      spec: {
        kind: 'windowAggregate',
        keys: ['key'],
        time: 'time',
        window: { kind: 'tumbling', sizeMs: 1_000, offsetMs: 0 },
        aggregates,
      },
      name: 'Window',
      inputs: stream.inputs.map(({ from }) => ({
        from,
        partitioning: { kind: 'hash', keys: ['key'] },
      })),
      output,
    })
  }

  #append(spec: StreamVertex['options']['spec'], stream: Stream, output: Schema): StreamVertex {
    return this.graph.add({ spec, name: spec.kind, inputs: stream.inputs, output })
  }
}
