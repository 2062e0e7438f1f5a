// Binding of assembly/string-like.ts: which rows of a utf8 column a pattern takes. The pattern is compiled
// to bytes once, and put into the arena with each batch.
import type { Kernels } from './module.ts'
import type { Utf8Column } from './string.ts'

/** So many code points of any kind, and then a text. */
export interface LikePart {
  readonly skip: number
  readonly text: string
}

/** What stands between two %. Only the first and the last may have no part. */
export type LikeSegment = readonly LikePart[]

/** The program of segments (LK1 of assembly/string-like.ts). */
export function likeProgram(segments: readonly LikeSegment[]): Uint8Array {
  const encoder = new TextEncoder()
  const texts = segments.flatMap((parts) => parts.map(({ text }) => encoder.encode(text)))
  const words = [segments.length]
  let at = (1 + segments.length * 2 + texts.length * 3) * 4
  let index = 0
  for (const parts of segments) {
    const points = parts.reduce((sum, { skip, text }) => sum + skip + [...text].length, 0)
    words.push(parts.length, points)
    for (const { skip } of parts) {
      const bytes = texts[index++]!.length
      words.push(skip, at, bytes)
      at += bytes
    }
  }
  const program = new Uint8Array(at)
  program.set(new Uint8Array(Uint32Array.from(words).buffer))
  texts.reduce((to, text) => {
    program.set(text, to)
    return to + text.length
  }, words.length * 4)
  return program
}

/** The bitmap of rows that a program takes. */
export function stringLike(
  kernels: Kernels,
  program: Uint8Array,
  column: Utf8Column,
  n: number,
): number {
  const out = kernels.scratch((n + 7) >> 3)
  const compiled = kernels.put(program)
  kernels.exports.stringLike(compiled, column.offsets, column.values, n, out)
  return out
}
