// Builds a subtask from its deployment: gate, chain of operators, partitioners, and their channels.
import type { Clock } from '../base/clock.ts'
import { DataflowError } from '../base/errors.ts'
import type { Json } from '../base/json.ts'
import { Schema } from '../columnar/schema.ts'
import { assert } from '../base/assert.ts'
import type { JobSnapshot, StateReader, SubtaskPlace } from '../checkpoint/operator-state.ts'
import type { ConnectorEnvironment, SourceReader } from '../connectors/connector.ts'
import { loadConnector } from '../connectors/index.ts'
import type { ChainedOperator } from '../graph/job-graph.ts'
import type { Kernels } from '../kernels/module.ts'
import { loadOperator } from '../operators/index.ts'
import type { OperatorSpec } from '../operators/operator-spec.ts'
import { newMetrics, type OperatorContext, type Output } from '../operators/operator.ts'
import { LocalChannel, type OutputChannel, RemoteChannel } from './channel.ts'
import { InputGate } from './input-gate.ts'
import { OperatorChain } from './operator-chain.ts'
import { Partitioner } from './partitioner.ts'
import { ProcessingTime } from './processing-time.ts'
import { SinkOperator } from './sink-operator.ts'
import type { ChannelDescriptor, JobDeployment, Port, TaskDeployment } from './slot-protocol.ts'
import { SourceWatermarks } from './source-watermarks.ts'
import { Subtask } from './subtask.ts'
import { readTable } from './table-reader.ts'

/** What a slot lends to the subtasks it builds. */
export interface TaskEnvironment {
  readonly job: JobDeployment
  readonly kernels: Kernels
  readonly closures: ReadonlyMap<string, unknown>
  readonly clock: Clock
  /** The snapshots of all subtasks, by operator id, that the job goes on from. */
  readonly restored?: JobSnapshot
  /** Ports to other slots. */
  readonly ports: ReadonlyMap<number, Port>
  /** Receiving ends by channel; a task's own are added. Consumers are built before producers. */
  readonly gates: Map<number, { gate: InputGate; index: number }>
  /** Sending ends to other slots by channel; a task's own are added. */
  readonly outputs: Map<number, RemoteChannel>
  wake(): void
  requestSplit(): void
  /** How far an aligned source is. */
  reportWatermark(watermarkMs: number): void
  collect(operator: string, bytes: Uint8Array<ArrayBuffer>): Promise<void>
}

/** @throws JOB_MODULE_INVALID when the job's module has built another graph here than the submitted one */
function checkClosures({ vertex }: TaskDeployment, { job, closures }: TaskEnvironment): void {
  const lost = vertex.operators.find(
    ({ id, spec }) => 'closure' in spec && spec.closure === true && !closures.has(id),
  )
  if (lost === undefined) return
  throw new DataflowError(
    'JOB_MODULE_INVALID',
    `operator '${lost.name}' has no function in the slots: '${job.module ?? ''}' built another graph there ` +
      'than the submitted one. A job module builds the same whole graph, its sinks too, ' +
      'each time that its default export is called',
  )
}

export async function buildSubtask(
  task: TaskDeployment,
  environment: TaskEnvironment,
): Promise<Subtask> {
  checkClosures(task, environment)
  const { kernels } = environment
  const operators = task.vertex.operators
  const metrics = operators.map(newMetrics)
  const chain = new OperatorChain({ operators, subtaskIndex: task.subtaskIndex, metrics })
  const gate = buildGate(task, environment)
  let subtask: Subtask | undefined
  let reader: SourceReader | undefined
  let watermarks: SourceWatermarks | undefined
  const time = new ProcessingTime(environment.clock, () => environment.wake())
  const place = {
    subtaskIndex: task.subtaskIndex,
    parallelism: task.vertex.parallelism,
    maxParallelism: task.vertex.maxParallelism,
  }
  const pending = (work: Promise<void>): void => subtask!.pending(work)
  const hasInput = (): boolean => subtask!.hasInput
  const mailbox = (index: number, work: () => Generator<void> | void): void =>
    subtask!.mailbox(index, work)
  for (const [i, described] of operators.entries()) {
    const restored = await restoredState(described, place, environment)
    const context = operatorContext(
      { task, index: i, chain, time, restored, pending, mailbox, hasInput },
      environment,
    )
    if (described.spec.kind === 'source') {
      reader = await buildReader(described, context, environment)
      watermarks = sourceWatermarks(described.spec, context, chain.output(i), environment)
      chain.setOperator(i, watermarks ?? { processBatch() {}, generatesWatermarks: true })
    } else if (described.spec.kind === 'sink') {
      chain.setOperator(i, await buildSink(described, context, environment))
    } else {
      const factory = await loadOperator(described.spec.kind)
      chain.setOperator(i, factory(described.spec, context, chain.output(i)))
    }
  }
  for (const output of task.outputs) {
    const channels = output.channels.map((channel) => buildOutput(channel, environment))
    const { job, closures } = environment
    const { partitioning, maxParallelism } = output
    const { subtaskIndex } = task
    const edge = { partitioning, maxParallelism, channels, subtaskIndex, closures }
    chain.addPartitioner(output.operator, new Partitioner(kernels, { ...edge, config: job.config }))
  }
  subtask = new Subtask({
    task: task.task,
    kernels,
    chain,
    gate,
    metrics,
    reader,
    watermarks,
    time,
    place,
    requestSplit: () => environment.requestSplit(),
    wake: () => environment.wake(),
  })
  return subtask
}

function sourceWatermarks(
  { watermarks: spec, unbounded }: Extract<OperatorSpec, { kind: 'source' }>,
  context: OperatorContext,
  output: Output,
  environment: TaskEnvironment,
): SourceWatermarks | undefined {
  if (spec === undefined) return undefined
  const report = (watermarkMs: number): void => environment.reportWatermark(watermarkMs)
  return new SourceWatermarks({ spec, isBounded: unbounded !== true, context, output, report })
}

const schemaOf = (described: ChainedOperator): Schema => new Schema(described.output)

/** The schemas of an operator's inputs: of whoever feeds it in the chain, else of the task's edges. */
function inputSchemas(task: TaskDeployment, index: number): readonly Schema[] {
  const feeders = task.vertex.operators.filter((operator) => operator.next.includes(index))
  if (feeders.length > 0) return [schemaOf(feeders[0]!)]
  return task.vertex.inputs.map((fields) => new Schema(fields))
}

/** Where an operator stands: what its context is made from. */
interface OperatorPlace {
  readonly task: TaskDeployment
  readonly index: number
  readonly chain: OperatorChain
  readonly time: ProcessingTime
  readonly restored: StateReader | undefined
  pending(work: Promise<void>): void
  mailbox(index: number, work: () => Generator<void> | void): void
  hasInput(): boolean
}

function operatorContext(
  { task, index, chain, time, restored, pending, mailbox, hasInput }: OperatorPlace,
  environment: TaskEnvironment,
): OperatorContext {
  const described = task.vertex.operators[index]!
  const { job, kernels, closures, clock } = environment
  return {
    kernels,
    name: described.name,
    subtaskIndex: task.subtaskIndex,
    parallelism: task.vertex.parallelism,
    attempt: task.attempt,
    config: job.config,
    clock,
    get watermarkMs() {
      return chain.watermarkOf(index)
    },
    processingTimeMs: () => time.now(),
    get hasInput() {
      return hasInput()
    },
    wakeAt: (timeMs) => time.wakeAt(index, timeMs),
    mailbox: (work) => mailbox(index, work),
    restored,
    sides: sidesOf(task, index),
    inputs: inputSchemas(task, index),
    output: schemaOf(described),
    metrics: chain.metricsOf(index),
    closure: closures.get(described.id),
    userFunctions: job.userFunctions,
    pending,
    table: (connector, config, schema) =>
      readTable(connector, config, schema, {
        kernels,
        config: job.config,
        environment: connectorEnvironment(described, environment),
      }),
  }
}

async function restoredState(
  { id }: ChainedOperator,
  place: SubtaskPlace,
  { kernels, restored }: TaskEnvironment,
): Promise<StateReader | undefined> {
  const snapshots = restored?.get(id)
  if (snapshots === undefined) return undefined
  // Loaded when it is needed: it brings Arrow's metadata with it.
  const { RestoredState } = await import('../checkpoint/state-tables.ts')
  return new RestoredState(kernels, snapshots, place)
}

function sidesOf(task: TaskDeployment, index: number): ReadonlyMap<string, Schema> {
  const { operators } = task.vertex
  const sides = new Map<string, Schema>()
  for (const next of operators[index]!.next) {
    const described = operators[next]!
    if (described.spec.kind === 'sideOutput') sides.set(described.spec.tag, schemaOf(described))
  }
  return sides
}

function connectorEnvironment(
  described: ChainedOperator,
  environment: TaskEnvironment,
): ConnectorEnvironment {
  return {
    clock: environment.clock,
    blob(name) {
      const bytes = environment.job.blobs.get(name)
      assert(bytes !== undefined, `the job came without the bytes '${name}'`)
      return bytes
    },
    closure: environment.closures.get(described.id),
    toClient: (bytes) => environment.collect(described.id, bytes),
  }
}

async function buildReader(
  described: ChainedOperator,
  context: OperatorContext,
  environment: TaskEnvironment,
): Promise<SourceReader> {
  const spec = described.spec as { readonly connector: string; readonly config: Json }
  const connector = await loadConnector(spec.connector)
  const source = connector.source?.(spec.config, connectorEnvironment(described, environment))
  assert(source !== undefined, `connector '${spec.connector}' is no source`)
  const { kernels, config, subtaskIndex, parallelism, metrics, output } = context
  return source.reader({ kernels, config, subtaskIndex, parallelism, metrics, schema: output })
}

async function buildSink(
  described: ChainedOperator,
  context: OperatorContext,
  environment: TaskEnvironment,
): Promise<SinkOperator> {
  const spec = described.spec as Extract<OperatorSpec, { readonly kind: 'sink' }>
  const connector = await loadConnector(spec.connector)
  const sink = connector.sink?.(spec.config, connectorEnvironment(described, environment))
  assert(sink !== undefined, `connector '${spec.connector}' is no sink`)
  return new SinkOperator(sink, context, spec.changelog === true)
}

function buildGate(task: TaskDeployment, environment: TaskEnvironment): InputGate {
  const schemas = task.vertex.inputs.map((fields) => new Schema(fields))
  const gate = new InputGate(environment.kernels, schemas, () => environment.wake())
  for (const { channel, slot, input } of task.inputs) {
    const index = gate.addChannel(input)
    environment.gates.set(channel, { gate, index })
    const port = environment.ports.get(slot)
    if (port !== undefined) gate.connectRemote(index, port, channel)
  }
  return gate
}

/** The sending end of a channel: into a gate of this slot when there is one, else over a port. */
function buildOutput(
  { channel, slot }: ChannelDescriptor,
  environment: TaskEnvironment,
): OutputChannel {
  const credits = environment.job.config.channelCredits
  const target = environment.gates.get(channel)
  if (target !== undefined) {
    const local = new LocalChannel(target.gate, target.index, credits)
    target.gate.connectLocal(target.index, local)
    return local
  }
  const port = environment.ports.get(slot)
  assert(port !== undefined, `no port to slot ${slot} for channel ${channel}`)
  const remote = new RemoteChannel(environment.kernels, port, channel, credits)
  environment.outputs.set(channel, remote)
  return remote
}
