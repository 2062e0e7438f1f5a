// LIKE: the pattern is compiled with the expression, and what it comes down to is chosen then: equality, a
// prefix, a suffix, a part, or the kernel for all others.
import type { Kernels } from '../kernels/module.ts'
import { type LikeSegment, likeProgram, stringLike } from '../kernels/string-like.ts'
import { stringAffix, stringCompare } from '../kernels/string-compare.ts'
import { utf8Constant, type Utf8Column } from '../kernels/string.ts'
import { stringContains } from '../kernels/string-search.ts'
import { likeSegments } from './like-pattern.ts'
import { type Node, stepNode } from './step.ts'
import type { DataType } from './type.ts'
import { Vector } from './vector.ts'

/** The bitmap of rows that match. */
type Matcher = (kernels: Kernels, column: Utf8Column, n: number) => number

/** like(text, pattern). */
export function likeStep([input, pattern]: readonly Node[], type: DataType): Node {
  const match = matcherOf(likeSegments(pattern!.constant?.value))
  return stepNode(
    type,
    (at) => {
      const column = input!.step(at)
      const values = match(at.kernels, column, at.n)
      return new Vector({ type, length: at.n, values, validity: column.validity })
    },
    [input!],
  )
}

function matcherOf(segments: readonly LikeSegment[]): Matcher {
  const texts = segments.map(plainText)
  const [first, second, last] = texts
  const isPlain = !texts.includes(undefined)
  if (isPlain && texts.length === 1) {
    return (kernels, column, n) =>
      stringCompare(kernels, 'eq', column, utf8Constant(kernels, first!), n)
  }
  if (isPlain && texts.length === 2 && (first === '' || second === '')) {
    const [end, text] = first === '' ? (['end', second!] as const) : (['start', first!] as const)
    return (kernels, column, n) => stringAffix(kernels, end, column, utf8Constant(kernels, text), n)
  }
  if (isPlain && texts.length === 3 && first === '' && last === '') {
    return (kernels, column, n) =>
      stringContains(kernels, column, utf8Constant(kernels, second!), n)
  }
  const program = likeProgram(segments)
  return (kernels, column, n) => stringLike(kernels, program, column, n)
}

/** The text of a segment that is nothing else. */
function plainText(segment: LikeSegment): string | undefined {
  if (segment.length === 0) return ''
  return segment.length === 1 && segment[0]!.skip === 0 ? segment[0]!.text : undefined
}
