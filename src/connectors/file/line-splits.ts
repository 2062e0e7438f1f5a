// Where a file of lines is split: at the starts of records, so that a split is exactly its own
// bytes and no reader looks at another's. Called once a file when a job is planned.
//
// S1  A place is the start of the first record at its even distance or behind it.
// S2  Where quoted fields may hold line feeds, all bytes are read to count quotes: an even number
//     of them before a line feed says that it is outside of quotes (a doubled quote counts two).
import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { basename } from 'node:path'
import { countByte } from '../../kernels/line-scan.ts'
import { Kernels } from '../../kernels/module.ts'
import { readError } from './file-system.ts'
import type { FileSplit } from './format.ts'

/** A split of a file of lines: the bytes [start, end). */
export interface LineSplit extends FileSplit {
  readonly start: number
  readonly end: number
}

const BLOCK_BYTES = 1 << 20
const LF = 10

/**
 * @param quote count this byte (S2); undefined where each line feed ends a record
 * @throws FILE_NOT_FOUND, FILE_UNREADABLE
 */
export function planLines(
  path: string,
  splitBytes: number,
  quote: number | undefined,
): readonly LineSplit[] {
  try {
    const file = openSync(path, 'r')
    try {
      const size = fstatSync(file).size
      const places = size <= splitBytes ? [] : placesIn(file, size, splitBytes, quote)
      const bounds = [0, ...places, size]
      return bounds.slice(1).map((end, i) => splitOf(path, bounds[i]!, end, size))
    } finally {
      closeSync(file)
    }
  } catch (error) {
    throw readError(path, error)
  }
}

function splitOf(path: string, start: number, end: number, size: number): LineSplit {
  const name = basename(path)
  const id = start === 0 && end === size ? name : `${name}[${start}-${end}]`
  return { id, path, bytes: end - start, start, end }
}

function placesIn(
  file: number,
  size: number,
  splitBytes: number,
  quote: number | undefined,
): number[] {
  const search = quote === undefined ? new LineSearch(file) : new QuotedSearch(file, quote)
  const places: number[] = []
  for (let wanted = splitBytes; wanted < size; wanted += splitBytes) {
    // A record may reach over several even distances.
    if (wanted <= (places.at(-1) ?? 0)) continue
    const place = search.recordStart(wanted)
    if (place < size) places.push(place)
  }
  return places
}

/** Line feeds end records: only the places themselves are looked at. */
class LineSearch {
  readonly #file: number
  readonly #block = Buffer.alloc(4_096)

  constructor(file: number) {
    this.#file = file
  }

  recordStart(wanted: number): number {
    for (let at = wanted - 1; ;) {
      const bytes = readSync(this.#file, this.#block, 0, this.#block.length, at)
      const feed = this.#block.subarray(0, bytes).indexOf(LF)
      if (feed >= 0) return at + feed + 1
      if (bytes === 0) return at
      at += bytes
    }
  }
}

/** Line feeds outside of quotes end records: quotes are counted from the file's start on. */
class QuotedSearch {
  readonly #file: number
  readonly #quote: number
  readonly #kernels = new Kernels()
  readonly #block: number
  #position = 0
  #isInside = false

  constructor(file: number, quote: number) {
    this.#file = file
    this.#quote = quote
    this.#block = this.#kernels.allocate(BLOCK_BYTES)
  }

  recordStart(wanted: number): number {
    while (this.#position < wanted - 1) {
      const bytes = this.#read(Math.min(BLOCK_BYTES, wanted - 1 - this.#position))
      if (bytes === 0) break
      const quotes = countByte(this.#kernels, this.#block, bytes, this.#quote)
      if (quotes % 2 === 1) this.#isInside = !this.#isInside
      this.#position += bytes
    }
    for (;;) {
      const bytes = this.#read(BLOCK_BYTES)
      if (bytes === 0) return this.#position
      const block = this.#kernels.u8.subarray(this.#block, this.#block + bytes)
      const length = this.#recordLength(block)
      this.#position += length
      if (length < bytes || (block[length - 1] === LF && !this.#isInside)) return this.#position
    }
  }

  // Bytes up to and with the first line feed outside of quotes; all when there is none.
  #recordLength(block: Uint8Array): number {
    for (let i = 0; i < block.length; i++) {
      if (block[i] === this.#quote) this.#isInside = !this.#isInside
      else if (block[i] === LF && !this.#isInside) return i + 1
    }
    return block.length
  }

  #read(length: number): number {
    return readSync(this.#file, this.#kernels.u8, this.#block, length, this.#position)
  }
}
