// Gather by row numbers (a selection, or the matches of a join), and append of slices.
//
// TK1 A row number of 0xffffffff takes a null. Value kernels need no test for it: address arithmetic
//     wraps to the value before the first, which can be read (blocks have headers), and the result is
//     garbage under a validity bit that takeBits leaves unset. Row numbers need not ascend.
// TK2 utf8 and binary go in two passes: takeOffsets sizes, takeBytes copies.

const NO_ROW: u32 = 0xffffffff

/** out[i] = a[rows[i]], values of 1 byte. */
export function take8(a: usize, rows: usize, count: u32, out: usize): void {
  takeFixed<u8>(a, rows, count, out)
}

/** out[i] = a[rows[i]], values of 2 bytes. */
export function take16(a: usize, rows: usize, count: u32, out: usize): void {
  takeFixed<u16>(a, rows, count, out)
}

/** out[i] = a[rows[i]], values of 4 bytes. */
export function take32(a: usize, rows: usize, count: u32, out: usize): void {
  takeFixed<u32>(a, rows, count, out)
}

/** out[i] = a[rows[i]], values of 8 bytes. */
export function take64(a: usize, rows: usize, count: u32, out: usize): void {
  takeFixed<u64>(a, rows, count, out)
}

/** out[i] = a[rows[i]], values of 16 bytes. */
export function take128(a: usize, rows: usize, count: u32, out: usize): void {
  for (const end = rows + ((<usize>count) << 2); rows < end; rows += 4, out += 16) {
    v128.store(out, v128.load(a + ((<usize>load<u32>(rows)) << 4)))
  }
}

function takeFixed<T>(a: usize, rows: usize, count: u32, out: usize): void {
  const whole = count & ~3
  for (const end = rows + ((<usize>whole) << 2); rows < end; rows += 16, out += 4 * sizeof<T>()) {
    store<T>(out, load<T>(a + <usize>load<u32>(rows) * sizeof<T>()))
    store<T>(out, load<T>(a + <usize>load<u32>(rows, 4) * sizeof<T>()), sizeof<T>())
    store<T>(out, load<T>(a + <usize>load<u32>(rows, 8) * sizeof<T>()), 2 * sizeof<T>())
    store<T>(out, load<T>(a + <usize>load<u32>(rows, 12) * sizeof<T>()), 3 * sizeof<T>())
  }
  for (let left = count & 3; left > 0; left--, rows += 4, out += sizeof<T>()) {
    store<T>(out, load<T>(a + <usize>load<u32>(rows) * sizeof<T>()))
  }
}

/**
 * Gathers bits: bool values, or validity (0: all set), with 0 for 0xffffffff. Returns how many bits of
 * out are set: `count` means that no row is null.
 */
export function takeBits(bits: usize, rows: usize, count: u32, out: usize): u32 {
  let total: u32 = 0
  for (let left = <i32>count; left > 0; left -= 8, rows += 32) {
    let byte: u32 = 0
    if (left >= 8) {
      for (let i: u32 = 0; i < 8; i++) byte |= bitOf(bits, load<u32>(rows + (i << 2))) << i
    } else {
      for (let i: u32 = 0; i < <u32>left; i++) byte |= bitOf(bits, load<u32>(rows + (i << 2))) << i
    }
    total += popcnt<u32>(byte)
    store<u8>(out++, byte)
  }
  return total
}

function bitOf(bits: usize, row: u32): u32 {
  const live = u32(row != NO_ROW)
  if (!bits) return live
  row &= 0 - live
  return (<u32>load<u8>(bits + <usize>(row >> 3)) >> (row & 7)) & live
}

/**
 * Writes count + 1 offsets of the taken values and returns the bytes they need; 0xffffffff when they
 * are more than an i32 offset can say.
 */
export function takeOffsets(offsets: usize, rows: usize, count: u32, out: usize): u32 {
  let total: u64 = 0
  store<u32>(out, 0)
  for (const end = rows + ((<usize>count) << 2); rows < end; rows += 4) {
    const row = load<u32>(rows)
    const live = u32(row != NO_ROW)
    const at = offsets + ((<usize>(row & (0 - live))) << 2)
    total += (load<u32>(at, 4) - load<u32>(at)) & (0 - live)
    out += 4
    store<u32>(out, <u32>total)
  }
  return total > 0x7fffffff ? 0xffffffff : <u32>total
}

/** Copies the taken values' bytes to where takeOffsets put them. */
export function takeBytes(
  offsets: usize,
  bytes: usize,
  rows: usize,
  count: u32,
  outOffsets: usize,
  out: usize,
): void {
  for (const end = rows + ((<usize>count) << 2); rows < end; rows += 4, outOffsets += 4) {
    const to = out + <usize>load<u32>(outOffsets)
    const length = load<u32>(outOffsets, 4) - load<u32>(outOffsets)
    if (!length) continue
    const from = bytes + <usize>load<u32>(offsets + ((<usize>load<u32>(rows)) << 2))
    copyShort(to, from, length)
  }
}

/** Most values are short: 16 bytes at once, over the end (what follows is written after). */
function copyShort(to: usize, from: usize, length: u32): void {
  v128.store(to, v128.load(from))
  if (length <= 16) return
  v128.store(to, v128.load(from, 16), 16)
  if (length > 32) memory.copy(to + 32, from + 32, <usize>(length - 32))
}

/** Appends n + 1 offsets so that the first becomes `base`: for values put behind others. */
export function takeRebased(offsets: usize, n: u32, base: u32, out: usize): void {
  const shift = i32x4.splat(base - load<u32>(offsets))
  for (const end = out + ((<usize>(n + 1)) << 2); out < end; out += 16, offsets += 16) {
    v128.store(out, i32x4.add(v128.load(offsets), shift))
  }
}
