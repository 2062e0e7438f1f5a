// A module of user functions in one slot: its instance, and calls of its functions over whole
// columns.
//
// U1  A shared module works on the slot's memory, in place. Any other has its own, of a bounded
//     size: columns are copied in and the result out, and nothing it does reaches the slot's
//     memory.
// U2  A function is called for rows that the validity says are there, once each, in order.
// U3  A trap is USER_CODE_FAILED with the function, its file and the row.
import { assert } from '../base/assert.ts'
import { DataflowError } from '../base/errors.ts'
import type { Kernels } from './module.ts'
import type { Utf8Column } from './string.ts'
import { manifestOf, type UserModuleManifest, VALUE_BYTES, type ValueType } from './user-module.ts'

/** A column: values (bits for bool, bytes for text), and offsets for text. */
export interface UserColumn {
  readonly values: number
  readonly offsets: number
}

/** What a user's module may take, in 64 KB pages: 256 MB. */
const PAGES_MAX = 4096
const ALIGNMENT = 64

interface UserExports {
  readonly [name: string]: unknown
  readonly row: WebAssembly.Global
  /** Of a module with its own memory. */
  readonly text?: WebAssembly.Global
  readonly reserve?: (bytes: number) => number
}

const instances = new WeakMap<Kernels, Map<WebAssembly.Module, UserModule>>()

/** The slot's instance of a module; one for all expressions that call it. */
export function userModule(kernels: Kernels, module: WebAssembly.Module): UserModule {
  const known = instances.get(kernels) ?? new Map<WebAssembly.Module, UserModule>()
  instances.set(kernels, known)
  const instance = known.get(module) ?? new UserModule(kernels, module)
  known.set(module, instance)
  return instance
}

export class UserModule {
  readonly manifest: UserModuleManifest
  readonly #kernels: Kernels
  readonly #memory: WebAssembly.Memory
  readonly #exports: UserExports
  #abort = ''

  constructor(kernels: Kernels, module: WebAssembly.Module) {
    this.manifest = manifestOf(module)
    this.#kernels = kernels
    this.#memory = this.manifest.shared
      ? kernels.exports.memory
      : new WebAssembly.Memory({ initial: 16, maximum: PAGES_MAX })
    const env = {
      memory: this.#memory,
      abort: (message: number, file: number, line: number, column: number) => {
        const [what, where] = [this.#string(message), this.#string(file)]
        this.#abort = `${what || 'aborted'} (${where}:${line}:${column})`
        throw new Error(this.#abort)
      },
    }
    try {
      this.#exports = new WebAssembly.Instance(module, { env }).exports as UserExports
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      throw this.#failure(`starting ${this.manifest.file} failed: ${why}`, error)
    }
  }

  /**
   * Calls a function for each of n rows that is valid (validity 0: all). The result is in the arena.
   * @throws USER_CODE_FAILED when the function traps
   */
  call(name: string, columns: readonly UserColumn[], validity: number, n: number): UserColumn {
    const { parameters, result } = this.manifest.functions[name]!
    assert(columns.length === parameters.length, `${name} takes ${parameters.length} columns`)
    if (this.manifest.shared) {
      const values = this.#kernels.scratch(valueBytes(result, n))
      this.#run(
        name,
        n,
        validity,
        columns.map((column) => column.values),
        values,
      )
      return { values, offsets: 0 }
    }
    return this.#callApart(name, columns, validity, n)
  }

  // Over the module's own memory: | validity | each column (its offsets first) | result |.
  #callApart(
    name: string,
    columns: readonly UserColumn[],
    validity: number,
    n: number,
  ): UserColumn {
    const { parameters, result } = this.manifest.functions[name]!
    const parts: { readonly from: number; readonly bytes: number }[] = []
    if (validity !== 0) parts.push({ from: validity, bytes: (n + 7) >> 3 })
    for (const [i, { values, offsets }] of columns.entries()) {
      if (parameters[i] === 'string') {
        const end = this.#kernels.data.getUint32(offsets + n * 4, true)
        parts.push({ from: offsets, bytes: (n + 1) * 4 })
        // The bytes before the first row's go along: offsets need not begin at 0.
        parts.push({ from: values, bytes: end })
      } else {
        parts.push({ from: values, bytes: valueBytes(parameters[i]!, n) })
      }
    }
    const total = parts.reduce((sum, { bytes }) => sum + padded(bytes), 0)
    let at = this.#reserve(name, total + padded(valueBytes(result, n)))
    const own = new Uint8Array(this.#memory.buffer)
    const pointers: number[] = []
    for (const { from, bytes } of parts) {
      own.set(this.#kernels.u8.subarray(from, from + bytes), at)
      pointers.push(at)
      at += padded(bytes)
    }
    const ownValidity = validity === 0 ? 0 : pointers.shift()!
    this.#run(name, n, ownValidity, pointers, at)
    return result === 'string' ? this.#textResult(at, n) : this.#result(at, valueBytes(result, n))
  }

  #result(at: number, bytes: number): UserColumn {
    const values = this.#kernels.put(new Uint8Array(this.#memory.buffer, at, bytes))
    return { values, offsets: 0 }
  }

  #textResult(at: number, n: number): Utf8Column {
    const offsetBytes = new Uint8Array(this.#memory.buffer, at, (n + 1) * 4)
    const end = new DataView(this.#memory.buffer).getUint32(at + n * 4, true)
    const text = new Uint8Array(this.#memory.buffer, this.#exports.text!.value >>> 0, end)
    return { offsets: this.#kernels.put(offsetBytes), values: this.#kernels.put(text) }
  }

  #reserve(name: string, bytes: number): number {
    try {
      return this.#exports.reserve!(bytes) >>> 0
    } catch (error) {
      const file = this.manifest.file
      throw this.#failure(
        `${name} (${file}): ${bytes} bytes of columns do not fit the ${PAGES_MAX >> 4} MB of a ` +
          `user function's memory; use smaller batchRows`,
        error,
      )
    }
  }

  #run(name: string, n: number, validity: number, columns: readonly number[], out: number): void {
    const run = this.#exports[`call_${name}`] as (...args: number[]) => void
    try {
      run(n, validity, ...columns, out)
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      const row = this.#exports.row.value >>> 0
      throw this.#failure(
        `${name} (${this.manifest.file}) failed at row ${row} of ${n}: ${why}`,
        error,
        row,
      )
    }
  }

  #failure(message: string, cause: unknown, row?: number): DataflowError {
    const context = { location: this.manifest.file, ...(row === undefined ? {} : { row }) }
    return new DataflowError('USER_CODE_FAILED', message, { cause, context })
  }

  // A string of AssemblyScript: UTF-16, its bytes counted in the word before it.
  #string(ptr: number): string {
    if (ptr === 0) return ''
    const { buffer } = this.#memory
    const bytes = new DataView(buffer).getUint32((ptr >>> 0) - 4, true)
    return new TextDecoder('utf-16le').decode(new Uint8Array(buffer, ptr >>> 0, bytes))
  }
}

function valueBytes(type: ValueType, n: number): number {
  if (type === 'bool') return (n + 7) >> 3
  return type === 'string' ? (n + 1) * 4 : n * VALUE_BYTES[type]
}

function padded(bytes: number): number {
  return (bytes + ALIGNMENT - 1) & -ALIGNMENT
}
