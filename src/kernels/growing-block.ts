// A block of linear memory that grows as values are put behind one another. Its pointer is good until the
// next reserve(), append() or extend(); its end has the allocator's padding.
import type { Kernels } from './module.ts'

const CAPACITY_MIN = 4096

export class GrowingBlock {
  readonly #kernels: Kernels
  ptr = 0
  /** In use. */
  bytes = 0
  #capacity = 0

  constructor(kernels: Kernels) {
    this.#kernels = kernels
  }

  /** @throws MEMORY_EXHAUSTED */
  reserve(bytes: number): void {
    if (this.ptr !== 0 && bytes <= this.#capacity) return
    const capacity = Math.max(CAPACITY_MIN, bytes, this.#capacity * 2)
    this.ptr = this.#kernels.reallocate(this.ptr, this.bytes, capacity)
    // Blocks have sizes of powers of two: what was asked for is often little more than half of one.
    this.#capacity = this.#kernels.exports.blockCapacity(this.ptr) >>> 0
  }

  append(from: number, bytes: number): void {
    this.reserve(this.bytes + bytes)
    this.#kernels.u8.copyWithin(this.ptr + this.bytes, from, from + bytes)
    this.bytes += bytes
  }

  /** Puts copies of one byte behind, up to so many bytes in all. */
  extend(bytes: number, fill: number): void {
    if (bytes <= this.bytes) return
    this.reserve(bytes)
    this.#kernels.u8.fill(fill, this.ptr + this.bytes, this.ptr + bytes)
    this.bytes = bytes
  }

  /** Puts these bytes in place of all. */
  set(from: number, bytes: number): void {
    this.bytes = 0
    this.append(from, bytes)
  }

  /** Takes another one's memory in place of its own; the other one is empty then. */
  become(other: GrowingBlock): void {
    this.#kernels.release(this.ptr)
    this.ptr = other.ptr
    this.bytes = other.bytes
    this.#capacity = other.#capacity
    other.ptr = other.bytes = other.#capacity = 0
  }

  close(): void {
    this.#kernels.release(this.ptr)
    this.ptr = this.bytes = this.#capacity = 0
  }
}
