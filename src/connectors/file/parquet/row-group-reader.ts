// Reads row groups as record batches, column by column: the source reader of Parquet files.
//
// RG1 A batch takes from each column's page at hand what it needs: beside the batch, one compressed page
//     (while it is opened), one decompressed page and one dictionary a column are in memory, whatever
//     the size of row group and file.
// RG2 Where rows are wide, batches have fewer of them, so that a batch stays near BATCH_BYTES.
import { closeSync, openSync } from 'node:fs'
import { assert } from '../../../base/assert.ts'
import { RecordBatch } from '../../../columnar/record-batch.ts'
import { Schema } from '../../../columnar/schema.ts'
import type { PollResult, ReaderContext, SourceReader, Split } from '../../connector.ts'
import { readError } from '../file-system.ts'
import type { FileSplit } from '../format.ts'
import { ColumnReader } from './column-reader.ts'
import { damaged } from './file-error.ts'
import { columnNode, type ParquetFooter, readFooter, type RowGroup } from './footer.ts'
import { leavesOf, type ParquetNode } from './schema-tree.ts'

/** A split: one row group of a file. */
export interface RowGroupSplit extends FileSplit {
  readonly rowGroup: number
}

/** About what a batch takes, decoded, at most. */
const BATCH_BYTES = 32 << 20

/** The open row group. */
interface Opened {
  readonly file: number
  readonly schema: Schema
  readonly columns: ColumnReader[]
  readonly batchRows: number
  readonly rows: number
  position: number
}

export class RowGroupReader implements SourceReader {
  readonly #context: ReaderContext
  #footer: ParquetFooter | undefined
  #opened: Opened | undefined

  constructor(context: ReaderContext) {
    this.#context = context
  }

  open(split: Split): void {
    const { path, rowGroup } = split as RowGroupSplit
    assert(this.#opened === undefined, 'open() of a split within a split')
    if (this.#footer?.path !== path) this.#footer = readFooter(path)
    const group = this.#footer.rowGroups[rowGroup]
    if (group === undefined) throw damaged({ path, rowGroup }, 'the row group is gone')
    this.#opened = this.#start(this.#footer, rowGroup, group)
  }

  poll(): PollResult {
    const opened = this.#opened
    assert(opened !== undefined, 'poll() without an open split')
    const rows = Math.min(opened.batchRows, opened.rows - opened.position)
    if (rows === 0) {
      this.close()
      return 'split-ended'
    }
    const columns = opened.columns.map((column) => column.read(rows))
    opened.position += rows
    return new RecordBatch(opened.schema, rows, columns)
  }

  close(): void {
    const opened = this.#opened
    this.#opened = undefined
    if (opened === undefined) return
    for (const column of opened.columns) column.close()
    closeSync(opened.file)
  }

  #start(footer: ParquetFooter, rowGroup: number, group: RowGroup): Opened {
    const { schema, kernels, metrics, config } = this.#context
    const { path } = footer
    const nodes = schema.names.map((name) => columnNode(footer, name))
    let file: number
    try {
      file = openSync(path, 'r')
    } catch (error) {
      throw readError(path, error)
    }
    const opened: Opened = {
      file,
      schema: new Schema(schema.fields.map(({ name }, i) => ({ name, type: nodes[i]!.type }))),
      columns: [],
      batchRows: Math.min(config.batchRows, wideRows(group, nodes)),
      rows: group.rows,
      position: 0,
    }
    try {
      for (const node of nodes) {
        const place = { path, rowGroup, column: node.path }
        if (leavesOf(node).some(({ rep, index }) => rep === 0 && tooFew(group, index))) {
          throw damaged(place, `the column has not the ${group.rows} rows of its row group`)
        }
        opened.columns.push(new ColumnReader({ kernels, metrics, file, place, node, group }))
      }
      return opened
    } catch (error) {
      this.#opened = opened
      this.close()
      throw error
    }
  }
}

const tooFew = ({ chunks, rows }: RowGroup, leaf: number): boolean => chunks[leaf]!.values !== rows

/** Rows that take about BATCH_BYTES, by the bytes of their pages; at least 64. */
function wideRows(group: RowGroup, nodes: readonly ParquetNode[]): number {
  const leaves = nodes.flatMap(leavesOf)
  const bytes = leaves.reduce((sum, { index }) => sum + group.chunks[index]!.plainBytes, 0)
  if (bytes === 0) return Infinity
  return Math.max(64, Math.floor((BATCH_BYTES / bytes) * group.rows))
}
