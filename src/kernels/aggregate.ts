// Aggregation programs (assembly/aggregate*.ts): what is kept for a group, and the columns it
// gives.
import { DataflowError } from '../base/errors.ts'
import { canCompile, compileAggregation } from './aggregate-code.ts'
import type { ByteColumn } from './byte-table.ts'
import { exhausted } from './exhausted.ts'
import { instantiate } from './made-kernel.ts'
import type { Kernels } from './module.ts'

/** The operations of assembly/aggregate-program.ts. */
export const AGGREGATE_OPS = {
  count: 0,
  countTrue: 1,
  sumI64: 2,
  sumU64: 3,
  sumF64: 4,
  sumI128: 5,
  minI64: 6,
  maxI64: 7,
  minU64: 8,
  maxU64: 9,
  minF64: 10,
  maxF64: 11,
  minI128: 12,
  maxI128: 13,
  first64: 14,
  last64: 15,
  first128: 16,
  last128: 17,
  minBytes: 18,
  maxBytes: 19,
  firstBytes: 20,
  lastBytes: 21,
  distinct64: 22,
  distinctF64: 23,
  distinct128: 24,
  distinctBytes: 25,
  argMin: 26,
  argMax: 27,
  collect: 28,
  topN: 29,
  approxDistinct: 30,
  quantile: 31,
  momentsI64: 40,
  momentsU64: 41,
  momentsF64: 42,
  momentsI128: 43,
} as const

/** How a column's values are read and written; 64 is any 8-byte type. */
export const VALUE_KINDS = {
  int8: 0,
  int16: 1,
  int32: 2,
  64: 3,
  uint8: 4,
  uint16: 5,
  uint32: 6,
  float32: 7,
  128: 8,
  bool: 9,
  bytes: 10,
} as const

/** How values of a second column compare. */
export const VALUE_ORDERS = { I64: 0, U64: 1, F64: 2, I128: 3, bytes: 4 } as const

export type ValueOrder = keyof typeof VALUE_ORDERS
export type AggregateOp = keyof typeof AGGREGATE_OPS
export type ValueKind = keyof typeof VALUE_KINDS

/** One accumulator: what it does, with which values, and where it lies in a group's row. */
export interface AggregateEntry {
  readonly op: AggregateOp
  readonly kind: ValueKind
  readonly offset: number
  /** Where the count of this entry's rows lies: first and last ask it. */
  readonly countOffset: number
  /** The second column, of which argMin and argMax want the extreme. */
  readonly by?: { readonly kind: ValueKind; readonly order: ValueOrder }
  /** How values compare, where that is asked. */
  readonly order?: ValueOrder
  /** How many values a list has at most. */
  readonly parameter?: number
  /** The input column's number: entries over one column read its values together. */
  readonly column?: number
  /** Which rows it takes, by the numbers of columns (-1: none): entries of the same share masks. */
  readonly rows?: { readonly nullsOf: number; readonly filter: number }
}

/** What an entry reads in a batch; pointers, 0 for none. */
export interface AggregateInput {
  readonly values: number
  readonly validity: number
  readonly filter: number
  readonly offsets: number
  /** The second column. */
  readonly byValues?: number
  readonly byOffsets?: number
}

export interface NullableByteColumn extends ByteColumn {
  readonly validity: number
}

/** Which entry of the program overflowed, at which row. */
export interface AggregateOverflow {
  readonly entry: number
  readonly row: number
}

const HEADER_BYTES = 16
const ENTRY_BYTES = 64
const DONE = 0xffffffff
const EXHAUSTED = 0xfffffffe

export class AggregateProgram {
  readonly #kernels: Kernels
  readonly #entryCount: number
  readonly #run: CompiledProgram | undefined
  #program: number

  /**
   * @param heap where byte accumulators keep their values: a slice table's
   * @throws MEMORY_EXHAUSTED
   */
  constructor(kernels: Kernels, entries: readonly AggregateEntry[], heap: number) {
    this.#kernels = kernels
    this.#entryCount = entries.length
    this.#program = kernels.allocate(HEADER_BYTES + entries.length * ENTRY_BYTES)
    this.#run = canCompile(entries)
      ? instantiate<CompiledProgram>(kernels, `aggregation ${JSON.stringify(entries)}`, () =>
          compileAggregation(entries),
        )
      : undefined
    const { u32 } = kernels
    u32.set([heap, entries.length, 0, 0], this.#program >>> 2)
    entries.forEach(({ op, kind, offset, countOffset, by, order = 'I64', parameter = 0 }, i) => {
      const fixed = [AGGREGATE_OPS[op], VALUE_KINDS[kind], offset, countOffset]
      const second = [VALUE_ORDERS[by?.order ?? order], VALUE_KINDS[by?.kind ?? 64]]
      u32.set([...fixed, 0, 0, 0, 0, ...second, 0, 0, parameter, 0, 0, 0], this.#entry(i))
    })
  }

  /** Sets what an entry reads until the next such call. */
  bind(entry: number, input: AggregateInput): void {
    const { values, validity, filter, offsets, byValues = 0, byOffsets = 0 } = input
    const { u32 } = this.#kernels
    const at = this.#entry(entry) + 4
    u32[at] = values
    u32[at + 1] = validity
    u32[at + 2] = filter
    u32[at + 3] = offsets
    u32[at + 6] = byValues
    u32[at + 7] = byOffsets
  }

  /**
   * Updates accumulators with n rows of the bound inputs.
   * @param rows pointers to accumulator rows, u32 a row
   * @param kept bitmap of the rows that take part; 0 for all
   * @throws MEMORY_EXHAUSTED
   */
  update(rows: number, kept: number, n: number): AggregateOverflow | undefined {
    const { exports } = this.#kernels
    if (this.#run === undefined) {
      return this.#outcome(exports.aggregateUpdate(this.#program, rows, kept, n) >>> 0)
    }
    const at = this.#run(this.#program, rows, kept, n) >>> 0
    if (at === DONE) return undefined
    const entry = this.failedEntry
    const row = exports.aggregateOverflowRow(this.#program, entry, rows, kept, at, n)
    return { entry, row: row >>> 0 }
  }

  /**
   * Merges n accumulator rows into others, which came before them.
   * @throws MEMORY_EXHAUSTED
   */
  merge(from: number, to: number, n: number): AggregateOverflow | undefined {
    const { exports } = this.#kernels
    return this.#outcome(exports.aggregateMerge(this.#program, from, to, n) >>> 0)
  }

  /**
   * Takes n rows of the bound inputs back; only counts and sums can. Add a batch's rows first.
   * @param rows pointers to accumulator rows, u32 a row
   * @param kept bitmap of the rows that are taken back; 0 for all
   */
  retract(rows: number, kept: number, n: number): AggregateOverflow | undefined {
    const { exports } = this.#kernels
    return this.#outcome(exports.aggregateRetract(this.#program, rows, kept, n) >>> 0)
  }

  /** Sets the accumulators at `offset` of n rows from values as wide as they are. */
  setFixed(rows: number, n: number, offset: number, kind: 64 | 128, values: number): void {
    this.#kernels.exports.aggregateSetFixed(rows, n, offset, kind === 128, values)
  }

  /**
   * Sets accumulators of bytes, which hold nothing yet; null is no value yet.
   * @throws MEMORY_EXHAUSTED
   */
  setBytes(rows: number, n: number, offset: number, column: NullableByteColumn): void {
    const { offsets, values, validity } = column
    const { aggregateSetBytes } = this.#kernels.exports
    if (!aggregateSetBytes(this.#program, rows, n, offset, offsets, values, validity)) {
      throw exhausted(this.#kernels, `the state of ${n} groups`)
    }
  }

  /**
   * The same for an entry whose accumulators hold lists of values.
   * @throws MEMORY_EXHAUSTED
   */
  setList(
    entry: number,
    rows: number,
    n: number,
    offset: number,
    column: NullableByteColumn,
  ): void {
    this.setBytes(rows, n, offset, column)
    const at = this.#entry(entry) << 2
    if (!this.#kernels.exports.aggregateRevive(this.#program, at, rows, n)) {
      throw exhausted(this.#kernels, `the state of ${n} groups`)
    }
  }

  /** Gives back what n accumulator rows hold outside themselves. */
  release(rows: number, n: number): void {
    this.#kernels.exports.aggregateRelease(this.#program, rows, n)
  }

  close(): void {
    this.#kernels.release(this.#program)
    this.#program = 0
  }

  #entry(index: number): number {
    return (this.#program + HEADER_BYTES + index * ENTRY_BYTES) >>> 2
  }

  #outcome(status: number): AggregateOverflow | undefined {
    if (status === DONE) return undefined
    if (status === EXHAUSTED) throw exhausted(this.#kernels, `${this.#entryCount} aggregates`)
    return { entry: this.failedEntry, row: status }
  }

  /** Where it lies, for kernels that run it row by row. */
  get address(): number {
    return this.#program
  }

  /** Which entry of the program overflowed. */
  get failedEntry(): number {
    return this.#kernels.u32[(this.#program >>> 2) + 2]!
  }
}

type CompiledProgram = (program: number, rows: number, kept: number, n: number) => number

const VALUE_BYTES: Readonly<Record<Exclude<ValueKind, 'bool' | 'bytes'>, number>> = {
  int8: 1,
  uint8: 1,
  int16: 2,
  uint16: 2,
  int32: 4,
  uint32: 4,
  float32: 4,
  64: 8,
  128: 16,
}

/** The accumulators at `offset` of n rows as a column's values, in the arena. */
export function aggregateFixed(
  kernels: Kernels,
  rows: number,
  n: number,
  offset: number,
  kind: Exclude<ValueKind, 'bytes'>,
): number {
  const out = kernels.scratch(kind === 'bool' ? (n + 7) >> 3 : n * VALUE_BYTES[kind])
  kernels.exports.aggregateFixed(rows, n, offset, VALUE_KINDS[kind], out)
  return out
}

/** What a mean is made of: a sum kept by `op` at `offset`, a count, and how many make one unit. */
export interface MeanParts {
  readonly op: AggregateOp
  readonly offset: number
  readonly countOffset: number
  readonly unit: number
}

/** sum / (count * unit) of n rows as a float64 column's values, in the arena. */
export function aggregateMean(kernels: Kernels, rows: number, n: number, parts: MeanParts): number {
  const out = kernels.scratch(n * 8)
  const { op, offset, countOffset, unit } = parts
  kernels.exports.aggregateMean(rows, n, AGGREGATE_OPS[op], offset, countOffset, unit, out)
  return out
}

/** The variances of n rows of moments, or their roots, as a float64 column's values, in the arena. */
export function aggregateVariance(
  kernels: Kernels,
  rows: number,
  n: number,
  of: { offset: number; isSample: boolean; isRoot: boolean; unit: number },
): number {
  const out = kernels.scratch(n * 8)
  const { offset, isSample, isRoot, unit } = of
  kernels.exports.aggregateVariance(rows, n, offset, isSample, isRoot, unit, out)
  return out
}

/** A bitmap of the rows whose count is `least` or more, and how many have less. */
export function aggregateValidity(
  kernels: Kernels,
  rows: number,
  n: number,
  countOffset: number,
  least = 1,
): { readonly validity: number; readonly nullCount: number } {
  const out = kernels.scratch((n + 7) >> 3)
  const nullCount = n - kernels.exports.aggregateValidity(rows, n, countOffset, least, out)
  return { validity: nullCount === 0 ? 0 : out, nullCount }
}

/**
 * The byte accumulators at `offset` of n rows as a column, in the arena.
 * @throws RECORD_TOO_LARGE
 */
export function aggregateBytes(
  kernels: Kernels,
  rows: number,
  n: number,
  offset: number,
): ByteColumn {
  const offsets = kernels.scratch((n + 1) * 4)
  const bytes = kernels.exports.aggregateByteOffsets(rows, n, offset, offsets) >>> 0
  if (bytes === 0xffffffff) {
    throw new DataflowError(
      'RECORD_TOO_LARGE',
      `the results of ${n} groups take more than 2 GiB; use smaller batchRows`,
    )
  }
  const values = kernels.scratch(bytes)
  kernels.exports.aggregateByteData(rows, n, offset, values)
  return { offsets, values }
}
