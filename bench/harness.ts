// The kernels' benchmark harness: sides that do the same work (kernel, TypeScript twin, C, rivals such
// as a JavaScript Map) run over the same fresh data in interleaved rounds; medians and ratios come out.
//
// A bench file is bench/kernels/<stem>.bench.ts and default-exports a list of cases:
//
//     export default [
//       kernelBench({
//         name: 'f64 > constant',
//         input: (random, rows) => [random.float64(rows, 0, 100)],   // one batch; called once a batch
//         output: (rows) => [new Uint8Array(rows >> 3)],             // one batch's outputs (reused)
//         kernel: (kernels) => ({ run: (b) => kernels.exports.compareGtF64(b.in[0], ..., b.out[0]) }),
//         twin: () => ({ run: (b) => greaterThan(b.in[0], 50, b.out[0]) }),
//         c: 'greater_than_f64',                                     // a row of the table in c/<stem>.c
//         expect: { twin: 8 },                                       // C at most 1.3 unless said
//       }),
//     ]
//
// `run` does one batch and returns a number (a count, a checksum; 0 when there is none). A side with
// state builds it in `begin` (before each pass, untimed) and may give its answer as a number in
// `finish` (after each pass, untimed). The C side includes bench.h, which says how it is written.
//
// H1  Each case runs in its own thread: a twin's inline caches see one type only.
// H2  A pass goes over every batch of the data (24 MB by default), so that nothing is memorised by the
//     branch predictor; kernels without branches are judged over 1 MB that stays in the second cache, and
//     shown over 24 MB beside it (inCacheAndFromMemory). The order of the sides rotates.
// H3  Before it is timed, each side's results and output bytes are compared with the kernel's on some
//     batches; in each timed pass the sum of the results is compared again. A difference is an error.
// H4  Times are processor time of the thread that does the work (for JavaScript with what the garbage
//     collector's helpers do): a pass that the machine interrupts for others is not counted as slow. What
//     is compared is each side's lower quartile over rounds: what others do to the caches only ever adds.
// H5  A pass is repeated within a round until the kernel's takes four milliseconds.
import { Bench, type Task } from 'tinybench'
import type { Kernels } from '../src/kernels/module.ts'
import { CSide, type March } from './c-side.ts'
import type { Random } from './random.ts'
import { kernelRunner, makeData, twinRunner } from './sides.ts'

export type TypedArray =
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | Float32Array
  | Float64Array
  | BigInt64Array
  | BigUint64Array

type Pointers<T extends readonly TypedArray[]> = { readonly [K in keyof T]: number }

/** One batch as the kernel sees it: pointers into linear memory. */
export interface KernelBatch<I extends readonly TypedArray[], O extends readonly TypedArray[]> {
  readonly rows: number
  readonly in: Pointers<I>
  /** Bytes of each input: what text kernels need. */
  readonly inBytes: Pointers<I>
  readonly out: Pointers<O>
}

/** One batch as the twin sees it: typed arrays of the same content. */
export interface TwinBatch<I extends readonly TypedArray[], O extends readonly TypedArray[]> {
  readonly rows: number
  readonly in: I
  readonly out: O
}

export interface Side<B> {
  run(batch: B): number
  begin?(): void
  finish?(): number
}

export interface Expectations {
  /** At least this many times faster than the twin. */
  readonly twin?: number
  /** At most this many times slower than C; 1.3 unless said. */
  readonly c?: number
  /** At least this many times faster than that rival. */
  readonly rivals?: Readonly<Record<string, number>>
}

export interface KernelBenchOptions<
  I extends readonly TypedArray[],
  O extends readonly TypedArray[],
> {
  readonly name: string
  /** Rows of one batch; 16,384 unless said. */
  readonly rows?: number
  /** Fresh data that a pass goes over, in megabytes of inputs; 24 unless said. */
  readonly megabytes?: number
  readonly input: (random: Random, rows: number, batch: number) => readonly [...I]
  readonly output?: (rows: number) => readonly [...O]
  /** How many elements of each output mean something, from what run returned; all unless said. */
  readonly outputUsed?: (result: number, rows: number) => readonly number[]
  readonly kernel: (kernels: Kernels) => Side<KernelBatch<I, O>>
  readonly twin: () => Side<TwinBatch<I, O>>
  readonly rivals?: Readonly<Record<string, () => Side<TwinBatch<I, O>>>>
  /** Name of the C function in c/<stem>.c. */
  readonly c?: string
  /** Numbers that the C function reads as b->param[i]. */
  readonly params?: readonly number[]
  readonly expect: Expectations
  /** False: the figures are shown, nothing is asked of them. True: from memory, too (see below). */
  readonly judged?: boolean
  /** Sums of results may differ by this share (float sums in another order); exact unless said. */
  readonly tolerance?: number
}

/** A case with its types forgotten, as the runner holds it. */
export type KernelBench = KernelBenchOptions<TypedArray[], TypedArray[]>

/** Declares a case, with the inputs' and outputs' types inferred for its sides. */
export function kernelBench<
  const I extends readonly TypedArray[],
  const O extends readonly TypedArray[] = [],
>(options: KernelBenchOptions<I, O>): KernelBench {
  return options as unknown as KernelBench
}

/** Megabytes of inputs that stay in the second cache of today's cores, beside the outputs. */
const RESIDENT_MEGABYTES = 1

/**
 * Two cases of one: over data that stays in the cache, as a batch that the step before has just written,
 * where the instructions decide; and over 24 MB, which the memory decides on a machine with many
 * neighbours, shown without a verdict. For kernels without branches that short data would teach.
 */
export function inCacheAndFromMemory(bench: KernelBench): readonly KernelBench[] {
  return [
    { ...bench, megabytes: RESIDENT_MEGABYTES },
    { ...bench, name: `${bench.name}, from memory`, judged: bench.judged === true },
  ]
}

export interface RatioResult {
  /** Rival to kernel (above 1: the kernel is faster); for C, kernel to C (below 1: faster). */
  readonly ratio: number
  /** Quartiles of the ratio within a round, over rounds. */
  readonly low: number
  readonly high: number
  readonly expected?: number
  readonly met?: boolean
}

export interface CaseResult {
  readonly stem: string
  readonly name: string
  readonly rows: number
  readonly batches: number
  readonly rounds: number
  readonly nsPerRow: Readonly<Record<string, number>>
  readonly ratios: Readonly<Record<string, RatioResult>>
}

export interface MeasureOptions {
  /** Directory of the bench files; C sources are in its folder c/. */
  readonly stem: string
  readonly quick: boolean
  /** What the C side is compiled for. */
  readonly march: March
}

export interface PassResult {
  readonly ns: number
  readonly checksum: number
}

/** A side ready to run: one pass over all data, and one batch for comparison. */
export interface Runner {
  readonly name: string
  /** So many passes: their sum of nanoseconds, the last one's checksum. */
  pass(repeats: number): PassResult | Promise<PassResult>
  check(batch: number): CheckResult | Promise<CheckResult>
  close?(): void
}

export interface CheckResult {
  readonly result: number
  readonly output: (index: number, bytes: number) => Uint8Array | Promise<Uint8Array>
}

const ROWS = 16_384
const CHECKED_BATCHES = 4
const C_RATIO_MAX = 1.3
const ROUNDS_MIN = 9
const ROUNDS_MAX = 51
const PASS_NS_MIN = 4e6

/** Checks that all sides agree, warms them, and measures interleaved rounds. */
export async function measure(
  bench: KernelBench,
  kernels: Kernels,
  options: MeasureOptions,
): Promise<CaseResult> {
  const rows = bench.rows ?? ROWS
  const data = makeData(bench, rows, options.quick)
  const outputs = bench.output?.(rows) ?? []
  const runners: Runner[] = [kernelRunner(bench, kernels, rows, data, outputs)]
  runners.push(twinRunner('twin', bench.twin(), rows, data, outputs))
  for (const [name, make] of Object.entries(bench.rivals ?? {})) {
    runners.push(twinRunner(name, make(), rows, data, bench.output?.(rows) ?? []))
  }
  const c = bench.c === undefined ? undefined : CSide.start(options.stem, options.march)
  if (c !== undefined) {
    await c.load({ function: bench.c!, rows, data, outputs, params: bench.params ?? [] })
    runners.push(c)
  }
  try {
    await compare(bench, runners, rows, outputs, data.length)
    const samples = await interleave(bench, runners, options.quick ? 400 : 2_000)
    return summarise(bench, options.stem, rows, data.length, samples)
  } finally {
    for (const runner of runners) runner.close?.()
  }
}

/**
 * Compares the kernel with the twin and its rivals over one batch, and over one pass of it: what a test has
 * time for.
 */
export async function compareOnce(bench: KernelBench, kernels: Kernels): Promise<void> {
  const rows = bench.rows ?? ROWS
  const data = makeData({ ...bench, megabytes: Number.MIN_VALUE }, rows, false)
  const outputs = bench.output?.(rows) ?? []
  const sides = { twin: bench.twin, ...bench.rivals }
  const runners: Runner[] = [kernelRunner(bench, kernels, rows, data, outputs)]
  for (const [name, make] of Object.entries(sides)) {
    runners.push(twinRunner(name, make(), rows, data, outputs))
  }
  await compare(bench, runners, rows, outputs, data.length)
  const [wanted, ...others] = await Promise.all(runners.map((runner) => runner.pass(1)))
  others.forEach(({ checksum }, i) =>
    agree(bench, runners[i + 1]!.name, 'sum over a pass', wanted!.checksum, checksum),
  )
}

async function compare(
  bench: KernelBench,
  runners: readonly Runner[],
  rows: number,
  outputs: readonly TypedArray[],
  batchCount: number,
): Promise<void> {
  for (let batch = 0; batch < Math.min(CHECKED_BATCHES, batchCount); batch++) {
    const reference = await runners[0]!.check(batch)
    const used = bench.outputUsed?.(reference.result, rows) ?? outputs.map((o) => o.length)
    const bytes = outputs.map((o, index) => used[index]! * o.BYTES_PER_ELEMENT)
    const expected = await Promise.all(bytes.map((size, index) => reference.output(index, size)))
    for (const runner of runners.slice(1)) {
      const answer = await runner.check(batch)
      agree(bench, runner.name, `batch ${batch}`, reference.result, answer.result)
      for (const [index, size] of bytes.entries()) {
        const at = firstDifference(expected[index]!, await answer.output(index, size))
        if (at >= 0) {
          throw new Error(`${bench.name}: ${runner.name} differs: output ${index}, byte ${at}`)
        }
      }
    }
  }
}

function agree(bench: KernelBench, side: string, where: string, wanted: number, got: number): void {
  const allowed = Math.abs(wanted) * (bench.tolerance ?? 0)
  if (Math.abs(wanted - got) <= allowed) return
  throw new Error(`${bench.name}: ${side} differs: ${where}: kernel ${wanted}, ${side} ${got}`)
}

function firstDifference(a: Uint8Array, b: Uint8Array): number {
  if (Buffer.compare(a, b) === 0) return -1
  return a.findIndex((byte, index) => byte !== b[index])
}

/** Rounds until the budget is spent, each side once a round; returns ns of each side's passes. */
async function interleave(
  bench: KernelBench,
  runners: readonly Runner[],
  budgetMs: number,
): Promise<Map<string, number[]>> {
  const samples = new Map(runners.map((runner) => [runner.name, [] as number[]]))
  // Warm: V8 replaces a kernel's first code after some calls, a twin's after some passes.
  let wanted: number | undefined
  let repeats = 1
  for (const runner of runners) {
    const until = performance.now() + budgetMs / 10
    for (let passes = 0; passes < 2 || performance.now() < until; passes++) {
      const { ns, checksum } = await runner.pass(1)
      wanted ??= checksum
      agree(bench, runner.name, 'sum over a pass', wanted, checksum)
      if (runner === runners[0]) repeats = Math.max(1, Math.ceil(PASS_NS_MIN / ns))
    }
  }
  const deadline = performance.now() + budgetMs
  for (let round = 0; round < ROUNDS_MAX; round++) {
    if (round >= ROUNDS_MIN && performance.now() >= deadline) break
    const order = runners.map((_, index) => runners[(index + round) % runners.length]!)
    for (const task of (await runRound(order, repeats)).tasks) record(samples, task)
  }
  return samples
}

/** One round is one tinybench run of one iteration; the sides report their own durations. */
async function runRound(order: readonly Runner[], repeats: number): Promise<Bench> {
  const round = new Bench({
    warmup: false,
    time: 0,
    iterations: 1,
    retainSamples: true,
    throws: true,
  })
  for (const runner of order) {
    round.add(runner.name, async () => {
      return { overriddenDuration: (await runner.pass(repeats)).ns / repeats / 1e6 }
    })
  }
  await round.run()
  return round
}

function record(samples: Map<string, number[]>, task: Task): void {
  const { result } = task
  if (result.state !== 'completed') throw new Error(`${task.name}: ${result.state}`)
  samples.get(task.name)!.push(result.latency.min * 1e6)
}

function summarise(
  bench: KernelBench,
  stem: string,
  rows: number,
  batches: number,
  samples: Map<string, number[]>,
): CaseResult {
  const kernel = samples.get('kernel')!
  const nsPerRow: Record<string, number> = {}
  const ratios: Record<string, RatioResult> = {}
  for (const [name, side] of samples) {
    nsPerRow[name] = quantile(side, 0.25) / (rows * batches)
    if (name === 'kernel') continue
    const isC = name === 'C'
    const perRound = side.map((ns, round) => (isC ? kernel[round]! / ns : ns / kernel[round]!))
    const times = nsPerRow[name] / nsPerRow['kernel']!
    const ratio = isC ? 1 / times : times
    const expected = expectationOf(bench, name)
    ratios[name] = {
      ratio,
      low: quantile(perRound, 0.25),
      high: quantile(perRound, 0.75),
      ...(expected === undefined
        ? {}
        : { expected, met: isC ? ratio <= expected : ratio >= expected }),
    }
  }
  return { stem, name: bench.name, rows, batches, rounds: kernel.length, nsPerRow, ratios }
}

function expectationOf(bench: KernelBench, side: string): number | undefined {
  if (bench.judged === false) return undefined
  if (side === 'C') return bench.expect.c ?? C_RATIO_MAX
  return side === 'twin' ? bench.expect.twin : bench.expect.rivals?.[side]
}

function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  const position = (sorted.length - 1) * q
  const low = Math.floor(position)
  const high = Math.ceil(position)
  return sorted[low]! + (sorted[high]! - sorted[low]!) * (position - low)
}
