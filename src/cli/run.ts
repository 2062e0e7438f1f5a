// Shell: `millrace run`: a job file from its module to its figures, in this process.
import { availableParallelism } from 'node:os'
import process from 'node:process'
import { systemClock } from '../base/clock.ts'
import { isDataflowError } from '../base/errors.ts'
import type { JobClient } from '../graph/submission.ts'
import { StreamExecutionEnvironment } from '../index.ts'
import type { RestServer } from '../jobmanager/rest-api.ts'
import { errorText } from './error-text.ts'
import { buildJob, loadJobFile } from './job-file.ts'
import { ProgressLine } from './progress-line.ts'
import { summarize, summaryText } from './run-summary.ts'

export interface RunOptions {
  readonly parallelism?: number
  readonly json: boolean
  readonly progress: boolean
  readonly restPort?: number
}

/** The exit code of a run that was interrupted. */
export const INTERRUPTED = 130

/** Runs a job; the exit code says how it ended. */
export async function runCommand(path: string, options: RunOptions): Promise<number> {
  const file = await loadJobFile(path)
  // A script that builds and executes by itself has done so while it was imported.
  if (file.job === undefined) return Number(process.exitCode ?? 0)
  const parallelism = options.parallelism ?? availableParallelism()
  const env = StreamExecutionEnvironment.getExecutionEnvironment({
    parallelism,
    name: file.name,
    module: file.url,
  })
  await buildJob(file, path, env)
  const plan = env.explanation()
  const interrupt = new AbortController()
  const onSignal = (): void => interrupt.abort(new Error('interrupted'))
  process.once('SIGINT', onSignal).once('SIGTERM', onSignal)
  let rest: RestServer | undefined
  let client: JobClient | undefined
  try {
    const startupMs = systemClock.monotonic()
    if (options.restPort !== undefined) {
      const { serveRest } = await import('../jobmanager/rest-api.ts')
      rest = await serveRest(options.restPort, () => {
        if (client === undefined) return []
        const { jobId, progress, operators } = client
        return [{ jobId, name: file.name, progress, operators, plan: () => plan }]
      })
      process.stderr.write(`http://127.0.0.1:${rest.port}/jobs\n`)
    }
    client = await env.executeAsync(undefined, { signal: interrupt.signal })
    const result = await withProgress(client, options.progress)
    const peakMemoryBytes = process.resourceUsage().maxRSS * 1024
    const summary = summarize({ result, parallelism, peakMemoryBytes, startupMs })
    process.stdout.write(`${options.json ? JSON.stringify(summary) : summaryText(summary)}\n`)
    return 0
  } catch (error) {
    const cancelled = isDataflowError(error) && error.code === 'JOB_CANCELLED'
    process.stderr.write(`${errorText(error)}\n`)
    if (options.json) process.stdout.write(`${JSON.stringify(failure(error))}\n`)
    return cancelled ? INTERRUPTED : 1
  } finally {
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal)
    await rest?.close()
  }
}

/** The job's result; meanwhile its progress on standard error, behind a label. */
export async function withProgress(
  client: JobClient,
  isShown: boolean,
  label = '',
): Promise<Awaited<ReturnType<JobClient['result']>>> {
  if (!isShown) return client.result()
  const line = new ProgressLine(process.stderr, systemClock, () => client.progress(), label)
  line.start()
  try {
    return await client.result()
  } finally {
    line.stop()
  }
}

/** A failure for machines: the same facts as the text. */
export function failure(error: unknown): unknown {
  if (!isDataflowError(error)) return { error: { message: String(error) } }
  const { code, message, context } = error
  return { error: { code, message, ...context } }
}
