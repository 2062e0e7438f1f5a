// The sides of a kernel benchmark that run in this thread: the kernel over linear memory, and the twin
// and its rivals over typed arrays of the same content.
import type { Kernels } from '../src/kernels/module.ts'
import type { KernelBench, PassResult, Runner, Side, TwinBatch, TypedArray } from './harness.ts'
import { Random } from './random.ts'

const MEGABYTES = 24

export function makeData(bench: KernelBench, rows: number, quick: boolean): TypedArray[][] {
  const random = new Random(0x6d696c6c)
  const bytesWanted = ((bench.megabytes ?? MEGABYTES) / (quick ? 3 : 1)) * 2 ** 20
  const data: TypedArray[][] = []
  for (let bytes = 0; bytes < bytesWanted;) {
    const inputs = [...bench.input(random, rows, data.length)]
    data.push(inputs)
    bytes += inputs.reduce((sum, input) => sum + input.byteLength, 0)
  }
  return data
}

export function kernelRunner(
  bench: KernelBench,
  kernels: Kernels,
  rows: number,
  data: TypedArray[][],
  outputs: readonly TypedArray[],
): Runner {
  // One block for all, bumped as the arena does: blocks of a power of two would alias in the caches.
  let next = kernels.allocate(data.reduce((sum, inputs) => sum + sizeOf(inputs), sizeOf(outputs)))
  const place = (array: TypedArray): number => {
    const ptr = next
    next += padded(array.byteLength)
    kernels.u8.set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength), ptr)
    return ptr
  }
  const out = outputs.map(place)
  const batches = data.map((inputs) => ({
    rows,
    in: inputs.map(place),
    inBytes: inputs.map((input) => input.byteLength),
    out,
  }))
  const side = bench.kernel(kernels)
  return {
    name: 'kernel',
    pass: (repeats) => timedPass(side, batches, repeats, threadNs),
    check: (batch) => ({
      result: checked(side, batches[batch]!),
      output: (index, bytes) => kernels.take(out[index]!, bytes),
    }),
  }
}

export function twinRunner(
  name: string,
  side: Side<TwinBatch<TypedArray[], TypedArray[]>>,
  rows: number,
  data: TypedArray[][],
  out: TypedArray[] | readonly TypedArray[],
): Runner {
  const batches = data.map((inputs) => ({ rows, in: inputs, out: out as TypedArray[] }))
  return {
    name,
    // V8 collects garbage on other threads, too: what JavaScript allocates is its own affair.
    pass: (repeats) => timedPass(side, batches, repeats, processNs),
    check: (batch) => ({
      result: checked(side, batches[batch]!),
      output: (index, bytes) => {
        const array = out[index]!
        return new Uint8Array(array.buffer, array.byteOffset, bytes)
      },
    }),
  }
}

function checked<B>(side: Side<B>, batch: B): number {
  side.begin?.()
  return side.run(batch)
}

function timedPass<B>(
  side: Side<B>,
  batches: readonly B[],
  repeats: number,
  now: () => number,
): PassResult {
  let checksum = 0
  let ns = 0
  // Without state to begin anew, one look at the clock is enough for all the passes.
  const [outer, inner] = side.begin === undefined ? [1, repeats] : [repeats, 1]
  for (let i = 0; i < outer; i++) {
    side.begin?.()
    const start = now()
    for (let j = 0; j < inner; j++) {
      checksum = 0
      for (const batch of batches) checksum += side.run(batch)
    }
    ns += now() - start
    checksum += side.finish?.() ?? 0
  }
  return { ns, checksum }
}

const cell = new Int32Array(new SharedArrayBuffer(4))

/**
 * Processor time of this thread. The kernel of Linux brings the account up to date only at a tick or
 * when the thread is switched off: a short wait makes it exact, and costs some 25 microseconds.
 */
function threadNs(): number {
  Atomics.wait(cell, 0, 0, 0.02)
  const { user, system } = process.threadCpuUsage()
  return (user + system) * 1_000
}

/** Processor time of all threads of the process: here, the one that measures and V8's helpers. */
function processNs(): number {
  Atomics.wait(cell, 0, 0, 0.02)
  const { user, system } = process.cpuUsage()
  return (user + system) * 1_000
}

function padded(bytes: number): number {
  return (bytes + 127) & ~63
}

function sizeOf(arrays: readonly TypedArray[]): number {
  return arrays.reduce((sum, array) => sum + padded(array.byteLength), 0)
}
