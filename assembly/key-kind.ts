// How a fixed-width key column is read, as the group table and the row codec are told it. The
// numbers are those of src/kernels/key-kind.ts.
export const KEY_BOOL: u32 = 0
export const KEY_FIXED_1: u32 = 1
export const KEY_FIXED_2: u32 = 2
export const KEY_FIXED_4: u32 = 3
export const KEY_FIXED_8: u32 = 4
export const KEY_FLOAT_32: u32 = 5
export const KEY_FLOAT_64: u32 = 6
export const KEY_FIXED_16: u32 = 7

/** The bits of a float64 as a key: -0 is 0, and there is one NaN. */
export function canonical64(x: f64): u64 {
  return x != x ? 0x7ff8000000000000 : reinterpret<u64>(x + 0.0)
}

/** The bits of a float32 as a key. */
export function canonical32(x: f32): u32 {
  return x != x ? 0x7fc00000 : reinterpret<u32>(x + <f32>0.0)
}

/** True when the row's bit is set; a bitmap of 0 is all set. */
export function isSet(bitmap: usize, row: usize): bool {
  return !bitmap || ((<u32>load<u8>(bitmap + (row >> 3)) >> (<u32>row & 7)) & 1) != 0
}
