// Shared by families: one row's validity. Not listed in index.ts.

/** Whether a row is not null; a validity pointer of 0 means that none is. */
export function isValid(validity: usize, row: u32): bool {
  return !validity || (<u32>load<u8>(validity + <usize>(row >> 3)) >> (row & 7)) & 1
}
