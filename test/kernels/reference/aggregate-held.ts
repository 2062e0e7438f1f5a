// Scalar twins of accumulators that hold more than a number (assembly/aggregate-arg.ts, aggregate-bytes.ts,
// value-items.ts, hyper-log-log.ts, quantile-sketch.ts): by dense group id, over typed arrays.

/** argMax of floats: the value of the row where `by` is greatest; of equals the first. */
export class ArgMax {
  readonly values: Float64Array
  readonly #bys: Float64Array

  constructor(groups: number) {
    this.values = new Float64Array(groups)
    this.#bys = new Float64Array(groups).fill(-Infinity)
  }

  add(ids: Uint32Array, values: Float64Array, bys: Float64Array): void {
    for (let i = 0; i < ids.length; i++) {
      const id = ids[i]!
      if (bys[i]! <= this.#bys[id]!) continue
      this.#bys[id] = bys[i]!
      this.values[id] = values[i]!
    }
  }
}

/** All values of each group, in order. */
export function collect(ids: Uint32Array, values: Float64Array, lists: number[][]): void {
  for (let i = 0; i < ids.length; i++) lists[ids[i]!]!.push(values[i]!)
}

/** The greatest values of each group, greatest first. */
export function greatest(
  ids: Uint32Array,
  values: Float64Array,
  most: number,
  lists: number[][],
): void {
  for (let i = 0; i < ids.length; i++) {
    const list = lists[ids[i]!]!
    const value = values[i]!
    let at = list.length
    if (at === most && value <= list[at - 1]!) continue
    while (at > 0 && list[at - 1]! < value) at--
    list.splice(at, 0, value)
    if (list.length > most) list.pop()
  }
}

/** The least text of each group, by its bytes. */
export function leastBytes(
  ids: Uint32Array,
  offsets: Int32Array,
  bytes: Uint8Array,
  held: (Uint8Array | undefined)[],
): void {
  for (let i = 0; i < ids.length; i++) {
    const [start, end] = [offsets[i]!, offsets[i + 1]!]
    const least = held[ids[i]!]
    if (least !== undefined && !isBefore(bytes, start, end, least)) continue
    held[ids[i]!] = bytes.slice(start, end)
  }
}

function isBefore(bytes: Uint8Array, start: number, end: number, other: Uint8Array): boolean {
  const shared = Math.min(end - start, other.length)
  for (let at = 0; at < shared; at++) {
    const [a, b] = [bytes[start + at]!, other[at]!]
    if (a !== b) return a < b
  }
  return end - start < other.length
}

/** Values of a level of a sketch. */
const LEVEL_VALUES = 512

/** A sketch of quantiles: compactors of one size, with coins that alternate. */
export class QuantileSketch {
  readonly #levels: Float64Array[] = [new Float64Array(LEVEL_VALUES)]
  readonly #counts = [0]
  readonly #coins = [0]
  #count = 0

  add(value: number): void {
    this.#count++
    this.#push(0, value)
  }

  #push(level: number, value: number): void {
    if (level === this.#levels.length) {
      this.#levels.push(new Float64Array(LEVEL_VALUES))
      this.#counts.push(0)
      this.#coins.push(0)
    }
    if (this.#counts[level] === LEVEL_VALUES) this.#compact(level)
    this.#levels[level]![this.#counts[level]!] = value
    this.#counts[level]!++
  }

  #compact(level: number): void {
    const values = this.#levels[level]!.sort()
    for (let i = this.#coins[level]!; i < LEVEL_VALUES; i += 2) this.#push(level + 1, values[i]!)
    this.#coins[level]! ^= 1
    this.#counts[level] = 0
  }

  /** The value at that rank between the first and the last, between two values if it lies there. */
  quantile(fraction: number): number {
    const weighted = this.#levels
      .flatMap((values, level) =>
        Array.from(values.subarray(0, this.#counts[level]), (value) => ({ value, level })),
      )
      .sort((a, b) => a.value - b.value)
    const rank = fraction * (this.#count - 1)
    const low = Math.floor(rank)
    const at = (wanted: number): number => {
      let seen = 0
      for (const { value, level } of weighted) {
        seen += 2 ** level
        if (seen > wanted) return value
      }
      return NaN
    }
    const value = at(low)
    return low === rank ? value : value + (at(low + 1) - value) * (rank - low)
  }
}

const REGISTERS = 4_096

/** Registers of a distinct count; hashes in halves of 32 bits, as JavaScript multiplies. */
export class Registers {
  readonly ranks = new Uint8Array(REGISTERS)
  #low = 0
  #high = 0

  /** Adds a value of 64 bits by its words. */
  add(low: number, high: number): void {
    this.#low = low ^ 0x85ebca87
    this.#high = high ^ 0x9e3779b1
    this.#low ^= this.#high >>> 1
    this.#multiply(0xed558ccd, 0xff51afd7)
    this.#low ^= this.#high >>> 1
    this.#multiply(0x1a85ec53, 0xc4ceb9fe)
    this.#low ^= this.#high >>> 1
    const register = this.#high >>> 20
    const above = (this.#high << 12) >>> 0
    const rank = above !== 0 ? Math.clz32(above) + 1 : Math.min(53, Math.clz32(this.#low) + 21)
    if (rank > this.ranks[register]!) this.ranks[register] = rank
  }

  #multiply(low: number, high: number): void {
    const [a, b] = [this.#low & 0xffff, this.#low >>> 16]
    const [c, d] = [low & 0xffff, low >>> 16]
    const middle = Math.imul(a, d) >>> 0
    const carry = (Math.imul(a, c) >>> 16) + (middle & 0xffff) + ((Math.imul(b, c) >>> 0) & 0xffff)
    const top = Math.imul(b, d) + (middle >>> 16) + (Math.imul(b, c) >>> 16) + (carry >>> 16)
    this.#high = (top + Math.imul(this.#low, high) + Math.imul(this.#high, low)) | 0
    this.#low = Math.imul(this.#low, low)
  }
}
