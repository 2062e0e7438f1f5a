// The numbers that values of a fixed width are in memory: what kernels compare and cast them as.
import type { NumericKind } from '../kernels/operand.ts'
import { byteWidth, type DataType } from './type.ts'

/** None for bits, 128-bit decimals, texts and what has parts. */
export function numericKind(type: DataType): NumericKind | undefined {
  switch (type.kind) {
    case 'timestamp':
    case 'duration':
      return 'int64'
    case 'date':
      return 'int32'
    case 'decimal':
      return byteWidth(type) === 8 ? 'int64' : undefined
    case 'bool':
    case 'utf8':
    case 'binary':
    case 'list':
    case 'struct':
      return undefined
    default:
      return type.kind
  }
}
