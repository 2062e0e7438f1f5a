// Thrift's compact protocol, as far as Parquet's footer and page headers need it to be written.
//
//   field   id delta (4 bits) | type (4 bits), a varint of the id where the delta is not 1 to 15; value
//   struct  fields, then a 0 byte;   list  size (4 bits; 15: a varint follows) | type (4 bits), values
// (https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md)

const TRUE = 1
const FALSE = 2
const BYTE = 3
const I32 = 5
const I64 = 6
const BINARY = 8
const LIST = 9
const STRUCT = 12

/** An i8, which has a type of its own. */
export class ThriftByte {
  readonly value: number

  constructor(value: number) {
    this.value = value
  }
}

/** A struct's fields by their ids, ascending; undefined ones are left out. */
export interface ThriftStruct {
  readonly [id: number]: ThriftValue | undefined
}

/** A number is an i32, a bigint an i64. */
export type ThriftValue =
  | number
  | bigint
  | boolean
  | string
  | Uint8Array
  | ThriftByte
  | ThriftStruct
  | readonly ThriftValue[]

/** The bytes of a struct. */
export function writeThrift(struct: ThriftStruct): Uint8Array<ArrayBuffer> {
  const writer = new ThriftWriter()
  writer.struct(struct)
  return writer.bytes()
}

class ThriftWriter {
  #bytes = new Uint8Array(256)
  #length = 0

  bytes(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.#length)
  }

  struct(struct: ThriftStruct): void {
    let last = 0
    for (const [key, value] of Object.entries(struct)) {
      if (value === undefined) continue
      const id = Number(key)
      const type = value === true ? TRUE : value === false ? FALSE : typeOf(value)
      if (id - last <= 15) this.#byte(((id - last) << 4) | type)
      else {
        this.#byte(type)
        this.#varint(BigInt(id) << 1n)
      }
      if (typeof value !== 'boolean') this.#value(value)
      last = id
    }
    this.#byte(0)
  }

  #value(value: ThriftValue): void {
    if (typeof value === 'number' || typeof value === 'bigint') {
      const wide = BigInt(value)
      return this.#varint(BigInt.asUintN(64, (wide << 1n) ^ (wide >> 63n)))
    }
    if (typeof value === 'string') return this.#binary(new TextEncoder().encode(value))
    if (value instanceof Uint8Array) return this.#binary(value)
    if (value instanceof ThriftByte) return this.#byte(value.value)
    if (Array.isArray(value)) return this.#list(value as readonly ThriftValue[])
    this.struct(value as ThriftStruct)
  }

  #list(values: readonly ThriftValue[]): void {
    const type = values.length === 0 ? STRUCT : typeOf(values[0]!)
    if (values.length < 15) this.#byte((values.length << 4) | type)
    else {
      this.#byte(0xf0 | type)
      this.#varint(BigInt(values.length))
    }
    for (const value of values) this.#value(value)
  }

  #binary(bytes: Uint8Array): void {
    this.#varint(BigInt(bytes.length))
    this.#reserve(bytes.length)
    this.#bytes.set(bytes, this.#length)
    this.#length += bytes.length
  }

  #varint(value: bigint): void {
    let left = value
    while (left > 127n) {
      this.#byte(Number(left & 127n) | 128)
      left >>= 7n
    }
    this.#byte(Number(left))
  }

  #byte(byte: number): void {
    this.#reserve(1)
    this.#bytes[this.#length++] = byte
  }

  #reserve(bytes: number): void {
    if (this.#length + bytes <= this.#bytes.length) return
    const larger = new Uint8Array(Math.max(this.#length + bytes, this.#bytes.length * 2))
    larger.set(this.#bytes)
    this.#bytes = larger
  }
}

function typeOf(value: ThriftValue): number {
  if (typeof value === 'number') return I32
  if (typeof value === 'bigint') return I64
  if (typeof value === 'string' || value instanceof Uint8Array) return BINARY
  if (value instanceof ThriftByte) return BYTE
  return Array.isArray(value) ? LIST : STRUCT
}
