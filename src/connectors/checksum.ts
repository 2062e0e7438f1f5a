// A sink that keeps nothing: it counts rows, sums up their hashes, and tells its client at the end. The
// sum does not depend on the order of the rows: runs at different parallelisms can be compared by it.
//
// CS1  A row's hash is over all its columns in their order; null has one, too. It may be another one in
//      another version.
import { hashColumn } from '../columnar/key-partition.ts'
import type { RecordBatch } from '../columnar/record-batch.ts'
import { gatherVector } from '../columnar/gather.ts'
import { checksumColumns } from '../kernels/checksum.ts'
import type {
  Connector,
  ConnectorEnvironment,
  SinkClient,
  SinkSpec,
  SinkWriter,
  WriterContext,
} from './connector.ts'

/** What rows add up to. */
export interface Checksum {
  readonly rows: number
  /** 16 hexadecimal digits. */
  readonly checksum: string
}

/** A sink that only adds up its rows; `result` says what they come to once the job has ended. */
export function checksum(): SinkSpec & { readonly result: () => Checksum } {
  let rows = 0
  let sum = 0n
  const client: SinkClient = {
    async take(bytes) {
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
      rows += Number(view.getBigUint64(0, true))
      sum += view.getBigUint64(8, true)
    },
    end() {},
  }
  return {
    connector: 'checksum',
    name: 'checksum',
    config: {},
    parallelism: undefined,
    client,
    result: () => ({ rows, checksum: BigInt.asUintN(64, sum).toString(16).padStart(16, '0') }),
  }
}

export const checksumConnector: Connector = {
  sink: (_config, environment) => ({
    writer: (context) => new ChecksumWriter(context, environment),
  }),
}

class ChecksumWriter implements SinkWriter {
  readonly #context: WriterContext
  readonly #environment: ConnectorEnvironment
  #rows = 0
  #sum = 0n

  constructor(context: WriterContext, environment: ConnectorEnvironment) {
    this.#context = context
    this.#environment = environment
  }

  write(batch: RecordBatch): void {
    const { kernels } = this.#context
    const n = batch.rowCount
    const columns = batch.columns.map((column) =>
      hashColumn(gatherVector(kernels, column, batch.selection)),
    )
    const hashes = checksumColumns(kernels, columns, n) >>> 2
    // A batch has far fewer than the 2^21 rows whose sum a number still holds.
    let sum = 0
    const { u32 } = kernels
    for (let row = 0; row < n; row++) sum += u32[hashes + row]!
    this.#rows += n
    this.#sum += BigInt(sum)
  }

  finish(): Promise<void> {
    const bytes = new Uint8Array(16)
    const view = new DataView(bytes.buffer)
    view.setBigUint64(0, BigInt(this.#rows), true)
    view.setBigUint64(8, BigInt.asUintN(64, this.#sum), true)
    return this.#environment.toClient(bytes)
  }

  close(): void {}
}
