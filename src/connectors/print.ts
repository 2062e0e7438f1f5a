// A sink for people: rows as an aligned table on standard output, every row as it comes up to a
// limit, or the first n by a column when all is done.
//
// P1  No row object is made: values are read and kept column by column.
// P2  Of all rows only the n best are kept, in order; rows that are equal in the column are ordered
//     by the others, so that the table does not depend on the parallelism. Null and NaN come last.
// P3  The text is plain, as pipes and logs like it.
import { DataflowError } from '../base/errors.ts'
import type { Json } from '../base/json.ts'
import { OP_COLUMN, ROW_OP_NAMES } from '../columnar/changelog.ts'
import type { RecordBatch } from '../columnar/record-batch.ts'
import { RowReader } from '../columnar/row-reader.ts'
import type { Field, Schema } from '../columnar/schema.ts'
import { utf8 } from '../columnar/type.ts'
import type { Connector, Sink, SinkSpec, SinkWriter, WriterContext } from './connector.ts'
import { isNumeric, valueText } from './value-text.ts'

/** What print() takes. */
export interface PrintOptions {
  /** A line above the table. */
  readonly title?: string
  /** How many rows are shown: 20, unless said otherwise. */
  readonly limit?: number
  /** Shows the rows with the largest values of this column, at the end. */
  readonly by?: string
  /** With `by`: the smallest values instead. */
  readonly ascending?: boolean
}

interface PrintConfig {
  readonly title: string | null
  readonly limit: number
  readonly by: string | null
  readonly ascending: boolean
}

/** A sink that prints rows as a table. @throws CONFIG_INVALID for a limit that is none */
export function printTable(options: PrintOptions = {}): SinkSpec {
  const { title = null, limit = 20, by = null, ascending = false } = options
  if (!Number.isInteger(limit) || limit < 1) {
    throw new DataflowError('CONFIG_INVALID', `print: limit must be at least 1, not ${limit}`)
  }
  const config = { title, limit, by, ascending } satisfies PrintConfig
  const name = by === null ? 'print' : `print top ${limit} by ${by}`
  return { connector: 'print', name, config, parallelism: 1, changelog: 'all' }
}

export const printConnector: Connector = {
  sink: (config) => printSink(config, (text) => void process.stdout.write(text)),
}

export function printSink(config: Json, write: (text: string) => void): Sink {
  const print = config as unknown as PrintConfig
  return {
    writer: (context) =>
      print.by === null
        ? new RowPrinter(print, context, write)
        : new TopPrinter(print, print.by, context, write),
  }
}

class RowPrinter implements SinkWriter {
  readonly #limit: number
  readonly #reader: RowReader
  /** Where what a row does is, in a changelog; shown first. */
  readonly #op: number | undefined
  readonly #columns: readonly number[]
  readonly #table: Table
  #shown = 0
  #hidden = 0

  constructor(config: PrintConfig, context: WriterContext, write: (text: string) => void) {
    this.#limit = config.limit
    const { kernels, schema } = context
    this.#reader = new RowReader(kernels, schema)
    this.#op = schema.has(OP_COLUMN) ? schema.indexOf(OP_COLUMN) : undefined
    this.#columns = schema.names.flatMap((_, i) => (i === this.#op ? [] : [i]))
    const columns = this.#columns.map((i) => schema.fields[i]!)
    const op = this.#op === undefined ? [] : [{ name: 'op', type: utf8() }]
    this.#table = new Table([...op, ...columns], config.title, write)
  }

  write(batch: RecordBatch): void {
    const count = Math.min(batch.rowCount, this.#limit - this.#shown)
    this.#shown += count
    this.#hidden += batch.rowCount - count
    if (count === 0) return
    this.#reader.bind(batch)
    const values = (column: number): unknown[] =>
      Array.from({ length: count }, (_, index) => this.#reader.value(column, index))
    const ops = this.#op === undefined ? [] : [values(this.#op).map(opName)]
    this.#table.print([...ops, ...this.#columns.map(values)])
  }

  finish(): void {
    this.#table.end(this.#shown, this.#hidden)
  }

  close(): void {}
}

const opName = (op: unknown): string => ROW_OP_NAMES[Number(op)] ?? String(op)

class TopPrinter implements SinkWriter {
  readonly #limit: number
  readonly #sign: 1 | -1
  readonly #schema: Schema
  readonly #by: number
  readonly #reader: RowReader
  readonly #table: Table
  // The best so far, best first, one array a column.
  readonly #kept: readonly unknown[][]
  #count = 0
  #seen = 0

  constructor(
    config: PrintConfig,
    by: string,
    { kernels, schema }: WriterContext,
    write: (text: string) => void,
  ) {
    this.#limit = config.limit
    this.#sign = config.ascending ? 1 : -1
    this.#schema = schema
    this.#by = schema.indexOf(by)
    this.#reader = new RowReader(kernels, schema)
    this.#table = new Table(schema.fields, config.title, write)
    this.#kept = schema.fields.map(() => [])
  }

  write(batch: RecordBatch): void {
    this.#reader.bind(batch)
    this.#seen += batch.rowCount
    for (let index = 0; index < batch.rowCount; index++) this.#offer(index)
  }

  finish(): void {
    this.#table.print(this.#kept)
    this.#table.end(this.#count, this.#seen - this.#count)
  }

  close(): void {}

  #offer(index: number): void {
    const isFull = this.#count === this.#limit
    if (isFull && !this.#isBefore(index, this.#count - 1)) return
    let low = 0
    for (let high = this.#count; low < high;) {
      const middle = (low + high) >> 1
      if (this.#isBefore(index, middle)) high = middle
      else low = middle + 1
    }
    this.#kept.forEach((values, column) => {
      values.splice(low, 0, this.#reader.value(column, index))
      if (isFull) values.pop()
    })
    if (!isFull) this.#count++
  }

  /** Does the batch's row come before a kept one? */
  #isBefore(index: number, place: number): boolean {
    const by = this.#by
    const first = compare(this.#reader.value(by, index), this.#kept[by]![place], this.#sign)
    if (first !== 0) return first < 0
    for (let column = 0; column < this.#schema.length; column++) {
      const order = compare(this.#reader.value(column, index), this.#kept[column]![place], 1)
      if (order !== 0) return order < 0
    }
    return false
  }
}

const isLast = (value: unknown): boolean => value === null || Number.isNaN(value)

/** Orders two values of one column; lists and structs are all the same. */
function compare(a: unknown, b: unknown, sign: 1 | -1): number {
  if (isLast(a) || isLast(b)) return Number(isLast(a)) - Number(isLast(b))
  if (!isComparable(a) || !isComparable(b)) return 0
  return a < b ? -sign : a > b ? sign : 0
}

const isComparable = (value: unknown): value is number | bigint | string | boolean | Date =>
  typeof value !== 'object' || value instanceof Date

/** Prints columns of values; widths only grow, so that later rows stay below their headers. */
class Table {
  readonly #fields: readonly Field[]
  readonly #write: (text: string) => void
  #title: string | null
  #widths: number[] | undefined

  constructor(fields: readonly Field[], title: string | null, write: (text: string) => void) {
    this.#fields = fields
    this.#title = title
    this.#write = write
  }

  print(columns: readonly (readonly unknown[])[]): void {
    const cells = columns.map((values, i) => {
      const { type } = this.#fields[i]!
      const texts = values.map((value) => valueText(type, value))
      return type.kind.startsWith('float') ? alignPoints(texts) : texts
    })
    const isFirst = this.#widths === undefined
    const widths = cells.map((column, i) =>
      Math.max(this.#widths?.[i] ?? this.#fields[i]!.name.length, ...column.map((c) => c.length)),
    )
    this.#widths = widths
    const lines = isFirst ? this.#header(widths) : []
    for (let row = 0; row < (cells[0]?.length ?? 0); row++) {
      lines.push(this.#line(cells.map((column) => column[row]!)))
    }
    this.#write(lines.map((line) => `${line.trimEnd()}\n`).join(''))
  }

  end(shown: number, hidden: number): void {
    if (this.#widths === undefined) this.print(this.#fields.map(() => []))
    const total = (shown + hidden).toLocaleString('en-US')
    const of = hidden === 0 ? '' : `${shown.toLocaleString('en-US')} of `
    this.#write(`(${of}${total} ${total === '1' ? 'row' : 'rows'})\n`)
  }

  #header(widths: readonly number[]): string[] {
    const title = this.#title === null ? [] : [this.#title]
    return [
      ...title,
      this.#line(this.#fields.map(({ name }) => name)),
      widths.map((w) => '-'.repeat(w)).join('  '),
    ]
  }

  #line(cells: readonly string[]): string {
    const padded = cells.map((cell, i) =>
      isNumeric(this.#fields[i]!.type)
        ? cell.padStart(this.#widths![i]!)
        : cell.padEnd(this.#widths![i]!),
    )
    return padded.join('  ')
  }
}

const FRACTION = /^-?[\d,]+(?:\.(\d+))?$/

/** Gives all numbers of a float column as many digits after the point as the longest has. */
function alignPoints(cells: readonly string[]): readonly string[] {
  const digits = Math.max(...cells.map((cell) => FRACTION.exec(cell)?.[1]?.length ?? 0))
  if (digits <= 0) return cells
  return cells.map((cell) => {
    const match = FRACTION.exec(cell)
    if (match === null) return cell
    const fraction = match[1] ?? ''
    return `${fraction === '' ? `${cell}.` : cell}${'0'.repeat(digits - fraction.length)}`
  })
}
