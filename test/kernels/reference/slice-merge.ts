// Scalar twin of the merge of slices: accumulators in arrays by key id, one an operation.
import type { AggregateOp } from '../../../src/kernels/aggregate.ts'

export type Held = bigint | number
/** The accumulators of key ids, in the order of the operations. */
export type Rows = Map<number, Held[]>

const MAX = 2n ** 63n

const wrapsAt: Partial<Record<AggregateOp, (sum: bigint) => boolean>> = {
  sumI64: (sum) => sum >= MAX || sum < -MAX,
  sumU64: (sum) => sum >= MAX,
}

/** In min and max a NaN is greater than all numbers. */
const isLess = (a: Held, b: Held): boolean => a < b || (b !== b && a === a)

function one(op: AggregateOp, held: Held, later: Held, counts: readonly [Held, Held]): Held {
  if (op === 'first64') return counts[0] === 0n ? later : held
  if (op === 'last64') return counts[1] === 0n ? held : later
  if (op.startsWith('min')) return isLess(later, held) ? later : held
  if (op.startsWith('max')) return isLess(held, later) ? later : held
  return typeof held === 'bigint' ? held + (later as bigint) : held + (later as number)
}

/**
 * Merges rows into others, which came before; the last operation is the count that first and last ask. Gives
 * the operations whose sums leave their range.
 */
export function mergeRows(ops: readonly AggregateOp[], from: Rows, into: Rows): Set<number> {
  const overflows = new Set<number>()
  for (const [id, later] of from) {
    const held = into.get(id)
    if (held === undefined) {
      into.set(id, [...later])
      continue
    }
    const merged = ops.map((op, i) => one(op, held[i]!, later[i]!, [held.at(-1)!, later.at(-1)!]))
    ops.forEach((op, i) => {
      if (wrapsAt[op]?.(merged[i] as bigint)) overflows.add(i)
    })
    into.set(id, merged)
  }
  return overflows
}

/** Counts, sums and maxima by row, of the key ids that have one. */
export interface DenseSlice {
  /** 0: none. */
  readonly rowOf: Int32Array
  readonly held: Float64Array
}

/** The same for one aggregation, over typed arrays: what the benchmark compares with. */
export function mergeDense(from: DenseSlice, into: DenseSlice): void {
  for (let id = 0; id < from.rowOf.length; id++) {
    const row = from.rowOf[id]! * 3
    if (row === 0) continue
    const target = into.rowOf[id]! * 3
    into.held[target]! += from.held[row]!
    into.held[target + 1]! += from.held[row + 1]!
    if (from.held[row + 2]! > into.held[target + 2]!) into.held[target + 2] = from.held[row + 2]!
  }
}
