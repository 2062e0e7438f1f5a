// The results of a join: from pairs of row numbers to a batch of columns of both sides.
//
// JR1  What is neither a result nor in the condition is not held.
// JR2  A missing side is nulls.
import { OP_COLUMN, ROW_OPS } from '../columnar/changelog.ts'
import { columnsOf } from '../columnar/expression.ts'
import { compilePredicate, type Predicate } from '../columnar/evaluate.ts'
import { nullVector } from '../columnar/gather.ts'
import { type Gatherable, gatherables } from '../columnar/held-column.ts'
import { RecordBatch } from '../columnar/record-batch.ts'
import { type Field, Schema } from '../columnar/schema.ts'
import { uint8 } from '../columnar/type.ts'
import { Vector } from '../columnar/vector.ts'
import type { Expression } from '../columnar/expression.ts'
import type { Pairs } from '../kernels/join.ts'
import type { Kernels } from '../kernels/module.ts'
import { takeFixed } from '../kernels/take.ts'
import type { JoinColumn } from './join-spec.ts'
import type { OperatorContext, Output } from './operator.ts'

/** Where a column of the results is: which side, and which of the columns that this holds. */
interface Place {
  readonly side: 0 | 1
  readonly held: number
}

/** The columns of what is held of each side. */
export type HeldColumns = readonly [readonly Gatherable[], readonly Gatherable[]]

export interface JoinedBatch {
  readonly columns: HeldColumns
  /** Row numbers of each side; undefined: there are none, only nulls. */
  readonly rows: readonly [number | undefined, number | undefined]
  readonly length: number
  /** What the rows do (u8 a row); 0: they are inserted. */
  readonly ops?: number
  /** Columns that are of no side, by name. */
  readonly others?: ReadonlyMap<string, Vector>
}

/** Columns of a batch by their positions, to make results of. */
export const columnsOfBatch = (
  kernels: Kernels,
  batch: RecordBatch,
  positions: readonly number[],
): readonly Gatherable[] =>
  gatherables(
    kernels,
    positions.map((position) => batch.columns[position]!),
  )

export class JoinedRows {
  /** The positions of the columns of each input that are held, and their fields. */
  readonly held: readonly [readonly number[], readonly number[]]
  readonly fields: readonly [readonly Field[], readonly Field[]]
  readonly #kernels: Kernels
  readonly #schema: Schema
  readonly #output: Output
  readonly #places = new Map<string, Place>()
  readonly #condition: { readonly schema: Schema; readonly holds: Predicate } | undefined

  /** @throws COLUMN_NOT_FOUND, TYPE_MISMATCH */
  constructor(
    { columns, where }: { readonly columns: readonly JoinColumn[]; readonly where?: Expression },
    { kernels, inputs, output: schema, userFunctions }: OperatorContext,
    output: Output,
  ) {
    this.#kernels = kernels
    this.#schema = schema
    this.#output = output
    const wanted = where === undefined ? new Set<string>() : columnsOf(where)
    const held: [number[], number[]] = [[], []]
    for (const { name, side, column } of columns) {
      if (!schema.has(name) && !wanted.has(name)) continue
      const position = inputs[side]!.indexOf(column)
      if (!held[side].includes(position)) held[side].push(position)
      this.#places.set(name, { side, held: held[side].indexOf(position) })
    }
    this.held = held
    const fieldsOf = (side: 0 | 1) => held[side].map((position) => inputs[side]!.fields[position]!)
    this.fields = [fieldsOf(0), fieldsOf(1)]
    if (where === undefined) return
    const fields = [...wanted].map((name) => {
      const { side, held: at } = this.#places.get(name)!
      return { name, type: this.fields[side][at]!.type }
    })
    const whole = new Schema(fields)
    this.#condition = {
      schema: whole,
      holds: compilePredicate(where, { schema: whole, userFunctions }),
    }
  }

  /** Also holds these columns of a side: they come behind the others. */
  alsoHold(side: 0 | 1, positions: readonly number[], schema: Schema): void {
    const held = this.held[side] as number[]
    const fields = this.fields[side] as Field[]
    for (const position of positions) {
      if (held.includes(position)) continue
      held.push(position)
      fields.push(schema.fields[position]!)
    }
  }

  /** The pairs for which the condition holds. `probing` is the side of the probes. */
  kept(pairs: Pairs, probing: 0 | 1, columns: HeldColumns): Pairs {
    if (this.#condition === undefined || pairs.length === 0) return pairs
    const kernels = this.#kernels
    const { schema, holds } = this.#condition
    const { probes, matches, length } = pairs
    const vectors = schema.names.map((name) => {
      const { side, held } = this.#places.get(name)!
      return columns[side][held]!.gather({ rows: side === probing ? probes : matches, length })
    })
    const { selection } = holds(kernels, new RecordBatch(schema, length, vectors))
    if (selection === undefined) return pairs
    return {
      probes: takeFixed(kernels, 4, probes, selection),
      matches: takeFixed(kernels, 4, matches, selection),
      length: selection.length,
    }
  }

  emit({ columns, rows, length, ops = 0, others }: JoinedBatch): void {
    if (length === 0) return
    const vectors = this.#schema.fields.map(({ name, type }) => {
      if (name === OP_COLUMN) return this.#ops(ops, length)
      const other = others?.get(name)
      if (other !== undefined) return other.as(type)
      const { side, held } = this.#places.get(name)!
      const numbers = rows[side]
      const column = columns[side][held]!
      return numbers === undefined
        ? nullVector(this.#kernels, column.type, length)
        : column.gather({ rows: numbers, length }).as(type)
    })
    this.#output.emit(new RecordBatch(this.#schema, length, vectors))
  }

  #ops(ops: number, length: number): Vector {
    if (ops !== 0) return new Vector({ type: uint8(), length, values: ops })
    const kernels = this.#kernels
    const values = kernels.scratch(length)
    kernels.u8.fill(ROW_OPS.insert, values, values + length)
    return new Vector({ type: uint8(), length, values })
  }
}
