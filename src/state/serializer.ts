// How values that are no column become bytes: a serializer with a name and a version, which a snapshot
// holds, and the one that is there unless a job brings its own: structured values, as a clone takes them.
//
// SR1  What structured() takes, it gives back equal: undefined, null, booleans, numbers (NaN, -0 too),
//      bigints, strings, Date, Uint8Array, arrays, plain objects, Map and Set, nested.
// SR2  What it cannot give back it refuses by name: functions, symbols, instances of classes, cycles.
import { DataflowError } from '../base/errors.ts'

/** Turns values into bytes and back; its name and version go into snapshots. */
export interface Serializer<T> {
  readonly name: string
  /** Raised when the bytes change; a whole number from 1. */
  readonly version: number
  /** @throws anything, for a value that it cannot write */
  serialize(value: T): Uint8Array
  /** @param version the version that wrote the bytes: its own, or one of `readsVersions` */
  deserialize(bytes: Uint8Array, version: number): T
  /** Older versions whose bytes deserialize() reads as well. */
  readonly readsVersions?: readonly number[]
  /** Throws for a value that serialize() would refuse; called when it is put into a state. */
  check?(value: T): void
}

const TAGS = {
  undefined: 0,
  null: 1,
  false: 2,
  true: 3,
  int: 4,
  float: 5,
  bigint: 6,
  text: 7,
  date: 8,
  bytes: 9,
  array: 10,
  object: 11,
  map: 12,
  set: 13,
} as const

/** Deeper values are taken for cycles. */
const DEPTH_MAX = 500
/** check() looks at so many values: a large accumulator is not walked for each row. */
const CHECKED_MAX = 64

/**
 * The serializer of plain values: what structuredClone() takes, but for errors and regular expressions.
 * @example
 * import { structured, valueStateDescriptor } from 'millrace'
 * const seen = valueStateDescriptor('seen', structured<Map<string, number>>())
 * console.log(seen.name)
 */
export function structured<T>(): Serializer<T> {
  return STRUCTURED as Serializer<T>
}

const STRUCTURED: Serializer<unknown> = {
  name: 'structured',
  version: 1,
  serialize(value) {
    const writer = new Writer()
    writer.value(value, 0)
    return writer.finish()
  },
  deserialize: (bytes) => new Reader(bytes).value(),
  check: (value) => void checkSome(value, CHECKED_MAX, 0),
}

function refuse(what: string): DataflowError {
  return new DataflowError(
    'VALUE_NOT_SERIALIZABLE',
    `${what} is no plain value: keep what it is made of, or give the state a serializer of your own`,
  )
}

/** What stands for a value: its tag's name; functions, symbols and class instances have none. */
function kindOf(value: object): 'date' | 'bytes' | 'array' | 'object' | 'map' | 'set' {
  if (Array.isArray(value)) return 'array'
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype === Object.prototype || prototype === null) return 'object'
  if (prototype === Map.prototype) return 'map'
  if (prototype === Set.prototype) return 'set'
  if (prototype === Date.prototype) return 'date'
  if (value instanceof Uint8Array) return 'bytes'
  const { constructor } = value as { readonly constructor?: { readonly name?: string } }
  throw refuse(`an instance of class ${constructor?.name ?? '(unnamed)'}`)
}

function refusePrimitive(value: unknown): void {
  if (typeof value === 'function') throw refuse(`function '${value.name}'`)
  if (typeof value === 'symbol') throw refuse(String(value))
}

/** Looks at up to `left` values; gives how many it may still look at. */
function checkSome(value: unknown, left: number, depth: number): number {
  if (typeof value !== 'object' || value === null) {
    refusePrimitive(value)
    return left - 1
  }
  if (depth > DEPTH_MAX) throw refuse('a value that contains itself (or is too deep)')
  const kind = kindOf(value)
  if (kind === 'date' || kind === 'bytes') return left - 1
  const parts = kind === 'object' ? Object.values(value) : (value as Iterable<unknown>)
  let rest = left - 1
  for (const part of parts) {
    if (rest <= 0) break
    rest = checkSome(part, rest, depth + 1)
  }
  return rest
}

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

class Writer {
  #bytes = new Uint8Array(64)
  #view = new DataView(this.#bytes.buffer)
  #length = 0

  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#length)
  }

  value(value: unknown, depth: number): void {
    switch (typeof value) {
      case 'undefined':
        return this.#tag('undefined')
      case 'boolean':
        return this.#tag(value ? 'true' : 'false')
      case 'number':
        return this.#number(value)
      case 'bigint':
        this.#tag('bigint')
        return this.#text(String(value))
      case 'string':
        this.#tag('text')
        return this.#text(value)
      case 'object':
        return value === null ? this.#tag('null') : this.#object(value, depth)
      default:
        refusePrimitive(value)
    }
  }

  #object(value: object, depth: number): void {
    if (depth > DEPTH_MAX) throw refuse('a value that contains itself (or is too deep)')
    const kind = kindOf(value)
    this.#tag(kind)
    switch (kind) {
      case 'date':
        return this.#float((value as Date).getTime())
      case 'bytes':
        return this.#raw(value as Uint8Array)
      case 'object': {
        const entries = Object.entries(value)
        this.#count(entries.length)
        for (const [name, part] of entries) {
          this.#text(name)
          this.value(part, depth + 1)
        }
        return
      }
      case 'map':
        this.#count((value as Map<unknown, unknown>).size)
        for (const [key, part] of value as Map<unknown, unknown>) {
          this.value(key, depth + 1)
          this.value(part, depth + 1)
        }
        return
      default: {
        const parts = [...(value as Iterable<unknown>)]
        this.#count(parts.length)
        for (const part of parts) this.value(part, depth + 1)
      }
    }
  }

  #tag(name: keyof typeof TAGS): void {
    this.#reserve(1)
    this.#bytes[this.#length++] = TAGS[name]
  }

  #number(value: number): void {
    const isInt = (value | 0) === value && !Object.is(value, -0)
    this.#tag(isInt ? 'int' : 'float')
    if (!isInt) return this.#float(value)
    this.#reserve(4)
    this.#view.setInt32(this.#length, value, true)
    this.#length += 4
  }

  #float(value: number): void {
    this.#reserve(8)
    this.#view.setFloat64(this.#length, value, true)
    this.#length += 8
  }

  #count(count: number): void {
    this.#reserve(4)
    this.#view.setUint32(this.#length, count, true)
    this.#length += 4
  }

  #text(text: string): void {
    // A lone surrogate has no UTF-8: such a text goes as UTF-16.
    if (text.isWellFormed()) return this.#raw(encoder.encode(text))
    this.#count(UTF16 + text.length)
    this.#reserve(text.length * 2)
    for (let i = 0; i < text.length; i++) {
      this.#view.setUint16(this.#length, text.charCodeAt(i), true)
      this.#length += 2
    }
  }

  #raw(bytes: Uint8Array): void {
    this.#count(bytes.length)
    this.#reserve(bytes.length)
    this.#bytes.set(bytes, this.#length)
    this.#length += bytes.length
  }

  #reserve(bytes: number): void {
    if (this.#length + bytes <= this.#bytes.length) return
    const grown = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + bytes))
    grown.set(this.#bytes)
    this.#bytes = grown
    this.#view = new DataView(grown.buffer)
  }
}

/** Marks the count of a text that is no UTF-8. */
const UTF16 = 0x8000_0000

class Reader {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  value(): unknown {
    const tag = this.#bytes[this.#at++]
    switch (tag) {
      case TAGS.undefined:
        return undefined
      case TAGS.null:
        return null
      case TAGS.false:
        return false
      case TAGS.true:
        return true
      case TAGS.int:
        this.#at += 4
        return this.#view.getInt32(this.#at - 4, true)
      case TAGS.float:
        return this.#float()
      case TAGS.bigint:
        return BigInt(this.#text())
      case TAGS.text:
        return this.#text()
      case TAGS.date:
        return new Date(this.#float())
      case TAGS.bytes:
        return this.#raw(this.#count()).slice()
      case TAGS.array:
        return this.#values()
      case TAGS.object:
        return this.#object()
      case TAGS.map:
        return new Map(Array.from({ length: this.#count() }, () => [this.value(), this.value()]))
      case TAGS.set:
        return new Set(this.#values())
      default:
        throw new DataflowError('FORMAT_INVALID', `state bytes begin a value with tag ${tag}`)
    }
  }

  #values(): unknown[] {
    return Array.from({ length: this.#count() }, () => this.value())
  }

  #object(): Record<string, unknown> {
    const object: Record<string, unknown> = {}
    for (let left = this.#count(); left > 0; left--) {
      const name = this.#text()
      const value = this.value()
      // A property of that name, and never a prototype.
      if (name === '__proto__') {
        Object.defineProperty(object, name, {
          value,
          enumerable: true,
          writable: true,
          configurable: true,
        })
      } else object[name] = value
    }
    return object
  }

  #float(): number {
    this.#at += 8
    return this.#view.getFloat64(this.#at - 8, true)
  }

  #count(): number {
    this.#at += 4
    return this.#view.getUint32(this.#at - 4, true)
  }

  #text(): string {
    const count = this.#count()
    if (count < UTF16) return decoder.decode(this.#raw(count))
    let text = ''
    for (let left = count - UTF16; left > 0; left--) {
      text += String.fromCharCode(this.#view.getUint16(this.#at, true))
      this.#at += 2
    }
    return text
  }

  #raw(length: number): Uint8Array {
    this.#at += length
    return this.#bytes.subarray(this.#at - length, this.#at)
  }
}
