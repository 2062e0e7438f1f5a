// The command line as a user meets it, in a process of its own: what a job prints, and what each kind of
// bad input is answered with.
import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
// Inside the package, so that the jobs' import of 'millrace' finds it.
mkdirSync(join(ROOT, 'out'), { recursive: true })
const folder = mkdtempSync(join(ROOT, 'out/command-line-'))
afterAll(() => rmSync(folder, { recursive: true }))

interface Ended {
  readonly code: number
  readonly out: string
  readonly err: string
}

function millrace(...args: string[]): Promise<Ended> {
  const main = new URL('../../src/cli/main.ts', import.meta.url).href
  const script = `import { main } from '${main}'; process.exitCode = await main(process.argv.slice(1))`
  const node = ['--conditions=millrace-source', '--input-type=module', '-e', script, '--', ...args]
  const child = spawn(process.execPath, node, { cwd: folder })
  const texts = { out: '', err: '' }
  child.stdout.on('data', (data: Buffer) => (texts.out += data.toString()))
  child.stderr.on('data', (data: Buffer) => (texts.err += data.toString()))
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => resolve({ code: code ?? -1, ...texts }))
  })
}

/** A slow machine shows how far the job is. */
const withoutProgress = (err: string): string => err.replaceAll(/^.* rows\/s .*\n/gm, '')

function write(name: string, text: string): string {
  writeFileSync(join(folder, name), text)
  return name
}

const IMPORTS = `import { count, csv, int32, ndjson, ndjsonFile, timestamp, tumble, utf8,
  type StreamExecutionEnvironment } from 'millrace'\n`
const job = (name: string, body: string): string =>
  write(
    name,
    `${IMPORTS}export default function job(env: StreamExecutionEnvironment) {\n${body}\n}\n`,
  )

write('clicks.csv', 'time,page,ms\n2024-01-01T00:00:01Z,a,5\n2024-01-01T00:01:02Z,b,7\n')
const CLICKS = `csv('clicks.csv', { schema: { time: timestamp('ms'), page: utf8(), ms: int32() } })`
const COUNTED = `env.fromSource(${CLICKS}).assignWatermarks('time').keyBy('page').window(tumble('1m'))
  .aggregate({ clicks: count() })`

describe('millrace run', () => {
  it('ends in silence when nobody reads its output any more', async () => {
    const lines = job('lines.ts', 'env.fromCollection([{ n: 1 }]).print()')
    const bin = join(ROOT, 'bin/millrace.js')
    const child = spawn(process.execPath, [bin, 'run', lines, '--no-progress'], { cwd: folder })
    child.stdout.destroy()
    let err = ''
    child.stderr.on('data', (data: Buffer) => (err += data.toString()))
    const code = await new Promise((resolve, reject) => {
      child.on('error', reject)
      child.on('close', resolve)
    })
    expect({ code, err }).toEqual({ code: 141, err: '' })
  })

  it('runs a TypeScript job without a build, and ends with its figures', async () => {
    const { code, out, err } = await millrace(
      'run',
      job('ok.ts', `${COUNTED}.sinkTo(ndjsonFile('ok.ndjson'))`),
    )
    expect({ code, err: withoutProgress(err) }).toEqual({ code: 0, err: '' })
    expect(out).toMatch(/rows read +2,/)
    expect(out).toMatch(/windows fired +2\n/)
    expect(out).toMatch(/row objects +0\n/)
    const rows = readFileSync(join(folder, 'ok.ndjson'), 'utf8').trimEnd().split('\n')
    expect(rows.map((row) => (JSON.parse(row) as { page: string }).page).sort()).toEqual(['a', 'b'])
  })

  it('prints the totals as one JSON object on the last line', async () => {
    const file = job('json.ts', `${COUNTED}.print()`)
    const { code, out } = await millrace('run', file, '--json', '--parallelism', '2')
    expect(code).toBe(0)
    expect(JSON.parse(out.trimEnd().split('\n').at(-1)!)).toMatchObject({
      job: 'json',
      parallelism: 2,
      rows: 2,
      windowsFired: 2,
      rowObjects: 0,
      lateRows: 0,
      malformedRecords: 0,
      peakMemoryBytes: expect.any(Number) as number,
    })
  })

  it('prints what functions count, operator by operator', async () => {
    const counted = `env.fromSource(${CLICKS}).map({
      open(context) { this.seen = context.metrics.counter('seen') },
      map(row) { this.seen.inc(); return row },
    } as never).setName('Counted').print()`
    const { code, out } = await millrace('run', job('counted.ts', counted), '--json')
    expect(code).toBe(0)
    const { operators } = JSON.parse(out.trimEnd().split('\n').at(-1)!) as {
      operators: { name: string }[]
    }
    expect(operators.find(({ name }) => name === 'Counted')).toMatchObject({
      rowsIn: 2,
      metrics: { seen: { kind: 'counter', value: 2 } },
    })
  })

  it('shows a running job over REST, and names a port that is taken', async () => {
    const taken = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => taken.once('listening', resolve))
    const { port } = taken.address() as { port: number }
    const file = job('rest.ts', `${COUNTED}.print()`)
    const refused = await millrace('run', file, '--rest-port', String(port))
    expect(refused).toMatchObject({ code: 1 })
    expect(refused.err).toMatch(new RegExp(`PORT_IN_USE.*port ${port} .*--rest-port`))
    taken.close()
    const { code, err } = await millrace('run', file, '--rest-port', '0')
    expect(code).toBe(0)
    expect(err).toMatch(/http:\/\/127\.0\.0\.1:\d+\/jobs/)
  })

  it.each<[name: string, file: string, code: number, says: RegExp]>([
    [
      'a job file that is not there',
      'okk.ts',
      2,
      /JOB_MODULE_INVALID.*no file 'okk\.ts'.*Did you mean 'ok\.ts'/,
    ],
    [
      'a job file that does not parse',
      write('syntax.ts', 'export default function (\n'),
      2,
      /does not parse: [^]*syntax\.ts:1/,
    ],
    [
      'a job file that exports no function',
      write('three.ts', 'export default 3\n'),
      2,
      /a number, not a job/,
    ],
    ['a job without a sink', job('nosink.ts', `env.fromSource(${CLICKS})`), 1, /no sink/],
    [
      'a column that is not there',
      job('column.ts', `${COUNTED.replace("'page'", "'pgae' as never")}.print()`),
      1,
      /COLUMN_NOT_FOUND.*'pgae'.*Did you mean 'page'\?.*column\.ts:\d/,
    ],
    [
      'an event time that is no timestamp',
      job('notime.ts', `${COUNTED.replace("'time')", "'ms' as never)")}.print()`),
      1,
      /TYPE_MISMATCH.*'ms' is int32.*cast/,
    ],
    [
      'a window without event time',
      job('nowm.ts', `${COUNTED.replace(".assignWatermarks('time')", '')}.print()`),
      1,
      /assignWatermarks/,
    ],
    [
      'an input file that is not there',
      job('nofile.ts', `${COUNTED.replace('clicks.csv', 'clicsk.csv')}.print()`),
      1,
      /FILE_NOT_FOUND.*clicsk\.csv.*clicks\.csv/,
    ],
    [
      'a file of another format',
      job('format.ts', `${COUNTED.replace("csv('clicks.csv'", "ndjson('clicks.csv'")}.print()`),
      1,
      /clicks\.csv/,
    ],
  ])('answers %s', async (_, file, code, says) => {
    const ended = await millrace('run', file, '--no-progress')
    expect(ended.err).toMatch(says)
    expect(ended.err.startsWith('error [')).toBe(true)
    expect(ended.code).toBe(code)
  })

  it.each<[name: string, lines: string, says: RegExp]>([
    ['too many fields', '2024-01-01T00:00:01Z,a,5,9\n', /bad\.csv:3/],
    ['too few fields', '2024-01-01T00:00:01Z,a\n', /bad\.csv:3/],
    ['an unterminated quote', '2024-01-01T00:00:01Z,"a,5\n', /bad\.csv:3.*quote/],
    [
      'a number that overflows its column',
      '2024-01-01T00:00:01Z,a,5000000000\n',
      /bad\.csv:3.*'?ms'?.*int32/,
    ],
    [
      'a record larger than a record may be',
      `2024-01-01T00:00:01Z,${'a'.repeat(2_000_000)},5\n`,
      /bad\.csv:3.*recordBytesMax/,
    ],
  ])('fails on a CSV record with %s, and says where', async (_, lines, says) => {
    write('bad.csv', `time,page,ms\n2024-01-01T00:00:01Z,a,5\n${lines}`)
    // All columns are printed: a column that nobody needs is not even parsed.
    const file = job('bad.ts', `env.fromSource(${CLICKS.replace('clicks.csv', 'bad.csv')}).print()`)
    const { code, err } = await millrace('run', file, '--no-progress')
    expect(err).toMatch(says)
    expect(err).toMatch(/RECORD_MALFORMED|RECORD_TOO_LARGE/)
    expect(code).toBe(1)
  })

  it('skips and counts malformed records when told to', async () => {
    write('some.csv', 'time,page,ms\n2024-01-01T00:00:01Z,a,5\nx,y\n2024-01-01T00:01:02Z,b,7\n')
    const body = COUNTED.replace('clicks.csv', 'some.csv').replace('} })', "}, onError: 'skip' })")
    const { code, out } = await millrace('run', job('some.ts', `${body}.print()`), '--json')
    expect(code).toBe(0)
    expect(JSON.parse(out.trimEnd().split('\n').at(-1)!)).toMatchObject({
      rows: 2,
      malformedRecords: 1,
    })
  })
})

describe('millrace explain', () => {
  it('prints the plan, with kernel or JavaScript and why', async () => {
    const file = job('plan.ts', `${COUNTED}.filter((row) => row.clicks > 1).print()`)
    const { code, out } = await millrace('explain', file, '--parallelism', '2')
    expect(code).toBe(0)
    expect(out).toMatch(/hash by page/)
    expect(out).toMatch(/kernel: keyed aggregation/)
    expect(out).toMatch(/JavaScript: a function of rows/)
    const json = await millrace('explain', file, '--json')
    expect(JSON.parse(json.out)).toBeTypeOf('object')
  })
})

describe('millrace', () => {
  it('teaches with --help, and suggests for a misspelt command', async () => {
    const help = await millrace('--help')
    expect(help.code).toBe(0)
    expect(help.out).toMatch(
      /run \[options\] <job>[^]*Examples:[^]*millrace run job\.ts --parallelism 4/,
    )
    const wrong = await millrace('rnu')
    expect(wrong.code).toBe(2)
    expect(wrong.err).toMatch(/Did you mean run/)
    expect((await millrace('run', 'ok.ts', '-p', '0')).err).toMatch(/whole number from 1/)
  })
})
