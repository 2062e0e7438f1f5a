// Shell: a job file on disk, loaded as the module that it is, with errors that point into it.
import { existsSync, readdirSync, statSync } from 'node:fs'
import { basename, dirname, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { DataflowError, didYouMean } from '../base/errors.ts'
import type { StreamExecutionEnvironment } from '../sdk/environment.ts'
import type { Job } from '../sdk/job-module.ts'

export interface JobFile {
  readonly url: string
  /** `flights` of `examples/flights.ts`. */
  readonly name: string
  /** Absent in a script that builds and executes its job itself. */
  readonly job: Job | undefined
}

/**
 * @throws JOB_MODULE_INVALID when it is missing, does not parse, throws, or exports no job
 */
export async function loadJobFile(path: string): Promise<JobFile> {
  const absolute = resolve(path)
  if (!existsSync(absolute) || !statSync(absolute).isFile()) {
    throw new DataflowError('JOB_MODULE_INVALID', `there is no file '${path}'.${nearby(absolute)}`)
  }
  const url = pathToFileURL(absolute).href
  const name = basename(absolute).replace(/\.[cm]?[jt]s$/, '')
  const module = await importJob(url, path)
  if (!('default' in module)) return { url, name, job: undefined }
  if (typeof module.default !== 'function') {
    throw new DataflowError(
      'JOB_MODULE_INVALID',
      `'${path}' default-exports ${describe(module.default)}, not a job; ` +
        `export default function job(env: StreamExecutionEnvironment) { ... }`,
    )
  }
  return { url, name, job: module.default as Job }
}

async function importJob(url: string, path: string): Promise<Record<string, unknown>> {
  try {
    return (await import(url)) as Record<string, unknown>
  } catch (error) {
    if (error instanceof DataflowError) throw error
    const message = error instanceof Error ? error.message : String(error)
    const isSyntax = error instanceof SyntaxError
    // A package.json that says "commonjs", as npm init writes it, makes a .ts file a script.
    const isScript = isSyntax && message.includes('outside a module')
    if (isScript) {
      throw new DataflowError(
        'JOB_MODULE_INVALID',
        `'${path}' is no ES module here; set "type": "module" in the nearest package.json, ` +
          `or name the file ${basename(path).replace(/\.ts$/, '.mts')}`,
        { cause: error },
      )
    }
    throw new DataflowError(
      'JOB_MODULE_INVALID',
      isSyntax
        ? `'${path}' does not parse: ${message}${syntaxPlace(error)}`
        : `'${path}' could not be loaded: ${message}`,
      { cause: error },
    )
  }
}

/** The head of a syntax error's stack: file, line and the source with a caret. */
function syntaxPlace(error: SyntaxError): string {
  const lines = (error.stack ?? '').split('\n')
  const end = lines.findIndex((line) => line.startsWith('SyntaxError') || /^\s+at /.test(line))
  const head = lines
    .slice(0, end < 0 ? 0 : end)
    .join('\n')
    .trimEnd()
  return head === '' ? '' : `\n${head}`
}

function describe(value: unknown): string {
  return value === null ? 'null' : typeof value === 'object' ? 'an object' : `a ${typeof value}`
}

function nearby(path: string): string {
  try {
    return didYouMean(
      basename(path),
      readdirSync(dirname(path)).filter((name) => /\.[cm]?[jt]s$/.test(name)),
    )
  } catch {
    return ` The folder '${dirname(path)}' is not there either.`
  }
}

/** Builds the job's graph in the environment. */
export async function buildJob(
  file: JobFile,
  path: string,
  env: StreamExecutionEnvironment,
): Promise<void> {
  if (file.job === undefined) {
    throw new DataflowError(
      'JOB_MODULE_INVALID',
      `'${path}' has no default export; export default function job(env: StreamExecutionEnvironment) { ... }`,
    )
  }
  await file.job(env)
}
