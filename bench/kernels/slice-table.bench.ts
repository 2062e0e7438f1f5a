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
const GRID = { size: 1n, offset: 0n, multiplier: 1n }

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

/** A slice of 65,536 key ids, of which every third has no row, in order of key id. */
const WALKED = 65_536
const hasRow = (id: number): boolean => id % 3 !== 0

const walkCase = kernelBench({
  name: 'walk over a slice, a key id in three without a row',
  rows: WALKED,
  megabytes: 0.001,
  input: () => [Uint32Array.from({ length: WALKED }, (_, id) => id).filter(hasRow)],
  output: (rows) => [new Uint32Array(rows), new Uint32Array(rows)],
  outputUsed: (count) => [count, 0],
  kernel: (kernels) => {
    const table = new SliceTable(kernels, new Uint8Array(16), GRID)
    const slice = table.detached()
    let isFilled = false
    return {
      run({ in: [present], inBytes: [bytes], out: [ids, rows] }) {
        if (!isFilled) table.rowsOf(slice, present, bytes >> 2, rows)
        isFilled = true
        return table.scan(slice, 0, WALKED, ids, rows)
      },
    }
  },
  twin: () => {
    const rowOf = Int32Array.from({ length: WALKED }, (_, id) => (hasRow(id) ? id + 1 : 0))
    return {
      run({ out: [ids, rows] }) {
        let count = 0
        for (let id = 0; id < WALKED; id++) {
          const row = rowOf[id]!
          if (row === 0) continue
          ids[count] = id
          rows[count++] = row
        }
        return count
      },
    }
  },
  c: 'walk',
  expect: { twin: 1 },
})

/** The same slice, asked for key ids in any order. */
const findCase = kernelBench({
  name: 'find key ids in a slice, one in three is not there',
  input: (random, rows) => [random.uint32(rows, 0, WALKED)],
  output: (rows) => [new Uint32Array(rows), new Uint32Array(rows)],
  outputUsed: (count) => [count, 0],
  kernel: (kernels) => {
    const table = new SliceTable(kernels, new Uint8Array(16), GRID)
    const slice = table.detached()
    const present = Uint32Array.from({ length: WALKED }, (_, id) => id).filter(hasRow)
    const mark = kernels.mark()
    const ids = kernels.put(new Uint8Array(present.buffer))
    table.rowsOf(slice, ids, present.length, kernels.scratch(present.length * 4))
    kernels.reset(mark)
    return {
      run: ({ in: [asked], out: [outIds, outRows], rows }) =>
        table.find(slice, asked, rows, outIds, outRows),
    }
  },
  twin: () => {
    const rowOf = Int32Array.from({ length: WALKED }, (_, id) => (hasRow(id) ? id + 1 : 0))
    return {
      run({ in: [asked], out: [ids, rows] }) {
        let count = 0
        for (let i = 0; i < asked.length; i++) {
          const row = rowOf[asked[i]!]!
          if (row === 0) continue
          ids[count] = asked[i]!
          rows[count++] = row
        }
        return count
      },
    }
  },
  expect: { twin: 1 },
})

export default [
  assignCase('in order of time', false),
  assignCase('200 slices, shuffled', true),
  walkCase,
  findCase,
]
