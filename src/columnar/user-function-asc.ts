// The process that compiles users' `.as.ts` files with the AssemblyScript compiler, and then ends:
// the compiler keeps hundreds of megabytes. Requests come as JSON on stdin, answers go as JSON to
// stdout.
//
// P1  A module that neither allocates nor has data, and whose sources name nothing that touches
//     memory by address, may run on a slot's own memory ("shared"). All others get a memory of
//     their own.
// P2  A module imports its memory and abort, nothing else: no clock, no chance, no host.
import { readFileSync } from 'node:fs'
import { basename, dirname, resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import * as asc from 'assemblyscript/asc'
import * as assemblyscript from 'assemblyscript'
import {
  type Signature,
  type UserModuleManifest,
  VALUE_BYTES,
  type ValueType,
} from '../kernels/user-module.ts'
import { COMPILER_OPTIONS, wrapperSource } from './user-function-wrapper.ts'

/** One place in a source that the compiler objects to. */
export interface CompileProblem {
  readonly message: string
  readonly file?: string
  /** From 1. */
  readonly line?: number
  readonly column?: number
  /** The source line, and how many columns the problem spans. */
  readonly source?: string
  readonly span?: number
}

export type CompileAnswer =
  | { readonly ok: true; readonly wasm: string; readonly manifest: UserModuleManifest }
  | { readonly ok: false; readonly problems: readonly CompileProblem[] }

// The compiler declares these as const enums, which have no value here.
const FUNCTION_DECLARATION = 56
const EXPORT = 2
const ERROR = 3

const WRAPPER = 'millrace-batch.ts'
const ALIASES: Readonly<Record<string, string>> = {
  boolean: 'bool',
  number: 'f64',
  isize: 'i32',
  usize: 'u32',
}

interface Exported {
  readonly functions: Record<string, Signature>
  readonly refused: Record<string, string>
}

async function compileFile(file: string): Promise<CompileAnswer> {
  const { functions, refused } = exportedFunctions(readFileSync(file, 'utf8'))
  const manifest = { file: basename(file), functions, refused }
  if (Object.keys(functions).length === 0) {
    const why = Object.entries(refused).map(([name, reason]) => `${name} ${reason}`)
    const reasons = why.length === 0 ? '' : `: ${why.join('; ')}`
    const message = `it exports no function that columns can call${reasons}`
    return { ok: false, problems: [{ message, file }] }
  }
  const hasText = Object.values(functions).some(
    ({ parameters, result }) => result === 'string' || parameters.includes('string'),
  )
  if (!hasText) {
    const lean = await compileWith(file, functions, false)
    if ('problems' in lean) return { ok: false, problems: lean.problems }
    if (!lean.usesMemory) return answer(lean.wasm, { ...manifest, shared: true })
  }
  const full = await compileWith(file, functions, true)
  if ('problems' in full) return { ok: false, problems: full.problems }
  return answer(full.wasm, { ...manifest, shared: false })
}

function answer(wasm: Uint8Array, manifest: UserModuleManifest): CompileAnswer {
  return { ok: true, wasm: Buffer.from(wasm).toString('base64'), manifest }
}

/** The functions a source exports, by their written types. */
function exportedFunctions(source: string): Exported {
  const program = assemblyscript.newProgram(assemblyscript.newOptions())
  assemblyscript.parse(program, source, 'user.ts', true)
  const functions: Record<string, Signature> = {}
  const refused: Record<string, string> = {}
  for (const statement of program.sources[0]!.statements) {
    if (statement.kind !== FUNCTION_DECLARATION) continue
    const declaration = statement as assemblyscript.FunctionDeclaration
    if (!declaration.is(EXPORT)) continue
    const name = declaration.name.text
    const { parameters, returnType } = declaration.signature
    const types = [...parameters.map(({ type }) => type), returnType].map((type) => {
      const written = type.range.toString()
      return ALIASES[written] ?? written
    })
    const odd = types.find((type) => !(type in VALUE_BYTES))
    if (declaration.typeParameters) refused[name] = 'is generic'
    else if (odd !== undefined) refused[name] = `has the type ${odd}`
    else {
      const values = types as ValueType[]
      functions[name] = { parameters: values.slice(0, -1), result: values.at(-1)! }
    }
  }
  return { functions, refused }
}

type Compiled =
  | { readonly wasm: Uint8Array; readonly usesMemory: boolean }
  | { readonly problems: readonly CompileProblem[] }

async function compileWith(
  file: string,
  functions: Record<string, Signature>,
  allocates: boolean,
): Promise<Compiled> {
  const path = `./${basename(file, '.ts')}`
  const directory = dirname(file)
  const sources = new Map([[WRAPPER, wrapperSource({ path, functions, allocates })]])
  const outputs = new Map<string, string | Uint8Array>()
  const problems: CompileProblem[] = []
  const { error } = await asc.main(
    [WRAPPER, ...COMPILER_OPTIONS, '--outFile', 'out.wasm', '--textFile', 'out.wat'],
    {
      readFile(name) {
        const source = sources.get(name) ?? readIfThere(resolve(directory, name))
        if (source !== null) sources.set(name, source)
        return source
      },
      writeFile: (name, contents) => void outputs.set(name, contents),
      listFiles: () => [],
      stdout: asc.createMemoryStream(),
      stderr: asc.createMemoryStream(),
      reportDiagnostic: (diagnostic) => {
        if (diagnostic.category === ERROR) problems.push(problemOf(diagnostic, directory, sources))
      },
    },
  )
  const wasm = outputs.get('out.wasm')
  if (error || !(wasm instanceof Uint8Array)) {
    if (problems.length === 0) problems.push({ message: error?.message ?? 'no output', file })
    return { problems }
  }
  const foreign = foreignImports(wasm, file)
  if (foreign.length > 0) return { problems: foreign }
  sources.delete(WRAPPER)
  const touches = [...sources.values()].some((source) => MEMORY_WORDS.test(source))
  const usesMemory = touches || /\(data |memory\.(grow|size)/.test(String(outputs.get('out.wat')))
  return { wasm, usesMemory }
}

// What a source says when it may read or write memory by address.
const MEMORY_WORDS = /load|store|memory|changetype|atomic|v128|heap/

function readIfThere(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    // The compiler asks for several places before it says that an import cannot be found.
    return null
  }
}

function problemOf(
  { message, range }: asc.DiagnosticMessage,
  directory: string,
  sources: ReadonlyMap<string, string>,
): CompileProblem {
  if (!range) return { message }
  const name = range.source.normalizedPath
  const source = sources.get(name)
  // A source of the compiler's own library has a name and no lines here.
  if (source === undefined) return { message, file: name }
  const lines = source.slice(0, range.start).split('\n')
  return {
    message,
    file: name === WRAPPER ? WRAPPER : resolve(directory, name),
    line: lines.length,
    column: lines.at(-1)!.length + 1,
    source: source.split('\n')[lines.length - 1]!,
    span: Math.max(1, range.end - range.start),
  }
}

function foreignImports(wasm: Uint8Array, file: string): CompileProblem[] {
  return WebAssembly.Module.imports(new WebAssembly.Module(wasm))
    .filter(({ module, name }) => !(module === 'env' && (name === 'memory' || name === 'abort')))
    .map(({ module, name }) => ({
      file,
      message:
        `it needs ${module}.${name} from the host; a user function is given its arguments only ` +
        `(no Math.random, Date.now, console or declared imports)`,
    }))
}

const { files } = JSON.parse(await text(process.stdin)) as { readonly files: readonly string[] }
const answers: CompileAnswer[] = []
for (const file of files) answers.push(await compileFile(file))
process.stdout.write(JSON.stringify(answers))
