// The scanners of lines, CSV and NDJSON: blocks of bytes to columns. One `Scan` struct in linear
// memory (assembly/scan-state.ts) says what is wanted and what came out; the columns are a
// ColumnTable's.
import { unreachable } from '../base/assert.ts'
import { type ColumnTable, memoryExhausted } from './column-table.ts'
import type { Kernels } from './module.ts'

/** Why a record is malformed: SCAN_* of assembly/scan-state.ts, by number. */
const FAULTS = [
  undefined,
  'syntax',
  'range',
  'utf8',
  'null',
  'too-few-fields',
  'too-many-fields',
  'quote-open',
  'quote-stray',
  'too-large',
  'json',
  'json-type',
  'json-depth',
] as const
export type FaultKind = Exclude<(typeof FAULTS)[number], undefined>
const FAULT_MEMORY = 13

export interface ScanFault {
  readonly kind: FaultKind
  /** The byte where it was found. */
  readonly at: number
  /** The column: `name`, or `struct.field`. */
  readonly column: string | undefined
  /** Fields of a CSV record that has too many or too few. */
  readonly fields: number
  readonly recordStart: number
  readonly recordEnd: number
  /** The record's line feed is not in the block: what comes up to the next one belongs to it. */
  readonly discard: boolean
}

/** Where a call stopped: at the block's end, a full batch, a malformed record. */
export type ScanEnd = 'block' | 'rows' | 'malformed'
const ENDS: readonly ScanEnd[] = ['block', 'rows', 'malformed']

export interface CsvLines {
  readonly kind: 'csv'
  /** Fields of a record. */
  readonly fieldCount: number
  readonly delimiter: number
  /** The quote; NO_QUOTE when there is none. */
  readonly quote: number
  /** May a quoted field hold line feeds? */
  readonly multiline: boolean
  /** The text that stands for null. */
  readonly nullText: Uint8Array
}

export interface JsonLines {
  readonly kind: 'json'
}

/** A byte that no UTF-8 text has. */
export const NO_QUOTE = 0xff

export interface ScanOptions {
  readonly lines: CsvLines | JsonLines
  readonly columns: ColumnTable
  readonly rowsMax: number
  readonly recordBytesMax: number
}

const SCAN_BYTES = 96
const AT = {
  columns: 0,
  columnCount: 4,
  recordBytesMax: 8,
  rowsMax: 12,
  from: 16,
  end: 20,
  final: 24,
  rows: 28,
  next: 32,
  fault: 36,
  faultAt: 40,
  faultColumn: 44,
  faultFields: 48,
  recordStart: 52,
  recordEnd: 56,
  discard: 60,
  scratch: 64,
  shape: 68,
  fieldCount: 72,
  delimiter: 76,
  quote: 77,
  multiline: 78,
  nullText: 80,
  nullBytes: 84,
  marks: 88,
  groupRows: 92,
} as const

/** Marks of a group of CSV records: 32 KB, what a first-level cache holds beside the text. */
const GROUP_MARKS = 512
const GROUP_ROWS_MAX = 128
/** A window's marks may run over a group's end. */
const MARKS_SPARE = 128
const NO_COLUMN = 0xffff_ffff

/** A block to scan: [from, end), and what is known about it (S2 of assembly/scan-state.ts). */
export interface Block {
  readonly from: number
  readonly end: number
  /** Nothing follows, and the last byte is a line feed. */
  readonly final: boolean
}

export class LineScanner {
  readonly columns: ColumnTable
  readonly #kernels: Kernels
  readonly #run: (state: number) => number
  readonly #state: number
  readonly #blocks: number[]
  readonly #isJson: boolean

  constructor(kernels: Kernels, options: ScanOptions) {
    const { columns, lines, recordBytesMax } = options
    this.#kernels = kernels
    this.columns = columns
    this.#isJson = lines.kind === 'json'
    this.#run = this.#isJson ? kernels.exports.jsonScan : kernels.exports.csvScan
    this.#state = kernels.allocate(SCAN_BYTES)
    const scratch = kernels.allocate(recordBytesMax)
    this.#blocks = [this.#state, scratch]
    kernels.u8.fill(0, this.#state, this.#state + SCAN_BYTES)
    this.#set('columns', columns.ptr)
    this.#set('columnCount', columns.specs.length)
    this.#set('recordBytesMax', recordBytesMax)
    this.#set('rowsMax', options.rowsMax)
    this.#set('scratch', scratch)
    switch (lines.kind) {
      case 'json':
        this.#set('shape', columns.shape)
        break
      case 'csv':
        this.#setCsv(lines)
        break
      default:
        unreachable(lines)
    }
  }

  #setCsv(csv: CsvLines): void {
    const { fieldCount } = csv
    const groupRows = Math.min(Math.max(Math.floor(GROUP_MARKS / fieldCount), 1), GROUP_ROWS_MAX)
    const marks = this.#kernels.allocate(((groupRows + 1) * fieldCount + MARKS_SPARE) * 4)
    const nullText = this.#kernels.allocate(csv.nullText.length)
    this.#blocks.push(marks, nullText)
    const { u8 } = this.#kernels
    u8.set(csv.nullText, nullText)
    u8[this.#state + AT.delimiter] = csv.delimiter
    u8[this.#state + AT.quote] = csv.quote
    u8[this.#state + AT.multiline] = Number(csv.multiline)
    this.#set('fieldCount', fieldCount)
    this.#set('nullText', nullText)
    this.#set('nullBytes', csv.nullText.length)
    this.#set('marks', marks)
    this.#set('groupRows', groupRows)
  }

  /** Rows in the columns. */
  get rows(): number {
    return this.#get('rows')
  }

  /** Where the next call starts. */
  get next(): number {
    return this.#get('next')
  }

  /** Goes on in the columns with a block. After 'rows', finish them and call restart(). */
  scan(block: Block): ScanEnd {
    this.#set('from', block.from)
    this.#set('end', block.end)
    this.#set('final', Number(block.final))
    const end = ENDS[this.#run(this.#state)]!
    if (end === 'malformed' && this.#get('fault') === FAULT_MEMORY) {
      throw memoryExhausted(this.#kernels, this.rows)
    }
    return end
  }

  /** Starts on a new batch. */
  restart(): void {
    this.columns.reset()
    this.#set('rows', 0)
  }

  /** After 'malformed'. */
  fault(): ScanFault {
    const column = this.#get('faultColumn')
    return {
      kind: FAULTS[this.#get('fault')]!,
      at: this.#get('faultAt'),
      column: this.#isJson
        ? this.columns.pathOf(column)
        : column === NO_COLUMN
          ? undefined
          : this.columns.specs[column]!.name,
      fields: this.#get('faultFields'),
      recordStart: this.#get('recordStart'),
      recordEnd: this.#get('recordEnd'),
      discard: this.#get('discard') === 1,
    }
  }

  close(): void {
    for (const block of this.#blocks.splice(0)) this.#kernels.release(block)
  }

  #get(field: keyof typeof AT): number {
    return this.#kernels.data.getUint32(this.#state + AT[field], true)
  }

  #set(field: keyof typeof AT, value: number): void {
    this.#kernels.data.setUint32(this.#state + AT[field], value, true)
  }
}

/** How often a byte is in [ptr, ptr + bytes). */
export function countByte(kernels: Kernels, ptr: number, bytes: number, byte: number): number {
  return kernels.exports.countByte(ptr, bytes, byte) >>> 0
}
