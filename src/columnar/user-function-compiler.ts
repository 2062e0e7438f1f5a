// Shell: users' `.as.ts` files to WebAssembly modules, once a job, before it starts. The compiler
// runs in a child process that ends with the work (user-function-asc.ts); what it made is kept in a
// cache.
//
// C1  A cache entry's name is a hash of all that went in: the file and the files it imports, the
//     compiler's version and options, the wrapper's source. So an entry is right or absent.
// C2  An entry appears by rename, whole; one that does not load is compiled again.
// C3  A folder that cannot be written costs the cache, not the job.
import { spawn } from 'node:child_process'
import { createHash, randomUUID } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir, userInfo } from 'node:os'
import { dirname, join, relative, resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { DataflowError } from '../base/errors.ts'
import {
  type Signature,
  VALUE_BYTES,
  type ValueType,
  withManifest,
} from '../kernels/user-module.ts'
import type { CompileAnswer, CompileProblem } from './user-function-asc.ts'
import { COMPILER_OPTIONS, wrapperSource } from './user-function-wrapper.ts'

const EXTENSION = '.as.ts'
const COMPILE_TIMEOUT_MS = 120_000
const PROBLEMS_SHOWN = 5

export interface CompileUserFunctionsOptions {
  /** Where modules are kept; else MILLRACE_CACHE_DIR, a folder of node_modules, or one of tmp. */
  readonly cacheDirectory?: string
}

// The wrapper for one function of each type: another wrapper is another key.
const SAMPLE = (Object.keys(VALUE_BYTES) as ValueType[]).map((type): [string, Signature] => [
  type,
  { parameters: [type], result: type },
])
const WRAPPER_SAMPLE = [true, false].map((allocates) =>
  wrapperSource({ path: '', functions: Object.fromEntries(SAMPLE), allocates }),
)

interface Wanted {
  readonly url: string
  readonly file: string
  readonly entry: string
}

/**
 * Compiles the files, or takes them from the cache.
 * @param urls file URLs of `.as.ts` files
 * @throws FILE_NOT_FOUND, UDF_COMPILE_FAILED with file, line and column
 */
export async function compileUserFunctions(
  urls: readonly string[],
  options: CompileUserFunctionsOptions = {},
): Promise<ReadonlyMap<string, WebAssembly.Module>> {
  const directory = options.cacheDirectory ?? cacheDirectory()
  const modules = new Map<string, WebAssembly.Module>()
  const missing: Wanted[] = []
  for (const url of new Set(urls)) {
    const file = fileOf(url)
    const entry = join(directory, `${keyOf(file)}.wasm`)
    const module = await loadEntry(entry)
    if (module === undefined) missing.push({ url, file, entry })
    else modules.set(url, module)
  }
  if (missing.length === 0) return modules
  const answers = await askCompiler(missing.map(({ file }) => file))
  for (const [i, { url, file, entry }] of missing.entries()) {
    const answer = answers[i]!
    if (!answer.ok) throw compileError(file, answer.problems)
    const wasm = withManifest(Buffer.from(answer.wasm, 'base64'), answer.manifest)
    modules.set(url, new WebAssembly.Module(wasm))
    await keepEntry(entry, wasm)
  }
  return modules
}

function fileOf(url: string): string {
  if (!url.startsWith('file:') || !url.endsWith(EXTENSION)) {
    throw new DataflowError(
      'UNSUPPORTED',
      `user functions are read from files named *${EXTENSION}, not from ${url}; ` +
        `give new URL('./functions${EXTENSION}', import.meta.url)`,
    )
  }
  const file = fileURLToPath(url)
  if (!existsSync(file)) {
    throw new DataflowError('FILE_NOT_FOUND', `${shown(file)}: there is no such file`, {
      context: { location: shown(file) },
    })
  }
  return file
}

function cacheDirectory(): string {
  const configured = process.env['MILLRACE_CACHE_DIR']
  if (configured !== undefined && configured !== '') return join(configured, 'user-functions')
  for (let at = process.cwd(); ; at = dirname(at)) {
    const modules = join(at, 'node_modules')
    if (existsSync(modules)) return join(modules, '.cache', 'millrace', 'user-functions')
    // No project here: a folder of this user alone, since what is in it is run.
    if (at === dirname(at)) return join(tmpdir(), `millrace-${userInfo().uid}`, 'user-functions')
  }
}

function keyOf(file: string): string {
  const require = createRequire(import.meta.url)
  const compiler = require('assemblyscript/package.json') as { readonly version: string }
  const hash = createHash('sha256')
  hash.update(JSON.stringify([compiler.version, COMPILER_OPTIONS, WRAPPER_SAMPLE]))
  for (const source of sourcesOf(file)) {
    // Relative: the same sources elsewhere are the same module.
    hash.update(`\0${relative(dirname(file), source)}\0`).update(readFileSync(source))
  }
  return hash.digest('hex').slice(0, 40)
}

/** The file and what it imports by relative path, and so on; a path in a comment adds to it. */
function sourcesOf(file: string): readonly string[] {
  const found = new Set([file])
  // A set gives what is added while it is walked.
  for (const source of found) {
    const imports = readFileSync(source, 'utf8').matchAll(/(?:from|import)\s*['"](\.[^'"]+)['"]/g)
    for (const [, path] of imports) {
      const target = resolve(dirname(source), path!)
      for (const place of [`${target}.ts`, join(target, 'index.ts')]) {
        if (existsSync(place)) found.add(place)
      }
    }
  }
  return [...found]
}

async function loadEntry(entry: string): Promise<WebAssembly.Module | undefined> {
  try {
    return new WebAssembly.Module(await readFile(entry))
  } catch {
    // Absent, unreadable or broken: it is compiled (again).
    return undefined
  }
}

async function keepEntry(entry: string, wasm: Uint8Array): Promise<void> {
  const temporary = `${entry}.${randomUUID()}`
  try {
    await mkdir(dirname(entry), { recursive: true, mode: 0o700 })
    await writeFile(temporary, wasm)
    await rename(temporary, entry)
  } catch {
    // C3: a read-only folder; the next job compiles again.
  }
}

async function askCompiler(files: readonly string[]): Promise<readonly CompileAnswer[]> {
  const extension = import.meta.url.endsWith('.ts') ? '.ts' : '.js'
  const program = fileURLToPath(new URL(`./user-function-asc${extension}`, import.meta.url))
  const child = spawn(process.execPath, ['--no-warnings', program], {
    stdio: ['pipe', 'pipe', 'pipe'],
    timeout: COMPILE_TIMEOUT_MS,
  })
  const ended = new Promise<string>((settle) => {
    child.once('error', (error) => settle(error.message))
    child.once('close', (code, signal) =>
      settle(code === 0 ? '' : `it ended with ${signal ?? code}`),
    )
  })
  // A child that is gone before it has read is reported by how it ended.
  child.stdin.on('error', () => undefined)
  child.stdin.end(JSON.stringify({ files }))
  const [output, complaint, ending] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    ended,
  ])
  if (ending !== '') {
    const why = complaint.trim().split('\n').slice(-3).join(' ')
    const names = files.map(shown).join(', ')
    throw new DataflowError(
      'UDF_COMPILE_FAILED',
      `the compiler failed on ${names}: ${ending} ${why}`,
    )
  }
  return JSON.parse(output) as readonly CompileAnswer[]
}

function compileError(file: string, problems: readonly CompileProblem[]): DataflowError {
  const texts = problems.slice(0, PROBLEMS_SHOWN).map((problem) => problemText(file, problem))
  const more = problems.length - texts.length
  if (more > 0) texts.push(`and ${more} more`)
  const { line, file: where = file } = problems[0]!
  return new DataflowError('UDF_COMPILE_FAILED', texts.join('\n'), {
    context: { location: line === undefined ? shown(where) : `${shown(where)}:${line}` },
  })
}

function problemText(file: string, problem: CompileProblem): string {
  const { message, line, column, source = '', span = 1 } = problem
  const where = shown(problem.file ?? file)
  if (line === undefined || column === undefined) return `${where}: ${message}`
  // Tabs stay tabs, so that the marks stand under what they mark.
  const indent = source.slice(0, column - 1).replaceAll(/[^\t]/g, ' ')
  const marks = '^'.repeat(Math.max(1, Math.min(span, source.length - column + 1)))
  return `${where}:${line}:${column}: ${message}\n  ${source}\n  ${indent}${marks}`
}

/** As the user would write it: relative to where the job was started, if it is below. */
function shown(file: string): string {
  const path = relative(process.cwd(), file)
  return path.startsWith('..') ? file : path
}
