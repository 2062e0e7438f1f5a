// The code of one aggregation: all of its accumulators in one pass over the rows, with offsets, types and
// masks as constants. aggregate.ts runs it where every accumulator is a count, a sum or an extreme of
// 64 bits; assembly/aggregate.ts runs the others, one loop an accumulator.
//
// AC1  The same answers as assembly/aggregate.ts, in the same order of rows.
// AC2  A block of 64 rows that all count takes a loop without masks, four rows a turn, whose places are
//      constants from pointers that move on; else a loop over the rows that some accumulator wants. The
//      columns of one mask share it, and values are read once a row.
// AC3  A sum that overflows is seen at its block's end: the entry goes into the program, the block's first
//      row is returned, and assembly/aggregate.ts finds the row.
import { AccumulatorCode } from './accumulator-code.ts'
import type { AggregateEntry, ValueKind } from './aggregate.ts'
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
/** Rows that a turn of the loop without masks takes; 64 is a multiple. */
const UNROLLED = 4

/** A value read once a row: of a column as i64 or f64. */
interface Value {
  readonly kind: ValueKind
  readonly isFloat: boolean
  /** The first entry that reads it. */
  readonly entry: number
  readonly pointer: Local
  /** Where the loop without masks reads. */
  readonly cursor: Local
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
  float32: ['f32Load', 2],
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
  readonly #code = new FunctionCode(['i32', 'i32', 'i32', 'i32'])
  readonly #program = this.#code.parameter(0)
  readonly #rows = this.#code.parameter(1)
  readonly #kept = this.#code.parameter(2)
  readonly #n = this.#code.parameter(3)
  readonly #at = this.#code.local('i32')
  readonly #row = this.#code.local('i32')
  readonly #end = this.#code.local('i32')
  readonly #bits = this.#code.local('i32')
  readonly #live = this.#code.local('i64')
  readonly #accumulators = new AccumulatorCode(this.#code)
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
        cursor: this.#code.local('i32'),
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
      // end = at + min(64, n - at); live has as many bits.
      ...line(...get(this.#at), ...i32Const(64), OPS.i32Add, ...get(this.#n)),
      ...line(...left, ...i32Const(64), OPS.i32GeU, OPS.select, ...set(this.#end)),
      ...line(...i64Const(-1n), ...get(this.#at), ...get(this.#end), OPS.i32Sub, OPS.i64ExtendI32U),
      ...line(OPS.i64ShrU, ...set(this.#live)),
      ...line(...get(this.#kept), ...this.#narrow(this.#live)),
      ...masks,
      ...words,
      ...overflows,
    ]
  }

  #denseRows(): Code {
    const [first, ...others] = [...this.#masks.values()]
    const all = others.flatMap(({ word }) => [...get(word), OPS.i64And])
    const columns = [...this.#values.values()].filter(({ word }) => word === undefined)
    const words = [...this.#values.values()].flatMap(({ word }) => word ?? [])
    const advance = (cursor: Local, bytes: number): Code => [
      ...line(...get(cursor), ...i32Const(bytes), OPS.i32Add, ...set(cursor)),
    ]
    return [
      ...line(...get(first!.word), ...all, ...i64Const(-1n), OPS.i64Eq),
      ...when(
        [...this.#scaled(this.#rows, this.#at, 2), ...tee(this.#row)],
        [...i32Const(64 * 4), OPS.i32Add, ...set(this.#end)],
        columns.flatMap(({ kind, pointer, cursor }) => [
          ...this.#scaled(pointer, this.#at, LOADS[kind]![1]),
          ...set(cursor),
        ]),
        loop(
          Array.from({ length: UNROLLED }, (_, place) => this.#denseRow(place)).flat(),
          columns.flatMap(({ kind, cursor }) => advance(cursor, UNROLLED << LOADS[kind]![1])),
          words.flatMap((word) => [
            ...line(...get(word), ...i64Const(BigInt(UNROLLED)), OPS.i64ShrU, ...set(word)),
          ]),
          advance(this.#row, UNROLLED * 4),
          [...get(this.#row), ...get(this.#end), OPS.i32LtU, ...branchIf(0)],
        ),
        // No rows are left for the other loop.
        ...[...this.#masks.values()].map(({ word }) => [...i64Const(0n), ...set(word)]),
      ),
    ]
  }

  /** A row of the loop without masks, by its place in the turn. */
  #denseRow(place: number): Code {
    return [
      ...line(...get(this.#row), ...memory('i32Load', place * 4), ...set(this.#accumulators.row)),
      ...[...this.#values.values()].flatMap((value) => {
        const { kind, cursor, word, local } = value
        if (word === undefined) {
          return [...get(cursor), ...this.#load(value, place << LOADS[kind]![1]), ...set(local)]
        }
        const shifted = place === 0 ? [] : [...i64Const(BigInt(place)), OPS.i64ShrU]
        return [...get(word), ...shifted, ...i64Const(1n), OPS.i64And, ...set(local)]
      }),
      ...this.#entries.flatMap((_, i) => this.#oneEntry(i, false)),
    ]
  }

  /** base + (row << shift) */
  #scaled(base: Local, row: Local, shift: number): Code {
    const scaled = shift === 0 ? [] : [...i32Const(shift), OPS.i32Shl]
    return [...get(base), ...get(row), ...scaled, OPS.i32Add]
  }

  /** Loads a value as i64 or f64; its pointer is on the stack. */
  #load({ kind, isFloat }: Value, offset = 0): Code {
    if (isFloat && kind === 'float32') return [...memory('f32Load', offset), OPS.f64PromoteF32]
    return memory(isFloat ? 'f64Load' : LOADS[kind]![0], offset)
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
    const loads = [...this.#values.values()].flatMap((value) => {
      const { kind, pointer, word, local } = value
      if (word !== undefined) return [...this.#bitOf(word), ...set(local)]
      const place = this.#scaled(pointer, this.#row, LOADS[kind]![1])
      return [...place, ...this.#load(value), ...set(local)]
    })
    const bits = [...this.#masks.values()].flatMap(({ word, bit }) =>
      isMasked ? [...this.#bitOf(word), ...set(bit)] : [],
    )
    return [
      ...line(
        ...this.#scaled(this.#rows, this.#row, 2),
        ...memory('i32Load'),
        ...set(this.#accumulators.row),
      ),
      ...loads,
      ...bits,
      ...this.#entries.flatMap((_, i) => this.#oneEntry(i, isMasked)),
    ]
  }

  #oneEntry(i: number, isMasked: boolean): Code {
    return this.#accumulators.update(this.#entries[i]!, {
      value: this.#valueOf[i]?.local,
      bit: isMasked ? this.#maskOf[i]!.bit : undefined,
      overflow: this.#overflows[i],
    })
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
