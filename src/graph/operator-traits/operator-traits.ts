// What the graph knows of a kind of operator beside its spec: which columns it needs, what is left of it
// when some of its columns are not needed, what it gives, and how explain() tells of it. One object a
// kind, listed in index.ts.
//
// OT1  Traits are pure: they are asked when a job is compiled, and again of a graph that came over a wire.
// OT2  An operator without pruning of its own is `wholeRows`: it needs every column of its inputs.
import type { Schema } from '../../columnar/schema.ts'
import type { OperatorKind, OperatorSpec } from '../../operators/operator-spec.ts'

export type Names = ReadonlySet<string>

export type SpecOf<K extends OperatorKind> = Extract<OperatorSpec, { readonly kind: K }>

/** What runs an operator, for a reader of the plan. */
export interface Engine {
  readonly engine: 'kernel' | 'JavaScript'
  readonly why: string
}

/** An operator that was left without what nobody needs. */
export interface Pruned<S> {
  readonly spec: S
  /** The columns that it still gives, in order. */
  readonly names: readonly string[]
  /** What the plan says was left out; unless said, the visible columns that `names` lacks. */
  readonly dropped?: readonly string[]
}

export interface OperatorTraits<S> {
  /** The columns that it needs of an input, to give the `needed` ones of its output. */
  inputColumns(spec: S, needed: Names, input: Schema, inputNumber: number): Iterable<string>
  /**
   * What is left when only `needed` is asked for.
   * @param inputs its inputs as they are by now   @param output what it gives so far
   */
  prune(spec: S, needed: Names, inputs: readonly Schema[], output: Schema): Pruned<S>
  /**
   * What it gives over its inputs; undefined where its own word is all there is.
   * @throws COLUMN_NOT_FOUND, TYPE_MISMATCH for inputs that it cannot work on
   */
  output?(spec: S, inputs: readonly Schema[], said: Schema): Schema | undefined
  engine(spec: S): Engine
  /** What it does: `delay > 15`. */
  detail?(spec: S): string
}

export const kernel = (why: string): Engine => ({ engine: 'kernel', why })
export const javascript = (why: string): Engine => ({ engine: 'JavaScript', why })

/** An operator that needs every column of its inputs and gives every column that it says. */
export const wholeRows = {
  inputColumns: (_spec: unknown, _needed: Names, input: Schema): Iterable<string> => input.names,
  prune: <S>(spec: S, _needed: Names, _inputs: readonly Schema[], output: Schema): Pruned<S> => ({
    spec,
    names: output.names,
  }),
}

/** An operator that passes its one input's rows on: what it gets, it gives. */
export const passing = {
  inputColumns: (_spec: unknown, needed: Names): Iterable<string> => needed,
  // What it does not get is left out further up.
  prune: <S>(spec: S, _needed: Names, inputs: readonly Schema[]): Pruned<S> => ({
    spec,
    names: inputs[0]!.names,
    dropped: [],
  }),
}
