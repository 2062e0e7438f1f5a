// The settings of an environment and of its sources, and what of them is refused.
import { DEFAULT_CONFIG, type JobConfig } from '../base/config.ts'
import { DataflowError, didYouMean } from '../base/errors.ts'
import type { Schema } from '../columnar/schema.ts'
import { type Fields, sameType, typeName } from '../columnar/type.ts'
import { checkParallelism } from '../graph/stream-graph.ts'
import type { JobExecutor } from '../graph/submission.ts'
import { optionNames } from './given.ts'

/** Settings of an environment. */
export interface EnvironmentOptions {
  /** Subtasks an operator runs as, unless it says otherwise; 1 by default. */
  readonly parallelism?: number
  /** Any setting of a job; units are in the names. */
  readonly config?: Partial<JobConfig>
  /** Who runs the job: an embedded cluster, unless said otherwise. */
  readonly executor?: JobExecutor
  /** The job's name, when execute() gives none. */
  readonly name?: string
  /** The URL of the job's module: then workers can find its functions, in any number of slots. */
  readonly module?: string
  /** A worker builds the job again for its functions only: collections are not encoded. */
  readonly functionsOnly?: boolean
}

export const ENVIRONMENT_OPTIONS = optionNames<EnvironmentOptions>({
  parallelism: true,
  config: true,
  executor: true,
  name: true,
  module: true,
  functionsOnly: true,
})

export interface ExecuteOptions {
  /** Cancels the job. */
  readonly signal?: AbortSignal
}

/** @throws CONFIG_INVALID for a setting that is none */
export function checkedConfig(config: JobConfig): JobConfig {
  for (const [name, value] of Object.entries(config)) {
    if (!(name in DEFAULT_CONFIG)) {
      const hint = didYouMean(name, Object.keys(DEFAULT_CONFIG))
      throw new DataflowError('CONFIG_INVALID', `there is no setting '${name}'.${hint}`)
    }
    checkParallelism(value as number, name)
  }
  if (config.parallelism > config.maxParallelism) {
    throw new DataflowError(
      'CONFIG_INVALID',
      `parallelism ${config.parallelism} is more than maxParallelism ${config.maxParallelism}`,
    )
  }
  return config
}

/** @throws SCHEMA_MISMATCH for columns that nobody may name so */
export function checkedNames<F extends Fields>(fields: F): F {
  const names = Object.keys(fields)
  if (names.length === 0) throw new DataflowError('SCHEMA_MISMATCH', 'a schema without columns')
  const hidden = names.find((name) => name.startsWith('$'))
  if (hidden !== undefined) {
    const message = `column '${hidden}': names that begin with $ are the engine's`
    throw new DataflowError('SCHEMA_MISMATCH', message)
  }
  return fields
}

/**
 * A declared schema, when a table has its columns.
 * @throws COLUMN_NOT_FOUND, TYPE_MISMATCH
 */
export function checkedAgainst(declared: Schema, own: Schema): Schema {
  for (const { name, type } of declared.fields) {
    const given = own.field(name).type
    if (!sameType(given, type)) {
      throw new DataflowError(
        'TYPE_MISMATCH',
        `column '${name}' is ${typeName(given)} in the table, not ${typeName(type)}`,
        { context: { column: name } },
      )
    }
  }
  return declared
}
