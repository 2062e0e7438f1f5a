// When dead keys may outweigh the living, the index of keys is compacted; ids keep their order. Used by the
// operators that keep something for each key and let it go.
import { bitmapBytes, bitmapCount } from '../kernels/bitmap.ts'
import type { Kernels } from '../kernels/module.ts'
import type { KeyIndex } from '../state/key-index.ts'

/** Below this many keys nobody looks for dead ones. */
const KEYS_MIN = 65_536

/** What is kept by key id. */
export interface KeyedRows {
  /** Sets the bits of the key ids that are alive. */
  mark(bits: number): void
  /** Renames key ids: u32 an old one. */
  remap(map: number): void
}

export class KeyCompaction {
  readonly #kernels: Kernels
  #at = KEYS_MIN

  constructor(kernels: Kernels) {
    this.#kernels = kernels
  }

  /** Is it time to look? Each time that the index has doubled. */
  isDue(keys: KeyIndex): boolean {
    return keys.size >= this.#at
  }

  /** Drops the dead keys, when it is time to look and they are the half. */
  run(keys: KeyIndex, rows: KeyedRows): void {
    if (!this.isDue(keys)) return
    const kernels = this.#kernels
    const { size } = keys
    const bitmap = kernels.allocate(bitmapBytes(size))
    kernels.u8.fill(0, bitmap, bitmap + bitmapBytes(size))
    rows.mark(bitmap)
    const alive = bitmapCount(kernels, bitmap, size)
    if (alive <= size / 2) {
      const map = kernels.allocate(size * 4)
      keys.compact(bitmap, map)
      rows.remap(map)
      kernels.release(map)
    }
    kernels.release(bitmap)
    this.#at = Math.max(KEYS_MIN, keys.size * 2)
  }
}
