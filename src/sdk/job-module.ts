// A job as a module: it default-exports a function from environment to graph, and runs nothing itself. So
// the command line can run and explain it, and a worker can build it again to find its functions.
import { DataflowError } from '../base/errors.ts'
import { StreamExecutionEnvironment } from './environment.ts'

/** What a job module default-exports: it builds streams that end in sinks, and does not execute them. */
export type Job = (env: StreamExecutionEnvironment) => void | Promise<void>

/**
 * The same function, with its parameter typed: `export default defineJob((env) => { ... })`.
 * @param job builds the job's streams
 * @example
 * import { defineJob } from 'millrace'
 * const job = defineJob((env) => {
 *   env.fromCollection([{ n: 1 }]).print()
 * })
 * console.log(typeof job)
 */
export function defineJob(job: Job): Job {
  return job
}

/**
 * The functions of a job's module by operator id: what its row operators, sources and sinks call.
 * @param url the module's URL
 * @throws JOB_MODULE_INVALID when it exports no job
 */
export async function closuresOfModule(url: string): Promise<ReadonlyMap<string, unknown>> {
  const module = (await import(url)) as { readonly default?: unknown }
  if (typeof module.default !== 'function') {
    throw new DataflowError('JOB_MODULE_INVALID', `'${url}' default-exports no job function`)
  }
  const env = StreamExecutionEnvironment.getExecutionEnvironment({ functionsOnly: true })
  await (module.default as Job)(env)
  return env.functions()
}
