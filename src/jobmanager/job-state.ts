// The life of a job as one transition table.
//
//   created ─► running ─► finished
//      │          ├─► failing ─► failed
//      └──────────┴─► cancelling ─► cancelled
import { assert } from '../base/assert.ts'
import type { JobState } from '../graph/submission.ts'

const TRANSITIONS: Readonly<Record<JobState, readonly JobState[]>> = {
  created: ['running', 'failing', 'cancelling'],
  running: ['finished', 'failing', 'cancelling'],
  failing: ['failed'],
  cancelling: ['cancelled', 'failed'],
  finished: [],
  failed: [],
  cancelled: [],
}

/** True when a job in `from` may go to `to`. */
export const mayBecome = (from: JobState, to: JobState): boolean => TRANSITIONS[from].includes(to)

/** The next state; an illegal step is a failed assertion. */
export function transition(from: JobState, to: JobState): JobState {
  assert(mayBecome(from, to), `a job cannot go from ${from} to ${to}`)
  return to
}
