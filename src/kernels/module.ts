// The one place that loads the kernels and the only holder of views on linear memory. A slot makes one
// `Kernels` from the module that all threads share; bindings (one file a family beside this one) take it.
//
// V1  memory.grow detaches views silently: never keep a view over a call that may allocate. The getters
//     here re-wrap when the buffer has changed, so always go through them.
// V2  Pointers are unsigned: what a kernel returns passes `>>> 0`, and an index into a view is `>>> 2`.
// V3  Arena memory (`scratch`) lives until the batch's mark is reset; blocks (`allocate`) until released.
import { readFileSync } from 'node:fs'
import { instantiateSync } from '@assemblyscript/loader'
import type { instantiate } from '../../build/kernels.js'
import { assert } from '../base/assert.ts'
import { DataflowError } from '../base/errors.ts'

/** The raw exports, typed by what the AssemblyScript compiler emitted. */
export type KernelExports = Awaited<ReturnType<typeof instantiate>>

let shared: WebAssembly.Module | undefined

/** Compiles the kernels once a process; the module is handed to every worker thread. */
export function kernelModule(): WebAssembly.Module {
  shared ??= new WebAssembly.Module(
    readFileSync(new URL('../../build/kernels.wasm', import.meta.url)),
  )
  return shared
}

/** One instance of the kernels with its own linear memory: one a slot. */
export class Kernels {
  readonly exports: KernelExports
  readonly #memory: WebAssembly.Memory
  readonly #bytesMax: number
  #buffer: ArrayBufferLike
  #u8: Uint8Array
  #i8: Int8Array
  #u16: Uint16Array
  #i16: Int16Array
  #u32: Uint32Array
  #i32: Int32Array
  #f32: Float32Array
  #f64: Float64Array
  #i64: BigInt64Array
  #u64: BigUint64Array
  #data: DataView

  /** @param bytesMax the linear memory may grow to this, in bytes */
  constructor(module: WebAssembly.Module = kernelModule(), bytesMax = 2 ** 32 - 65_536) {
    this.exports = instantiateSync(module, {}).exports as unknown as KernelExports
    this.#memory = this.exports.memory
    this.#bytesMax = bytesMax
    this.exports.memoryLimit(Math.floor(bytesMax / 65_536))
    this.#buffer = this.#memory.buffer
    this.#u8 = new Uint8Array(this.#buffer)
    this.#i8 = new Int8Array(this.#buffer)
    this.#u16 = new Uint16Array(this.#buffer)
    this.#i16 = new Int16Array(this.#buffer)
    this.#u32 = new Uint32Array(this.#buffer)
    this.#i32 = new Int32Array(this.#buffer)
    this.#f32 = new Float32Array(this.#buffer)
    this.#f64 = new Float64Array(this.#buffer)
    this.#i64 = new BigInt64Array(this.#buffer)
    this.#u64 = new BigUint64Array(this.#buffer)
    this.#data = new DataView(this.#buffer)
  }

  /** Linear memory's size now, in bytes. */
  get memoryBytes(): number {
    return this.#memory.buffer.byteLength
  }

  get u8(): Uint8Array {
    this.#rewrap()
    return this.#u8
  }
  get i8(): Int8Array {
    this.#rewrap()
    return this.#i8
  }
  get u16(): Uint16Array {
    this.#rewrap()
    return this.#u16
  }
  get i16(): Int16Array {
    this.#rewrap()
    return this.#i16
  }
  get u32(): Uint32Array {
    this.#rewrap()
    return this.#u32
  }
  get i32(): Int32Array {
    this.#rewrap()
    return this.#i32
  }
  get f32(): Float32Array {
    this.#rewrap()
    return this.#f32
  }
  get f64(): Float64Array {
    this.#rewrap()
    return this.#f64
  }
  get i64(): BigInt64Array {
    this.#rewrap()
    return this.#i64
  }
  get u64(): BigUint64Array {
    this.#rewrap()
    return this.#u64
  }
  /** For unaligned access (little endian). */
  get data(): DataView {
    this.#rewrap()
    return this.#data
  }

  /**
   * Takes a block that lives until release().
   * @throws MEMORY_EXHAUSTED
   */
  allocate(bytes: number): number {
    assert(bytes >= 0 && Number.isFinite(bytes), `allocate(${bytes})`)
    const ptr = bytes > 0x7fffff00 ? 0 : this.exports.allocate(bytes) >>> 0
    if (ptr === 0 || this.memoryBytes > this.#bytesMax) throw this.#exhausted(bytes)
    return ptr
  }

  release(ptr: number): void {
    this.exports.release(ptr)
  }

  /** A block of at least `bytes` that starts with the old block's content; the old one is released. */
  reallocate(ptr: number, usedBytes: number, bytes: number): number {
    const fresh = this.allocate(bytes)
    if (ptr !== 0) {
      this.u8.copyWithin(fresh, ptr, ptr + usedBytes)
      this.release(ptr)
    }
    return fresh
  }

  /**
   * Takes memory of this batch from the arena: 64-byte aligned, padded, not zeroed.
   * @throws MEMORY_EXHAUSTED
   */
  scratch(bytes: number): number {
    assert(bytes >= 0 && Number.isFinite(bytes), `scratch(${bytes})`)
    const ptr = bytes > 0x7fffff00 ? 0 : this.exports.arenaAllocate(bytes) >>> 0
    if (ptr === 0 || this.memoryBytes > this.#bytesMax) throw this.#exhausted(bytes)
    return ptr
  }

  /** The arena's position; reset(mark) frees what was taken after it. */
  mark(): number {
    return this.exports.arenaMark() >>> 0
  }

  reset(mark: number): void {
    this.exports.arenaReset(mark)
  }

  /** Copies bytes into the arena. */
  put(bytes: Uint8Array): number {
    const ptr = this.scratch(bytes.length)
    this.u8.set(bytes, ptr)
    return ptr
  }

  /** A copy of bytes out of linear memory. */
  take(ptr: number, bytes: number): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.u8.subarray(ptr, ptr + bytes))
  }

  #rewrap(): void {
    const buffer = this.#memory.buffer
    if (buffer === this.#buffer) return
    this.#buffer = buffer
    this.#u8 = new Uint8Array(buffer)
    this.#i8 = new Int8Array(buffer)
    this.#u16 = new Uint16Array(buffer)
    this.#i16 = new Int16Array(buffer)
    this.#u32 = new Uint32Array(buffer)
    this.#i32 = new Int32Array(buffer)
    this.#f32 = new Float32Array(buffer)
    this.#f64 = new Float64Array(buffer)
    this.#i64 = new BigInt64Array(buffer)
    this.#u64 = new BigUint64Array(buffer)
    this.#data = new DataView(buffer)
  }

  #exhausted(bytes: number): DataflowError {
    return new DataflowError(
      'MEMORY_EXHAUSTED',
      `a slot's linear memory is full: ${bytes} more bytes wanted, ${this.memoryBytes} of at most ` +
        `${this.#bytesMax} in use; raise slotMemoryBytes, use more slots, or smaller batchRows`,
    )
  }
}
