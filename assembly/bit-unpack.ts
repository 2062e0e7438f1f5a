// Bit-packed values to u32, for the families whose formats hold them. Not listed in index.ts.
//
// Eight values take `width` bytes. A swizzle brings the bytes of each to a lane, a multiplication by
// 2^(7 - shift) stands in for the shift by lane that WASM lacks, up to 25 bits.

/** Widths up to this are unpacked eight at once. */
export const UNPACK_WIDTH_MAX: u32 = 25
// By width: swizzle and multipliers of the lower four values, then of the upper four.
const lanes: usize = memory.data(26 * 64, 16)

fillLanes()

function fillLanes(): void {
  for (let width: u32 = 1; width <= UNPACK_WIDTH_MAX; width++) {
    const at = lanes + ((<usize>width) << 6)
    for (let i: u32 = 0; i < 8; i++) {
      // The upper four are loaded from the byte in which the fifth value begins.
      const bit = (i & 3) * width + (i < 4 ? 0 : (4 * width) & 7)
      const half = at + (i < 4 ? 0 : 32)
      for (let byte: u32 = 0; byte < 4; byte++) {
        store<u8>(half + <usize>((i & 3) * 4 + byte), (bit >> 3) + byte)
      }
      store<u32>(half + 16 + <usize>((i & 3) * 4), 1 << (7 - (bit & 7)))
    }
  }
}

/** The value of `mask`'s width at a bit, into u32. */
export function unpackOne(start: usize, bit: u64, mask: u64, out: usize): u32 {
  const value = <u32>((load<u64>(start + <usize>(bit >> 3)) >> (bit & 7)) & mask)
  store<u32>(out, value)
  return value
}

/** Eight values of 1 to 25 bits, `eights` times, into u32; returns the largest. */
export function unpackEights(from: usize, width: u32, eights: u32, out: usize): u32 {
  const at = lanes + ((<usize>width) << 6)
  const lowBytes = v128.load(at)
  const lowShift = v128.load(at, 16)
  const highBytes = v128.load(at, 32)
  const highShift = v128.load(at, 48)
  const mask = i32x4.splat((1 << width) - 1)
  const upper = <usize>((4 * width) >> 3)
  let largest = i32x4.splat(0)
  for (const end = out + ((<usize>eights) << 5); out < end; out += 32, from += <usize>width) {
    const low = unpackFour(from, lowBytes, lowShift, mask)
    const high = unpackFour(from + upper, highBytes, highShift, mask)
    v128.store(out, low)
    v128.store(out, high, 16)
    largest = i32x4.max_u(largest, i32x4.max_u(low, high))
  }
  largest = i32x4.max_u(
    largest,
    i8x16.shuffle(largest, largest, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7),
  )
  return max<u32>(i32x4.extract_lane(largest, 0), i32x4.extract_lane(largest, 1))
}

function unpackFour(from: usize, bytes: v128, shift: v128, mask: v128): v128 {
  const lane = i32x4.mul(i8x16.swizzle(v128.load(from), bytes), shift)
  return v128.and(i32x4.shr_u(lane, 7), mask)
}
