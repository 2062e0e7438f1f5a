// How values are spread, in little memory: counts by their logarithm. After DDSketch (Masson, Rim and Lee
// 2019).
//
// HG1  A bucket's values are 2 % apart at most, so that a quantile is off by 1 % at most.
// HG2  There are at most 4,096 buckets, which 35 powers of ten fill; beyond, the least become one.
// HG3  Histograms of subtasks add up, bucket by bucket.
const GROWTH = 1.02
const LOG = Math.log(GROWTH)
const BUCKETS_MAX = 4_096
/** More than the logarithm of any number, so that a positive value's key is positive. */
const KEY_OFFSET = 40_000

/** A histogram as data. */
export interface HistogramReport {
  readonly count: number
  readonly sum: number
  readonly min: number
  readonly max: number
  /** Keys in the order of their values, with how many values there are. */
  readonly buckets: readonly (readonly [key: number, count: number])[]
}

/** What is said of a histogram; null without a value. */
export interface HistogramStatistics {
  readonly count: number
  readonly min: number | null
  readonly max: number | null
  readonly mean: number | null
  readonly p50: number | null
  readonly p95: number | null
  readonly p99: number | null
}

export class LogHistogram {
  readonly #buckets = new Map<number, number>()
  #count = 0
  #sum = 0
  #min = Infinity
  #max = -Infinity

  get count(): number {
    return this.#count
  }

  /** Counts a value; what is no finite number is left out. */
  update(value: number): void {
    if (!Number.isFinite(value)) return
    this.#count++
    this.#sum += value
    this.#min = Math.min(this.#min, value)
    this.#max = Math.max(this.#max, value)
    this.#put(keyOf(value), 1)
  }

  add({ count, sum, min, max, buckets }: HistogramReport): void {
    this.#count += count
    this.#sum += sum
    this.#min = Math.min(this.#min, min)
    this.#max = Math.max(this.#max, max)
    for (const [key, some] of buckets) this.#put(key, some)
  }

  report(): HistogramReport {
    const buckets = this.#sorted()
    return { count: this.#count, sum: this.#sum, min: this.#min, max: this.#max, buckets }
  }

  statistics(): HistogramStatistics {
    const count = this.#count
    const none = { count, min: null, max: null, mean: null, p50: null, p95: null, p99: null }
    if (count === 0) return none
    const [p50, p95, p99] = this.#quantiles([0.5, 0.95, 0.99]) as [number, number, number]
    return { count, min: this.#min, max: this.#max, mean: this.#sum / count, p50, p95, p99 }
  }

  /** @param fractions rising */
  #quantiles(fractions: readonly number[]): number[] {
    const buckets = this.#sorted()
    let [at, seen] = [0, 0]
    return fractions.map((fraction) => {
      const rank = Math.max(1, Math.ceil(fraction * this.#count))
      while (seen + buckets[at]![1] < rank) seen += buckets[at++]![1]
      return Math.min(this.#max, Math.max(this.#min, valueOf(buckets[at]![0])))
    })
  }

  #put(key: number, count: number): void {
    this.#buckets.set(key, (this.#buckets.get(key) ?? 0) + count)
    if (this.#buckets.size <= BUCKETS_MAX) return
    // A quarter at once, so that it is rare.
    const least = this.#sorted().slice(0, BUCKETS_MAX >> 2)
    for (const [each] of least) this.#buckets.delete(each)
    const sum = least.reduce((all, [, some]) => all + some, 0)
    this.#buckets.set(least.at(-1)![0], sum)
  }

  #sorted(): [number, number][] {
    return [...this.#buckets].toSorted(([a], [b]) => a - b)
  }
}

function keyOf(value: number): number {
  if (value === 0) return 0
  const key = Math.ceil(Math.log(Math.abs(value)) / LOG) + KEY_OFFSET
  return value < 0 ? -key : key
}

/** The middle of a bucket, as far in ratio from both ends. */
function valueOf(key: number): number {
  if (key === 0) return 0
  const value = (2 * GROWTH ** (Math.abs(key) - KEY_OFFSET)) / (GROWTH + 1)
  return key < 0 ? -value : value
}
