// Reads splits of files of lines into batches: bytes go from the file straight into linear memory,
// and from there by one kernel call a block into the columns of the batch.
//
//   buffer   | rest of a record that the last block cut | bytes of this block ... | a line feed at
//   the end |
//
// R1  A split is exactly its bytes (line-splits.ts): what the last one does not end, nothing
//     continues.
// R2  A batch lives until the next poll(); its memory is used again for the next one.
// R3  A batch ends at batchRows rows, or at BATCH_BYTES of text, so that long records stay bounded.
// R4  A malformed record is given to the policy at once, with its line; reading goes on behind it.
import { assert } from '../../base/assert.ts'
import { batchOf, columnSpecs } from '../../columnar/text-columns.ts'
import type { RecordBatch } from '../../columnar/record-batch.ts'
import { ColumnTable } from '../../kernels/column-table.ts'
import {
  countByte,
  type CsvLines,
  type JsonLines,
  LineScanner,
  type ScanFault,
} from '../../kernels/line-scan.ts'
import type { PollResult, SourceReader, Split } from '../connector.ts'
import { type ByteSource, openBytes } from './byte-source.ts'
import type { Compression, FileReaderContext } from './format.ts'
import type { LineSplit } from './line-splits.ts'
import { faultReason, LineNumbers } from './malformed-line.ts'

const BLOCK_BYTES = 1 << 20
const BATCH_BYTES = 16 << 20
/**
 * A carriage return and a line feed more than a record's bound, so that a whole one always fits.
 */
const LINE_END_BYTES = 2
const LF = 10
const CR = 13

/** What a format knows of one file. */
export interface LineFile {
  readonly lines: CsvLines | JsonLines
  /** Bytes before the first record: a mark, a header. */
  readonly headBytes: number
  /** CSV: the field of each column. */
  readonly fields?: readonly number[]
  /** Bytes that end a value, for messages. */
  readonly valueEnds: readonly number[]
}

/** A split as plan() or, for a compressed file, the file source makes it. */
type OpenSplit = Partial<LineSplit> & { readonly path: string; readonly compression?: Compression }

export class LineReader implements SourceReader {
  readonly #context: FileReaderContext
  readonly #fileOf: (path: string) => LineFile
  readonly #buffer: number
  readonly #capacity: number
  #path = ''
  #compression: Compression = 'none'
  #file: LineFile | undefined
  #source: ByteSource | undefined
  #scanner: LineScanner | undefined
  #columns: ColumnTable | undefined
  #numbers: LineNumbers | undefined
  // The bytes not yet scanned, and the offset in the file of the buffer's first byte.
  #from = 0
  #end = 0
  #bufferOffset = 0
  /** Bytes of the split that are not read yet. */
  #left = Infinity
  /** Bytes to drop before the first record: what a stream has of mark and header. */
  #skip = 0
  #isFinal = false
  #isDiscarding = false
  #isFull = false
  #batchBytes = 0
  /** Line feeds before the buffer, counted where a file cannot be read again from its middle. */
  #linesBefore = 0

  constructor(context: FileReaderContext, fileOf: (path: string) => LineFile) {
    this.#context = context
    this.#fileOf = fileOf
    this.#capacity = BLOCK_BYTES + context.config.recordBytesMax + LINE_END_BYTES
    this.#buffer = context.kernels.allocate(this.#capacity + 1)
  }

  open(split: Split): void {
    const { path, start = 0, end = Infinity, compression = 'none' } = split as unknown as OpenSplit
    this.#closeSource()
    this.#openFile(path)
    const { headBytes } = this.#file!
    const isStream = compression !== 'none'
    const first = isStream ? 0 : Math.max(start, headBytes)
    this.#compression = compression
    this.#source = openBytes(path, compression, first)
    this.#skip = isStream ? headBytes : 0
    this.#left = Math.max(end - first, 0)
    this.#bufferOffset = first
    this.#from = this.#buffer
    this.#end = this.#buffer
    this.#linesBefore = 0
    this.#isFinal = false
    this.#isDiscarding = false
  }

  poll(): PollResult | Promise<void> {
    assert(this.#scanner !== undefined, 'poll() before open()')
    const scanner = this.#scanner
    if (this.#isFull) {
      this.#isFull = false
      this.#batchBytes = 0
      scanner.restart()
    }
    for (;;) {
      if (this.#isDiscarding) this.#discard()
      if (!this.#isDiscarding) {
        const ended = scanner.scan({ from: this.#from, end: this.#end, final: this.#isFinal })
        this.#batchBytes += scanner.next - this.#from
        this.#from = scanner.next
        if (ended === 'malformed') {
          this.#report(scanner.fault())
          continue
        }
        if (ended === 'rows' || this.#batchBytes >= BATCH_BYTES) {
          if (scanner.rows > 0) return this.#batch()
        }
      }
      if (this.#isFinal) return scanner.rows > 0 ? this.#batch() : 'split-ended'
      const waiting = this.#fill()
      if (waiting !== undefined) return waiting
    }
  }

  close(): void {
    this.#closeSource()
    this.#scanner?.close()
    this.#columns?.close()
    this.#scanner = undefined
    this.#columns = undefined
    this.#context.kernels.release(this.#buffer)
  }

  #closeSource(): void {
    this.#source?.close()
    this.#source = undefined
  }

  // Columns serve all files; a scanner, files of one shape.
  #openFile(path: string): void {
    if (path === this.#path) return
    const { kernels, config, schema } = this.#context
    const file = this.#fileOf(path)
    this.#scanner?.close()
    this.#columns?.close()
    this.#columns = new ColumnTable(
      kernels,
      columnSpecs(schema).map((spec, i) => ({ ...spec, field: file.fields?.[i] ?? i })),
    )
    this.#columns.allocate(config.batchRows)
    this.#scanner = new LineScanner(kernels, {
      lines: file.lines,
      columns: this.#columns,
      rowsMax: config.batchRows,
      recordBytesMax: config.recordBytesMax,
    })
    this.#isFull = false
    this.#batchBytes = 0
    this.#path = path
    this.#file = file
    this.#numbers = new LineNumbers(kernels, path)
  }

  #batch(): RecordBatch {
    this.#isFull = true
    return batchOf(this.#context.schema, this.#columns!.finish(this.#scanner!.rows))
  }

  /** Moves what is left to the buffer's start and reads behind it. */
  #fill(): Promise<void> | undefined {
    const { kernels, metrics } = this.#context
    const rest = this.#end - this.#from
    if (this.#from > this.#buffer) {
      const done = this.#from - this.#buffer
      if (this.#compression !== 'none') {
        this.#linesBefore += countByte(kernels, this.#buffer, done, LF)
      }
      kernels.u8.copyWithin(this.#buffer, this.#from, this.#end)
      this.#bufferOffset += done
      this.#from = this.#buffer
      this.#end = this.#buffer + rest
    }
    const room = Math.min(BLOCK_BYTES, this.#buffer + this.#capacity - this.#end, this.#left)
    const before = this.#source!.fileBytes
    const bytes =
      room === 0 ? 0 : this.#source!.read(kernels.u8.subarray(this.#end, this.#end + room))
    if (typeof bytes !== 'number') return bytes
    metrics.bytesIn += this.#source!.fileBytes - before
    this.#left -= bytes
    this.#end += bytes
    if (bytes === 0) this.#endInput()
    this.#skipHead()
    return undefined
  }

  #endInput(): void {
    this.#isFinal = true
    const { u8 } = this.#context.kernels
    // The last record may lack its line feed; the kernels rely on one.
    if (this.#end > this.#from && u8[this.#end - 1] !== LF) u8[this.#end++] = LF
  }

  // Mark and header of a stream.
  #skipHead(): void {
    const skipped = Math.min(this.#skip, this.#end - this.#from)
    this.#from += skipped
    this.#skip -= skipped
  }

  /** Drops bytes up to the end of a line that is malformed already. */
  #discard(): void {
    const rest = this.#context.kernels.u8.subarray(this.#from, this.#end)
    const feed = rest.indexOf(LF)
    this.#from = feed < 0 ? this.#end : this.#from + feed + 1
    this.#isDiscarding = feed < 0
  }

  #report(fault: ScanFault): void {
    const { kernels, schema, config } = this.#context
    const { lines, valueEnds } = this.#file!
    const offset = this.#bufferOffset + (fault.recordStart - this.#buffer)
    this.#isDiscarding = fault.discard
    const { u8 } = kernels
    let end = fault.recordEnd
    if (end > fault.recordStart && u8[end - 1] === LF) end--
    if (end > fault.recordStart && u8[end - 1] === CR) end--
    const record = u8.slice(fault.recordStart, end)
    const reason = faultReason(fault, {
      schema,
      recordBytesMax: config.recordBytesMax,
      fieldCount: lines.kind === 'csv' ? lines.fieldCount : 0,
      valueEnds,
      record,
      valueAt: fault.at - fault.recordStart,
    })
    const { column } = fault
    const line = this.#lineOf(fault.recordStart, offset)
    this.#context.malformed({ path: this.#path, line, offset, column, reason, record })
  }

  #lineOf(ptr: number, offset: number): number {
    if (this.#compression === 'none') return this.#numbers!.lineAt(offset)
    const { kernels } = this.#context
    return 1 + this.#linesBefore + countByte(kernels, this.#buffer, ptr - this.#buffer, LF)
  }
}
