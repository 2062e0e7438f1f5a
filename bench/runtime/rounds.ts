// What the benchmarks of whole jobs measure rounds by: the processor's time, and medians.

export const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1]!

/** Milliseconds of processor time that the process took: what else the machine does is not in it. */
export async function processorMs(run: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage()
  await run()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1_000
}
