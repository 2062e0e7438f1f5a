// What aggregates keep when their accumulators cannot take a row back, over a changelog or a frame that
// moves on: the values themselves. Those that look at values in an order (ordered-aggregates.ts), and counts
// of different values (distinct-counts.ts); here they are one.
//
// KV1  Key ids are the owner's (a group table's, or an OVER aggregation's); compact() follows it.
import type { StateReader, StateWriter } from '../checkpoint/operator-state.ts'
import type { DenseColumns } from '../columnar/dense-columns.ts'
import type { Field, Schema } from '../columnar/schema.ts'
import type { Vector } from '../columnar/vector.ts'
import type { TouchedKeys } from '../kernels/changes.ts'
import type { Kernels } from '../kernels/module.ts'
import type { KeyColumns } from '../state/row-index.ts'
import type { ChangingRows } from './accepted-values.ts'
import { canRetract } from './aggregate-type.ts'
import { DistinctCounts } from './distinct-counts.ts'
import type { AggregateSpec } from './operator-spec.ts'
import { isOrdered, OrderedAggregates } from './ordered-aggregates.ts'

/** True for what keeps values instead of an accumulator, when rows are taken back. */
export const keepsWhenRetracting = ({ function: of }: AggregateSpec): boolean =>
  !canRetract(of) && (of === 'countDistinct' || isOrdered(of))

export class KeptValues {
  readonly #ordered: OrderedAggregates
  readonly #distinct: DistinctCounts
  /** Which of the aggregates count different values. */
  readonly #isDistinct: readonly boolean[]

  /** @throws COLUMN_NOT_FOUND, TYPE_MISMATCH, MEMORY_EXHAUSTED */
  constructor(kernels: Kernels, input: Schema, specs: readonly AggregateSpec[]) {
    this.#isDistinct = specs.map(({ function: of }) => of === 'countDistinct')
    const some = (isDistinct: boolean) => specs.filter((_, i) => this.#isDistinct[i] === isDistinct)
    this.#ordered = new OrderedAggregates(kernels, input, some(false))
    this.#distinct = new DistinctCounts(kernels, input, some(true))
  }

  /** Makes room for key ids below `size`. */
  reserve(size: number): void {
    this.#ordered.reserve(size)
    this.#distinct.reserve(size)
  }

  /**
   * Puts a batch's values in, or takes them out; forget() must follow. Gives a row that takes a value back
   * which is not there, if there is one: that is an error.
   */
  apply(changing: ChangingRows, dense: DenseColumns): number | undefined {
    return this.#ordered.apply(changing, dense) ?? this.#distinct.apply(changing, dense)
  }

  /**
   * The results of keys, one vector an aggregate; in the arena.
   * @throws RECORD_TOO_LARGE for more values than collect() takes
   */
  results(keys: TouchedKeys): Vector[] {
    const [ordered, distinct] = [
      this.#ordered.results(keys).values(),
      this.#distinct.results(keys).values(),
    ]
    return this.#isDistinct.map((isDistinct) => (isDistinct ? distinct : ordered).next().value!)
  }

  /** Frees what has left, when nobody reads it any more. */
  forget(keys: TouchedKeys): void {
    this.#ordered.forget(keys)
    this.#distinct.forget()
  }

  /** Follows a compaction of the keys. */
  compact(map: number, size: number): void {
    this.#ordered.compact(map, size)
    this.#distinct.compact(map, size)
  }

  /** Writes all values. @param most rows of a batch */
  snapshot(into: StateWriter, keys: KeyColumns, keyFields: readonly Field[], most: number): void {
    this.#ordered.snapshot(into, keys, keyFields, most)
    this.#distinct.snapshot(into, keys, keyFields, most)
  }

  /** Reads what snapshot() wrote. @param idsOf gives the ids (u32 a row) of keys */
  restore(from: StateReader, idsOf: (keys: readonly Vector[], n: number) => number): void {
    this.#ordered.restore(from, idsOf)
    this.#distinct.restore(from, idsOf)
  }

  close(): void {
    this.#ordered.close()
    this.#distinct.close()
  }
}
