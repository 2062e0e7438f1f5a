// An environment that runs nothing: tests look at the graphs it makes.
import type { DataflowError } from '../../src/base/errors.ts'
import type { Fields } from '../../src/columnar/type.ts'
import type { SourceSpec } from '../../src/connectors/connector.ts'
import type { JobGraph } from '../../src/graph/job-graph.ts'
import type { JobSubmission } from '../../src/graph/submission.ts'
import { type EnvironmentOptions, StreamExecutionEnvironment } from '../../src/index.ts'

export function testEnvironment(options: EnvironmentOptions = {}): {
  readonly env: StreamExecutionEnvironment
  readonly submissions: readonly JobSubmission[]
  graph(): JobGraph
} {
  const submissions: JobSubmission[] = []
  const env = StreamExecutionEnvironment.getExecutionEnvironment({
    executor: {
      submit(submission) {
        submissions.push(submission)
        return Promise.reject(new Error('nothing runs here'))
      },
    },
    ...options,
  })
  return { env, submissions, graph: () => env.compile().graph }
}

/** A source that can be split. */
export const testSource = <F extends Fields>(schema: F, name = 'test'): SourceSpec<F> => ({
  connector: 'test',
  name,
  config: {},
  schema,
  parallel: true,
})

/** What building something throws. */
export function refusal(build: () => unknown): DataflowError {
  try {
    build()
  } catch (error) {
    return error as DataflowError
  }
  throw new Error('it was taken')
}
