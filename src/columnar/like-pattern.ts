// SQL's LIKE patterns: % is any text, _ any one code point, \ takes what follows as it stands. Compiled
// once to what stands between the %.
import { DataflowError } from '../base/errors.ts'
import type { LikePart, LikeSegment } from '../kernels/string-like.ts'

/**
 * The segments of a pattern: one when there is no %, else the first and the last with those between.
 * @throws TYPE_MISMATCH for a pattern that is no text, or that ends with its escape
 */
export function likeSegments(pattern: unknown): readonly LikeSegment[] {
  if (typeof pattern !== 'string') {
    throw new DataflowError(
      'TYPE_MISMATCH',
      "the pattern of like() is a constant text, such as 'A%'; of columns ask startsWith(), " +
        'endsWith() or contains()',
    )
  }
  const segments: LikePart[][] = [[]]
  let skip = 0
  let text = ''
  const endPart = (): void => {
    if (skip > 0 || text !== '') segments.at(-1)!.push({ skip, text })
    skip = 0
    text = ''
  }
  const points = [...pattern]
  for (let i = 0; i < points.length; i++) {
    const point = points[i]!
    if (point === '%') {
      endPart()
      segments.push([])
    } else if (point === '_') {
      if (text !== '') endPart()
      skip++
    } else {
      if (point === '\\' && ++i === points.length) throw noEscape(pattern)
      text += points[i]!
    }
  }
  endPart()
  // Between two %% there is nothing to find.
  return segments.filter((parts, i) => parts.length > 0 || i === 0 || i === segments.length - 1)
}

const noEscape = (pattern: string): DataflowError =>
  new DataflowError(
    'TYPE_MISMATCH',
    `the pattern '${pattern}' ends with \\, which takes what follows as it stands; write \\\\ for a \\`,
  )
