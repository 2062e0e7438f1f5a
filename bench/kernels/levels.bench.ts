// Levels of a column of nullable lists of nullable values: to validity and offsets. Figures are an entry.
import * as twin from '../../test/kernels/reference/levels.ts'
import { kernelBench } from '../harness.ts'
import type { Random } from '../random.ts'

/** Lists of 0 to 7 values; one in ten is null, and so is one value in ten. */
function entries(random: Random, rows: number): [Uint8Array, Uint8Array] {
  const [defs, reps] = [new Uint8Array(rows), new Uint8Array(rows)]
  for (let at = 0; at < rows;) {
    const items = random.int(0, 8)
    const isNull = random.unit() < 0.1
    const end = Math.min(rows, at + Math.max(1, isNull ? 0 : items))
    for (let i = at; i < end; i++) {
      reps[i] = i === at ? 0 : 1
      defs[i] = isNull ? 0 : items === 0 ? 1 : random.unit() < 0.1 ? 2 : 3
    }
    at = end
  }
  return [defs, reps]
}

const LIST = { def: 1, rep: 0, ancestor: 0 }
const VALUE = { def: 3, rep: 1, ancestor: 2 }

export default [
  kernelBench({
    name: 'validity of values in lists',
    input: (random, rows) => entries(random, rows),
    output: (rows) => [new Uint8Array(rows >> 3)],
    outputUsed: (slots) => [(slots + 7) >> 3],
    kernel: (kernels) => {
      const counts = kernels.allocate(8)
      const { levelsValidity } = kernels.exports
      const { def, rep, ancestor } = VALUE
      return {
        run: ({ rows, in: [defs, reps], out: [bits] }) => {
          levelsValidity(defs, reps, rows, def, rep, ancestor, bits, counts)
          return kernels.u32[counts >> 2]!
        },
      }
    },
    twin: () => ({
      run: ({ rows, in: [defs, reps], out: [bits] }) =>
        twin.levelsValidity(defs, reps, rows, VALUE, bits)[0],
    }),
    c: 'validity',
    params: [VALUE.def, VALUE.rep, VALUE.ancestor],
    expect: { twin: 1.2 },
  }),
  kernelBench({
    name: 'offsets of lists',
    input: (random, rows) => entries(random, rows),
    output: (rows) => [new Uint32Array(rows + 1)],
    outputUsed: (slots) => [slots + 1],
    kernel: ({ exports: { levelsOffsets } }) => ({
      run: ({ rows, in: [defs, reps], out: [offsets] }) =>
        levelsOffsets(defs, reps, rows, LIST.def, 1, LIST.ancestor, offsets),
    }),
    twin: () => ({
      run: ({ rows, in: [defs, reps], out: [offsets] }) =>
        twin.levelsOffsets(defs, reps, rows, LIST, 1, offsets),
    }),
    c: 'offsets',
    params: [LIST.def, 1, LIST.ancestor],
    expect: { twin: 1.2 },
  }),
]
