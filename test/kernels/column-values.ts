// Columns of any type for the tests of the encoders and scanners: generated as JavaScript values,
// written into linear memory in Arrow's layout.
import * as fc from 'fast-check'
import type { ColumnKind, ColumnPointers, ColumnSpec } from '../../src/kernels/column-table.ts'
import { kernels } from './lines.ts'

export type Value = null | boolean | number | bigint | string | number[] | Value[] | ValueObject
interface ValueObject {
  readonly [name: string]: Value
}

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }).filter((s) => s.isWellFormed()),
  fc.string({ unit: fc.constantFrom('a', '"', '\\', ',', '\n', '\r', '\t', '\u0001', 'é', '😀') }),
  fc.constantFrom('', 'NA', 'plain', 'x'.repeat(100), `${'y'.repeat(15)}"`, `${'z'.repeat(16)}\n`),
)

const INT64 = { min: -(2n ** 63n), max: 2n ** 63n - 1n }

function numberOf(spec: ColumnSpec): fc.Arbitrary<Value> {
  switch (spec.kind) {
    case 'int8':
      return fc.integer({ min: -128, max: 127 })
    case 'int16':
      return fc.integer({ min: -(2 ** 15), max: 2 ** 15 - 1 })
    case 'int32':
      return fc.integer()
    case 'uint8':
      return fc.nat(255)
    case 'uint16':
      return fc.nat(65_535)
    case 'uint32':
      return fc.integer({ min: 0, max: 2 ** 32 - 1 })
    case 'int64':
    case 'duration':
      return fc.bigInt(INT64)
    case 'uint64':
      return fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })
    // A negative zero is written as 0.
    case 'float32':
      return fc.float().map((x) => x + 0)
    case 'float64':
      return fc.double().map((x) => x + 0)
    default: {
      const max = 10n ** BigInt(spec.precision!) - 1n
      return fc.oneof(fc.bigInt({ min: -max, max }), fc.bigInt({ min: -9n, max: 9n }))
    }
  }
}

/** Values of a column. `finite` leaves out what JSON has no number for. */
export function valueOf(spec: ColumnSpec, finite: boolean): fc.Arbitrary<Value> {
  const value = valueNotNull(spec, finite)
  return spec.nullable ? fc.option(value, { freq: 4 }) : value
}

function valueNotNull(spec: ColumnSpec, finite: boolean): fc.Arbitrary<Value> {
  switch (spec.kind) {
    case 'bool':
      return fc.boolean()
    case 'utf8':
      return text
    case 'binary':
      return fc.array(fc.nat(255), { maxLength: 20 })
    case 'date':
      return fc.integer({ min: -719_528, max: 2_932_896 })
    case 'timestamp':
      return timestampOf(spec)
    case 'list':
      return fc.array(valueOf(spec.children![0]!, finite), { maxLength: 5 })
    case 'struct':
      return fc.record(
        Object.fromEntries(spec.children!.map((child) => [child.name, valueOf(child, finite)])),
        { noNullPrototype: true },
      )
    default: {
      const number = numberOf(spec)
      return finite ? number.filter((x) => typeof x !== 'number' || Number.isFinite(x)) : number
    }
  }
}

// Years 0 to 9999; nanoseconds have room for fewer.
function timestampOf(spec: ColumnSpec): fc.Arbitrary<bigint> {
  if (spec.scale === 9) return fc.bigInt({ min: -(2n ** 62n), max: 2n ** 62n })
  const ticks = 10n ** BigInt(spec.scale!)
  return fc.bigInt({ min: -62_167_219_200n * ticks, max: 253_402_300_799n * ticks })
}

const FLAT: readonly ColumnKind[] = [
  'bool',
  'int8',
  'int16',
  'int32',
  'int64',
  'uint8',
  'uint16',
  'uint32',
  'uint64',
  'float32',
  'float64',
  'decimal64',
  'decimal128',
  'timestamp',
  'date',
  'duration',
  'utf8',
  'binary',
]

const flat: fc.Arbitrary<Omit<ColumnSpec, 'name'>> = fc
  .record({ kind: fc.constantFrom(...FLAT), nullable: fc.boolean(), n: fc.nat(3), m: fc.nat(38) })
  .map(({ kind, nullable, n, m }) => {
    if (kind === 'timestamp') return { kind, nullable, scale: n * 3 }
    if (kind === 'decimal64')
      return { kind, nullable, precision: 1 + (m % 18), scale: n % (1 + (m % 18)) }
    if (kind !== 'decimal128') return { kind, nullable }
    const precision = 19 + (m % 20)
    return { kind, nullable, precision, scale: (m * 7 + n) % (precision + 1) }
  })

const nested: fc.Arbitrary<Omit<ColumnSpec, 'name'>> = fc.letrec((tie) => ({
  any: fc.oneof({ maxDepth: 2 }, flat, tie('list'), tie('struct')),
  list: fc.record({ nullable: fc.boolean(), item: tie('any') }).map(({ nullable, item }) => ({
    kind: 'list' as const,
    nullable,
    children: [{ ...(item as ColumnSpec), name: 'item' }],
  })),
  struct: fc
    .record({
      nullable: fc.boolean(),
      fields: fc.array(tie('any'), { minLength: 1, maxLength: 3 }),
    })
    .map(({ nullable, fields }) => ({
      kind: 'struct' as const,
      nullable,
      children: named(fields as Omit<ColumnSpec, 'name'>[]),
    })),
})).any as fc.Arbitrary<Omit<ColumnSpec, 'name'>>

const NAMES = ['a', 'the second', 'q"uoted', 'né😀', 'a key of more than thirty-two bytes', 'f']

function named(specs: readonly Omit<ColumnSpec, 'name'>[]): ColumnSpec[] {
  return specs.map((spec, i) => ({ ...spec, name: NAMES[i]! }))
}

/** A few columns of any type (flat ones, or nested too), and rows of them. */
export function table(
  isNested: boolean,
): fc.Arbitrary<{ readonly specs: ColumnSpec[]; readonly rows: Value[][] }> {
  return fc
    .array(isNested ? nested : flat, { minLength: 1, maxLength: 6 })
    .map(named)
    .chain((specs) =>
      fc
        .array(fc.tuple(...specs.map((spec) => valueOf(spec, isNested))), { maxLength: 40 })
        .map((rows) => ({ specs, rows: rows as Value[][] })),
    )
}

/** Writes columns into the arena. */
export function place(specs: readonly ColumnSpec[], rows: readonly Value[][]): ColumnPointers[] {
  return specs.map((spec, i) =>
    placeColumn(
      spec,
      rows.map((row) => row[i]!),
    ),
  )
}

function placeColumn(spec: ColumnSpec, values: readonly Value[]): ColumnPointers {
  const validity = spec.nullable ? bits(values.map((value) => value !== null)) : 0
  const base = { validity, offsets: 0, values: 0, children: [] as ColumnPointers[] }
  switch (spec.kind) {
    case 'bool':
      return { ...base, values: bits(values.map((value) => value === true)) }
    case 'utf8':
    case 'binary': {
      const parts = values.map((value) => Buffer.from((value ?? '') as string))
      // Data that does not start at 0, as in a slice.
      return {
        ...base,
        offsets: offsetsOf(parts, 3),
        values: kernels.put(Buffer.concat([Buffer.from('xxx'), ...parts])),
      }
    }
    case 'list': {
      const parts = values.map((value) => (value ?? []) as Value[])
      const child = placeColumn(spec.children![0]!, parts.flat(1) as Value[])
      return { ...base, offsets: offsetsOf(parts, 0), children: [child] }
    }
    case 'struct': {
      const children = spec.children!.map((child) =>
        placeColumn(
          child,
          values.map((value) =>
            value === null ? zeroOf(child) : (value as ValueObject)[child.name]!,
          ),
        ),
      )
      return { ...base, children }
    }
    default:
      return { ...base, values: numbers(spec, values) }
  }
}

// What stands in a child that is not nullable where its struct is null.
function zeroOf(spec: ColumnSpec): Value {
  if (spec.nullable || spec.kind === 'struct') return null
  return spec.kind === 'utf8' ? '' : spec.kind === 'list' || spec.kind === 'binary' ? [] : 0
}

function bits(flags: readonly boolean[]): number {
  const bytes = new Uint8Array((flags.length + 7) >> 3)
  flags.forEach((flag, i) => {
    if (flag) bytes[i >> 3]! |= 1 << (i & 7)
  })
  return kernels.put(bytes)
}

function offsetsOf(parts: readonly { readonly length: number }[], first: number): number {
  const offsets = new Int32Array(parts.length + 1)
  offsets[0] = first
  parts.forEach((part, i) => {
    offsets[i + 1] = offsets[i]! + part.length
  })
  return kernels.put(new Uint8Array(offsets.buffer))
}

const WIDTHS: Partial<Record<ColumnKind, number>> = {
  int8: 1,
  uint8: 1,
  int16: 2,
  uint16: 2,
  int32: 4,
  uint32: 4,
  float32: 4,
  date: 4,
  decimal128: 16,
}

// At an odd address: values need not be aligned.
function numbers(spec: ColumnSpec, values: readonly Value[]): number {
  const width = WIDTHS[spec.kind] ?? 8
  const ptr = kernels.scratch(values.length * width + 1) + 1
  const view = kernels.data
  values.forEach((value, i) => {
    const at = ptr + i * width
    if (spec.kind === 'float32') view.setFloat32(at, Number(value ?? 0), true)
    else if (spec.kind === 'float64') view.setFloat64(at, Number(value ?? 0), true)
    else {
      const integer = BigInt((value ?? 0) as number)
      for (let b = 0; b < width; b++)
        view.setUint8(at + b, Number((integer >> BigInt(b * 8)) & 255n))
    }
  })
  return ptr
}
