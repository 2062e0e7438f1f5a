// The command line: what `millrace` does with its arguments. Returns the exit code: 0 fine, 1 the job
// failed, 2 wrong use, 130 interrupted.
import { Command, CommanderError, InvalidArgumentError } from 'commander'
import { readFileSync } from 'node:fs'
import { type ErrorCode, isDataflowError } from '../base/errors.ts'
import { errorText } from './error-text.ts'
import type { ExplainOptions } from './explain.ts'
import type { NexmarkCommandOptions } from './nexmark.ts'
import type { RunOptions } from './run.ts'

const EXAMPLES = `
Examples:
  $ millrace run job.ts                      run a job here, on as many slots as there are cores
  $ millrace run job.ts --parallelism 4      the same on four slots
  $ millrace run job.ts --json | tail -1     totals as one JSON object on the last line
  $ millrace nexmark --query q5,q7           queries of the Nexmark benchmark, and their figures
  $ millrace explain job.ts                  the plan: chains, exchanges, kernel or JavaScript and why

A job is a TypeScript module, run without a build step, that default-exports a function:

  import { count, csv, ndjsonFile, timestamp, tumble, utf8, type StreamExecutionEnvironment } from 'millrace'

  export default function job(env: StreamExecutionEnvironment) {
    env
      .fromSource(csv('clicks.csv', { schema: { time: timestamp('ms'), page: utf8() } }))
      .assignWatermarks('time', { maxOutOfOrderness: '5s' })
      .keyBy('page')
      .window(tumble('1m'))
      .aggregate({ clicks: count() })
      .sinkTo(ndjsonFile('out/clicks.ndjson'))
  }
`

function parallelism(text: string): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 1 || value > 1_024) {
    throw new InvalidArgumentError('it is a whole number from 1 to 1024.')
  }
  return value
}

const NEXMARK_HELP = `
Examples:
  $ millrace nexmark --query q5                          a million events, on all cores
  $ millrace nexmark --query all --events 10000000       all queries, one after the other
  $ millrace nexmark --query q5 --tps 10000              fewer events a second: more windows close
  $ millrace nexmark --query q9 --output out             the rows, as out/q9.ndjson
  $ millrace nexmark --query q4 --changelog --output out every change of the result
  $ millrace nexmark --query q0 --input events           person, auction and bid .parquet or .arrow of a folder
  $ millrace nexmark --query q3 --json                   one JSON object a query

The events are random but the same for the same seed, whatever the parallelism; so is the checksum, which
does not depend on the order of rows. --tps says how many events a second of event time has, not how fast
they are made: that is as fast as the query takes them. The query's rows are added up, not printed; events
a second are those of the whole run, with the start of its threads.
`

function wholeNumber(text: string): number {
  const value = Number(text.replaceAll('_', ''))
  if (!Number.isSafeInteger(value) || value < 0) {
    throw new InvalidArgumentError('it is a whole number.')
  }
  return value
}

function port(text: string): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 0 || value > 65_535) {
    throw new InvalidArgumentError('it is a port from 1 to 65535, or 0 for a free one.')
  }
  return value
}

function version(): string {
  const manifest = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
  return (JSON.parse(manifest) as { version: string }).version
}

function program(onExit: (code: number) => void): Command {
  const root = new Command('millrace')
    .description('Stateful stream and batch processing for TypeScript.')
    .version(version())
    .showSuggestionAfterError(true)
    .showHelpAfterError('(millrace --help shows all commands)')
    .addHelpText('after', EXAMPLES)
    .exitOverride()
  root
    .command('run')
    .description('run a job in this process and wait for its end')
    .argument('<job>', 'the job: a TypeScript or JavaScript module')
    .option('-p, --parallelism <n>', 'subtasks an operator runs as, and slots', parallelism)
    .option('--json', 'print the totals as one JSON object on the last line', false)
    .option('--no-progress', 'print no progress')
    .option('--rest-port <port>', 'show the job over REST on this port of 127.0.0.1', port)
    .action(async (job: string, options: RunOptions) => {
      const { runCommand } = await import('./run.ts')
      onExit(await runCommand(job, options))
    })
  root
    .command('explain')
    .description('print the plan of a job without running it')
    .argument('<job>', 'the job: a TypeScript or JavaScript module')
    .option('-p, --parallelism <n>', 'subtasks an operator runs as, and slots', parallelism)
    .option('--json', 'print the plan as JSON', false)
    .action(async (job: string, options: ExplainOptions) => {
      const { explainCommand } = await import('./explain.ts')
      onExit(await explainCommand(job, options))
    })
  root
    .command('nexmark')
    .description('run queries of the Nexmark benchmark over generated events or files')
    .requiredOption('-q, --query <names>', 'q0 to q23: one, several (q5,q7), or all')
    .option('-n, --events <n>', 'how many events are generated (default: 1000000)', wholeNumber)
    .option('--tps <n>', 'events a second of event time (default: 100000)', wholeNumber)
    .option('--seed <n>', 'another seed gives other events (default: 1)', wholeNumber)
    .option('--out-of-order <n>', 'events are out of order within groups of n', wholeNumber)
    .option('--start-time <time>', 'time of the first event (default: 2026-01-01T00:00:00Z)')
    .option('-i, --input <dir>', 'read person, auction and bid from .parquet or .arrow files')
    .option('-o, --output <dir>', 'write each query to <dir>/<query>.ndjson')
    .option('-p, --parallelism <n>', 'subtasks an operator runs as, and slots', parallelism)
    .option('--batch-rows <n>', 'rows a record batch has at most', wholeNumber)
    .option('--changelog', 'of results that are updated: all changes, not the final rows', false)
    .option('--runtime-mode <mode>', 'streaming (unless said), batch or automatic')
    .option('--virtual-clock', 'events come by a clock that is not the world’s (q12)', false)
    .option('--json', 'print one JSON object a query', false)
    .option('--no-progress', 'print no progress')
    .addHelpText('after', NEXMARK_HELP)
    .action(async (options: NexmarkCommandOptions) => {
      const { nexmarkCommand } = await import('./nexmark.ts')
      onExit(await nexmarkCommand(options))
    })
  return root
}

/** Runs the command line; `args` are those after the program's name. */
export async function main(args: readonly string[]): Promise<number> {
  let exitCode = 0
  try {
    await program((code) => {
      exitCode = code
    }).parseAsync(args, { from: 'user' })
    return exitCode
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
    process.stderr.write(`${errorText(error)}\n`)
    const misuse = isDataflowError(error) && MISUSE.has(error.code)
    return misuse ? 2 : 1
  }
}

const MISUSE: ReadonlySet<ErrorCode> = new Set(['CONFIG_INVALID', 'JOB_MODULE_INVALID'])
