// Accumulator rows by (slice, key id): what assigns rows to windows. 229 keys, as the airports of
// the flights job, 700 rows a slice: in order of time as a file has them, and shuffled over 200
// slices.
import type { Random } from '../random.ts'
import type { Kernels } from '../../src/kernels/module.ts'
import { SliceTable } from '../../src/kernels/slice-table.ts'
import { SliceTable as TwinTable } from '../../test/kernels/reference/slice-table.ts'
import { type KernelBatch, kernelBench, type Side } from '../harness.ts'

const SIZE = 3600
const KEYS = 229
const PER_ROW = SIZE / 700

type Inputs = [BigInt64Array, Uint32Array, Float64Array]
type Outputs = [Uint32Array, Uint8Array]

function inputsOf(random: Random, rows: number, batch: number, isShuffled: boolean): Inputs {
  const times = new Float64Array(rows)
  for (let i = 0; i < rows; i++) {
    times[i] = isShuffled ? random.int(0, 200 * SIZE) : Math.floor((batch * rows + i) * PER_ROW)
  }
  return [BigInt64Array.from(times, BigInt), random.uint32(rows, 0, KEYS), times]
}

function assigned(kernels: Kernels): Side<KernelBatch<Inputs, Outputs>> {
  let table: SliceTable | undefined
  return {
    begin() {
      table?.close()
      const grid = { size: BigInt(SIZE), offset: 0n, multiplier: 1n }
      table = new SliceTable(kernels, new Uint8Array(32), grid)
    },
    run({ in: [times, ids], out: [out, kept], rows }) {
      table!.assign(times, ids, rows, out, kept)
      return rows - table!.lateRows
    },
    finish: () => table!.created().reduce((sum, { ptr }) => sum + table!.rowCount(ptr), 0),
  }
}

const assignCase = (name: string, isShuffled: boolean) =>
  kernelBench({
    name,
    input: (random, rows, batch) => inputsOf(random, rows, batch, isShuffled),
    output: (rows) => [new Uint32Array(rows), new Uint8Array(rows >> 3)],
    // Addresses differ from side to side.
    outputUsed: () => [0, 0],
    kernel: assigned,
    twin: () => {
      let table = new TwinTable(SIZE, 0)
      return {
        begin() {
          table = new TwinTable(SIZE, 0)
        },
        run({ in: [, ids, times], out: [out], rows }) {
          table.assign(times, ids, rows, new Int32Array(out.buffer))
          return rows
        },
        finish: () => table.indices.reduce((sum, index) => sum + table.rowsOf(index).length, 0),
      }
    },
    c: 'assign',
    params: [SIZE],
    expect: { twin: 3 },
  })

export default [assignCase('in order of time', false), assignCase('200 slices, shuffled', true)]
