// `millrace nexmark`: figures, files, and what bad input is answered with. That the answers are right is what
// test/nexmark holds.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { IntervalYearMonth, makeVector, Table, tableToIPC, type Vector } from 'apache-arrow'
import { afterAll, describe, expect, it } from 'vitest'
import { nexmarkCommand, type NexmarkCommandOptions } from '../../src/cli/nexmark.ts'
import { arrowFile, nexmark, StreamExecutionEnvironment } from '../../src/index.ts'

const folder = mkdtempSync(join(tmpdir(), 'nexmark-command-'))
afterAll(() => rmSync(folder, { recursive: true }))

async function run(
  options: Partial<NexmarkCommandOptions>,
): Promise<{ code: number; out: string }> {
  let out = ''
  const defaults = { changelog: false, virtualClock: false, json: false, progress: false }
  const code = await nexmarkCommand({ query: 'q0', ...defaults, ...options }, (text) => {
    out += text
  })
  return { code, out }
}

const figuresOf = ({ out }: { out: string }): Record<string, unknown>[] =>
  out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)

describe('millrace nexmark', () => {
  it('prints a table of the figures, a line a query', async () => {
    const { code, out } = await run({ query: 'q1, Q2', events: 5_000, parallelism: 2 })
    expect(code).toBe(0)
    expect(out.trimEnd().split('\n')).toEqual([
      expect.stringMatching(
        /^query +events\/s +cores +a core +windows +late +rows out +time +checksum$/,
      ),
      expect.stringMatching(/^q1 .* 4,600 .* [0-9a-f]{16}$/),
      expect.stringMatching(/^q2 .* [0-9a-f]{16}$/),
    ])
  })

  it('gives the same checksum at every parallelism and order, another for another seed', async () => {
    const sums = await Promise.all(
      [
        { parallelism: 1 },
        { parallelism: 2, outOfOrder: 100 },
        { parallelism: 4 },
        { parallelism: 1, seed: 2 },
      ].map(async (options) => {
        const [figures] = figuresOf(await run({ events: 20_000, json: true, ...options }))
        expect(figures).toMatchObject({ query: 'q0', events: 20_000, rowsOut: 18_400, lateRows: 0 })
        return figures!['checksum']
      }),
    )
    expect(sums[1]).toBe(sums[0])
    expect(sums[2]).toBe(sums[0])
    expect(sums[3]).not.toBe(sums[0])
  })

  it('writes final rows, or every change', async () => {
    const options = { query: 'q4', events: 20_000, parallelism: 1, output: folder, json: true }
    const read = (): Record<string, unknown>[] =>
      figuresOf({ out: readFileSync(join(folder, 'q4.ndjson'), 'utf8') })
    await run(options)
    const rows = read()
    expect(rows).toHaveLength(5)
    expect(rows.every((row) => Object.keys(row).join() === 'id,final')).toBe(true)
    await run({ ...options, changelog: true, batchRows: 1_000 })
    const changes = read()
    expect(changes.length).toBeGreaterThan(5)
    expect(new Set(changes.map((change) => change['op']))).toEqual(new Set(['+I', '-U', '+U']))
  })

  it('reads Arrow files, of which a query needs only those that it reads', async () => {
    const env = StreamExecutionEnvironment.getExecutionEnvironment()
    env.fromSource(nexmark({ events: 5_000 }).bid).sinkTo(arrowFile(join(folder, 'bid.arrow')))
    await env.execute()
    const [figures] = figuresOf(await run({ query: 'q2', input: folder, json: true }))
    const [generated] = figuresOf(await run({ query: 'q2', events: 5_000, json: true }))
    expect(figures!['checksum']).toBe(generated!['checksum'])
    expect(figures).toMatchObject({ events: 4_600 })
  })

  it('says which column has a type that it cannot read, and which is missing', async () => {
    const input = join(folder, 'strange')
    mkdirSync(input)
    const price = makeVector({ type: new IntervalYearMonth(), length: 1, data: Int32Array.of(1) })
    const figuresWith = async (columns: Record<string, Vector>) => {
      writeFileSync(join(input, 'bid.arrow'), tableToIPC(new Table(columns), 'file'))
      return figuresOf(await run({ query: 'q2', input, json: true }))
    }
    const auction = makeVector(BigInt64Array.of(1n))
    expect(await figuresWith({ auction, price })).toMatchObject([
      {
        error: {
          code: 'UNSUPPORTED',
          message: expect.stringMatching(/bid\.arrow: column 'price' has the Arrow type Interval/),
        },
      },
    ])
    expect(await figuresWith({ auction })).toMatchObject([
      {
        error: {
          code: 'COLUMN_NOT_FOUND',
          message: expect.stringMatching(/bid\.arrow has no column 'bidder'.* has auction$/),
        },
      },
    ])
  })

  it('goes on behind a query that fails, and says so in its exit code', async () => {
    const { code, out } = await run({ query: 'q3,q2', input: folder, json: true })
    expect(code).toBe(1)
    expect(figuresOf({ out })).toMatchObject([
      {
        query: 'q3',
        error: {
          code: 'FILE_NOT_FOUND',
          message: expect.stringMatching(
            /reads person\.parquet or person\.arrow, and .* has bid\.arrow/,
          ),
        },
      },
      { query: 'q2', rowsOut: expect.any(Number) },
    ])
  })

  it.each([
    [{ query: 'q99' }, /no Nexmark query 'q99'/],
    [{ query: '5' }, /Did you mean 'q5'\?/],
    [{ query: 'q0', input: 'x', seed: 3 }, /--seed is for generated events/],
    [{ query: 'q0', input: 'x', outOfOrder: 3 }, /--out-of-order is for generated events/],
    [{ query: 'q0', startTime: 'noon' }, /--start-time is 'noon'/],
    [{ query: 'q0', events: 0 }, /events is 0; it is a whole number from 1/],
    [{ query: 'q0', tps: 0 }, /tps is 0/],
    [{ query: 'q0', batchRows: 0 }, /batchRows/],
    [{ query: 'q0', runtimeMode: 'bulk' }, /'bulk'/],
  ])('refuses %j', async (options, message) => {
    await expect(run({ parallelism: 1, ...options })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringMatching(message),
    })
  })
})
