// Slot sharing groups: subtasks of one group share slots, one of each vertex a slot; groups never do.
// After Flink's SlotSharingGroup.
//
// SS1  A group takes as many slots as its widest vertex has subtasks; groups lie one behind the other,
//      in the order in which the job graph names them.
import type { JobVertex } from './job-graph.ts'

export const DEFAULT_GROUP = 'default'

export interface SlotSharing {
  /** Slots that the job needs. */
  readonly slots: number
  /** The slot of a vertex's first subtask; the others follow. */
  firstSlot(vertex: JobVertex): number
}

export function slotSharing(vertices: readonly JobVertex[]): SlotSharing {
  const widths = new Map<string, number>()
  for (const { slotSharingGroup = DEFAULT_GROUP, parallelism } of vertices) {
    widths.set(slotSharingGroup, Math.max(widths.get(slotSharingGroup) ?? 0, parallelism))
  }
  const first = new Map<string, number>()
  let slots = 0
  for (const [group, width] of widths) {
    first.set(group, slots)
    slots += width
  }
  return {
    slots,
    firstSlot: ({ slotSharingGroup = DEFAULT_GROUP }) => first.get(slotSharingGroup)!,
  }
}
