// Scalar twins of the kernels of triggers: which windows a row is in, and the words behind accumulators.
// 64-bit integers are bigint, as JavaScript has them.

/** A window that no row is in. */
export const NOWHERE = -(2n ** 53n) + 1n
const NEVER = 2n ** 63n - 1n
const NONE = 0xffffffff
const COMPLETES = 0x80000000

/** The words of an accumulator. */
export interface Words {
  count: number
  next: bigint
  filled: boolean
}

export const fresh = (): Words => ({ count: 0, next: NEVER, filled: false })

const floorDivide = (a: bigint, b: bigint): bigint => a / b - BigInt(a % b < 0n)

export function slidingIndex(
  millis: BigInt64Array,
  { size, slide, offset, pass }: { size: bigint; slide: bigint; offset: bigint; pass: bigint },
  out: BigInt64Array,
): void {
  const passes = (size + slide - 1n) / slide
  for (let i = 0; i < millis.length; i++) {
    const time = millis[i]! - offset
    let window = floorDivide(time, slide)
    // Of the windows that a time may be in, one is of this pass.
    while ((((window - pass) % passes) + passes) % passes !== 0n) window--
    out[i] = time - window * slide < size ? window : NOWHERE
  }
}

export function cumulativeIndex(
  millis: BigInt64Array,
  { step, offset, steps, pass }: { step: bigint; offset: bigint; steps: bigint; pass: bigint },
  out: BigInt64Array,
): void {
  for (let i = 0; i < millis.length; i++) {
    const slice = floorDivide(millis[i]! - offset, step)
    const base = floorDivide(slice, steps) * steps
    out[i] = base + pass >= slice ? base + pass : NOWHERE
  }
}

/** Milliseconds of times; the first that is out of range. */
export function windowMillis(
  times: BigInt64Array,
  multiplier: bigint,
  divisor: bigint,
): { readonly millis: readonly bigint[]; readonly outOfRange: number | undefined } {
  const scaled = Array.from(times, (time) => floorDivide(time, divisor))
  const at = scaled.findIndex((time) => time > 2n ** 53n || time < -(2n ** 53n))
  return {
    millis: scaled.map((time) => time * multiplier),
    outOfRange: at < 0 ? undefined : at,
  }
}

/** The rounds of rows that are counted up to a number; how many rounds there are. */
export function triggerRounds(
  rows: readonly (Words | undefined)[],
  every: number,
  rounds: Uint32Array,
): number {
  const passed = new Map<Words, number>()
  let most = 0
  rows.forEach((row, i) => {
    if (row === undefined) {
      rounds[i] = NONE
      return
    }
    const round = passed.get(row) ?? 0
    most = Math.max(most, round + 1)
    row.count = (row.count + 1) % every
    rounds[i] = row.count === 0 ? round + COMPLETES : round
    passed.set(row, row.count === 0 ? round + 1 : round)
  })
  return most
}

/** Notes that rows have come, at a time each; the earliest time at which one fires. */
export function triggerTouch(
  rows: readonly (Words | undefined)[],
  times: ArrayLike<bigint>,
  interval: bigint,
): number {
  let earliest = Infinity
  rows.forEach((row, i) => {
    if (row === undefined) return
    row.filled = true
    if (interval === 0n) return
    if (row.next === NEVER) row.next = (floorDivide(times[i]!, interval) + 1n) * interval
    earliest = Math.min(earliest, Number(row.next))
  })
  return earliest
}

/** Which rows fire by a time, and when the earliest fires after that. */
export function triggerDue(
  rows: readonly Words[],
  now: bigint,
  interval: bigint,
): { readonly due: readonly number[]; readonly earliest: number } {
  const due: number[] = []
  let earliest = Infinity
  rows.forEach((row, i) => {
    if (row.next <= now) {
      row.next = (floorDivide(now, interval) + 1n) * interval
      if (row.filled) due.push(i)
    }
    earliest = Math.min(earliest, Number(row.next))
  })
  return { due, earliest }
}
