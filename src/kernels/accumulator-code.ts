// The code that takes one row into one accumulator, as aggregate-code.ts strings it together.
//
// AK1  The accumulator row's address is in a local, the accumulator's offset is a constant.
// AK2  A row that does not count has a bit of 0: sums and counts add nothing, without a branch.
import type { AggregateEntry, AggregateOp } from './aggregate.ts'
import {
  type FunctionCode,
  get,
  i64Const,
  line,
  type Local,
  memory,
  OPS,
  set,
  tee,
} from './wasm-code.ts'

type Code = readonly number[]

/** What an entry takes from a row. */
export interface RowParts {
  /** Its value, as i64 or f64; a count has none. */
  readonly value: Local | undefined
  /** 1 when the row counts, else 0; undefined when all do. */
  readonly bit: Local | undefined
  /** Of a checked sum: negative once it has left its range. */
  readonly overflow: Local | undefined
}

export class AccumulatorCode {
  /** The accumulator row's address. */
  readonly row: Local
  readonly #held: Local
  readonly #sum: Local
  readonly #heldFloat: Local

  constructor(code: FunctionCode) {
    this.row = code.local('i32')
    this.#held = code.local('i64')
    this.#sum = code.local('i64')
    this.#heldFloat = code.local('f64')
  }

  /** Takes the row into the accumulator. */
  update({ op, offset }: AggregateEntry, { value, bit, overflow }: RowParts): Code {
    if (op === 'count') return this.#add(offset, bit === undefined ? i64Const(1n) : get(bit))
    if (op === 'countTrue') return this.#add(offset, this.#masked(value!, bit))
    if (op === 'sumF64') {
      const added =
        bit === undefined
          ? get(value!)
          : [
              ...i64Const(0n),
              ...get(bit),
              OPS.i64Sub,
              ...get(value!),
              OPS.i64ReinterpretF64,
              OPS.i64And,
              OPS.f64ReinterpretI64,
            ]
      const held = [...get(this.row), ...memory('f64Load', offset)]
      return [...get(this.row), ...held, ...added, OPS.f64Add, ...memory('f64Store', offset)]
    }
    if (op === 'sumI64' || op === 'sumU64') {
      return this.#checkedSum(op, offset, this.#masked(value!, bit), overflow!)
    }
    return this.#extreme(op, offset, value!, bit)
  }

  /** The value, or 0 for a row that does not count. */
  #masked(value: Local, bit: Local | undefined): Code {
    if (bit === undefined) return get(value)
    return [...i64Const(0n), ...get(bit), OPS.i64Sub, ...get(value), OPS.i64And]
  }

  #add(offset: number, addend: Code): Code {
    const held = [...get(this.row), ...memory('i64Load', offset)]
    return [...get(this.row), ...held, ...addend, OPS.i64Add, ...memory('i64Store', offset)]
  }

  #checkedSum(op: 'sumI64' | 'sumU64', offset: number, addend: Code, overflow: Local): Code {
    const [held, sum] = [this.#held, this.#sum]
    // Signed: both have another sign than the sum. Unsigned: the sum, or the value, is 2^63 or more.
    const bad =
      op === 'sumI64'
        ? [...get(held), ...get(sum), OPS.i64Xor, ...addend, ...get(sum), OPS.i64Xor, OPS.i64And]
        : [...addend, ...get(sum), OPS.i64Or]
    return [
      ...get(this.row),
      ...memory('i64Load', offset),
      ...tee(held),
      ...addend,
      OPS.i64Add,
      ...set(sum),
      ...bad,
      ...get(overflow),
      OPS.i64Or,
      ...set(overflow),
      ...get(this.row),
      ...get(sum),
      ...memory('i64Store', offset),
    ]
  }

  #extreme(op: AggregateOp, offset: number, value: Local, bit: Local | undefined): Code {
    const isFloat = op.endsWith('F64')
    const held = isFloat ? this.#heldFloat : this.#held
    const isMin = op.startsWith('min')
    const test = isFloat
      ? isMin
        ? OPS.f64Lt
        : OPS.f64Gt
      : op.endsWith('U64')
        ? isMin
          ? OPS.i64LtU
          : OPS.i64GtU
        : isMin
          ? OPS.i64LtS
          : OPS.i64GtS
    // A NaN is greater than all numbers.
    const nan = isMin ? held : value
    // Without a branch: where groups have few rows each, every other value is the greatest so far, and a
    // branch that cannot be foreseen costs more than a store to a line that is written anyway.
    return [
      ...line(...get(this.row), ...get(value)),
      ...line(...get(this.row), ...memory(isFloat ? 'f64Load' : 'i64Load', offset), ...tee(held)),
      ...line(...get(value), ...get(held), test),
      ...(isFloat ? [...get(nan), ...get(nan), OPS.f64Ne, OPS.i32Or] : []),
      ...(bit === undefined ? [] : [...get(bit), OPS.i32WrapI64, OPS.i32And]),
      ...line(OPS.select, ...memory(isFloat ? 'f64Store' : 'i64Store', offset)),
    ]
  }
}
