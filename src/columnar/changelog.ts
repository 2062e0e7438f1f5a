// Changelogs: a stream whose rows change earlier ones says what each row does in a hidden column. After
// Flink's RowKind.
//
// CL1  A stream without the column only inserts.
// CL2  An update is two rows, before and after, next to each other and in that order.
import { uint8 } from './type.ts'

/** The hidden column: uint8, never null. */
export const OP_COLUMN = '$op'

export const OP_FIELD = { name: OP_COLUMN, type: uint8() } as const

/** What a row of a changelog does. The odd ones take an earlier row back. */
export const ROW_OPS = { insert: 0, updateBefore: 1, updateAfter: 2, delete: 3 } as const

/** As a reader sees them, by number. */
export const ROW_OP_NAMES = ['+I', '-U', '+U', '-D'] as const
