// Whole rows as keys: flat columns as they are, and one column of bytes (row-layout.ts) for all lists and
// structs, if there are any. Equal rows are equal as keys are: -0 is 0, and a NaN is a NaN; within lists and
// structs they are their bits.
import { binary, type DataType } from '../columnar/type.ts'
import { Vector } from '../columnar/vector.ts'
import type { Kernels } from '../kernels/module.ts'
import { RowLayout } from './row-layout.ts'

export class IndexedRows {
  /** Of the keys. */
  readonly types: readonly DataType[]
  readonly #kernels: Kernels
  readonly #isNested: readonly boolean[]
  readonly #nested: RowLayout | undefined

  constructor(kernels: Kernels, types: readonly DataType[]) {
    this.#kernels = kernels
    this.#isNested = types.map(({ kind }) => kind === 'list' || kind === 'struct')
    const nested = types.filter((_, i) => this.#isNested[i])
    const flat = types.filter((_, i) => !this.#isNested[i])
    this.#nested = nested.length === 0 ? undefined : new RowLayout(kernels, nested)
    this.types = nested.length === 0 ? flat : [...flat, binary()]
  }

  /** n rows as keys. */
  keys(columns: readonly Vector[], n: number): readonly Vector[] {
    if (this.#nested === undefined) return columns
    const flat = columns.filter((_, i) => !this.#isNested[i])
    const nested = columns.filter((_, i) => this.#isNested[i])
    const bytes = this.#nested.encode(nested, n)
    return [...flat, new Vector({ type: binary(), length: n, ...bytes })]
  }

  /** The rows of n keys. */
  columns(keys: readonly Vector[], n: number): readonly Vector[] {
    if (this.#nested === undefined) return keys
    const bytes = keys.at(-1)!
    const kernels = this.#kernels
    const addresses = kernels.scratch(n * 4)
    const { u32 } = kernels
    for (let i = 0; i < n; i++) {
      u32[(addresses >>> 2) + i] = bytes.values + u32[(bytes.offsets >>> 2) + i]!
    }
    const [flat, nested] = [keys.values(), this.#nested.decode(addresses, 0, n).values()]
    return this.#isNested.map((isNested) => (isNested ? nested : flat).next().value!)
  }
}
