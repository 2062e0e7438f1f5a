// Reads a bounded source whole, outside of any subtask's input: the table of a look-up join.
import type { JobConfig } from '../base/config.ts'
import type { Json } from '../base/json.ts'
import { assert } from '../base/assert.ts'
import type { RecordBatch } from '../columnar/record-batch.ts'
import type { Schema } from '../columnar/schema.ts'
import type { ConnectorEnvironment } from '../connectors/connector.ts'
import { loadConnector } from '../connectors/index.ts'
import type { Kernels } from '../kernels/module.ts'
import { newMetrics } from '../operators/operator.ts'

export interface TableEnvironment {
  readonly kernels: Kernels
  readonly config: JobConfig
  readonly environment: ConnectorEnvironment
}

/** The table's batches; each lives until the next is asked for. */
export async function* readTable(
  connectorName: string,
  config: Json,
  schema: Schema,
  world: TableEnvironment,
): AsyncGenerator<RecordBatch> {
  const connector = await loadConnector(connectorName)
  const source = connector.source?.(config, world.environment)
  assert(source !== undefined, `connector '${connectorName}' is no source`)
  const reader = source.reader({
    kernels: world.kernels,
    config: world.config,
    subtaskIndex: 0,
    parallelism: 1,
    schema,
    metrics: newMetrics(),
  })
  try {
    for (const split of await source.plan(1)) {
      await reader.open(split)
      for (;;) {
        const polled = reader.poll()
        if (polled === 'split-ended') break
        if (polled instanceof Promise) await polled
        else yield polled
      }
    }
  } finally {
    await reader.close()
  }
}
