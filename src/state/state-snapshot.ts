// States in snapshots: which there are and of what type (a union table that every subtask reads), and what
// becomes of a value there: a column as it is, or the bytes of its serializer.
//
//   $states       name, kind, type, serializer's version, ...: one row a state
//   state:<name>  naming columns (keys), [$key,] $value [, $touched]: one row a value, element or entry
import type { StateReader, StateWriter } from '../checkpoint/operator-state.ts'
import { BatchBuilder } from '../columnar/batch-builder.ts'
import { RowReader } from '../columnar/row-reader.ts'
import { type Field, Schema } from '../columnar/schema.ts'
import { binary, bool, type DataType, float64, int32, typeName, utf8 } from '../columnar/type.ts'
import type { Kernels } from '../kernels/module.ts'
import type { StateDescriptor, StateType } from './state.ts'
import type { StateScope } from './state-table.ts'
import { isSerializer } from './value-store.ts'

const META_TABLE = '$states'

const META = Schema.of({
  table: utf8(),
  kind: utf8(),
  type: utf8(),
  version: int32(),
  keyType: utf8(),
  keyVersion: int32(),
  hasTtl: bool(),
  keyCount: int32(),
})

/** What a snapshot says of a state. */
export interface StateMeta {
  readonly kind: string
  /** The column's type, or the serializer's name. */
  readonly type: string
  /** Of the serializer; 0 for a column. */
  readonly version: number
  /** Of a map's keys; empty for other states. */
  readonly keyType: string
  readonly keyVersion: number
  readonly hasTtl: boolean
  /** How many of the table's first columns are the key. */
  readonly keyCount: number
}

export const tableName = (scope: StateScope, name: string): string =>
  scope.name === 'key' ? `state:${name}` : `state:${scope.name}:${name}`

export function stateMeta(
  { kind, type, keyType, ttl }: StateDescriptor,
  { keyCount }: StateScope,
): StateMeta {
  return {
    kind,
    type: typeText(type),
    version: isSerializer(type) ? type.version : 0,
    keyType: keyType === undefined ? '' : typeText(keyType),
    keyVersion: keyType !== undefined && isSerializer(keyType) ? keyType.version : 0,
    hasTtl: ttl !== undefined,
    keyCount,
  }
}

const typeText = (type: StateType): string =>
  isSerializer(type) ? `values by serializer '${type.name}'` : typeName(type)

/** The columns of a state's table behind the naming ones. */
export function entryFields({ type, keyType, ttl }: StateDescriptor): readonly Field[] {
  return [
    ...(keyType === undefined ? [] : [{ name: '$key', type: codecOf(keyType).column }]),
    { name: '$value', type: codecOf(type).column },
    ...(ttl === undefined ? [] : [{ name: '$touched', type: float64() }]),
  ]
}

export function writeMeta(
  kernels: Kernels,
  into: StateWriter,
  metas: ReadonlyMap<string, StateMeta>,
): void {
  if (metas.size === 0) return
  const builder = new BatchBuilder(kernels, META)
  for (const [table, meta] of metas) builder.append({ table, ...meta })
  into.union(META_TABLE, builder.finish())
}

export function readMeta(
  kernels: Kernels,
  from: StateReader | undefined,
): ReadonlyMap<string, StateMeta> {
  const metas = new Map<string, StateMeta>()
  const reader = new RowReader(kernels, META)
  for (const batch of from?.table(META_TABLE) ?? []) {
    for (const row of reader.rows(batch)) {
      const { table, ...meta } = row as unknown as StateMeta & { readonly table: string }
      metas.set(table, meta)
    }
  }
  return metas
}

/** A state's values as a column's, and back. */
export interface Codec {
  readonly column: DataType
  encode(value: unknown): unknown
  decode(value: unknown, version: number): unknown
  /** Whether it reads what a version wrote. */
  reads(version: number): boolean
}

export function codecOf(type: StateType): Codec {
  if (!isSerializer(type)) {
    return {
      column: type,
      encode: (value) => value,
      decode: (value) => value,
      reads: () => true,
    }
  }
  return {
    column: binary(),
    encode: (value) => type.serialize(value),
    decode: (bytes, version) => type.deserialize(bytes as Uint8Array, version),
    reads: (version) => version === type.version || type.readsVersions?.includes(version) === true,
  }
}
