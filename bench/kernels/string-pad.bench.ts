// Padding and repetition of texts.
import { intConstant, utf8Constant } from '../../src/kernels/string.ts'
import * as twin from '../../test/kernels/reference/string-pad.ts'
import { kernelBench } from '../harness.ts'
import { textColumn, textOutput, word } from '../texts.ts'

export default [
  ...([' ', '-+é'] as const).map((fill) =>
    kernelBench({
      name: `padStart to 20, by ${fill === ' ' ? 'a blank' : 'three code points'}`,
      input: (random, rows) => textColumn(rows, () => word(random)),
      output: (rows) => textOutput(rows, 40),
      outputUsed: (bytes, rows) => [rows + 1, bytes],
      kernel: (kernels) => {
        const length = intConstant(kernels, 20).values
        const { offsets: f, values: g } = utf8Constant(kernels, fill)
        const { stringPad, stringPadOffsets } = kernels.exports
        return {
          run: ({ in: [offsets, values], out: [out, to], rows }) => {
            const bytes = stringPadOffsets(offsets, values, rows, length, 0, f, g, 0, 0, out)
            stringPad(false, offsets, values, rows, f, g, 0, out, to)
            return bytes
          },
        }
      },
      twin: () => ({
        run: ({ in: [offsets, values], out: [out, bytes] }) =>
          twin.stringPadStart({ offsets, values }, 20, fill, { offsets: out, values: bytes }),
      }),
      expect: { twin: 4 },
    }),
  ),
  kernelBench({
    name: 'repeat 3 times',
    input: (random, rows) => textColumn(rows, () => word(random)),
    output: (rows) => textOutput(rows, 60),
    outputUsed: (bytes, rows) => [rows + 1, bytes],
    kernel: (kernels) => {
      const count = intConstant(kernels, 3).values
      const { stringRepeat, stringRepeatOffsets } = kernels.exports
      return {
        run: ({ in: [offsets, values], out: [out, to], rows }) => {
          const bytes = stringRepeatOffsets(offsets, rows, count, 0, 0, out)
          stringRepeat(offsets, values, rows, out, to)
          return bytes
        },
      }
    },
    twin: () => ({
      run: ({ in: [offsets, values], out: [out, bytes] }) =>
        twin.stringRepeat({ offsets, values }, 3, { offsets: out, values: bytes }),
    }),
    expect: { twin: 4 },
  }),
]
