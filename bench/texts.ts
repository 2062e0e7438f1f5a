// Text columns for benchmarks: offsets and bytes, as kernels, twins and C take them.
import { encodeRows } from '../test/kernels/reference/utf8.ts'
import type { Random } from './random.ts'

/** A column as bench inputs: n + 1 offsets and the bytes behind each other. */
export function textColumn(
  rows: number,
  text: (row: number) => string,
): [offsets: Int32Array, values: Uint8Array] {
  const { offsets, values } = encodeRows(Array.from({ length: rows }, (_, row) => text(row)))
  return [offsets, values]
}

/** Room for a column of texts of that many bytes each. */
export const textOutput = (rows: number, bytes: number): [Int32Array, Uint8Array] => [
  new Int32Array(rows + 1),
  new Uint8Array(rows * bytes),
]

const LETTERS = 'abcdefghijklmnopqrstuvwxyz'

/** A word of 4 to 16 small letters. */
export function word(random: Random): string {
  let text = ''
  const length = random.int(4, 17)
  for (let i = 0; i < length; i++) text += LETTERS[random.int(0, 26)]
  return text
}

const capital = (text: string): string => text[0]!.toUpperCase() + text.slice(1)

/** A name as columns have them: two words with capitals. */
export function name(random: Random): string {
  return `${capital(word(random))} ${capital(word(random))}`
}

/** The same with letters beyond ASCII, about one in eight. */
export function foreignName(random: Random): string {
  const letters = 'éöñçüøåžšččαβγжшя'
  return [...name(random)]
    .map((letter) => (random.int(0, 8) === 0 ? letters[random.int(0, letters.length)] : letter))
    .join('')
}

/** The path of a request. */
export function path(random: Random): string {
  return `/${word(random)}/${word(random)}?id=${random.int(0, 1_000_000)}`
}
