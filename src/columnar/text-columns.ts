// Between a schema and the columns of the kernels that read and write lines: types to specs, and
// built columns to the vectors of a batch.
import type { BuiltColumn, ColumnPointers, ColumnSpec } from '../kernels/column-table.ts'
import { RecordBatch } from './record-batch.ts'
import type { Schema } from './schema.ts'
import { type DataType, type TimeUnit, UNITS_PER_SECOND } from './type.ts'
import { Vector } from './vector.ts'

/** How the kernels name the columns of a schema. */
export function columnSpecs(schema: Schema): ColumnSpec[] {
  return schema.fields.map((field) => columnSpec(field.name, field.type))
}

function columnSpec(name: string, type: DataType): ColumnSpec {
  const { nullable } = type
  switch (type.kind) {
    case 'decimal':
      return {
        name,
        nullable,
        kind: type.precision <= 18 ? 'decimal64' : 'decimal128',
        scale: type.scale,
        precision: type.precision,
      }
    case 'timestamp':
      return { name, nullable, kind: 'timestamp', scale: decimalsOf(type.unit) }
    case 'list':
      return { name, nullable, kind: 'list', children: [columnSpec('item', type.item)] }
    case 'struct': {
      const children = Object.entries(type.fields).map(([key, child]) => columnSpec(key, child))
      return { name, nullable, kind: 'struct', children }
    }
    default:
      return { name, nullable, kind: type.kind }
  }
}

/** Digits behind the point of a second. */
function decimalsOf(unit: TimeUnit): number {
  return Math.log10(UNITS_PER_SECOND[unit])
}

/** A batch over built columns: it lives until they are reset. */
export function batchOf(schema: Schema, columns: readonly BuiltColumn[]): RecordBatch {
  const length = columns[0]?.rows ?? 0
  const vectors = columns.map((column, i) => vectorOf(schema.fields[i]!.type, column))
  return new RecordBatch(schema, length, vectors)
}

function vectorOf(type: DataType, column: BuiltColumn): Vector {
  return new Vector({
    type,
    length: column.rows,
    nullCount: column.nullCount,
    validity: column.nullCount === 0 ? 0 : column.validity,
    values: column.values,
    offsets: column.offsets,
    children: column.children.map((child, i) => vectorOf(childType(type, i), child)),
  })
}

function childType(type: DataType, index: number): DataType {
  if (type.kind === 'list') return type.item
  return type.kind === 'struct' ? Object.values(type.fields)[index]! : type
}

/** Where the encoders find a batch's columns. */
export function columnPointers(vectors: readonly Vector[]): readonly ColumnPointers[] {
  return vectors.map(({ values, validity, offsets, children }) => ({
    values,
    validity,
    offsets,
    children: columnPointers(children),
  }))
}
