// A source over rows that travelled with the job, as the bytes of an Arrow IPC stream: fromCollection() and
// fromArrow(). One split: what is small enough to be sent along is read by one reader.
import type { Json } from '../base/json.ts'
import {
  type IpcLayout,
  IpcReader,
  type LoadedBatch,
  readIpcLayout,
} from '../columnar/ipc-reader.ts'
import type {
  Connector,
  ConnectorEnvironment,
  PollResult,
  ReaderContext,
  Source,
  SourceReader,
} from './connector.ts'

export interface CollectionConfig {
  /** The name of the bytes beside the job graph. */
  readonly blob: string
}

export const collectionConnector: Connector = {
  source: (config, environment) => collectionSource(config, environment),
}

function collectionSource(config: Json, environment: ConnectorEnvironment): Source {
  const { blob } = config as unknown as CollectionConfig
  const bytes = environment.blob(blob)
  return {
    plan: () => Promise.resolve([{ id: blob, bytes: bytes.length }]),
    reader: (context) => new CollectionReader(bytes, context),
  }
}

class CollectionReader implements SourceReader {
  readonly #bytes: Uint8Array
  readonly #context: ReaderContext
  #reader: IpcReader | undefined
  #layout: IpcLayout | undefined
  #batch: LoadedBatch | undefined
  #batches = 0
  #row = 0

  constructor(bytes: Uint8Array, context: ReaderContext) {
    this.#bytes = bytes
    this.#context = context
  }

  open(): void {
    const bytes = this.#bytes
    const random = {
      size: bytes.length,
      read: (into: Uint8Array, position: number) => {
        into.set(bytes.subarray(position, position + into.length))
      },
    }
    this.#layout = readIpcLayout(random)
    const { kernels, schema } = this.#context
    this.#reader = new IpcReader(kernels, random, this.#layout, schema)
  }

  poll(): PollResult {
    while (this.#batch === undefined || this.#row >= this.#batch.length) {
      this.#batch = this.#load()
      this.#row = 0
      if (this.#batch === undefined) {
        this.#context.metrics.bytesIn += this.#bytes.length
        return 'split-ended'
      }
    }
    const start = this.#row
    const length = Math.min(this.#context.config.batchRows, this.#batch.length - start)
    this.#row += length
    return this.#batch.slice(start, length)
  }

  close(): void {
    this.#reader?.close()
    this.#reader = undefined
  }

  /** A table handed to fromArrow() may be in either container. */
  #load(): LoadedBatch | undefined {
    const { batches } = this.#layout!
    if (batches === undefined) return this.#reader!.loadNext()
    const place = batches[this.#batches++]
    return place && this.#reader!.loadAt(place)
  }
}
