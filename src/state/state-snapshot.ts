// States in snapshots: which there are and of what type (a union table that every subtask reads), and what
// becomes of a value there: a column as it is, or the bytes of its serializer.
//
//   $states       name, kind, type, serializer's version, ...: one row a state
//   state:<name>  naming columns (keys), [$key,] $value [, $touched]: one row a value, element or entry
import { DataflowError } from '../base/errors.ts'
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
/** The same of states that belong to no key. */
export const OPERATOR_META_TABLE = '$operatorStates'

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
  metaTable = META_TABLE,
): void {
  if (metas.size === 0) return
  const builder = new BatchBuilder(kernels, META)
  for (const [table, meta] of metas) builder.append({ table, ...meta })
  into.union(metaTable, builder.finish())
}

export function readMeta(
  kernels: Kernels,
  from: StateReader | undefined,
  metaTable = META_TABLE,
): ReadonlyMap<string, StateMeta> {
  const metas = new Map<string, StateMeta>()
  const reader = new RowReader(kernels, META)
  for (const batch of from?.table(metaTable) ?? []) {
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

/** Of a map's keys, and of values. */
export const codecs = ({ keyType, type }: StateDescriptor): readonly [Codec | undefined, Codec] => [
  keyType === undefined ? undefined : codecOf(keyType),
  codecOf(type),
]

/** @throws STATE_INCOMPATIBLE when a descriptor's state was written as another */
export function checkRestored(
  descriptor: StateDescriptor,
  before: StateMeta,
  now: StateMeta,
): void {
  const where = `state '${descriptor.name}' was written as ${metaText(before)}`
  const isSame =
    before.kind === now.kind &&
    before.type === now.type &&
    before.keyType === now.keyType &&
    before.hasTtl === now.hasTtl
  if (!isSame) {
    throw new DataflowError(
      'STATE_INCOMPATIBLE',
      `${where} and is now ${metaText(now)}; go on with the type that it had, or give it another name`,
    )
  }
  const reads = codecOf(descriptor.type).reads
  const readsKeys = descriptor.keyType === undefined ? undefined : codecOf(descriptor.keyType).reads
  if (reads(before.version) && (readsKeys?.(before.keyVersion) ?? true)) return
  throw new DataflowError(
    'STATE_INCOMPATIBLE',
    `${where} by version ${before.version} of its serializer, and is now of version ${now.version}, ` +
      'which does not read that: add it to readsVersions',
  )
}

/** What a state is, for a reader. */
export function metaText({ kind, type, keyType, hasTtl }: StateMeta): string {
  const of = keyType === '' ? type : `${keyType} to ${type}`
  return `${kind} of ${of}${hasTtl ? ' with a TTL' : ''}`
}
