// An error as a person wants to read it: what and where first, then the causes that say something new,
// then where in the user's own code.
import { firstCause, isDataflowError } from '../base/errors.ts'

/** The lines to print for an error; a stack is shown only for code that is not ours. */
export function errorText(error: unknown): string {
  const lines: string[] = []
  const seen: string[] = []
  let current = error
  for (let depth = 0; depth < 16 && current !== undefined; depth++) {
    const message = current instanceof Error ? current.message : String(current)
    const isNew = message !== '' && !seen.some((earlier) => earlier.includes(message))
    if (isNew) lines.push(depth === 0 ? message : `  because: ${message.replaceAll('\n', '\n  ')}`)
    seen.push(message)
    current = current instanceof Error ? current.cause : undefined
  }
  const cause = firstCause(error)
  const frames = cause instanceof Error && !isDataflowError(cause) ? userFrames(cause.stack) : []
  const code = isDataflowError(error) ? `[${error.code}] ` : ''
  return [`error ${code}${lines[0] ?? ''}`, ...lines.slice(1), ...frames].join('\n')
}

/** The frames of a stack outside of the engine and of Node. */
function userFrames(stack = ''): string[] {
  return stack
    .split('\n')
    .filter(
      (line) =>
        /^\s+at /.test(line) &&
        !/node:|[\\/]node_modules[\\/]|[\\/]millrace[\\/]dist[\\/]/.test(line),
    )
    .slice(0, 3)
}
