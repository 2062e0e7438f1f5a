// Functions of texts for naive-evaluate.ts, by JavaScript's own.
import { likeExpression } from '../kernels/reference/string-like.ts'
import { pad } from '../kernels/reference/string-pad.ts'
import { indexOf } from '../kernels/reference/string-search.ts'
import { reverse, side } from '../kernels/reference/string.ts'
import type { Value } from './naive-evaluate.ts'

/** None of the values is null. */
export function naiveText(name: string, values: readonly Value[]): Value {
  const [a, b] = values as [string, string]
  switch (name) {
    case 'startsWith':
      return a.startsWith(b)
    case 'endsWith':
      return a.endsWith(b)
    case 'contains':
      return a.includes(b)
    case 'like':
      return likeExpression(b).test(a)
    case 'indexOf':
      return BigInt(indexOf(a, b))
    case 'concat':
      return values.join('')
    case 'length':
      return BigInt([...a].length)
    case 'trim':
    case 'trimStart':
    case 'trimEnd':
      return a[name]()
    case 'reverse':
      return reverse(a)
    case 'left':
    case 'right':
      return side(a, name, Number(b))
    case 'padStart':
    case 'padEnd':
      return pad(a, name === 'padStart' ? 'start' : 'end', Number(b), values[2] as string)
    case 'repeat':
      return a.repeat(Math.max(0, Number(b)))
    default:
      throw new Error(`${name} is not known here`)
  }
}
