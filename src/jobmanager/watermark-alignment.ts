// Watermark alignment: how far ahead the source tasks of a group may be. A pure function of what the tasks
// report; after Flink's SourceCoordinator.
//
// WA1  Allowed is the least watermark of the group plus a task's own drift; a task that has not reported
//      holds the others at the start. Who has ended, or is idle (+Infinity), is not waited for.
import type { JobGraph } from '../graph/job-graph.ts'
import type { ExecutionGraph } from './execution-graph.ts'

/** How far a task may go from now on. */
export interface Allowance {
  readonly task: string
  readonly watermarkMsMax: number
}

interface Member {
  readonly group: string
  readonly maxDriftMs: number
  watermarkMs: number
}

export class WatermarkAlignment {
  readonly #members = new Map<string, Member>()
  readonly #lowestMs = new Map<string, number>()

  constructor(sources: ExecutionGraph['sources']) {
    for (const [task, { vertex }] of sources) {
      const alignment = alignmentOf(vertex)
      if (alignment !== undefined) {
        this.#members.set(task, { ...alignment, watermarkMs: -Infinity })
      }
    }
  }

  /** A task says how far it is: who may go further now, or less far. */
  onWatermark(task: string, watermarkMs: number): readonly Allowance[] {
    const member = this.#members.get(task)
    if (member === undefined) return []
    member.watermarkMs = watermarkMs
    const group = [...this.#members].filter(([, other]) => other.group === member.group)
    const lowestMs = Math.min(...group.map(([, other]) => other.watermarkMs))
    if (lowestMs === (this.#lowestMs.get(member.group) ?? -Infinity)) return []
    this.#lowestMs.set(member.group, lowestMs)
    return group.map(([name, { maxDriftMs }]) => ({
      task: name,
      watermarkMsMax: lowestMs + maxDriftMs,
    }))
  }
}

function alignmentOf({ operators }: JobGraph['vertices'][number]) {
  const { spec } = operators[0]!
  return spec.kind === 'source' ? spec.watermarks?.alignment : undefined
}
