// The sink of collect(): batches as one Arrow IPC stream to whoever iterates. The answer to a message is
// back pressure: the next is sent only when it has come.
import { BatchEncoder, encodeSchemaMessage, END_OF_STREAM } from '../columnar/ipc-encode.ts'
import type {
  Connector,
  ConnectorEnvironment,
  Sink,
  SinkWriter,
  WriterContext,
} from './connector.ts'

export const collectConnector: Connector = {
  sink: (_config, environment) => collectSink(environment),
}

function collectSink(environment: ConnectorEnvironment): Sink {
  return { writer: (context) => new CollectWriter(environment, context) }
}

/** Each message is a whole stream: subtasks send side by side, so a receiver cannot join them. */
class CollectWriter implements SinkWriter {
  readonly #environment: ConnectorEnvironment
  readonly #encoder: BatchEncoder
  readonly #head: Uint8Array

  constructor(environment: ConnectorEnvironment, { kernels, schema }: WriterContext) {
    this.#environment = environment
    this.#encoder = new BatchEncoder(kernels)
    this.#head = encodeSchemaMessage(schema)
  }

  write(batch: Parameters<SinkWriter['write']>[0]): Promise<void> {
    const { bytes } = this.#encoder.encode(batch)
    const whole = new Uint8Array(this.#head.length + bytes.length + END_OF_STREAM.length)
    whole.set(this.#head)
    whole.set(bytes, this.#head.length)
    whole.set(END_OF_STREAM, this.#head.length + bytes.length)
    return this.#environment.toClient(whole)
  }

  finish(): void {}

  close(): void {}
}
