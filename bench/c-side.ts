// The C side of a kernel benchmark: bench/kernels/c/<stem>.c, compiled once, run as a child process
// that holds the same data and answers one line for each command, so that its passes interleave with
// the other sides in one run. bench.h holds the other half of the protocol:
//
//     load <path>              reads the data                        -> ok
//     pass <function> <repeats> begin, one pass over all batches, repeated -> <ns> <checksum>
//     check <function> <batch> begin, one batch                      -> <result>
//     output <index> <bytes> <path>  writes an output buffer         -> ok
import { execFileSync, spawn, type ChildProcessByStdio } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import type { CheckResult, Runner, TypedArray } from './harness.ts'

/** What may be asked for by --march; the first is what the figures and the ask of 1.3x are about. */
export const MARCHES = ['x86-64-v2', 'x86-64-v3', 'x86-64-v4', 'native'] as const
export type March = (typeof MARCHES)[number]

/**
 * x86-64-v2 has vectors of 128 bits, SSE4.2 and popcnt, as WebAssembly has: the same algorithm at the
 * same width. No contraction of a * b + c: it gives another answer than two roundings.
 */
export function cFlags(march: March): string[] {
  return [
    '-O3',
    `-march=${march}`,
    '-ffp-contract=off',
    '-std=gnu17',
    '-Wall',
    '-Wno-unused-function',
  ]
}

const sources = fileURLToPath(new URL('./kernels/c/', import.meta.url))
const programs = fileURLToPath(new URL('../build/bench/', import.meta.url))

interface CData {
  readonly function: string
  readonly rows: number
  readonly data: readonly (readonly TypedArray[])[]
  readonly outputs: readonly TypedArray[]
  readonly params: readonly number[]
}

export class CSide implements Runner {
  readonly name = 'C'
  readonly #child: ChildProcessByStdio<Writable, Readable, null>
  readonly #lines: AsyncIterator<string>
  readonly #directory: string
  #function = ''

  private constructor(program: string) {
    this.#child = spawn(program, { stdio: ['pipe', 'pipe', 'inherit'] })
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]()
    this.#directory = mkdtempSync(join(tmpdir(), 'millrace-bench-'))
  }

  /** Compiles and starts the stem's program; undefined where there is no gcc. */
  static start(stem: string, march: March): CSide | undefined {
    const program = compile(stem, march)
    return program === undefined ? undefined : new CSide(program)
  }

  async load({ function: name, rows, data, outputs, params }: CData): Promise<void> {
    this.#function = name
    const path = join(this.#directory, 'data')
    const inputCount = data[0]?.length ?? 0
    const counts = [data.length, rows, inputCount, outputs.length, params.length]
    const parts: Uint8Array[] = [
      new Uint8Array(Uint32Array.from(counts).buffer),
      new Uint8Array(Float64Array.from(params).buffer),
      new Uint8Array(Uint32Array.from(outputs, (output) => output.byteLength).buffer),
    ]
    for (const inputs of data) {
      parts.push(new Uint8Array(Uint32Array.from(inputs, (input) => input.byteLength).buffer))
      for (const input of inputs) {
        parts.push(new Uint8Array(input.buffer, input.byteOffset, input.byteLength))
      }
    }
    writeFileSync(path, Buffer.concat(parts))
    await this.#ask(`load ${path}`)
    rmSync(path)
  }

  async pass(repeats: number): Promise<{ ns: number; checksum: number }> {
    const [ns, checksum] = (await this.#ask(`pass ${this.#function} ${repeats}`))
      .split(' ')
      .map(Number)
    return { ns: ns!, checksum: checksum! }
  }

  async check(batch: number): Promise<CheckResult> {
    const result = Number(await this.#ask(`check ${this.#function} ${batch}`))
    return { result, output: (index, bytes) => this.#output(index, bytes) }
  }

  close(): void {
    this.#child.stdin.end()
    rmSync(this.#directory, { recursive: true })
  }

  async #output(index: number, bytes: number): Promise<Uint8Array> {
    const path = join(this.#directory, `output-${index}`)
    await this.#ask(`output ${index} ${bytes} ${path}`)
    return readFileSync(path)
  }

  async #ask(command: string): Promise<string> {
    this.#child.stdin.write(`${command}\n`)
    const { value, done } = await this.#lines.next()
    if (done === true || value.startsWith('error')) {
      throw new Error(`C side: ${command}: ${done === true ? 'the program ended' : value}`)
    }
    return value
  }
}

/** Compiles c/<stem>.c unless the program is newer than its sources; undefined without a gcc. */
export function compile(stem: string, march: March): string | undefined {
  const source = join(sources, `${stem}.c`)
  const program = join(programs, `${stem}-${march}`)
  if (!existsSync(source) || !hasGcc()) return undefined
  const headers = ['bench.h', 'civil.h', 'lines.h'].map((header) => join(sources, header))
  const newest = Math.max(...[source, ...headers].map((path) => statSync(path).mtimeMs))
  if (existsSync(program) && statSync(program).mtimeMs > newest) return program
  mkdirSync(programs, { recursive: true })
  execFileSync('gcc', [...cFlags(march), '-o', program, source, '-lm'], { stdio: 'inherit' })
  return program
}

function hasGcc(): boolean {
  try {
    execFileSync('gcc', ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    // No compiler here: the C column stays empty, the other sides are measured.
    return false
  }
}
