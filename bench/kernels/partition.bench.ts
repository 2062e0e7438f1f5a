// From hashes to owners, and rows by owner: what a keyed exchange does before it gathers.
import * as twin from '../../test/kernels/reference/partition.ts'
import { kernelBench } from '../harness.ts'

const targetsCase = (name: string, maxParallelism: number, parallelism: number) =>
  kernelBench({
    name,
    input: (random, rows) => [random.uint32(rows, 0, 2 ** 32)],
    output: (rows) => [new Uint16Array(rows)],
    kernel: ({ exports: { keyGroupTargets } }) => ({
      run: ({ in: [hashes], out: [out], rows }) => {
        keyGroupTargets(hashes, rows, maxParallelism, parallelism, out)
        return 0
      },
    }),
    twin: () => ({
      run: ({ in: [hashes], out: [out], rows }) => {
        twin.keyGroupTargets(hashes, rows, maxParallelism, parallelism, out)
        return 0
      },
    }),
    c: 'key_group_targets',
    params: [maxParallelism, parallelism],
    expect: { twin: 1.5 },
  })

const rowsCase = (parts: number) =>
  kernelBench({
    name: `rows by ${parts} targets`,
    input: (random, rows) => [new Uint16Array(rows).map(() => random.int(0, parts))],
    output: (rows) => [
      new Uint32Array(rows),
      new Uint32Array(parts + 1),
      // The kernel's scratch: not compared.
      new Uint32Array(parts * 4),
    ],
    outputUsed: (_, rows) => [rows, parts + 1, 0],
    kernel: ({ exports: { partitionRows } }) => ({
      run: ({ in: [targets], out: [out, starts, counts], rows }) => {
        partitionRows(targets, 0, rows, parts, counts, starts, out)
        return 0
      },
    }),
    twin: () => ({
      run: ({ in: [targets], out: [out, starts], rows }) => {
        twin.partitionRows(targets, undefined, rows, starts, out)
        return 0
      },
    }),
    c: 'partition_rows',
    params: [parts],
    expect: { twin: 1.5 },
  })

export default [
  targetsCase('owners, 128 key groups', 128, 4),
  targetsCase('owners, 1,000 key groups', 1000, 7),
  rowsCase(2),
  rowsCase(4),
  rowsCase(64),
]
