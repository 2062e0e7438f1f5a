// Shell: `millrace explain`: the plan of a job file, without running it.
import { availableParallelism } from 'node:os'
import process from 'node:process'
import { StreamExecutionEnvironment } from '../index.ts'
import { buildJob, loadJobFile } from './job-file.ts'

export interface ExplainOptions {
  readonly parallelism?: number
  readonly json: boolean
}

export async function explainCommand(path: string, options: ExplainOptions): Promise<number> {
  const file = await loadJobFile(path)
  const env = StreamExecutionEnvironment.getExecutionEnvironment({
    parallelism: options.parallelism ?? availableParallelism(),
    name: file.name,
    module: file.url,
  })
  await buildJob(file, path, env)
  const text = options.json ? JSON.stringify(env.explanation()) : env.explain()
  process.stdout.write(`${text}\n`)
  return 0
}
