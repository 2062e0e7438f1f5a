// The list of connectors, each loaded when a job first needs it. A new one is a file (or a folder)
// beside this one, a line here, and a test.
import { DataflowError, didYouMean } from '../base/errors.ts'
import type { Connector } from './connector.ts'

const CONNECTORS = {
  checksum: async () => (await import('./checksum.ts')).checksumConnector,
  collect: async () => (await import('./collect.ts')).collectConnector,
  collection: async () => (await import('./collection.ts')).collectionConnector,
  file: async () => (await import('./file/file-connector.ts')).fileConnector,
  harness: async () => (await import('./harness.ts')).harnessConnector,
  iterable: async () => (await import('./iterable.ts')).iterableConnector,
  nexmark: async () => (await import('./nexmark.ts')).nexmarkConnector,
  print: async () => (await import('./print.ts')).printConnector,
} as const satisfies Record<string, () => Promise<Connector>>

/** @throws NAME_UNKNOWN with the nearest name */
export async function loadConnector(name: string): Promise<Connector> {
  if (Object.hasOwn(CONNECTORS, name)) return CONNECTORS[name as keyof typeof CONNECTORS]()
  const hint = didYouMean(name, Object.keys(CONNECTORS))
  throw new DataflowError('NAME_UNKNOWN', `there is no connector '${name}'.${hint}`)
}
