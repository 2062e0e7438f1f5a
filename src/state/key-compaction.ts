// When dead keys may outweigh the living, an index of keys is compacted; ids keep their order. Used by all
// that keep something for each key, or for each row that is as good as a key, and let it go.
//
// KC1  Dead keys are looked for when there are twice as many keys as after the last look: each key that came
//      pays for that once.
import { bitmapBytes, bitmapCount } from '../kernels/bitmap.ts'
import type { Kernels } from '../kernels/module.ts'
import type { KeyIndex } from './key-index.ts'

/** Below this many keys nobody looks for dead ones, unless the owner says another number. */
const KEYS_MIN = 65_536

/** What is kept by key id. */
export interface KeyedRows {
  /** Sets the bits of the key ids, below `size`, that are alive. */
  mark(bits: number, size: number): void
  /** Renames key ids: u32 for each of `size` old ones, NO_GROUP for those that are gone. */
  remap(map: number, size: number): void
}

export class KeyCompaction {
  readonly #kernels: Kernels
  readonly #keysMin: number
  #at: number

  constructor(kernels: Kernels, keysMin = KEYS_MIN) {
    this.#kernels = kernels
    this.#keysMin = keysMin
    this.#at = keysMin
  }

  /** Is it time to look (KC1)? */
  isDue(keys: Pick<KeyIndex, 'size'>): boolean {
    return keys.size >= this.#at
  }

  /** Drops the dead keys, when it is time to look and they are the half. */
  run(keys: Pick<KeyIndex, 'size' | 'compact'>, rows: KeyedRows): void {
    if (!this.isDue(keys)) return
    const kernels = this.#kernels
    const { size } = keys
    const bitmap = kernels.allocate(bitmapBytes(size))
    kernels.u8.fill(0, bitmap, bitmap + bitmapBytes(size))
    rows.mark(bitmap, size)
    const alive = bitmapCount(kernels, bitmap, size)
    if (alive <= size / 2) {
      const map = kernels.allocate(size * 4)
      keys.compact(bitmap, map)
      rows.remap(map, size)
      kernels.release(map)
    }
    kernels.release(bitmap)
    this.#at = Math.max(this.#keysMin, keys.size * 2)
  }
}
