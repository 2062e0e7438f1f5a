// Batches to the bytes of a file of lines, by the kernels: columns go to text in linear memory, and
// the sink takes them from there.
import { columnPointers, columnSpecs } from '../../columnar/text-columns.ts'
import type { RecordBatch } from '../../columnar/record-batch.ts'
import { ColumnTable } from '../../kernels/column-table.ts'
import { type EncodedRows, TextOutput } from '../../kernels/line-encode.ts'
import type { WriterContext } from '../connector.ts'
import type { FileEncoder } from './format.ts'

const NO_BYTES = new Uint8Array()

export interface LineWriter {
  /** Appends the rows. */
  encode(columns: ColumnTable, rows: EncodedRows, output: TextOutput): void
  close(): void
}

export class LineEncoder implements FileEncoder {
  readonly #columns: ColumnTable
  readonly #output: TextOutput
  readonly #writer: LineWriter
  readonly #head: Uint8Array

  /** @param head what a file begins with */
  constructor(context: WriterContext, writer: LineWriter, head: Uint8Array = NO_BYTES) {
    this.#columns = new ColumnTable(context.kernels, columnSpecs(context.schema))
    this.#output = new TextOutput(context.kernels)
    this.#writer = writer
    this.#head = head
  }

  begin(): Uint8Array {
    return this.#head
  }

  encode(batch: RecordBatch): Uint8Array {
    const selection = batch.selection?.rows ?? 0
    this.#columns.point(columnPointers(batch.columns))
    this.#output.clear()
    this.#writer.encode(this.#columns, { selection, length: batch.rowCount }, this.#output)
    return this.#output.bytes
  }

  end(): Uint8Array {
    return NO_BYTES
  }

  close(): void {
    this.#writer.close()
    this.#output.close()
    this.#columns.close()
  }
}
