// What every operator over windows has while it is open: the index of keys, the program of its aggregates,
// and what is gathered for the output. And the slices of a table that are alive, in order.
import { AggregateProgram } from '../kernels/aggregate.ts'
import { type Slice, type SliceGrid, SliceTable } from '../kernels/slice-table.ts'
import { KeyIndex } from '../state/key-index.ts'
import type { KeyedRows } from '../state/key-compaction.ts'
import type { OperatorContext, Output } from './operator.ts'
import { SliceWalk } from './slice-walk.ts'
import type { WindowInput } from './window-input.ts'
import { WindowOutput } from './window-output.ts'

export interface WindowParts {
  readonly keys: KeyIndex
  readonly program: AggregateProgram
  readonly results: WindowOutput
}

export interface WindowPartsOptions {
  readonly context: OperatorContext
  readonly output: Output
  readonly input: WindowInput
  /** Where byte accumulators keep their values. */
  readonly heap: number
  readonly isTimed: boolean
}

/** @throws MEMORY_EXHAUSTED */
export function openParts(options: WindowPartsOptions): WindowParts {
  const { context, output, input, heap, isTimed } = options
  const { kernels, inputs } = context
  const { aggregation, keyColumns } = input
  const types = keyColumns.map((column) => inputs[0]!.fields[column]!.type)
  const keys = new KeyIndex(kernels, types)
  const program = new AggregateProgram(kernels, aggregation.entries, heap)
  const results = new WindowOutput({ context, output, aggregation, keys, isTimed })
  return { keys, program, results }
}

export function closeParts({ keys, program, results }: WindowParts): void {
  keys.close()
  program.close()
  results.close()
}

export interface SliceParts extends WindowParts {
  readonly slices: SliceTable
  readonly walk: SliceWalk
}

/**
 * The same, with accumulators in slices.
 * @param template a row of accumulators, with what the operator keeps behind them
 * @throws MEMORY_EXHAUSTED
 */
export function openSlices(
  options: Omit<WindowPartsOptions, 'heap'>,
  template: Uint8Array,
  grid: SliceGrid,
): SliceParts {
  const { kernels, config } = options.context
  const { aggregation } = options.input
  const slices = new SliceTable(kernels, template, grid)
  const parts = openParts({ ...options, heap: slices.heap })
  const walk = new SliceWalk({
    kernels,
    slices,
    program: parts.program,
    holdsBytes: aggregation.holdsBytes,
    listRows: config.batchRows,
    overflow: (overflow) => aggregation.overflow(overflow),
  })
  return { ...parts, slices, walk }
}

export function closeSlices(parts: SliceParts): void {
  closeParts(parts)
  parts.slices.close()
  parts.walk.close()
}

/** Slices with rows, by index. */
export class LiveSlices {
  readonly #slices: Slice[] = []

  get all(): readonly Slice[] {
    return this.#slices
  }

  /** What compaction of the keys has to know. */
  keyed(table: SliceTable): KeyedRows {
    const each = (visit: (slice: number) => void) => this.#slices.forEach(({ ptr }) => visit(ptr))
    return {
      mark: (bits) => each((slice) => table.mark(slice, bits)),
      remap: (map) => each((slice) => table.remap(slice, map)),
    }
  }

  /** Takes what a table has made since the last time. */
  take(table: SliceTable): void {
    for (const slice of table.created())
      this.#slices.splice(placeOf(this.#slices, slice.index), 0, slice)
  }

  /** The first slice from an index on. */
  firstFrom(index: number): Slice | undefined {
    return this.#slices[index === -Infinity ? 0 : placeOf(this.#slices, index)]
  }

  /** Those from an index on, to before another. */
  between(first: number, end: number): readonly Slice[] {
    return this.#slices.slice(placeOf(this.#slices, first), placeOf(this.#slices, end))
  }

  /** Takes out those before an index. */
  removeBefore(index: number): readonly Slice[] {
    return this.#slices.splice(0, placeOf(this.#slices, index))
  }
}

/** Where the slice of an index is among slices in order, or would be. */
export function placeOf(slices: readonly { readonly index: number }[], index: number): number {
  let low = 0
  let high = slices.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (slices[middle]!.index < index) low = middle + 1
    else high = middle
  }
  return low
}
