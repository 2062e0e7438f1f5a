// Dense vectors out of vectors and row numbers: the end of late materialisation. The results are in the
// arena, with offsets that start at 0, so that they can be put into a frame or wrapped as they are.
//
// Cost: about 1 ns a value a fixed-width column; only the columns that are needed should come here.
import { unreachable } from '../base/assert.ts'
import type { Kernels } from '../kernels/module.ts'
import { rowsFrom, takeBits, takeFixed, takeRebased, takeVariable } from '../kernels/take.ts'
import { RecordBatch, type Selection } from './record-batch.ts'
import { byteWidth, type DataType, withNullable } from './type.ts'
import { Vector } from './vector.ts'

/** The row number that stands for null. */
const NULL_ROW = 0xffffffff

/** The vector's rows in the selection (all of them when there is none). */
export function gatherVector(
  kernels: Kernels,
  vector: Vector,
  selection: Selection | undefined,
): Vector {
  return selection === undefined
    ? rebased(kernels, vector)
    : take(kernels, vector, selection, vector.validity !== 0)
}

/**
 * The vector's values at these rows, where 0xffffffff stands for null: the result is nullable. This is
 * how a left join takes from its table.
 */
export function gatherOptional(kernels: Kernels, vector: Vector, rows: Selection): Vector {
  return take(kernels, vector, rows, true).as(withNullable(vector.type, true))
}

/** So many nulls. */
export function nullVector(kernels: Kernels, type: DataType, length: number): Vector {
  const rows = kernels.scratch(length * 4)
  kernels.u8.fill(0xff, rows, rows + length * 4)
  return gatherOptional(kernels, withoutRows(kernels, type), { rows, length })
}

/** A vector of no rows that has its buffers: a missing row reads before the first value. */
function withoutRows(kernels: Kernels, type: DataType): Vector {
  const inner =
    type.kind === 'list' ? [type.item] : type.kind === 'struct' ? Object.values(type.fields) : []
  const buffer = kernels.put(new Uint8Array(16))
  const children = inner.map((child) => withoutRows(kernels, child))
  return new Vector({ type, length: 0, values: buffer, offsets: buffer, children })
}

/** So many of a batch's rows from one on, in their order; no values are copied. */
export function batchPart(
  kernels: Kernels,
  batch: RecordBatch,
  from: number,
  length: number,
): RecordBatch {
  const { selection, rowCount } = batch
  if (length === rowCount) return batch
  if (selection === undefined) return batch.withSelection(rowsFrom(kernels, from, length))
  return batch.withSelection({ rows: selection.rows + from * 4, length })
}

/** The batch with its selection applied to every column. */
export function compact(kernels: Kernels, batch: RecordBatch): RecordBatch {
  const { selection } = batch
  if (selection === undefined) return batch
  return new RecordBatch(
    batch.schema,
    selection.length,
    batch.columns.map((column) => gatherVector(kernels, column, selection)),
  )
}

function take(kernels: Kernels, vector: Vector, rows: Selection, hasNulls: boolean): Vector {
  const { type } = vector
  const { length } = rows
  const validity = hasNulls ? takeBits(kernels, vector.validity, rows) : undefined
  const base = {
    type,
    length,
    validity: validity === undefined || validity.zeros === 0 ? 0 : validity.bits,
    nullCount: validity?.zeros ?? 0,
  }
  const width = byteWidth(type)
  if (width !== 0) {
    return new Vector({ ...base, values: takeFixed(kernels, width, vector.values, rows) })
  }
  switch (type.kind) {
    case 'bool':
      return new Vector({ ...base, values: takeBits(kernels, vector.values, rows).bits })
    case 'utf8':
    case 'binary':
      return new Vector({ ...base, ...takeVariable(kernels, vector.offsets, vector.values, rows) })
    case 'list': {
      const { offsets, items } = listItems(kernels, vector, rows)
      const child = take(kernels, vector.children[0]!, items, vector.children[0]!.validity !== 0)
      return new Vector({ ...base, offsets, children: [child] })
    }
    case 'struct':
      return new Vector({
        ...base,
        children: vector.children.map((child) =>
          take(kernels, child, rows, child.validity !== 0 || hasNulls),
        ),
      })
    default:
      return unreachable(type as never)
  }
}

/** The items of the lists at these rows, as row numbers of the child. Lists are payload, not hot. */
function listItems(
  kernels: Kernels,
  vector: Vector,
  rows: Selection,
): { offsets: number; items: Selection } {
  const offsets = kernels.scratch((rows.length + 1) * 4)
  const view = kernels.data
  let total = 0
  for (let i = 0; i < rows.length; i++) {
    view.setInt32(offsets + i * 4, total, true)
    const row = view.getUint32(rows.rows + i * 4, true)
    if (row === NULL_ROW) continue
    const at = vector.offsets + row * 4
    total += view.getInt32(at + 4, true) - view.getInt32(at, true)
  }
  view.setInt32(offsets + rows.length * 4, total, true)
  const items = kernels.scratch(total * 4)
  const out = kernels.u32
  const { data } = kernels
  let at = items >>> 2
  for (let i = 0; i < rows.length; i++) {
    const row = data.getUint32(rows.rows + i * 4, true)
    if (row === NULL_ROW) continue
    const start = data.getInt32(vector.offsets + row * 4, true)
    const end = data.getInt32(vector.offsets + row * 4 + 4, true)
    for (let item = start; item < end; item++) out[at++] = item
  }
  return { offsets, items: { rows: items, length: total } }
}

/** All rows, with offsets that start at 0. */
function rebased(kernels: Kernels, vector: Vector): Vector {
  const { type, length } = vector
  if (type.kind === 'struct') {
    const children = vector.children.map((child) => rebased(kernels, child))
    return new Vector({ ...vector.parts(), children })
  }
  if (type.kind !== 'utf8' && type.kind !== 'binary' && type.kind !== 'list') return vector
  const first = length === 0 ? 0 : kernels.data.getInt32(vector.offsets, true)
  const last = length === 0 ? 0 : kernels.data.getInt32(vector.offsets + length * 4, true)
  if (length > 0 && first === 0 && (type.kind !== 'list' || last === vector.children[0]!.length)) {
    if (type.kind !== 'list') return vector
    return new Vector({ ...vector.parts(), children: [rebased(kernels, vector.children[0]!)] })
  }
  const offsets = kernels.scratch((length + 1) * 4)
  if (length > 0) takeRebased(kernels, vector.offsets, length, 0, offsets)
  else kernels.data.setInt32(offsets, 0, true)
  if (type.kind !== 'list') {
    return new Vector({ ...vector.parts(), offsets, values: vector.values + first })
  }
  const child = vector.children[0]!
  const items = rowsFrom(kernels, first, last - first)
  const taken = take(kernels, child, items, child.validity !== 0)
  return new Vector({ ...vector.parts(), offsets, children: [taken] })
}
