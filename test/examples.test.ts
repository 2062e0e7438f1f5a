// Every example in a docstring or a page is a program that a newcomer may copy: each compiles under
// `strict`, and runs to its end. Method: the examples as files of one folder, one tsc over all, then one Node that
// imports one after the other.
import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, relative } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, describe, expect, it } from 'vitest'

const ROOT = new URL('..', import.meta.url).pathname
const run = promisify(execFile)

interface Example {
  /** `src/sdk/data-stream.ts:70`. */
  readonly at: string
  readonly code: string
  /** What a page says that it prints. */
  readonly prints?: string
}

function examplesOf(path: string): Example[] {
  const examples: Example[] = []
  let lines: string[] | undefined
  let start = 0
  readFileSync(path, 'utf8')
    .split('\n')
    .forEach((line, i) => {
      const end = lines !== undefined && /^\s*\*(\/| @)/.test(line)
      if (end) {
        examples.push({ at: `${relative(ROOT, path)}:${start}`, code: lines!.join('\n') })
        lines = undefined
      }
      if (/^\s*\* @example/.test(line)) {
        lines = []
        start = i + 1
      } else if (lines !== undefined) lines.push(line.replace(/^\s*\* ?/, ''))
    })
  return examples
}

/** The programs of a page: its blocks of TypeScript, and of text, right under one, that say what it prints. */
function programsOf(path: string): Example[] {
  const text = readFileSync(path, 'utf8')
  const programs = text.matchAll(/^```ts\n([\s\S]*?)^```$(?:\n\n```text\n([\s\S]*?)^```$)?/gm)
  return [...programs].map(({ 1: code, 2: output, index }) => ({
    at: `${relative(ROOT, path)}:${text.slice(0, index).split('\n').length}`,
    code: code!,
    ...(output === undefined ? {} : { prints: output.trim() }),
  }))
}

const PAGES = ['README.md', ...readdirSync(join(ROOT, 'docs')).map((name) => join('docs', name))]

const EXAMPLES = readdirSync(join(ROOT, 'src'), { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
  .flatMap((entry) => examplesOf(join(entry.parentPath, entry.name)))
  .concat(PAGES.flatMap((page) => programsOf(join(ROOT, page))))

// In the package, so that 'millrace' is its own sources.
mkdirSync(join(ROOT, 'out'), { recursive: true })
const FOLDER = mkdtempSync(join(ROOT, 'out', 'examples-'))
afterAll(() => rmSync(FOLDER, { recursive: true, force: true }))

const fileOf = (index: number): string => `example-${index}.ts`

EXAMPLES.forEach(({ code }, i) => {
  // A module of its own, whatever it imports.
  writeFileSync(join(FOLDER, fileOf(i)), `${code}\nexport {}\n`)
})

/** With file names as their place in the sources. */
const named = (text: string): string =>
  text.replaceAll(/[^\s(]*example-(\d+)\.ts/g, (_, i: string) => EXAMPLES[Number(i)]!.at)

describe('the examples in docstrings and pages', () => {
  it('compile', async () => {
    expect(EXAMPLES.length).toBeGreaterThan(40)
    writeFileSync(
      join(FOLDER, 'tsconfig.json'),
      JSON.stringify({
        extends: '../../tsconfig.json',
        compilerOptions: { noUnusedLocals: false, noUnusedParameters: false },
        include: ['*.ts', '../../src/kernels/webassembly.d.ts'],
        exclude: [],
      }),
    )
    const require = createRequire(import.meta.url)
    const tsc = join(dirname(require.resolve('typescript/package.json')), 'bin', 'tsc')
    const output = await run(process.execPath, [tsc, '-p', FOLDER]).then(
      () => '',
      (error: { stdout: string }) => named(error.stdout),
    )
    expect(output).toBe('')
  })

  it('run', async () => {
    const runner = `
      import { writeFile } from 'node:fs/promises'
      const failures = []
      const printed = []
      process.stdout.write = (text) => { printed[printed.length - 1] += text; return true }
      for (const file of ${JSON.stringify(EXAMPLES.map((_, i) => join(FOLDER, fileOf(i))))}) {
        printed.push('')
        try { await import(file) } catch (error) { failures.push(file + ': ' + error.stack) }
      }
      if (failures.length > 0) { console.error(failures.join('\\n')); process.exit(1) }
      await writeFile('printed.json', JSON.stringify(printed))
      process.exit(0)
    `
    const args = ['--conditions=millrace-source', '--input-type=module', '--eval', runner]
    const output = await run(process.execPath, args, { cwd: FOLDER, maxBuffer: 1 << 26 }).then(
      () => '',
      (error: { stderr: string }) => named(error.stderr),
    )
    expect(output).toBe('')
    const printed = JSON.parse(readFileSync(join(FOLDER, 'printed.json'), 'utf8')) as string[]
    const told = EXAMPLES.map(({ at, prints }, i) => ({ at, prints, got: printed[i]! })).filter(
      ({ prints }) => prints !== undefined,
    )
    expect(told.length).toBeGreaterThan(5)
    const asJob = (text: string): string => text.replaceAll(/[^\s(]*example-\d+\.ts/g, 'job.ts')
    expect(told.map(({ at, got }) => `${at}\n${asJob(got).trim()}`)).toEqual(
      told.map(({ at, prints }) => `${at}\n${prints!}`),
    )
  }, 300_000)
})
