// LIKE with a pattern that is neither a prefix, a suffix nor a part (those are other kernels).
import { likeSegments } from '../../src/columnar/like-pattern.ts'
import { likeProgram } from '../../src/kernels/string-like.ts'
import * as twin from '../../test/kernels/reference/string-like.ts'
import { kernelBench } from '../harness.ts'
import { foreignName, name, path, textColumn } from '../texts.ts'

const CASES = [
  { name: 'parts in order, paths', text: path, pattern: '/%e%/%?id=1%' },
  { name: 'any one code point, ASCII', text: name, pattern: 'A_e%n_' },
  { name: 'any one code point, an eighth beyond ASCII', text: foreignName, pattern: '_e%n__%' },
] as const

export default CASES.map((one) =>
  kernelBench({
    name: `like, ${one.name}`,
    input: (random, rows) => textColumn(rows, () => one.text(random)),
    output: (rows) => [new Uint8Array((rows + 7) >> 3)],
    kernel: (kernels) => {
      const program = kernels.put(likeProgram(likeSegments(one.pattern)))
      return {
        run: ({ in: [offsets, values], out: [out], rows }) => {
          kernels.exports.stringLike(program, offsets, values, rows, out)
          return 0
        },
      }
    },
    twin: () => {
      const expression = twin.likeExpression(one.pattern)
      return {
        run: ({ in: [offsets, values], out: [out] }) => {
          twin.stringLike({ offsets, values }, expression, out)
          return 0
        },
      }
    },
    expect: { twin: 4 },
  }),
)
