// Runs the kernel benchmarks:
//   npm run bench:kernels -- [filter...] [--march=x86-64-v2] [--quick] [--json] [--save]
// A filter is part of `stem: case name`. --march: what gcc compiles the C sides for (v3: 256 bits).
// --quick: less data and time (a look, not a figure to quote). --json: one JSON array on the last line.
// --save: record the figures in bench/baseline/kernels.json. The exit status is 1 when a side differs or
// fails, not when an expectation is not met.
import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { setFlagsFromString } from 'node:v8'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { Kernels } from '../../src/kernels/module.ts'
import { type March, MARCHES } from '../c-side.ts'
import { measure, type CaseResult, type KernelBench } from '../harness.ts'
import { formatCase, heading, readBaseline, saveBaseline } from '../report.ts'

interface CaseRequest {
  readonly stem: string
  readonly index: number
  readonly quick: boolean
  readonly march: March
}

const baselinePath = fileURLToPath(new URL('../baseline/kernels.json', import.meta.url))

async function casesOf(stem: string): Promise<readonly KernelBench[]> {
  const module = (await import(`./${stem}.bench.ts`)) as { default: readonly KernelBench[] }
  return module.default
}

function measureInThread(request: CaseRequest): Promise<CaseResult> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL(import.meta.url), { workerData: request })
    worker.once('message', resolve)
    worker.once('error', reject)
    worker.once('exit', () => reject(new Error('the benchmark thread ended without a result')))
  })
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      quick: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      save: { type: 'boolean', default: false },
      march: { type: 'string', default: MARCHES[0] },
    },
  })
  const march = MARCHES.find((name) => name === values.march)
  if (march === undefined) throw new Error(`--march is one of ${MARCHES.join(', ')}`)
  const stems = readdirSync(new URL('.', import.meta.url))
    .filter((file) => file.endsWith('.bench.ts'))
    .map((file) => file.slice(0, -'.bench.ts'.length))
  const baseline = readBaseline(baselinePath)
  const results: CaseResult[] = []
  console.log(heading(march))
  for (const stem of stems) {
    for (const [index, { name }] of (await casesOf(stem)).entries()) {
      const label = `${stem}: ${name}`
      if (positionals.length > 0 && !positionals.some((part) => label.includes(part))) continue
      try {
        const result = await measureInThread({ stem, index, quick: values.quick, march })
        results.push(result)
        console.log(formatCase(result, baseline))
      } catch (error) {
        process.exitCode = 1
        const message = error instanceof Error ? error.message : String(error)
        process.stderr.write(`${label}: ${message}\n`)
      }
    }
  }
  if (values.save) saveBaseline(baselinePath, results, march)
  if (values.json) console.log(JSON.stringify(results))
}

if (isMainThread) {
  // V8's middle compiler inlines a twin's loop into its caller and leaves it there, up to five times
  // slower than its best code (seen with a * b + c). The twin gets its best code.
  setFlagsFromString('--no-maglev')
  await main()
} else {
  const { stem, index, quick, march } = workerData as CaseRequest
  const bench = (await casesOf(stem))[index]!
  parentPort!.postMessage(await measure(bench, new Kernels(), { stem, quick, march }))
}
