// Slices as the operators over windows handle them: the accumulators of a slice listed in pieces, merged
// into others, and given back with what they hold.
import type { DataflowError } from '../base/errors.ts'
import type { AggregateOverflow, AggregateProgram } from '../kernels/aggregate.ts'
import type { Kernels } from '../kernels/module.ts'
import type { SliceTable } from '../kernels/slice-table.ts'

export interface SliceWalkParts {
  readonly kernels: Kernels
  readonly slices: SliceTable
  readonly program: AggregateProgram
  /** Accumulators hold memory outside themselves. */
  readonly holdsBytes: boolean
  /** Rows a list holds. */
  readonly listRows: number
  readonly overflow: (overflow: AggregateOverflow) => DataflowError
}

export class SliceWalk {
  readonly #parts: SliceWalkParts
  /** Lists in one block: what a walk finds (ids and rows), and where it is merged to. */
  readonly ids: number
  readonly rows: number
  readonly #targets: number

  constructor(parts: SliceWalkParts) {
    this.#parts = parts
    const bytes = parts.listRows * 4
    this.ids = parts.kernels.allocate(bytes * 3)
    this.rows = this.ids + bytes
    this.#targets = this.rows + bytes
  }

  /** Lists a slice's ids and rows at `ids` and `rows`, some at a time, in order of key id. */
  walk(slice: number, visit: (found: number) => void): void {
    const { kernels, slices, listRows } = this.#parts
    for (let from = 0; ;) {
      const found = slices.scan(slice, from, listRows, this.ids, this.rows)
      if (found === 0) return
      visit(found)
      from = kernels.u32[this.ids / 4 + found - 1]! + 1
    }
  }

  /** Merges slices, the earliest first, into another, whose rows came before theirs. */
  merge(slices: readonly number[], into: number): void {
    const { slices: table, program, holdsBytes, overflow } = this.#parts
    if (slices.length === 0) return
    if (holdsBytes) {
      for (const slice of slices) this.walk(slice, (found) => this.#mergeListed(into, found))
      return
    }
    const failed = table.merge(slices, into, program)
    if (failed !== undefined) throw overflow(failed)
  }

  /** Merges what a slice has of n key ids. */
  mergeOf(slice: number, into: number, ids: number, n: number): void {
    const found = this.#parts.slices.find(slice, ids, n, this.ids, this.rows)
    if (found > 0) this.#mergeListed(into, found)
  }

  /** Gives a slice back, with what its accumulators hold. */
  release(slice: number): void {
    const { slices, program, holdsBytes } = this.#parts
    if (holdsBytes) this.walk(slice, (found) => program.release(this.rows, found))
    slices.release(slice)
  }

  close(): void {
    this.#parts.kernels.release(this.ids)
  }

  #mergeListed(into: number, n: number): void {
    const { slices, program, overflow } = this.#parts
    slices.rowsOf(into, this.ids, n, this.#targets)
    const failed = program.merge(this.rows, this.#targets, n)
    if (failed !== undefined) throw overflow(failed)
  }
}
