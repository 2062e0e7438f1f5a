// The execution graph: one task a subtask of each vertex, its slot, and the channels between tasks.
// A pure function of the job graph; which task runs where never depends on anything else.
//
// EG1  Subtask i of every vertex of a slot sharing group runs in the group's slot i.
// EG2  A forward edge joins subtasks of equal index, rescale a producer with its share of the consumers;
//      any other joins all with all (also 'global': the end of input goes to everybody).
import type {
  ChannelDescriptor,
  InputDescriptor,
  OutputDescriptor,
  TaskDeployment,
} from '../runtime/slot-protocol.ts'
import type { JobEdge, JobGraph, JobVertex } from '../graph/job-graph.ts'
import { slotSharing } from '../graph/slot-sharing.ts'

export interface ExecutionGraph {
  /** Tasks by slot, each slot's in topological order. */
  readonly slots: readonly (readonly TaskDeployment[])[]
  /** Tasks that begin with a source, with the operator that it is. */
  readonly sources: ReadonlyMap<
    string,
    { readonly vertex: JobVertex; readonly subtaskIndex: number }
  >
}

export const taskId = (vertex: JobVertex, subtask: number): string => `${vertex.id}#${subtask}`

interface Wiring {
  readonly inputs: InputDescriptor[]
  readonly outputs: OutputDescriptor[]
}

export function buildExecutionGraph(graph: JobGraph, inlineSlot: boolean): ExecutionGraph {
  const ordered = topologicalOrder(graph)
  const sharing = slotSharing(graph.vertices)
  const slotOf = (vertex: JobVertex, subtask: number): number =>
    inlineSlot ? 0 : sharing.firstSlot(vertex) + subtask
  const wiring = new Map<string, Wiring>()
  for (const vertex of ordered) {
    for (let i = 0; i < vertex.parallelism; i++) {
      wiring.set(taskId(vertex, i), { inputs: [], outputs: [] })
    }
  }
  let channel = 0
  for (const edge of graph.edges) {
    channel = wire(graph, edge, wiring, { nextChannel: channel, slotOf })
  }
  const slotCount = inlineSlot ? 1 : sharing.slots
  const slots: TaskDeployment[][] = Array.from({ length: slotCount }, () => [])
  const sources = new Map<string, { vertex: JobVertex; subtaskIndex: number }>()
  for (const vertex of ordered) {
    for (let subtaskIndex = 0; subtaskIndex < vertex.parallelism; subtaskIndex++) {
      const task = taskId(vertex, subtaskIndex)
      const { inputs, outputs } = wiring.get(task)!
      const slot = slots[slotOf(vertex, subtaskIndex)]!
      slot.push({ task, vertex, subtaskIndex, attempt: 0, inputs, outputs })
      if (vertex.operators[0]!.spec.kind === 'source') sources.set(task, { vertex, subtaskIndex })
    }
  }
  return { slots, sources }
}

interface Numbering {
  readonly nextChannel: number
  slotOf(vertex: JobVertex, subtask: number): number
}

function wire(
  graph: JobGraph,
  edge: JobEdge,
  wiring: ReadonlyMap<string, Wiring>,
  { nextChannel, slotOf }: Numbering,
): number {
  const from = graph.vertices.find((vertex) => vertex.id === edge.from.vertex)!
  const to = graph.vertices.find((vertex) => vertex.id === edge.to.vertex)!
  let channel = nextChannel
  for (let producer = 0; producer < from.parallelism; producer++) {
    const channels: ChannelDescriptor[] = []
    for (const consumer of consumersOf(edge, producer, from.parallelism, to.parallelism)) {
      channels.push({ channel, slot: slotOf(to, consumer) })
      wiring.get(taskId(to, consumer))!.inputs.push({
        channel,
        slot: slotOf(from, producer),
        input: edge.to.input,
      })
      channel++
    }
    wiring.get(taskId(from, producer))!.outputs.push({
      operator: edge.from.operator,
      partitioning: edge.partitioning,
      maxParallelism: to.maxParallelism,
      channels,
    })
  }
  return channel
}

/** The consumers that a producer has channels to. */
function consumersOf(
  { partitioning }: JobEdge,
  producer: number,
  producers: number,
  consumers: number,
): readonly number[] {
  if (partitioning.kind === 'forward') return [producer]
  if (partitioning.kind !== 'rescale') return range(0, consumers)
  if (producers >= consumers) return [Math.floor((producer * consumers) / producers)]
  const first = Math.ceil((producer * consumers) / producers)
  return range(first, Math.ceil(((producer + 1) * consumers) / producers))
}

const range = (from: number, to: number): readonly number[] =>
  Array.from({ length: to - from }, (_, i) => from + i)

/** Producers before consumers; the graph has no cycles (the job graph's validation says so). */
function topologicalOrder(graph: JobGraph): readonly JobVertex[] {
  const waiting = new Map(graph.vertices.map((vertex) => [vertex.id, 0]))
  for (const edge of graph.edges) waiting.set(edge.to.vertex, waiting.get(edge.to.vertex)! + 1)
  const ready = graph.vertices.filter((vertex) => waiting.get(vertex.id) === 0)
  const ordered: JobVertex[] = []
  for (let vertex = ready.shift(); vertex !== undefined; vertex = ready.shift()) {
    ordered.push(vertex)
    for (const edge of graph.edges) {
      if (edge.from.vertex !== vertex.id) continue
      const left = waiting.get(edge.to.vertex)! - 1
      waiting.set(edge.to.vertex, left)
      if (left === 0) ready.push(graph.vertices.find((other) => other.id === edge.to.vertex)!)
    }
  }
  return ordered
}
