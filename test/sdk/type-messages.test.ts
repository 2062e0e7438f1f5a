// What the compiler says of a wrong job: the names that would be right, or a sentence. Method: tsc over
// one file of mistakes, one a line, each with the words that its message must have.
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'

const ROOT = new URL('../..', import.meta.url).pathname

const MISTAKES: readonly (readonly [string, string, readonly string[]])[] = [
  ['a column that is not there', 'flights.where((r) => r.dlay.gt(1))', ["'dlay'", "'delay'"]],
  [
    'text compared with a number',
    'flights.where((r) => r.origin.gt(15))',
    ["'number'", "'string | Column<Utf8<boolean>>'"],
  ],
  [
    'a method that text has not',
    'flights.select((r) => ({ x: r.origin.add(1) }))',
    ["'add' does not exist on type 'TextColumn<false>'"],
  ],
  [
    'a number as a predicate',
    'flights.where((r) => r.delay)',
    ["NumericColumn<Float<'float64', false>>", 'Column<Bool<boolean>>'],
  ],
  ['a key that is not there', "flights.keyBy('orgin')", ['\'"orgin"\'', '"origin"']],
  [
    'a mean of a column that is not there',
    "hours.aggregate({ x: mean('dealy') })",
    ['"dealy"', '"delay"'],
  ],
  [
    'the same with a filter behind it',
    "hours.aggregate({ x: mean('dealy').where((r) => r.delay.gt(1)) })",
    ["there is no column 'dealy'"],
  ],
  [
    'a mean of text with a filter behind it',
    "hours.aggregate({ x: mean('origin').where((r) => r.delay.gt(1)) })",
    ["mean() does not take column 'origin' of type utf8"],
  ],
  [
    'a sink that wants a column',
    'flights.sinkTo(wants)',
    ["the sink takes a column 'name', and the stream has none"],
  ],
  [
    'a sink that wants another type',
    'flights.sinkTo(wantsText)',
    ["column 'delay' is float64, and the sink takes utf8"],
  ],
]

const HEAD = `import { csv, mean, timestamp, tumble, utf8, float64, type SinkSpec, type StreamExecutionEnvironment } from '${ROOT}src/index.ts'
declare const env: StreamExecutionEnvironment
declare const wants: SinkSpec<{ name: ReturnType<typeof utf8> }>
declare const wantsText: SinkSpec<{ delay: ReturnType<typeof utf8> }>
const flights = env.fromSource(csv('f.csv', { schema: { date: timestamp('ms'), origin: utf8(), delay: float64() } }))
const hours = flights.assignWatermarks('date').keyBy('origin').window(tumble('1h'))
`

/** What tsc says, by line of a file. */
function messages(source: string): Map<number, string> {
  mkdirSync(join(ROOT, 'build'), { recursive: true })
  const folder = mkdtempSync(join(ROOT, 'build', 'type-messages-'))
  try {
    writeFileSync(join(folder, 'job.ts'), source)
    const config = {
      extends: join(ROOT, 'tsconfig.json'),
      include: ['job.ts', join(ROOT, 'src/**/*.d.ts')],
    }
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config))
    const tsc = join(
      dirname(createRequire(import.meta.url).resolve('typescript/package.json')),
      'bin/tsc',
    )
    const byLine = new Map<number, string>()
    let line = 0
    for (const text of compile(tsc, folder).split('\n')) {
      const at = /job\.ts\((\d+),\d+\): (.*)/.exec(text)
      if (at !== null) line = Number(at[1])
      byLine.set(line, `${byLine.get(line) ?? ''}${at?.[2] ?? text}\n`)
    }
    return byLine
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function compile(tsc: string, folder: string): string {
  try {
    return execFileSync(process.execPath, [tsc, '--noEmit', '-p', folder], { encoding: 'utf8' })
  } catch (error) {
    return (error as { stdout: string }).stdout
  }
}

describe('what the compiler says of a mistake', () => {
  const said = messages(HEAD + MISTAKES.map(([, code]) => code).join('\n'))
  const first = HEAD.split('\n').length
  it.each(MISTAKES.map(([what, , words], i) => [what, i, words] as const))('%s', (_, i, words) => {
    // Quotes differ by where in a message a type stands.
    const message = (said.get(first + i) ?? '').replaceAll(/'(\w+)',/g, '"$1",')
    for (const word of words) expect(message).toContain(word.replaceAll(/'(\w+)',/g, '"$1",'))
  })
})
