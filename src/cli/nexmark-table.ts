// The figures of Nexmark queries as a table for people.
import { compactNumber, durationText, grouped } from './progress-line.ts'

/** The figures of one query. The names are the JSON's: they are part of the command line's contract. */
export interface QueryFigures {
  readonly query: string
  /** Of all kinds, also of those that the query does not read; from files: the rows that it read. */
  readonly events: number
  readonly eventsPerSecond: number
  readonly coresUsed: number
  /** Results of windows: one a key and window. */
  readonly windowsFired: number
  readonly rowsRead: number
  readonly rowsOut: number
  /** Over the rows that came out, whatever their order. */
  readonly checksum: string
  readonly lateRows: number
  readonly rowObjects: number
  /** With the start and the end of the job's threads. */
  readonly elapsedMs: number
  readonly parallelism: number
}

const HEAD = [
  'query',
  'events/s',
  'cores',
  'a core',
  'windows',
  'late',
  'rows out',
  'time',
  'checksum',
]

/** A line a query under a head, columns aligned. */
export function nexmarkTable(figures: readonly QueryFigures[]): string {
  const lines = figures.map((one) => [
    one.query,
    compactNumber(one.eventsPerSecond),
    one.coresUsed.toFixed(2),
    compactNumber(one.eventsPerSecond / Math.max(one.coresUsed, 0.01)),
    grouped(one.windowsFired),
    grouped(one.lateRows),
    grouped(one.rowsOut),
    durationText(one.elapsedMs),
    one.checksum,
  ])
  const table = [HEAD, ...lines]
  const widths = HEAD.map((_, i) => Math.max(...table.map((line) => line[i]!.length)))
  return table
    .map((line) =>
      line
        .map((text, i) => (i === 0 ? text.padEnd(widths[i]!) : text.padStart(widths[i]!)))
        .join('  '),
    )
    .join('\n')
}
