// What the operators over sessions have while they are open, and how it becomes state and comes back:
// the table of sessions beside what each operator over windows has. How sessions fire that are over.
import type { StateWriter } from '../checkpoint/operator-state.ts'
import { timestamp } from '../columnar/type.ts'
import { Vector } from '../columnar/vector.ts'
import { SessionTable } from '../kernels/session-table.ts'
import type { OperatorContext, Output } from './operator.ts'
import type { WindowInput } from './window-input.ts'
import { closeParts, openParts, type WindowParts } from './window-parts.ts'
import type { WindowState } from './window-state.ts'

export interface SessionParts extends WindowParts {
  readonly sessions: SessionTable
}

export interface SessionPartsOptions {
  readonly context: OperatorContext
  readonly output: Output
  readonly input: WindowInput
  readonly gapMs: number
}

/** When a session began and ends, in the state. */
export const SESSION_FIELDS = [
  { name: '$start', type: timestamp('ms') },
  { name: '$end', type: timestamp('ms') },
] as const

/**
 * @param template a session's accumulators, with what the operator keeps behind them
 * @throws MEMORY_EXHAUSTED
 */
export function openSessions(
  { context, output, input, gapMs }: SessionPartsOptions,
  template: Uint8Array,
): SessionParts {
  const { kernels } = context
  const { latenessMs, scale } = input
  const sessions = new SessionTable(kernels, { template, gapMs, latenessMs, ...scale })
  const { heap } = sessions
  return { ...openParts({ context, output, input, heap, isTimed: true }), sessions }
}

export function closeSessions(parts: SessionParts): void {
  closeParts(parts)
  parts.sessions.close()
}

/** Accumulators have been put behind the results: their keys and bounds follow. */
export function addResults({ sessions, results }: SessionParts, n: number): void {
  const { rows, ids, starts, ends } = results
  sessions.bounds(rows, n, { ids, starts, ends })
  results.added(n)
}

/** How an operator's sessions fire. */
export interface SessionFiring {
  /** Keeps of n sessions, listed behind the results, those that have something to say; how many. */
  readonly keep: (n: number) => number
  /** Emits the results. */
  readonly flush: () => void
}

/** Fires the sessions that are over at a watermark. */
export function* fireOver(
  parts: SessionParts,
  watermarkMs: number,
  { keep, flush }: SessionFiring,
): Generator<void> {
  const { sessions, results } = parts
  for (;;) {
    const { room, rows } = results
    const found = sessions.due(watermarkMs, room, rows)
    addResults(parts, keep(found))
    if (found < room) break
    if (results.room === 0) yield flush()
  }
  if (results.length > 0) yield flush()
}

/** Fires sessions (their accumulators) again, which rows have come to after they were over. */
export function* fireAgain(
  { kernels }: OperatorContext,
  parts: SessionParts,
  again: Uint32Array,
  flush: () => void,
): Generator<void> {
  const { results } = parts
  for (let at = 0; at < again.length;) {
    const some = again.subarray(at, at + results.room)
    kernels.u32.set(some, results.rows / 4)
    addResults(parts, some.length)
    at += some.length
    yield flush()
  }
}

/** Gives the sessions back that are gone. */
export function freeSessions(
  { sessions, program }: SessionParts,
  { aggregation }: WindowInput,
  most: number,
): void {
  sessions.free(most, (rows, n) => {
    if (aggregation.holdsBytes) program.release(rows, n)
  })
}

/** @param more columns of the operator's own, behind those of all sessions */
export function writeSessions(
  { kernels, config }: OperatorContext,
  { keys, sessions }: SessionParts,
  tables: WindowState,
  into: StateWriter,
  more: (rows: number, n: number) => readonly Vector[] = () => [],
): void {
  const start = kernels.mark()
  const most = config.batchRows
  const rows = kernels.scratch(most * 4)
  for (const n of sessions.scan(most, rows)) {
    const mark = kernels.mark()
    const ids = kernels.scratch(n * 4)
    const [starts, ends] = [kernels.scratch(n * 8), kernels.scratch(n * 8)]
    sessions.bounds(rows, n, { ids, starts, ends })
    const own = [starts, ends].map(
      (values, i) => new Vector({ type: SESSION_FIELDS[i]!.type, length: n, values }),
    )
    tables.write(into, keys, { ids, rows, own: [...own, ...more(rows, n)], n })
    kernels.reset(mark)
  }
  kernels.reset(start)
}

/**
 * Reads sessions back.
 * @param firedMs up to when they have fired; by the clock none has that is in a snapshot
 * @param more is given the columns of the operator's own
 */
export function readSessions(
  { kernels }: OperatorContext,
  { keys, sessions, program }: SessionParts,
  tables: WindowState,
  firedMs: number,
  more: (rows: number, n: number, own: readonly Vector[]) => void = () => undefined,
): void {
  const mark = kernels.mark()
  if (firedMs !== -Infinity) sessions.due(firedMs, 1, kernels.scratch(4))
  for (const { ids, own, n, fill } of tables.read(keys)) {
    const rows = kernels.scratch(n * 4)
    const [starts, ends] = [own[0]!.values, own[1]!.values]
    sessions.restore({ ids, starts, ends }, n, keys.size, rows)
    fill(program, rows)
    more(rows, n, own.slice(SESSION_FIELDS.length))
  }
  kernels.reset(mark)
}
