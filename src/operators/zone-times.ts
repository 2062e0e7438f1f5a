// Event times as the wall clock of a time zone shows them, for windows on a grid of that clock. Used by the
// operators over windows.
//
// ZT1  The rows of a batch are mostly between two changes of the clocks: one addition for all. A batch that
//      is not goes row by row.
import type { TimeUnit } from '../columnar/type.ts'
import { arithmetic } from '../kernels/arithmetic.ts'
import type { Kernels } from '../kernels/module.ts'
import { constantOperand, vectorOperand } from '../kernels/operand.ts'
import { timestampRange } from '../kernels/timestamp.ts'
import type { ZoneOffsets } from '../time/zone-offsets.ts'

const PER_SECOND = { s: 1n, ms: 1_000n, us: 1_000_000n, ns: 1_000_000_000n } as const

/** A stretch with one offset, in a unit. */
interface Stretch {
  readonly from: bigint
  readonly to: bigint
  readonly offset: bigint
}

/** Times (i64) of the zone's clock, in the same unit: in the arena. Those out of range stay as they are. */
export function zoneTimes(
  kernels: Kernels,
  zone: ZoneOffsets,
  times: number,
  n: number,
  unit: TimeUnit,
): number {
  const range = timestampRange(kernels, times, 0, n)
  if (range === undefined) return times
  let stretch = stretchAt(zone, range.least, unit)
  if (range.greatest < stretch.to) {
    const offset = constantOperand(kernels, 'int64', stretch.offset)
    const local = arithmetic(kernels, 'int64', 'add', vectorOperand(times), offset, n, 0)
    return local.badRow < n ? times : local.values
  }
  const out = kernels.scratch(n * 8)
  const view = kernels.i64
  for (let i = 0; i < n; i++) {
    const time = view[times / 8 + i]!
    if (time < stretch.from || time >= stretch.to) stretch = stretchAt(zone, time, unit)
    view[out / 8 + i] = time + stretch.offset
  }
  return out
}

function stretchAt(zone: ZoneOffsets, time: bigint, unit: TimeUnit): Stretch {
  const perSecond = PER_SECOND[unit]
  const rest = ((time % perSecond) + perSecond) % perSecond
  // Clocks change at whole seconds.
  const ms = Number((time - rest) / perSecond) * 1_000
  const { from, to, offsetMs } = zone.between(ms, ms)[0]!
  const inUnit = (each: number): bigint => BigInt(each / 1_000) * perSecond
  return { from: inUnit(from), to: inUnit(to), offset: inUnit(offsetMs) }
}
