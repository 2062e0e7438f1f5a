// Where in the user's code a call of the SDK stands: `flights.ts:12`, for errors and plans.
import { DataflowError, isDataflowError } from '../base/errors.ts'

/** The folder of the library: frames in it are ours. */
const LIBRARY = decodeURIComponent(new URL('..', import.meta.url).pathname)

/** The first frame outside the library, as `file:line`; relative to the working directory if inside. */
export function callSite(): string | undefined {
  const frames = new Error('call site').stack?.split('\n').slice(1) ?? []
  for (const frame of frames) {
    const match = /\(?(?:file:\/\/)?(\/[^()]*?):(\d+):\d+\)?$/.exec(frame)
    if (match === null) continue
    const path = decode(match[1]!)
    if (path.startsWith(LIBRARY)) continue
    return `${relative(path)}:${match[2]}`
  }
  return undefined
}

/**
 * Runs what a call of the SDK does; an error that knows no place yet gets this one.
 * @param call the method, for the message: `where`
 */
export function atCallSite<T>(call: string, build: (location: string | undefined) => T): T {
  const location = callSite()
  try {
    return build(location)
  } catch (error) {
    throw located(error, call, location)
  }
}

/** The error with the place of a call, unless it has one. */
function located(error: unknown, call: string, location: string | undefined): unknown {
  if (!isDataflowError(error) || location === undefined) return error
  if (error.context.location !== undefined) return error
  const context = { ...error.context, location }
  return new DataflowError(error.code, `${error.message} (${call}() at ${location})`, {
    cause: error,
    context,
  })
}

function decode(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    // A path with a bare % is no URL: it is taken as it stands.
    return path
  }
}

function relative(path: string): string {
  const here = globalThis.process?.cwd?.()
  if (here !== undefined && path.startsWith(`${here}/`)) return path.slice(here.length + 1)
  return path.slice(path.lastIndexOf('/') + 1)
}
