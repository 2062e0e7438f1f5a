// Ids of jobs and attempts. Shell: the one user of the system's random source beside base/clock.ts.
import { randomBytes } from 'node:crypto'

/** 16 hex digits, never twice. */
export const randomId = (): string => randomBytes(8).toString('hex')
