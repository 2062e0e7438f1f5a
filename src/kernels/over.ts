// The windows of OVER aggregations: one a key, and what each row gets of it (assembly/over.ts).
import { AggregateProgram, type AggregateEntry, type AggregateOverflow } from './aggregate.ts'
import { exhausted } from './exhausted.ts'
import type { Kernels } from './module.ts'

/** Which rows a row's window has, up to itself. */
export type OverExtent =
  /** All rows before it; with `peers` also those of its own time. */
  | { readonly kind: 'unbounded'; readonly peers: boolean }
  /** So many, itself included. */
  | { readonly kind: 'rows'; readonly rows: number }
  /** Those that are at most so much (units of the times) earlier, and those of its own time. */
  | { readonly kind: 'range'; readonly span: bigint }

/** Accumulators side by side, in the arena or a block, and a pointer to each (u32). */
export interface AccumulatorRows {
  readonly rows: number
  readonly pointers: number
}

/** Rows that come to their keys' windows, in order of time; times (i64) may be 0 where none are needed. */
export interface OverRows {
  readonly ids: number
  readonly times: number
  readonly n: number
}

/** What windows are made of: `parts` (u8) is 1 for the rows of a current block. */
export interface OverEntries {
  readonly ids: number
  readonly parts: number
  readonly times: number
  readonly rows: number
  readonly length: number
}

const DONE = 0xffffffff
const EXHAUSTED = 0xfffffffe

export class OverTable {
  readonly program: AggregateProgram
  readonly #kernels: Kernels
  readonly #template: number
  readonly #stride: number
  readonly #kind: number
  readonly #size: bigint
  #heap: number

  /** @throws MEMORY_EXHAUSTED */
  constructor(
    kernels: Kernels,
    of: { readonly template: Uint8Array; readonly entries: readonly AggregateEntry[] },
    extent: OverExtent,
  ) {
    this.#kernels = kernels
    this.#heap = kernels.exports.rowStoreNew() >>> 0
    if (this.#heap === 0) throw exhausted(kernels, 'windows that end at a row')
    this.program = new AggregateProgram(kernels, of.entries, this.#heap)
    this.#stride = of.template.length
    this.#template = kernels.allocate(this.#stride)
    kernels.u8.set(of.template, this.#template)
    this.#kind = kindOf(extent)
    this.#size =
      extent.kind === 'range' ? extent.span : extent.kind === 'rows' ? BigInt(extent.rows) : 0n
  }

  /** Bytes of a row of accumulators. */
  get stride(): number {
    return this.#stride
  }

  /** n rows of accumulators as they start, at `rows`. */
  start(rows: number, n: number): AccumulatorRows {
    const pointers = this.#kernels.scratch(n * 4)
    this.#kernels.exports.overRows(this.#template, this.#stride, n, rows, pointers)
    return { rows, pointers }
  }

  /**
   * Adds rows to their windows, and writes what each row's window amounts to.
   * @param windows addresses, u32 a key id   @param own accumulators of each row, which are taken
   * @param out gets accumulators; what they hold is the caller's to release
   * @throws MEMORY_EXHAUSTED
   */
  apply(
    windows: number,
    { ids, times, n }: OverRows,
    own: number,
    out: number,
  ): AggregateOverflow | undefined {
    const { exports } = this.#kernels
    const { address } = this.program
    const visits = this.#kernels.scratch(n * 4)
    const frame = [this.#kind, this.#size, this.#template, this.#stride] as const
    const into = [visits, out] as const
    return this.#outcome(exports.overApply(address, windows, ids, own, times, n, ...frame, ...into))
  }

  /** Forgets the windows of keys below `keys` whose last row is before a time; how many. */
  sweep(windows: number, keys: number, bound: bigint): number {
    const { address } = this.program
    return this.#kernels.exports.overSweep(address, windows, keys, bound, this.#stride)
  }

  /** What the windows of keys below `keys` are made of, `most` at a time, in the arena. */
  *entries(windows: number, keys: number, most: number): Generator<OverEntries> {
    const kernels = this.#kernels
    const cursor = kernels.allocate(8)
    kernels.u32.set([0, 0], cursor >>> 2)
    try {
      for (;;) {
        const [ids, parts, times, rows] = [most * 4, most, most * 8, most * 4].map((bytes) =>
          kernels.scratch(bytes),
        ) as [number, number, number, number]
        const frame = [this.#kind, this.#size, this.#stride] as const
        const into = [ids, parts, times, rows] as const
        const length = kernels.exports.overScan(windows, keys, cursor, most, ...frame, ...into)
        if (length > 0) yield { ids, parts, times, rows, length }
        if (length < most) return
      }
    } finally {
      kernels.release(cursor)
    }
  }

  /** Puts what entries() gave into windows again, in their order. @throws MEMORY_EXHAUSTED */
  restore(
    windows: number,
    { ids, times, n }: OverRows,
    parts: number,
    own: number,
  ): AggregateOverflow | undefined {
    const { exports } = this.#kernels
    const { address } = this.program
    const frame = [this.#kind, this.#size, this.#template, this.#stride] as const
    return this.#outcome(exports.overRestore(address, windows, ids, parts, own, times, n, ...frame))
  }

  close(): void {
    if (this.#heap === 0) return
    this.program.close()
    this.#kernels.release(this.#template)
    this.#kernels.exports.rowStoreClose(this.#heap)
    this.#heap = 0
  }

  #outcome(status: number): AggregateOverflow | undefined {
    const row = status >>> 0
    if (row === DONE) return undefined
    if (row === EXHAUSTED) throw exhausted(this.#kernels, 'windows that end at a row')
    return { entry: this.program.failedEntry, row }
  }
}

function kindOf(extent: OverExtent): number {
  if (extent.kind === 'unbounded') return extent.peers ? 1 : 0
  return extent.kind === 'rows' ? 2 : 3
}
