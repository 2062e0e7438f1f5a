// The stream graph: what the SDK makes call by call, one vertex an operator, nothing planned yet. It is
// turned into a plan (plan.ts), pruned (column-pruning.ts) and chained (chaining.ts).
//
// SG1  A vertex is made after its inputs: creation order is a topological order, and there are no cycles.
// SG2  A vertex may be named, given a uid or a parallelism until the job is compiled.
import { DataflowError } from '../base/errors.ts'
import type { Expression } from '../columnar/expression.ts'
import { expressionType } from '../columnar/expression-type.ts'
import { Schema } from '../columnar/schema.ts'
import type { SinkClient } from '../connectors/connector.ts'
import type { OperatorSpec } from '../operators/operator-spec.ts'
import type { Partitioning } from './job-graph.ts'

/** What a vertex says of chaining: it begins a chain ('head'), or is one by itself ('never'). */
export type ChainingStrategy = 'always' | 'head' | 'never'

/** Where rows come from; without a partitioning they stay where they are as far as parallelism allows. */
export interface StreamInput {
  readonly from: StreamVertex
  readonly partitioning?: Partitioning
  /** Which input of the operator it is, 0 unless said; several may be one input (a union). */
  readonly input?: number
}

export interface StreamVertexOptions {
  readonly spec: OperatorSpec
  readonly name: string
  readonly inputs: readonly StreamInput[]
  /** The columns it emits; a sink emits none. */
  readonly output: Schema
  /** `job.ts:12`, where the job made it. */
  readonly location?: string
  /** The bound of a connector that cannot be split, or of a single output file. */
  readonly parallelismMax?: number
  /** Made by the planner (a projection): runs as its input does, and has no place of its own in ids. */
  readonly planned?: boolean
  readonly closure?: unknown
  /** Bytes to travel beside the job graph, made when the job is submitted. */
  readonly blob?: { readonly name: string; readonly bytes: () => Promise<Uint8Array> }
  /** Who takes what a sink sends to its client: a collect() its rows, as Arrow IPC. */
  readonly collector?: SinkClient
}

export class StreamVertex {
  /** Creation order. */
  readonly index: number
  readonly options: StreamVertexOptions
  #name: string
  #uid: string | undefined
  #parallelism: number | undefined
  #maxParallelism: number | undefined
  #slotSharingGroup: string | undefined
  #chaining: ChainingStrategy = 'always'

  constructor(index: number, options: StreamVertexOptions) {
    this.index = index
    this.options = options
    this.#name = options.name
  }

  get name(): string {
    return this.#name
  }
  get uid(): string | undefined {
    return this.#uid
  }
  get parallelism(): number | undefined {
    return this.#parallelism
  }

  get maxParallelism(): number | undefined {
    return this.#maxParallelism
  }
  get slotSharingGroup(): string | undefined {
    return this.#slotSharingGroup
  }
  get chaining(): ChainingStrategy {
    return this.#chaining
  }

  setName(name: string): void {
    this.#name = name
  }

  /** @throws CONFIG_INVALID when it is empty */
  setUid(uid: string): void {
    if (uid === '') {
      throw new DataflowError('CONFIG_INVALID', 'a uid is empty; give it a text that is not')
    }
    this.#uid = uid
  }

  /** @throws CONFIG_INVALID when it is no count, or more than the operator can have */
  setParallelism(parallelism: number): void {
    checkParallelism(parallelism, `the parallelism of '${this.#name}'`)
    const { parallelismMax, spec, inputs } = this.options
    if (spec.kind === 'sideOutput') {
      throw new DataflowError(
        'CONFIG_INVALID',
        `a side output runs where '${inputs[0]!.from.name}' does: set the parallelism of that`,
      )
    }
    if (parallelismMax !== undefined && parallelism > parallelismMax) {
      throw new DataflowError(
        'CONFIG_INVALID',
        `'${this.#name}' runs in at most ${parallelismMax}, not ${parallelism}: ` +
          'its connector cannot be divided further',
      )
    }
    this.#parallelism = parallelism
  }

  /** @throws CONFIG_INVALID when it is no count of key groups */
  setMaxParallelism(maxParallelism: number): void {
    checkParallelism(maxParallelism, `the maxParallelism of '${this.#name}'`)
    if (maxParallelism > MAX_PARALLELISM_MAX) {
      throw new DataflowError(
        'CONFIG_INVALID',
        `the maxParallelism of '${this.#name}' is ${maxParallelism}, and at most ` +
          `${MAX_PARALLELISM_MAX} key groups can be told apart`,
      )
    }
    this.#maxParallelism = maxParallelism
  }

  /** @throws CONFIG_INVALID when it is empty */
  setSlotSharingGroup(group: string): void {
    if (group === '') throw new DataflowError('CONFIG_INVALID', 'a slot sharing group has no name')
    this.#slotSharingGroup = group
  }

  setChaining(chaining: ChainingStrategy): void {
    this.#chaining = chaining
  }
}

/** Owners of key groups are 16 bits a row in the kernels; Flink's bound is the same. */
const MAX_PARALLELISM_MAX = 32_768

/** @throws CONFIG_INVALID */
export function checkParallelism(parallelism: number, what: string): void {
  if (!Number.isSafeInteger(parallelism) || parallelism < 1) {
    throw new DataflowError('CONFIG_INVALID', `${what} is ${parallelism}; it must be 1 or more`)
  }
}

export class StreamGraph {
  readonly #vertices: StreamVertex[] = []

  /** All that were ever added, also those that no sink needs (yet). */
  get vertices(): readonly StreamVertex[] {
    return this.#vertices
  }

  add(options: StreamVertexOptions): StreamVertex {
    const vertex = new StreamVertex(this.#vertices.length, options)
    this.#vertices.push(vertex)
    return vertex
  }
}

/** The vertices from which these are reached, in creation order. */
export function reachable(ends: Iterable<StreamVertex>): readonly StreamVertex[] {
  const found = new Set<StreamVertex>()
  const waiting = [...ends]
  for (let vertex = waiting.pop(); vertex !== undefined; vertex = waiting.pop()) {
    if (found.has(vertex)) continue
    found.add(vertex)
    for (const input of vertex.options.inputs) waiting.push(input.from)
  }
  return [...found].sort((a, b) => a.index - b.index)
}

/** An output column of a select, and the expression that it is. */
export interface NamedExpression {
  readonly name: string
  readonly expression: Expression
}

/** The schema that a select gives. */
export const selectSchema = (columns: readonly NamedExpression[], input: Schema): Schema =>
  new Schema(
    columns.map(({ name, expression }) => ({ name, type: expressionType(expression, input) })),
  )

/** The columns of a schema as they are, for a select. */
export const plainColumns = (names: readonly string[]): readonly NamedExpression[] =>
  names.map((name) => ({ name, expression: { kind: 'column', name } }))

/** Hidden columns carry what the engine needs (event time); rows and sinks do not see them. */
export const isHidden = (name: string): boolean => name.startsWith('$')
