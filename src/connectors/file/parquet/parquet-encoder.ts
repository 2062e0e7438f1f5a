// Record batches to the bytes of a Parquet file.
//
//   'PAR1' | row group: column chunk, column chunk ... | row group ... | footer | u32 its bytes | 'PAR1'
//
// PE1 Rows are gathered to pages of PAGE_ROWS, pages to row groups; a row group's compressed pages are
//     held back until it is whole.
// PE2 All columns of a row group begin a page with the same row.
import { DataflowError, didYouMean } from '../../../base/errors.ts'
import type { Json } from '../../../base/json.ts'
import { ColumnBuffer } from '../../../columnar/column-buffer.ts'
import { gatherVector } from '../../../columnar/gather.ts'
import type { RecordBatch } from '../../../columnar/record-batch.ts'
import { UNITS_PER_SECOND, withNullable } from '../../../columnar/type.ts'
import { Vector } from '../../../columnar/vector.ts'
import { bitmapToSelection } from '../../../kernels/bitmap.ts'
import { castNumbers, rescaleUp } from '../../../kernels/cast.ts'
import {
  copyEntries,
  type Entries,
  entriesOfRows,
  levelsDescend,
  levelsRepeat,
  levelsSlots,
} from '../../../kernels/levels.ts'
import type { Kernels } from '../../../kernels/module.ts'
import { NO_ROW } from '../../../kernels/operand.ts'
import type { WriterContext } from '../../connector.ts'
import type { FileEncoder } from '../format.ts'
import { WRITE_CODECS, type WriteCodec } from './codec.ts'
import { DURATIONS_KEY, type FileSchema, fileSchema } from './file-schema.ts'
import { LeafWriter } from './leaf-writer.ts'
import { type ThriftStruct, writeThrift } from './thrift-writer.ts'

const MAGIC = Uint8Array.from('PAR1', (character) => character.charCodeAt(0))
const PAGE_ROWS = 16_384
const ROW_GROUP_ROWS = 131_072
const ROW_GROUP_BYTES = 128 << 20
const NO_BYTES = new Uint8Array()
const CREATED_BY = 'millrace'

export class ParquetEncoder implements FileEncoder {
  readonly #kernels: Kernels
  readonly #schema: FileSchema
  readonly #columns: readonly ColumnBuffer[]
  readonly #leaves: readonly LeafWriter[]
  readonly #rowGroupRows: number
  readonly #rowGroups: ThriftStruct[] = []
  // Rows in the page at hand, of finished pages in the row group, and of row groups in the file.
  #pageRowsDone = 0
  #groupRows = 0
  #fileRows = 0
  #position = 0

  /** @throws CONFIG_INVALID */
  constructor({ kernels, schema }: WriterContext, options: Json) {
    const { codec, rowGroupRows } = parseOptions(options)
    this.#kernels = kernels
    this.#schema = fileSchema(schema)
    this.#rowGroupRows = rowGroupRows
    this.#columns = schema.fields.map(({ type }) => new ColumnBuffer(kernels, type))
    this.#leaves = this.#schema.leaves.map((leaf) => new LeafWriter(kernels, leaf, codec))
  }

  begin(): Uint8Array {
    this.#position = MAGIC.length
    return MAGIC
  }

  encode(batch: RecordBatch): Uint8Array {
    const parts: Uint8Array[] = []
    for (let row = 0; row < batch.length;) {
      const room = this.#pageRows() - this.#pageRowsDone
      const count = Math.min(room, batch.length - row)
      this.#columns.forEach((column, i) => column.append(batch.columns[i]!, row, count))
      this.#pageRowsDone += count
      row += count
      if (this.#pageRowsDone === this.#pageRows()) parts.push(...this.#endPage())
    }
    return joined(parts)
  }

  end(): Uint8Array {
    const parts = [...this.#endPage(), ...this.#endRowGroup()]
    const footer = writeThrift(this.#footer())
    const size = new Uint8Array(4)
    new DataView(size.buffer).setUint32(0, footer.length, true)
    return joined([...parts, footer, size, MAGIC])
  }

  close(): void {
    for (const column of this.#columns) column.close()
    for (const leaf of this.#leaves) leaf.close()
  }

  /** Rows of the page at hand, once it is full. */
  #pageRows(): number {
    return Math.min(PAGE_ROWS, this.#rowGroupRows - this.#groupRows)
  }

  /** Encodes the rows that were gathered; gives the row group's bytes when that makes it full. */
  #endPage(): readonly Uint8Array[] {
    if (this.#pageRowsDone === 0) return []
    const kernels = this.#kernels
    const mark = kernels.mark()
    let next = 0
    for (const column of this.#columns) {
      const vector = column.vector()
      const { kind } = vector.type
      if (kind !== 'list' && kind !== 'struct') this.#writeFlat(this.#leaves[next++]!, vector)
      else next = this.#writeNested(vector, entriesOfRows(kernels, vector.length), 0, next)
      column.clear()
    }
    kernels.reset(mark)
    this.#groupRows += this.#pageRowsDone
    this.#pageRowsDone = 0
    const bytes = this.#leaves.reduce((sum, leaf) => sum + leaf.bytes, 0)
    const isFull = this.#groupRows >= this.#rowGroupRows || bytes >= ROW_GROUP_BYTES
    return isFull ? this.#endRowGroup() : []
  }

  #writeFlat(leaf: LeafWriter, vector: Vector): void {
    const { length, validity } = vector
    const isThere = validity === 0 ? undefined : bitmapToSelection(this.#kernels, validity, length)
    const dense = isThere === undefined ? vector : gatherVector(this.#kernels, vector, isThere)
    leaf.page(stored(this.#kernels, dense), { length, validity })
  }

  /** Writes the leaves below a vector, from the leaf `next` on; returns the one after. */
  #writeNested(vector: Vector, entries: Entries, rep: number, next: number): number {
    const kernels = this.#kernels
    const { type, children } = vector
    if (type.nullable) levelsDescend(kernels, entries, vector.validity)
    if (type.kind === 'struct') {
      return children.reduce((leaf, child, i) => {
        const isLast = i === children.length - 1
        const own = isLast ? entries : copyEntries(kernels, entries)
        return this.#writeNested(child, own, rep, leaf)
      }, next)
    }
    if (type.kind === 'list') {
      const items = levelsRepeat(kernels, entries, vector.offsets, rep + 1)
      if (items === undefined) {
        throw new DataflowError(
          'RECORD_TOO_LARGE',
          `${PAGE_ROWS} rows hold more than 2^31 list items; write shorter lists`,
        )
      }
      return this.#writeNested(children[0]!, items, rep + 1, next)
    }
    const dense = gatherVector(
      kernels,
      vector.as(withNullable(type, false)),
      levelsSlots(kernels, entries),
    )
    this.#leaves[next]!.page(stored(kernels, dense), entries)
    return next + 1
  }

  #endRowGroup(): readonly Uint8Array[] {
    if (this.#groupRows === 0) return []
    const parts: Uint8Array[] = []
    const columns: ThriftStruct[] = []
    const start = this.#position
    let plainBytes = 0n
    for (const leaf of this.#leaves) {
      const { pages, metadata } = leaf.finish()
      const meta = metadata(this.#position)
      columns.push({ 2: 0n, 3: meta })
      plainBytes += meta[6] as bigint
      for (const page of pages) this.#position += page.length
      parts.push(...pages)
    }
    this.#rowGroups.push({
      1: columns,
      2: plainBytes,
      3: BigInt(this.#groupRows),
      5: BigInt(start),
      6: BigInt(this.#position - start),
    })
    this.#fileRows += this.#groupRows
    this.#groupRows = 0
    return parts
  }

  #footer(): ThriftStruct {
    const { elements, leaves } = this.#schema
    const durations = leaves.flatMap(({ type }, leaf) =>
      type.kind === 'duration' ? [[leaf, type.unit]] : [],
    )
    const metadata = [{ 1: DURATIONS_KEY, 2: JSON.stringify(Object.fromEntries(durations)) }]
    return {
      1: 2,
      2: elements,
      3: BigInt(this.#fileRows),
      4: this.#rowGroups,
      5: durations.length === 0 ? undefined : metadata,
      6: CREATED_BY,
      // Each column is ordered as its type says: so its statistics may be used.
      7: leaves.map(() => ({ 1: {} })),
    }
  }
}

/** Values as pages store them: small integers in 32 bits, seconds as milliseconds. */
function stored(kernels: Kernels, dense: Vector): Vector {
  const { type, length, values } = dense
  switch (type.kind) {
    case 'int8':
    case 'int16':
    case 'uint8':
    case 'uint16': {
      const wide = type.kind.startsWith('u') ? 'uint32' : 'int32'
      const input = { values, validity: 0 }
      const cast = castNumbers(kernels, type.kind, wide, input, length, false)
      return new Vector({ type: { kind: wide, nullable: false }, length, values: cast.values })
    }
    case 'timestamp': {
      if (type.unit !== 's') return dense
      const input = { values, validity: 0 }
      const scaled = rescaleUp(kernels, UNITS_PER_SECOND.ms, 0, input, length, false)
      if (scaled.badRow === NO_ROW) return new Vector({ type, length, values: scaled.values })
      throw new DataflowError(
        'ARITHMETIC_OVERFLOW',
        'a timestamp in seconds does not fit into milliseconds, which Parquet stores',
      )
    }
    default:
      return dense
  }
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  return parts.length === 0 ? NO_BYTES : Buffer.concat(parts)
}

function parseOptions(options: Json): { codec: WriteCodec; rowGroupRows: number } {
  const { compression = 'zstd', rowGroupRows = ROW_GROUP_ROWS } = (options ?? {}) as {
    readonly compression?: string
    readonly rowGroupRows?: number
  }
  if (!Object.hasOwn(WRITE_CODECS, compression)) {
    const hint = didYouMean(compression, Object.keys(WRITE_CODECS))
    throw new DataflowError('CONFIG_INVALID', `compression '${compression}' is not known.${hint}`)
  }
  if (!Number.isSafeInteger(rowGroupRows) || rowGroupRows < 1) {
    throw new DataflowError(
      'CONFIG_INVALID',
      `rowGroupRows is ${rowGroupRows}; it must be a whole number of rows above 0`,
    )
  }
  return { codec: compression as WriteCodec, rowGroupRows }
}
