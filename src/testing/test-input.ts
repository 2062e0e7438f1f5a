// Sources that a test feeds by hand.
import { HARNESS } from '../connectors/harness.ts'
import type { SourceSpec } from '../connectors/connector.ts'
import type { NamesOf } from '../sdk/row-types.ts'
import type { Fields, Timestamp } from '../columnar/type.ts'

/** A source of a JobHarness. Made by testInput(). */
export interface TestInput<in out F extends Fields> extends SourceSpec<F> {
  readonly id: string
}

export interface TestInputOptions<F extends Fields> {
  /** The event time: the input's watermarks (advanceWatermark) are about this column. */
  readonly eventTime?: NamesOf<F, Timestamp>
  /** In plans and errors. */
  readonly name?: string
}

let made = 0

/**
 * A source for a job under test: env.fromSource(input), then harness.push(input, rows).
 * @param schema its columns
 * @param options the event time, when the test sends watermarks by hand; a name
 * @example
 * import { int32, timestamp } from 'millrace'
 * import { JobHarness, testInput } from 'millrace/testing'
 * const clicks = testInput({ time: timestamp('ms'), n: int32() }, { eventTime: 'time' })
 * const job = await JobHarness.start((env) => env.fromSource(clicks).where((r) => r.n.gt(1)))
 * await job.push(clicks, [{ time: 5, n: 1 }, { time: 7, n: 2 }])
 * console.log(job.output())
 * await job.close()
 */
export function testInput<F extends Fields>(
  schema: F,
  { eventTime, name = 'test input' }: TestInputOptions<F> = {},
): TestInput<F> {
  const id = `input-${made++}`
  return {
    id,
    connector: HARNESS,
    name,
    config: { id },
    schema,
    ...(eventTime === undefined ? {} : { eventTime }),
    parallel: true,
  }
}
