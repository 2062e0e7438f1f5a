// What an aggregation does, as data: the program that aggregate.ts runs over rows,
// aggregate-merge.ts over accumulators. src/kernels/aggregate.ts writes it, and holds the same
// numbers.
//
//   program   heap u32 (byte accumulators), entry count u32, failed entry u32, 0 | entries ...
//   entry     op, kind, offset, count offset | values, validity, filter, offsets |
//             order and kind, values, offsets of a second column | parameter      (u32 each; 64 B)
//
// A group's accumulators lie side by side in one row of a fixed stride; `offset` is where in the
// row.
//   count, i64, u64, f64 sums, extremes, first, last   8 bytes (values widened to 64 bits)
//   128-bit ones                                       16 bytes
//   bytes                                              pointer u32, length u32, capacity u32, 0
//   distinct; argMin, argMax; moments                  32, 40, 24 bytes: distinct-set.ts, aggregate-arg.ts,
//                                                      aggregate-moments.ts
export const HEAP: usize = 0
export const ENTRIES: usize = 4
export const FAILED: usize = 8
export const PROGRAM_HEADER: usize = 16
export const ENTRY_BYTES: usize = 64

export const ENTRY_OP: usize = 0
export const ENTRY_KIND: usize = 4
export const ENTRY_OFFSET: usize = 8
export const ENTRY_COUNT_OFFSET: usize = 12
export const ENTRY_VALUES: usize = 16
export const ENTRY_VALIDITY: usize = 20
export const ENTRY_FILTER: usize = 24
export const ENTRY_OFFSETS: usize = 28
export const ENTRY_ORDER: usize = 32
export const ENTRY_BY_KIND: usize = 36
export const ENTRY_BY_VALUES: usize = 40
export const ENTRY_BY_OFFSETS: usize = 44
export const ENTRY_PARAMETER: usize = 48

export const OP_COUNT: u32 = 0
export const OP_COUNT_TRUE: u32 = 1
export const OP_SUM_I64: u32 = 2
export const OP_SUM_U64: u32 = 3
export const OP_SUM_F64: u32 = 4
export const OP_SUM_I128: u32 = 5
export const OP_MIN_I64: u32 = 6
export const OP_MAX_I64: u32 = 7
export const OP_MIN_U64: u32 = 8
export const OP_MAX_U64: u32 = 9
export const OP_MIN_F64: u32 = 10
export const OP_MAX_F64: u32 = 11
export const OP_MIN_I128: u32 = 12
export const OP_MAX_I128: u32 = 13
export const OP_FIRST_64: u32 = 14
export const OP_LAST_64: u32 = 15
export const OP_FIRST_128: u32 = 16
export const OP_LAST_128: u32 = 17
export const OP_MIN_BYTES: u32 = 18
export const OP_MAX_BYTES: u32 = 19
export const OP_FIRST_BYTES: u32 = 20
export const OP_LAST_BYTES: u32 = 21
export const OP_DISTINCT_64: u32 = 22
export const OP_DISTINCT_F64: u32 = 23
export const OP_DISTINCT_128: u32 = 24
export const OP_DISTINCT_BYTES: u32 = 25
export const OP_ARG_MIN: u32 = 26
export const OP_ARG_MAX: u32 = 27
export const OP_COLLECT: u32 = 28
export const OP_TOP_N: u32 = 29
export const OP_APPROX_DISTINCT: u32 = 30
export const OP_QUANTILE: u32 = 31
/** Those from here on hold no memory. */
export const OP_MOMENTS_I64: u32 = 40
export const OP_MOMENTS_U64: u32 = 41
export const OP_MOMENTS_F64: u32 = 42
export const OP_MOMENTS_I128: u32 = 43

export const ORDER_I64: u32 = 0
export const ORDER_U64: u32 = 1
export const ORDER_F64: u32 = 2
export const ORDER_I128: u32 = 3
export const ORDER_BYTES: u32 = 4

export const KIND_I8: u32 = 0
export const KIND_I16: u32 = 1
export const KIND_I32: u32 = 2
export const KIND_64: u32 = 3
export const KIND_U8: u32 = 4
export const KIND_U16: u32 = 5
export const KIND_U32: u32 = 6
export const KIND_F32: u32 = 7
export const KIND_128: u32 = 8
export const KIND_BOOL: u32 = 9
export const KIND_BYTES: u32 = 10

/** What a kernel over a program returns when nothing went wrong, and when memory is exhausted. */
export const DONE: u32 = 0xffffffff
export const EXHAUSTED: u32 = 0xfffffffe
