// Upper case of texts, ASCII and not.
import * as twin from '../../test/kernels/reference/string-case.ts'
import { kernelBench } from '../harness.ts'
import { foreignName, name, textColumn, textOutput } from '../texts.ts'

export default ([name, foreignName] as const).map((text) =>
  kernelBench({
    name: `upper case, ${text === name ? 'ASCII' : 'an eighth beyond ASCII'}`,
    input: (random, rows) => textColumn(rows, () => text(random)),
    output: (rows) => textOutput(rows, 80),
    outputUsed: (bytes, rows) => [rows + 1, bytes],
    kernel: (kernels) => ({
      run: ({ in: [offsets, values], out: [out, bytes], rows }) =>
        kernels.exports.stringCase(true, offsets, values, rows, out, bytes),
    }),
    twin: () => ({
      run: ({ in: [offsets, values], out: [out, bytes] }) =>
        twin.stringCase({ offsets, values }, true, { offsets: out, values: bytes }),
    }),
    ...(text === name ? { c: 'upper_ascii' } : {}),
    expect: { twin: 8 },
  }),
)
