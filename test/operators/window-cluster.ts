// The subtasks of one operator over windows, for tests: rows go to whoever owns their key, all get the same
// watermarks and clock, and a snapshot of all of them is gone on from by another number of subtasks.
import { partitionByKey } from '../../src/columnar/key-partition.ts'
import { BatchBuilder } from '../../src/columnar/batch-builder.ts'
import { DEFAULT_CONFIG } from '../../src/base/config.ts'
import type { Schema } from '../../src/columnar/schema.ts'
import type { OperatorSnapshot } from '../../src/checkpoint/operator-state.ts'
import type { Kernels } from '../../src/kernels/module.ts'
import type { OperatorFactory } from '../../src/operators/operator.ts'
import { OperatorHarness, type Row } from './operator-harness.ts'

export interface ClusterOptions<Config> {
  readonly kernels: Kernels
  readonly factory: OperatorFactory<Config>
  readonly config: Config
  readonly closure?: unknown
  readonly input: Schema
  readonly output: Schema
  readonly keys: readonly string[]
  readonly sides: ReadonlyMap<string, Schema>
  readonly batchRows: number
  readonly stateCompactionKeysMin?: number
}

export class WindowCluster<Config> {
  readonly #options: ClusterOptions<Config>
  #subtasks: OperatorHarness<Config>[] = []
  #nowMs = 0
  #lateBefore = 0

  constructor(options: ClusterOptions<Config>) {
    this.#options = options
  }

  async open(parallelism: number, restore?: readonly OperatorSnapshot[]): Promise<void> {
    this.#subtasks = Array.from(
      { length: parallelism },
      (_, subtaskIndex) =>
        new OperatorHarness({
          ...this.#options,
          subtaskIndex,
          parallelism,
          ...(restore === undefined ? {} : { restore }),
        }),
    )
    for (const subtask of this.#subtasks) {
      subtask.processingTime(this.#nowMs)
      await subtask.open()
    }
  }

  get lateRows(): number {
    return this.#subtasks.reduce((sum, { metrics }) => sum + metrics.lateRows, this.#lateBefore)
  }

  /** Rows of each batch that came out. */
  get batchSizes(): readonly number[] {
    return this.#subtasks.flatMap(({ batchSizes }) => batchSizes)
  }

  batch(rows: readonly Row[]): { readonly fired: readonly Row[]; readonly late: readonly Row[] } {
    const fired: Row[] = []
    const late: Row[] = []
    this.#routed(rows).forEach((own, i) => {
      const subtask = this.#subtasks[i]!
      const before = subtask.side.length
      // Every other row is none: the operator is to mind the selection, also one of no rows.
      const mixed = own.length === 0 ? rows : own.flatMap((row) => [row, row])
      fired.push(...subtask.batch(mixed, (_, at) => own.length > 0 && at % 2 === 1))
      late.push(...subtask.side.slice(before).map(({ row }) => row))
    })
    return { fired, late }
  }

  watermark(watermarkMs: number): Row[] {
    return this.#subtasks.flatMap((subtask) => subtask.watermark(watermarkMs))
  }

  processingTime(nowMs: number): Row[] {
    this.#nowMs = nowMs
    return this.#subtasks.flatMap((subtask) => subtask.processingTime(nowMs))
  }

  /** Takes a snapshot, stops, and goes on from it in another number of subtasks. */
  async restart(parallelism: number): Promise<void> {
    const snapshots = this.#subtasks.map((subtask) => subtask.snapshot())
    this.#lateBefore = this.lateRows
    this.close()
    await this.open(parallelism, snapshots)
  }

  close(): void {
    for (const subtask of this.#subtasks) subtask.close()
  }

  #routed(rows: readonly Row[]): readonly (readonly Row[])[] {
    const { kernels, keys, input } = this.#options
    const targets = this.#subtasks.length
    if (targets === 1 || keys.length === 0) return [rows]
    const mark = kernels.mark()
    const builder = new BatchBuilder(kernels, input)
    for (const row of rows) builder.append(row)
    const columns = keys.map((key) => input.indexOf(key))
    const { maxParallelism } = DEFAULT_CONFIG
    const routed = partitionByKey(kernels, builder.finish(), columns, {
      maxParallelism,
      targets,
    }).map(({ rows: ptr, length }) =>
      Array.from(kernels.u32.subarray(ptr / 4, ptr / 4 + length), (row) => rows[row]!),
    )
    kernels.reset(mark)
    builder.close()
    return routed
  }
}
