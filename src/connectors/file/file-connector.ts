// The entry of files in the list of connectors: configs of a job graph into sources and sinks.
import { DataflowError, didYouMean } from '../../base/errors.ts'
import type { Connector } from '../connector.ts'
import { FileSink, type FileSinkConfig } from './file-sink.ts'
import { FileSource, type FileSourceConfig } from './file-source.ts'
import { type FormatEntry, FORMATS } from './formats.ts'

export const fileConnector: Connector = {
  source(config) {
    const source = config as unknown as FileSourceConfig
    return new FileSource(source, formatEntry(source.format))
  },
  sink(config) {
    const sink = config as unknown as FileSinkConfig
    return new FileSink(sink, formatEntry(sink.format))
  },
}

function formatEntry(name: string): FormatEntry {
  const entry = Object.values(FORMATS).find((format) => format.name === name)
  if (entry !== undefined) return entry
  const hint = didYouMean(name, Object.keys(FORMATS))
  throw new DataflowError('NAME_UNKNOWN', `there is no file format '${name}'.${hint}`)
}
