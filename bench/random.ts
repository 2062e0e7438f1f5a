// Seeded random data for benchmarks: the same columns on each run and each machine.

/** A generator of numbers and columns (mulberry32). */
export class Random {
  #state: number

  constructor(seed: number) {
    this.#state = seed >>> 0
  }

  u32(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let t = this.#state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return (t ^ (t >>> 14)) >>> 0
  }

  /** In [0, 1). */
  unit(): number {
    return this.u32() / 2 ** 32
  }

  /** An integer in [low, high). */
  int(low: number, high: number): number {
    return low + Math.floor(this.unit() * (high - low))
  }

  float64(rows: number, low: number, high: number): Float64Array {
    return new Float64Array(rows).map(() => low + this.unit() * (high - low))
  }

  float32(rows: number, low: number, high: number): Float32Array {
    return new Float32Array(rows).map(() => low + this.unit() * (high - low))
  }

  int32(rows: number, low: number, high: number): Int32Array {
    return new Int32Array(rows).map(() => this.int(low, high))
  }

  uint32(rows: number, low: number, high: number): Uint32Array {
    return new Uint32Array(rows).map(() => this.int(low, high))
  }

  /** Whole numbers in [low, high), which must be safe integers. */
  int64(rows: number, low: number, high: number): BigInt64Array {
    return new BigInt64Array(rows).map(() => BigInt(this.int(low, high)))
  }

  bytes(length: number): Uint8Array {
    return new Uint8Array(length).map(() => this.u32())
  }

  /** A bitmap in which a share of the bits is set; the last byte's unused bits are zero. */
  bitmap(rows: number, density: number): Uint8Array {
    const bits = new Uint8Array((rows + 7) >> 3)
    for (let row = 0; row < rows; row++) {
      if (this.unit() < density) bits[row >> 3]! |= 1 << (row & 7)
    }
    return bits
  }
}
