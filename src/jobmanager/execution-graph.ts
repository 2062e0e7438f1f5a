// The execution graph: one task a subtask of each vertex, its slot, and the channels between tasks.
// A pure function of the job graph; which task runs where never depends on anything else.
//
// EG1  Subtask i of every vertex runs in slot i: a job needs as many slots as its highest parallelism.
// EG2  A forward edge joins subtasks of equal index; any other joins all with all (global: with the
//      first only).
import type {
  ChannelDescriptor,
  InputDescriptor,
  OutputDescriptor,
  TaskDeployment,
} from '../runtime/slot-protocol.ts'
import type { JobEdge, JobGraph, JobVertex } from '../graph/job-graph.ts'

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
  const slotOf = (subtask: number): number => (inlineSlot ? 0 : subtask)
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
  const slotCount = inlineSlot ? 1 : Math.max(...ordered.map((vertex) => vertex.parallelism))
  const slots: TaskDeployment[][] = Array.from({ length: slotCount }, () => [])
  const sources = new Map<string, { vertex: JobVertex; subtaskIndex: number }>()
  for (const vertex of ordered) {
    for (let subtaskIndex = 0; subtaskIndex < vertex.parallelism; subtaskIndex++) {
      const task = taskId(vertex, subtaskIndex)
      const { inputs, outputs } = wiring.get(task)!
      slots[slotOf(subtaskIndex)]!.push({ task, vertex, subtaskIndex, attempt: 0, inputs, outputs })
      if (vertex.operators[0]!.spec.kind === 'source') sources.set(task, { vertex, subtaskIndex })
    }
  }
  return { slots, sources }
}

interface Numbering {
  readonly nextChannel: number
  slotOf(subtask: number): number
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
    for (const consumer of consumersOf(edge, producer, to.parallelism)) {
      channels.push({ channel, slot: slotOf(consumer) })
      wiring.get(taskId(to, consumer))!.inputs.push({
        channel,
        slot: slotOf(producer),
        input: edge.to.input,
      })
      channel++
    }
    wiring.get(taskId(from, producer))!.outputs.push({
      operator: edge.from.operator,
      partitioning: edge.partitioning,
      channels,
    })
  }
  return channel
}

function consumersOf(edge: JobEdge, producer: number, parallelism: number): readonly number[] {
  if (edge.partitioning.kind === 'forward') return [producer]
  if (edge.partitioning.kind === 'global') return [0]
  return Array.from({ length: parallelism }, (_, consumer) => consumer)
}

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
