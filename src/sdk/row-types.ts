// The types between schemas, columns and rows that the streams' methods share.
import type {
  BigInt64,
  Bool,
  DataType,
  Fields,
  Float,
  Timestamp,
  Utf8,
  ValueOf,
} from '../columnar/type.ts'
import type { Column } from './column.ts'

/** One object type, so that a reader sees its properties and not how it came about. */
export type Flat<T> = { [K in keyof T]: T[K] }

/** The columns that a select's callback gives. */
export type FieldsOf<S> = { [K in keyof S & string]: S[K] extends Column<infer T> ? T : never }

/**
 * Columns that are computed by types, taken for columns. (Without it the compiler proves for each method
 * that they are, for all that a type parameter may be: that takes minutes.)
 */
export type AsFields<X> = X extends infer F extends Fields ? F : never

/** `F` with the columns of `G` added, or in place of those of the same name. */
export type WithFields<F extends Fields, G extends Fields> = Flat<Omit<F, keyof G> & G>

/** The names of the columns of some type; any name where the columns are not known. */
export type NamesOf<F extends Fields, T extends DataType = DataType> = string extends keyof F
  ? string
  : { [K in keyof F & string]: F[K] extends T ? K : never }[keyof F & string]

/** The columns of a changelog: what a row does, and the row. */
export type ChangelogFields<F extends Fields> = Flat<{ op: Utf8<false> } & Omit<F, 'op'>>

/** The columns of a top-N: the rows', and the rank's if there is one. */
export type RankedFields<F extends Fields, R extends string> = WithFields<
  F,
  { [K in R]: BigInt64<'int64', false, 'number'> }
>

/** The columns by which the rows of an updating stream replace each other. */
export interface UpsertKey<F extends Fields> {
  readonly key: readonly NamesOf<F>[]
}

/** A type that is shown for what is wrong: its text is the message. */
export interface Mistake<Message extends string> {
  readonly mistake: Message
}

type InferredType<V, N extends boolean> = [V] extends [number]
  ? Float<'float64', N>
  : [V] extends [bigint]
    ? BigInt64<'int64', N, 'bigint'>
    : [V] extends [string]
      ? Utf8<N>
      : [V] extends [boolean]
        ? Bool<N>
        : [V] extends [Date]
          ? Timestamp<'ms', N>
          : never

type Missing = null | undefined

/** The columns that are inferred of plain rows: what has no such type needs a schema. */
export type InferredFields<R> = {
  [K in keyof R & string]-?: InferredType<
    Exclude<R[K], Missing>,
    [Extract<R[K], Missing>] extends [never] ? false : true
  >
}

type IsUnion<T, U = T> = T extends unknown ? ([U] extends [T] ? false : true) : never

/** The key that a keyed function sees: the value of its one column, or an object of several by name. */
export type KeyOf<F extends Fields, K extends string> = string extends K
  ? unknown
  : true extends IsUnion<K>
    ? { [N in K & keyof F]: ValueOf<F[N]> }
    : ValueOf<F[K & keyof F]>

/** A function object as a job gives it: a class or a factory makes one a subtask, an object is copied. */
export type FunctionOf<T extends object> = T | (new () => T) | (() => T)

/** The same where a function that is no class is one of rows: a class, or an object that is copied. */
export type ObjectOf<T extends object> = T | (new () => T)
