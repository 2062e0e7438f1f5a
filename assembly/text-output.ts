// Where the encoders of CSV and NDJSON write: one buffer that grows, and the values both write
// alike.
//
//   output   | bytes: usize | used: u32 | capacity: u32 |
//
// O1  room(p, n) gives the place p again, wherever the buffer is then, with n bytes and 64 more
//     behind it.
// O2  Pointers into the buffer do not outlive the next room().
// O3  When memory is exhausted, room() gives 0 and the encoder gives up: the binding reports it.
import { allocate, blockCapacity, release } from './arena'
import {
  Column,
  KIND_BOOL,
  KIND_DATE,
  KIND_DECIMAL128,
  KIND_DECIMAL64,
  KIND_DURATION,
  KIND_F32,
  KIND_F64,
  KIND_I16,
  KIND_I32,
  KIND_I64,
  KIND_I8,
  KIND_TIMESTAMP,
  KIND_U16,
  KIND_U32,
  KIND_U64,
  KIND_U8,
} from './column-table'
import { formatDecimal128, formatDecimal64 } from './decimal-text'
import { formatBool, formatFloat64, formatSigned, formatUnsigned } from './number-format'
import { formatDate, formatTimestamp } from './time-text'

/** No value of fixed width is longer, with quotes around it. */
export const VALUE_BYTES_MAX: u32 = 50

@unmanaged
export class Output {
  bytes: usize
  used: u32
  capacity: u32
}

let output: Output = changetype<Output>(0)
let limit: usize = 0

/** Starts to write behind what is in the output; returns where. */
export function outputOpen(o: Output): usize {
  output = o
  limit = o.bytes + o.capacity
  return o.bytes + o.used
}

/** Ends to write at p. */
export function outputClose(p: usize): void {
  output.used = <u32>(p - output.bytes)
}

export function room(p: usize, bytes: usize): usize {
  return p + bytes <= limit ? p : grow(p, bytes)
}

function grow(p: usize, bytes: usize): usize {
  const used = p - output.bytes
  const wanted = <u64>used + bytes
  if (wanted > 0x7fffff00) return 0
  const fresh = allocate(<usize>min<u64>(max<u64>(wanted, (<u64>output.capacity) << 1), 0x7fffff00))
  if (!fresh) return 0
  memory.copy(fresh, output.bytes, used)
  release(output.bytes)
  output.bytes = fresh
  output.capacity = <u32>blockCapacity(fresh)
  limit = fresh + output.capacity
  return fresh + used
}

export function isNull(c: Column, row: u32): bool {
  return c.validity != 0 && !((load<u8>(c.validity + (row >> 3)) >> (row & 7)) & 1)
}

/** Copies a text of any length to a place that has room for it. */
export function copyText(p: usize, text: usize, bytes: u32): usize {
  for (let at: u32 = 0; at < bytes; at += 16) v128.store(p + at, v128.load(text + at))
  return p + bytes
}

/** Writes a value of fixed width as text, without quotes; the place has room for it. */
export function formatValue(c: Column, row: u32, p: usize): u32 {
  const values = c.values
  switch (c.kind) {
    case KIND_BOOL:
      return formatBool(<bool>((load<u8>(values + (row >> 3)) >> (row & 7)) & 1), p)
    case KIND_I8:
      return formatSigned(load<i8>(values + row), p)
    case KIND_I16:
      return formatSigned(load<i16>(values + ((<usize>row) << 1)), p)
    case KIND_I32:
      return formatSigned(load<i32>(values + ((<usize>row) << 2)), p)
    case KIND_I64:
    case KIND_DURATION:
      return formatSigned(load<i64>(values + ((<usize>row) << 3)), p)
    case KIND_U8:
      return formatUnsigned(load<u8>(values + row), p)
    case KIND_U16:
      return formatUnsigned(load<u16>(values + ((<usize>row) << 1)), p)
    case KIND_U32:
      return formatUnsigned(load<u32>(values + ((<usize>row) << 2)), p)
    case KIND_U64:
      return formatUnsigned(load<u64>(values + ((<usize>row) << 3)), p)
    case KIND_F32:
      return formatFloat64(<f64>load<f32>(values + ((<usize>row) << 2)), p)
    case KIND_F64:
      return formatFloat64(load<f64>(values + ((<usize>row) << 3)), p)
    case KIND_DECIMAL64:
      return formatDecimal64(load<i64>(values + ((<usize>row) << 3)), c.scale, p)
    case KIND_DECIMAL128:
      return formatDecimal128(values + ((<usize>row) << 4), c.scale, p)
    case KIND_TIMESTAMP:
      return formatTimestamp(load<i64>(values + ((<usize>row) << 3)), c.scale, p)
    case KIND_DATE:
      return formatDate(load<i32>(values + ((<usize>row) << 2)), p)
    default:
      return 0
  }
}
