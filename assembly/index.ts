// The kernels' ABI on one screen: this file is the module's entry, and each line below is a family.
//
// K1  A kernel takes pointers (`usize`), lengths in rows (`u32`) and an out pointer, and returns a
//     count, a row index, or a status. No strings, classes, closures or garbage (runtime stub).
// K2  Bitmaps (validity, predicates, bool columns) are Arrow's: least significant bit first, from
//     bit 0 of the pointer; the unused bits of the last byte written are zero.
// K3  A validity pointer of 0 means that no row is null.
// K4  Every buffer has PADDING bytes after its end (arena.ts): a kernel may read up to 64 bytes past
//     an input and write up to 64 bytes past an output, and nothing else. Inputs may be slices, so
//     what lies behind an input is somebody's data: read it, never write it.
// K5  A value pointer need not be aligned. Outputs from the allocator are aligned to 64 bytes.
// K6  A selection is ascending u32 row numbers.
// K7  Only concrete functions are exported from a family's file (an exported generic would become
//     an export of the module); generics shared by families live in files that are not listed here.
export * from './aggregate'
export * from './aggregate-merge'
export * from './aggregate-result'
export * from './aggregate-retract'
export * from './aggregate-state'
export * from './arena'
export * from './arithmetic'
export * from './arrow-decode'
export * from './bitmap'
export * from './byte-table'
export * from './cast'
export * from './changes'
export * from './choose'
export * from './column-memory'
export * from './compare'
export * from './csv-encode'
export * from './csv-scan'
export * from './decimal'
export * from './delta'
export * from './division'
export * from './generator'
export * from './generator-text'
export * from './group-table'
export * from './hash'
export * from './hybrid'
export * from './hybrid-encode'
export * from './join'
export * from './join-changes'
export * from './join-time'
export * from './join-window'
export * from './json-encode'
export * from './json-scan'
export * from './key-group'
export * from './levels'
export * from './lz4'
export * from './offsets'
export * from './order-key'
export * from './parquet-decode'
export * from './parquet-encode'
export * from './partition'
export * from './rescale'
export * from './row-codec'
export * from './row-store'
export * from './session-table'
export * from './session-wheel'
export * from './slice'
export * from './slice-table'
export * from './snappy'
export * from './string'
export * from './string-case'
export * from './string-compare'
export * from './string-search'
export * from './take'
export * from './temporal'
export * from './text-cast'
export * from './timestamp'
export * from './top-n'
export * from './trigger'
export * from './unary'
