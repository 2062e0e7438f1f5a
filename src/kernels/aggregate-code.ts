// The code of one aggregation: all of its accumulators in one pass over the rows, with offsets, types and
// masks as constants. aggregate.ts runs it where every accumulator is a count, a sum or an extreme of
// 64 bits; assembly/aggregate.ts runs the others, one loop an accumulator.
//
// AC1  The same answers as assembly/aggregate.ts, in the same order of rows.
// AC2  A block of 64 rows that all count takes a loop without masks; else a loop over the rows that
//      some accumulator wants. The columns of one mask share it, and values are read once a row.
// AC3  A sum that overflows is seen at its block's end: the entry goes into the program, the block's first
//      row is returned, and assembly/aggregate.ts finds the row.
import type { AggregateEntry, AggregateOp, ValueKind } from './aggregate.ts'
import {
  block,
  branch,
  branchIf,
  FunctionCode,
  get,
  i32Const,
  i64Const,
  line,
  type Local,
  loop,
  memory,
  type MemoryOp,
  OPS,
  set,
  tee,
  when,
} from './wasm-code.ts'

type Code = readonly number[]

const HEADER_BYTES = 16
const ENTRY_BYTES = 64
const VALUES_OFFSET = 16
const VALIDITY_OFFSET = 20
const FILTER_OFFSET = 24
const FAILED_OFFSET = 8
const DONE = -1

/** A value read once a row: of a column as i64 or f64. */
interface Value {
  readonly kind: ValueKind
  readonly isFloat: boolean
  /** The first entry that reads it. */
  readonly entry: number
  readonly pointer: Local
  /** The block's bits of a bool column. */
  readonly word: Local | undefined
  readonly local: Local
}

/** Rows that some entries take. */
interface Mask {
  readonly entry: number
  readonly isFiltered: boolean
  readonly word: Local
  readonly bit: Local
}

const LOADS: Partial<Record<ValueKind, readonly [op: MemoryOp, shift: number]>> = {
  64: ['i64Load', 3],
  int32: ['i64Load32S', 2],
  uint32: ['i64Load32U', 2],
  int16: ['i64Load16S', 1],
  uint16: ['i64Load16U', 1],
  int8: ['i64Load8S', 0],
  uint8: ['i64Load8U', 0],
}

const EMITTED = /^(?:count|countTrue|sum[IU]64|sumF64|m(?:in|ax)(?:[IUF]64))$/

/** True when all of the entries can be compiled. */
export const canCompile = (entries: readonly AggregateEntry[]): boolean =>
  entries.length > 0 && entries.length <= 64 && entries.every(({ op }) => EMITTED.test(op))

/**
 * The module of a program: run(program, rows, kept, n), which returns as aggregateUpdate() does, but
 * for AC3.
 */
export function compileAggregation(entries: readonly AggregateEntry[]): Uint8Array<ArrayBuffer> {
  return new Compiler(entries).module()
}

class Compiler {
  readonly #entries: readonly AggregateEntry[]
  readonly #code = new FunctionCode(4)
  readonly #program = this.#code.parameter(0)
  readonly #rows = this.#code.parameter(1)
  readonly #kept = this.#code.parameter(2)
  readonly #n = this.#code.parameter(3)
  readonly #at = this.#code.local('i32')
  readonly #row = this.#code.local('i32')
  readonly #end = this.#code.local('i32')
  readonly #p = this.#code.local('i32')
  readonly #bits = this.#code.local('i32')
  readonly #live = this.#code.local('i64')
  readonly #full = this.#code.local('i64')
  readonly #held = this.#code.local('i64')
  readonly #sum = this.#code.local('i64')
  readonly #heldFloat = this.#code.local('f64')
  readonly #values = new Map<string, Value>()
  readonly #masks = new Map<string, Mask>()
  /** Of each entry. */
  readonly #valueOf: (Value | undefined)[] = []
  readonly #maskOf: Mask[] = []
  readonly #overflows: (Local | undefined)[] = []

  constructor(entries: readonly AggregateEntry[]) {
    this.#entries = entries
    entries.forEach((entry, i) => {
      this.#valueOf.push(entry.op === 'count' ? undefined : this.#value(entry, i))
      this.#maskOf.push(this.#mask(entry, i))
      const isChecked = entry.op === 'sumI64' || entry.op === 'sumU64'
      this.#overflows.push(isChecked ? this.#code.local('i64') : undefined)
    })
  }

  module(): Uint8Array<ArrayBuffer> {
    const pointers = [...this.#values.values()].flatMap(({ entry, pointer }) => [
      ...this.#bound(entry, VALUES_OFFSET),
      ...set(pointer),
    ])
    return this.#code.module([
      ...pointers,
      ...block(
        loop(
          [...get(this.#at), ...get(this.#n), OPS.i32GeU, ...branchIf(1)],
          this.#prepareBlock(),
          this.#denseRows(),
          this.#sparseRows(),
          this.#checkOverflows(),
          [...get(this.#at), ...i32Const(64), OPS.i32Add, ...set(this.#at), ...branch(0)],
        ),
      ),
      ...i32Const(DONE),
    ])
  }

  #value({ op, kind, column }: AggregateEntry, entry: number): Value {
    const isFloat = op.endsWith('F64')
    const key = column === undefined ? `entry ${entry}` : `${column} ${isFloat}`
    let value = this.#values.get(key)
    if (value === undefined) {
      value = {
        kind,
        isFloat,
        entry,
        pointer: this.#code.local('i32'),
        word: kind === 'bool' ? this.#code.local('i64') : undefined,
        local: this.#code.local(isFloat ? 'f64' : 'i64'),
      }
      this.#values.set(key, value)
    }
    return value
  }

  #mask({ rows }: AggregateEntry, entry: number): Mask {
    const key = rows === undefined ? `entry ${entry}` : `${rows.nullsOf} ${rows.filter}`
    let mask = this.#masks.get(key)
    if (mask === undefined) {
      const isFiltered = rows === undefined || rows.nullsOf >= 0 || rows.filter >= 0
      mask = { entry, isFiltered, word: this.#code.local('i64'), bit: this.#code.local('i64') }
      this.#masks.set(key, mask)
    }
    return mask
  }

  /** What is bound to an entry, as a pointer on the stack. */
  #bound(entry: number, offset: number): Code {
    return [
      ...get(this.#program),
      ...memory('i32Load', HEADER_BYTES + entry * ENTRY_BYTES + offset),
    ]
  }

  /** The 64 bits of a bitmap that belong to the block; its pointer is on the stack. */
  #word(): Code {
    const place = [...get(this.#at), ...i32Const(3), OPS.i32ShrU, OPS.i32Add]
    return [...place, ...memory('i64Load')]
  }

  /** live &= the bitmap's bits, when there is one; the pointer is on the stack. */
  #narrow(live: Local): Code {
    return [
      ...tee(this.#bits),
      ...when([...get(live), ...get(this.#bits), ...this.#word(), OPS.i64And, ...set(live)]),
    ]
  }

  #prepareBlock(): Code {
    const left = [...get(this.#n), ...get(this.#at), OPS.i32Sub]
    const masks = [...this.#masks.values()].flatMap(({ entry, isFiltered, word }) => [
      ...get(this.#live),
      ...set(word),
      ...(isFiltered
        ? [
            ...this.#bound(entry, VALIDITY_OFFSET),
            ...this.#narrow(word),
            ...this.#bound(entry, FILTER_OFFSET),
            ...this.#narrow(word),
          ]
        : []),
    ])
    const words = [...this.#values.values()].flatMap(({ pointer, word }) =>
      word === undefined ? [] : [...get(pointer), ...this.#word(), ...set(word)],
    )
    const overflows = this.#overflows.flatMap((local) =>
      local === undefined ? [] : [...i64Const(0n), ...set(local)],
    )
    return [
      // end = at + min(64, n - at); full has as many bits.
      ...line(...get(this.#at), ...i32Const(64), OPS.i32Add, ...get(this.#n)),
      ...line(...left, ...i32Const(64), OPS.i32GeU, OPS.select, ...set(this.#end)),
      ...line(...i64Const(-1n), ...get(this.#at), ...get(this.#end), OPS.i32Sub, OPS.i64ExtendI32U),
      ...line(OPS.i64ShrU, ...tee(this.#full), ...set(this.#live)),
      ...line(...get(this.#kept), ...this.#narrow(this.#live)),
      ...masks,
      ...words,
      ...overflows,
    ]
  }

  #denseRows(): Code {
    const [first, ...others] = [...this.#masks.values()]
    const all = others.flatMap(({ word }) => [...get(word), OPS.i64And])
    return [
      ...get(first!.word),
      ...all,
      ...get(this.#full),
      OPS.i64Eq,
      ...when(
        [...get(this.#at), ...set(this.#row)],
        loop(this.#oneRow(false), [
          ...line(...get(this.#row), ...i32Const(1), OPS.i32Add, ...tee(this.#row)),
          ...line(...get(this.#end), OPS.i32LtU, ...branchIf(0)),
        ]),
        // No rows are left for the other loop.
        ...[...this.#masks.values()].map(({ word }) => [...i64Const(0n), ...set(word)]),
      ),
    ]
  }

  #sparseRows(): Code {
    const [first, ...others] = [...this.#masks.values()]
    const any = others.flatMap(({ word }) => [...get(word), OPS.i64Or])
    const wanted = this.#live
    return [
      ...line(...get(first!.word), ...any, ...set(wanted)),
      ...block(
        loop(
          [...get(wanted), OPS.i64Eqz, ...branchIf(1)],
          [...get(this.#at), ...get(wanted), OPS.i64Ctz, OPS.i32WrapI64, OPS.i32Add],
          set(this.#row),
          [...get(wanted), ...get(wanted), ...i64Const(1n), OPS.i64Sub, OPS.i64And],
          set(wanted),
          this.#oneRow(others.length > 0),
          branch(0),
        ),
      ),
    ]
  }

  /** The bit of the row in a word, as i64. */
  #bitOf(word: Local): Code {
    const row = [...get(this.#row), OPS.i64ExtendI32U]
    return [...get(word), ...row, OPS.i64ShrU, ...i64Const(1n), OPS.i64And]
  }

  #oneRow(isMasked: boolean): Code {
    const scaled = (base: Local, shift: number): Code => [
      ...get(base),
      ...get(this.#row),
      ...(shift === 0 ? [] : [...i32Const(shift), OPS.i32Shl]),
      OPS.i32Add,
    ]
    const loads = [...this.#values.values()].flatMap(({ kind, isFloat, pointer, word, local }) => {
      if (word !== undefined) return [...this.#bitOf(word), ...set(local)]
      if (isFloat && kind === 'float32') {
        return [...scaled(pointer, 2), ...memory('f32Load'), OPS.f64PromoteF32, ...set(local)]
      }
      const [op, shift] = LOADS[kind]!
      return [...scaled(pointer, shift), ...memory(isFloat ? 'f64Load' : op), ...set(local)]
    })
    const bits = [...this.#masks.values()].flatMap(({ word, bit }) =>
      isMasked ? [...this.#bitOf(word), ...set(bit)] : [],
    )
    return [
      ...line(...scaled(this.#rows, 2), ...memory('i32Load'), ...set(this.#p)),
      ...loads,
      ...bits,
      ...this.#entries.flatMap((_, i) => this.#oneEntry(i, isMasked)),
    ]
  }

  #oneEntry(i: number, isMasked: boolean): Code {
    const { op, offset } = this.#entries[i]!
    const value = this.#valueOf[i]?.local
    const bit = isMasked ? this.#maskOf[i]!.bit : undefined
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
      const held = [...get(this.#p), ...memory('f64Load', offset)]
      return [...get(this.#p), ...held, ...added, OPS.f64Add, ...memory('f64Store', offset)]
    }
    if (op === 'sumI64' || op === 'sumU64') {
      return this.#checkedSum(op, offset, this.#masked(value!, bit), this.#overflows[i]!)
    }
    return this.#extreme(op, offset, value!, bit)
  }

  /** The value, or 0 for a row that does not count. */
  #masked(value: Local, bit: Local | undefined): Code {
    if (bit === undefined) return get(value)
    return [...i64Const(0n), ...get(bit), OPS.i64Sub, ...get(value), OPS.i64And]
  }

  #add(offset: number, addend: Code): Code {
    const held = [...get(this.#p), ...memory('i64Load', offset)]
    return [...get(this.#p), ...held, ...addend, OPS.i64Add, ...memory('i64Store', offset)]
  }

  #checkedSum(op: 'sumI64' | 'sumU64', offset: number, addend: Code, overflow: Local): Code {
    const [held, sum] = [this.#held, this.#sum]
    // Signed: both have another sign than the sum. Unsigned: the sum, or the value, is 2^63 or more.
    const bad =
      op === 'sumI64'
        ? [...get(held), ...get(sum), OPS.i64Xor, ...addend, ...get(sum), OPS.i64Xor, OPS.i64And]
        : [...addend, ...get(sum), OPS.i64Or]
    return [
      ...get(this.#p),
      ...memory('i64Load', offset),
      ...tee(held),
      ...addend,
      OPS.i64Add,
      ...set(sum),
      ...bad,
      ...get(overflow),
      OPS.i64Or,
      ...set(overflow),
      ...get(this.#p),
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
    return [
      ...line(...get(value), ...get(this.#p), ...memory(isFloat ? 'f64Load' : 'i64Load', offset)),
      ...line(...tee(held), test),
      ...(isFloat ? [...get(nan), ...get(nan), OPS.f64Ne, OPS.i32Or] : []),
      ...(bit === undefined ? [] : [...get(bit), OPS.i32WrapI64, OPS.i32And]),
      ...when([...get(this.#p), ...get(value)], memory(isFloat ? 'f64Store' : 'i64Store', offset)),
    ]
  }

  #checkOverflows(): Code {
    return this.#overflows.flatMap((local, i) =>
      local === undefined
        ? []
        : [
            ...line(...get(local), ...i64Const(0n), OPS.i64LtS),
            ...when(
              [...get(this.#program), ...i32Const(i), ...memory('i32Store', FAILED_OFFSET)],
              [...get(this.#at), OPS.return],
            ),
          ],
    )
  }
}
