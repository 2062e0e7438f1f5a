// Expressions of floats over columns and constants, into the arena: one kernel each, made for its shape
// (float-code.ts), which reads each column once.
import { bitmapBytes } from './bitmap.ts'
import { compileFloats, type FloatShape, isComparison } from './float-code.ts'
import { instantiate } from './made-kernel.ts'
import type { Kernels } from './module.ts'
import { NUMERIC_KINDS } from './operand.ts'

type Run = (n: number, out: number, ...inputs: readonly number[]) => number

export class FloatExpression {
  readonly #shape: FloatShape
  #kernels: Kernels | undefined
  #run: Run | undefined

  constructor(shape: FloatShape) {
    this.#shape = shape
  }

  /**
   * The values of n rows; bits, of a comparison.
   * @param inputs a pointer for each column of the shape, the value for each constant
   */
  evaluate(kernels: Kernels, inputs: readonly number[], n: number): number {
    const { function: name, kind } = this.#shape.result
    const bytes = isComparison(name) ? bitmapBytes(n) : n * NUMERIC_KINDS[kind].bytes
    const values = kernels.scratch(bytes)
    this.on(kernels)(n, values, ...inputs)
    return values
  }

  /** The kernel itself, on a slot's memory. */
  on(kernels: Kernels): Run {
    if (this.#run === undefined || this.#kernels !== kernels) {
      const key = `floats ${JSON.stringify(this.#shape)}`
      this.#run = instantiate<Run>(kernels, key, () => compileFloats(this.#shape))
      this.#kernels = kernels
    }
    return this.#run
  }
}
