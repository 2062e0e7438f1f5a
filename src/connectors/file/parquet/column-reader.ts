// One column of a row group, batch by batch: a leaf as it is, or leaves assembled to lists and structs.
import { Vector } from '../../../columnar/vector.ts'
import type { Kernels } from '../../../kernels/module.ts'
import { type Levels, levelsOffsets, levelsValidity } from '../../../kernels/levels.ts'
import type { RowGroup } from './footer.ts'
import { LeafReader, type LeafReaderOptions } from './leaf-reader.ts'
import { leavesOf, type ParquetLeaf, type ParquetNode } from './schema-tree.ts'

export type ColumnReaderOptions = Omit<LeafReaderOptions, 'leaf' | 'chunk'> & {
  readonly node: ParquetNode
  readonly group: RowGroup
}

/** A leaf's levels in the batch at hand, with its reader. */
interface Entries {
  readonly reader: LeafReader
  readonly levels: Levels
}

export class ColumnReader {
  readonly #kernels: Kernels
  readonly #node: ParquetNode
  readonly #leaves = new Map<ParquetLeaf, LeafReader>()

  constructor(options: ColumnReaderOptions) {
    const { kernels, node, group, place } = options
    this.#kernels = kernels
    this.#node = node
    try {
      for (const leaf of leavesOf(node)) {
        const chunk = group.chunks[leaf.index]!
        const leafPlace = { ...place, column: leaf.path }
        const reader = new LeafReader({ ...options, leaf, chunk, place: leafPlace })
        this.#leaves.set(leaf, reader)
      }
    } catch (error) {
      this.close()
      throw error
    }
  }

  read(rows: number): Vector {
    const node = this.#node
    if (node.kind === 'leaf') return this.#leaves.get(node)!.readFlat(rows)
    const entries = new Map<ParquetLeaf, Entries>()
    for (const [leaf, reader] of this.#leaves) {
      entries.set(leaf, { reader, levels: reader.readLevels(rows) })
    }
    return this.#assemble(node, rows, entries)
  }

  close(): void {
    for (const reader of this.#leaves.values()) reader.close()
    this.#leaves.clear()
  }

  /** A node's `slots` slots; all leaves below must agree on them. */
  #assemble(node: ParquetNode, slots: number, entries: ReadonlyMap<ParquetLeaf, Entries>): Vector {
    const first = leavesOf(node)[0]!
    const { reader, levels } = entries.get(first)!
    const shown = levelsValidity(this.#kernels, levels, node)
    if (shown.slots !== slots) throw reader.damaged('its levels do not fit those of its siblings')
    if (node.kind === 'leaf') {
      return reader.finish({ rows: slots, present: shown.valid, validity: shown.bits })
    }
    const isNull = node.type.nullable && shown.valid < slots
    const validity = isNull
      ? { validity: shown.bits, nullCount: slots - shown.valid }
      : { validity: 0, nullCount: 0 }
    if (node.kind === 'struct') {
      const children = node.fields.map((field) => this.#assemble(field, slots, entries))
      return new Vector({ type: node.type, length: slots, ...validity, children })
    }
    const { offsets, items } = levelsOffsets(this.#kernels, levels, node, node.rep + 1)
    const item = this.#assemble(node.item, items, entries)
    return new Vector({ type: node.type, length: slots, ...validity, offsets, children: [item] })
  }
}
