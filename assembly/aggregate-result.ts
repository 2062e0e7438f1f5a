// From accumulators to output columns: a gather over rows of accumulators, one kernel an output.
import {
  KIND_128,
  KIND_64,
  KIND_BOOL,
  KIND_F32,
  KIND_I16,
  KIND_I32,
  KIND_I8,
  KIND_U16,
  KIND_U32,
  KIND_U8,
  OP_SUM_F64,
  OP_SUM_I128,
} from './aggregate-program'
import { floatOfI128 } from './int128'

function narrow<T>(rows: usize, offset: usize, n: u32, out: usize): void {
  for (let i: usize = 0; i < <usize>n; i++) {
    const p = <usize>load<u32>(rows + (i << 2)) + offset
    if (isFloat<T>()) store<T>(out + i * sizeof<T>(), <T>load<f64>(p))
    else store<T>(out + i * sizeof<T>(), <T>load<u64>(p))
  }
}

/** Writes a column of fixed width (bits for bool) from the accumulators at `offset` of n rows. */
export function aggregateFixed(rows: usize, n: u32, offset: usize, kind: u32, out: usize): void {
  switch (kind) {
    case KIND_64:
      narrow<u64>(rows, offset, n, out)
      break
    case KIND_I32:
    case KIND_U32:
      narrow<u32>(rows, offset, n, out)
      break
    case KIND_I16:
    case KIND_U16:
      narrow<u16>(rows, offset, n, out)
      break
    case KIND_I8:
    case KIND_U8:
      narrow<u8>(rows, offset, n, out)
      break
    case KIND_F32:
      narrow<f32>(rows, offset, n, out)
      break
    case KIND_128:
      for (let i: usize = 0; i < <usize>n; i++) {
        v128.store(out + (i << 4), v128.load(<usize>load<u32>(rows + (i << 2)) + offset))
      }
      break
    case KIND_BOOL:
      memory.fill(out, 0, (n + 7) >> 3)
      for (let i: usize = 0; i < <usize>n; i++) {
        const bit = (load<u8>(<usize>load<u32>(rows + (i << 2)) + offset) & 1) << (<u8>i & 7)
        store<u8>(out + (i >> 3), load<u8>(out + (i >> 3)) | bit)
      }
      break
    default:
      unreachable()
  }
}

function sumAt(op: u32, sum: usize): f64 {
  if (op == OP_SUM_F64) return load<f64>(sum)
  // Counts and unsigned sums stay below 2^63.
  return op == OP_SUM_I128 ? floatOfI128(sum) : <f64>load<i64>(sum)
}

/** Writes sum / (count * unit) as float64, of a sum or a count kept by that operation. */
export function aggregateMean(
  rows: usize,
  n: u32,
  op: u32,
  offset: usize,
  countOffset: usize,
  unit: f64,
  out: usize,
): void {
  const units = f64x2.splat(unit)
  for (let i: usize = 0; i < <usize>n; i += 2) {
    const a: usize = load<u32>(rows + (i << 2))
    // The last of an odd number stands in for the one behind it, which is padding.
    const b = i + 1 < <usize>n ? <usize>load<u32>(rows + (i << 2), 4) : a
    const sums = f64x2.replace_lane(f64x2.splat(sumAt(op, a + offset)), 1, sumAt(op, b + offset))
    const held = f64x2.splat(<f64>load<i64>(a + countOffset))
    const counts = f64x2.replace_lane(held, 1, <f64>load<i64>(b + countOffset))
    v128.store(out + (i << 3), f64x2.div(sums, f64x2.mul(counts, units)))
  }
}

/**
 * Writes a validity bitmap: set where the count at that offset is so much at least. Returns how many are
 * set.
 */
export function aggregateValidity(
  rows: usize,
  n: u32,
  countOffset: usize,
  least: u32,
  out: usize,
): u32 {
  let set: u32 = 0
  for (let at: usize = 0; at < <usize>n; at += 8) {
    const left = min<usize>(8, <usize>n - at)
    let byte: u32 = 0
    for (let j: usize = 0; j < left; j++) {
      const row: usize = load<u32>(rows + ((at + j) << 2))
      byte |= (<u32>(load<u64>(row + countOffset) >= <u64>least)) << (<u32>j)
    }
    store<u8>(out + (at >> 3), byte)
    set += popcnt<u32>(byte)
  }
  return set
}

/** Writes n + 1 offsets of values of bytes, and returns their sum; 0xffffffff when beyond 2 GiB. */
export function aggregateByteOffsets(rows: usize, n: u32, offset: usize, out: usize): u32 {
  let sum: u64 = 0
  store<u32>(out, 0)
  for (let i: usize = 0; i < <usize>n; i++) {
    const p = <usize>load<u32>(rows + (i << 2)) + offset
    if (load<u32>(p)) sum += load<u32>(p, 4)
    store<u32>(out + (i << 2), <u32>sum, 4)
  }
  return sum > 0x7fffffff ? 0xffffffff : <u32>sum
}

/** Writes the values' bytes end to end. */
export function aggregateByteData(rows: usize, n: u32, offset: usize, out: usize): void {
  for (let i: usize = 0; i < <usize>n; i++) {
    const p = <usize>load<u32>(rows + (i << 2)) + offset
    const held: usize = load<u32>(p)
    if (!held) continue
    memory.copy(out, held, load<u32>(p, 4))
    out += load<u32>(p, 4)
  }
}
