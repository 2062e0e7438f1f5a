// Copies of accumulators that have fired in the midst of a batch: emitted later, in larger batches, they are
// as they were then. Used by the operators whose windows fire by triggers; a copy lives until clear().
import type { AggregateProgram } from '../kernels/aggregate.ts'
import type { Kernels } from '../kernels/module.ts'
import { rowsReset, type TriggerRows } from '../kernels/trigger.ts'
import type { Aggregation } from './aggregation.ts'
import type { OperatorContext } from './operator.ts'
import type { WindowOutput } from './window-output.ts'
import type { TriggerFiring } from './window-spec.ts'

export class FiredCopies {
  readonly #kernels: Kernels
  readonly #program: AggregateProgram
  readonly #holdsBytes: boolean
  readonly #stride: number
  readonly #template: number
  readonly #block: number
  #used = 0

  constructor(
    { kernels, config }: OperatorContext,
    program: AggregateProgram,
    { template, holdsBytes }: Aggregation,
  ) {
    this.#kernels = kernels
    this.#program = program
    this.#holdsBytes = holdsBytes
    this.#stride = template.length
    this.#template = kernels.allocate(template.length)
    kernels.u8.set(template, this.#template)
    this.#block = kernels.allocate(config.batchRows * template.length)
  }

  /** n fresh accumulators; pointers (u32) go to `rows`. */
  fresh(n: number, rows: number): void {
    const view = this.#kernels.u32
    for (let i = 0; i < n; i++) {
      view[rows / 4 + i] = this.#block + (this.#used + i) * this.#stride
    }
    this.#used += n
    rowsReset(this.#kernels, { rows, n, offset: 0 }, this.#template, this.#stride)
  }

  /** Empties accumulators elsewhere: n pointers; with an offset, their words know it. */
  reset(rows: TriggerRows): void {
    if (this.#holdsBytes) this.#program.release(rows.rows, rows.n)
    rowsReset(this.#kernels, rows, this.#template, this.#stride)
  }

  /** All copies have been emitted. */
  clear(): void {
    if (this.#holdsBytes && this.#used > 0) {
      const kernels = this.#kernels
      const mark = kernels.mark()
      const rows = kernels.scratch(this.#used * 4)
      const view = kernels.u32
      for (let i = 0; i < this.#used; i++) view[rows / 4 + i] = this.#block + i * this.#stride
      this.#program.release(rows, this.#used)
      kernels.reset(mark)
    }
    this.#used = 0
  }

  /** Emits results; accumulators among them begin anew when the trigger purges and does not count. */
  flush(results: WindowOutput, { count, purging }: TriggerFiring, offset: number): void {
    const n = results.length
    results.flush()
    if (count === 0 && purging && n > 0) this.reset({ rows: results.gathered, n, offset })
    this.clear()
  }

  close(): void {
    this.#kernels.release(this.#block)
    this.#kernels.release(this.#template)
  }
}
