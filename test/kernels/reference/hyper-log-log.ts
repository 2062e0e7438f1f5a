// Scalar twin of approximate distinct counts: the hash of 64-bit values in bigint, registers in an array, and
// Ertl's estimator.

const MASK = 2n ** 64n - 1n

/** The hash of a 64-bit value, as assembly/value-hash.ts has it. */
export function hashOf64(value: bigint): bigint {
  let h = (value ^ 0x9e3779b185ebca87n) & MASK
  h = ((h ^ (h >> 33n)) * 0xff51afd7ed558ccdn) & MASK
  h = ((h ^ (h >> 33n)) * 0xc4ceb9fe1a85ec53n) & MASK
  return h ^ (h >> 33n)
}

const REGISTERS = 4_096

export class HyperLogLog {
  readonly #ranks = new Uint8Array(REGISTERS)

  add(value: bigint): void {
    const hash = hashOf64(value)
    const register = Number(hash >> 52n)
    const rest = hash & (2n ** 52n - 1n)
    const rank = 53 - rest.toString(2).length + (rest === 0n ? 1 : 0)
    this.#ranks[register] = Math.max(this.#ranks[register]!, rank)
  }

  estimate(): number {
    const counts = Array.from({ length: 54 }, () => 0)
    for (const rank of this.#ranks) counts[rank]!++
    let z = REGISTERS * tau(1 - counts[53]! / REGISTERS)
    for (let rank = 52; rank > 0; rank--) z = 0.5 * (z + counts[rank]!)
    z += REGISTERS * sigma(counts[0]! / REGISTERS)
    return Math.round(REGISTERS ** 2 / (2 * Math.LN2 * z))
  }
}

function sigma(x: number): number {
  if (x === 1) return Infinity
  let [y, z, before] = [1, x, NaN]
  while (z !== before) {
    x *= x
    before = z
    z += x * y
    y += y
  }
  return z
}

function tau(x: number): number {
  if (x === 0 || x === 1) return 0
  let [y, z, before] = [1, 1 - x, NaN]
  while (z !== before) {
    x = Math.sqrt(x)
    before = z
    y *= 0.5
    z -= (1 - x) ** 2 * y
  }
  return z / 3
}
