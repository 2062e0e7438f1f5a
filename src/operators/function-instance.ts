// A function's own instance for each subtask. What a job gives is a class, a factory, or an instance:
//
//   class, factory   makes one for each subtask: the plain way
//   instance         is copied for each subtask: a new object of its prototype, with its properties
//
// FI1  Private fields (#count) cannot be copied: an instance with some serves one subtask at a time.
// FI2  What was copied is the instance as the job made it: no subtask, and no attempt, sees another's.
import { DataflowError } from '../base/errors.ts'

/** Instances with private fields that a subtask holds now. */
const held = new WeakSet<object>()

export interface FunctionInstance<T extends object> {
  readonly instance: T
  /** The subtask is done with it. */
  release(): void
}

/** @throws CONFIG_INVALID for what is no function, and for an instance that cannot be copied */
export function functionInstance<T extends object>(closure: unknown): FunctionInstance<T> {
  if (typeof closure === 'function') {
    const made: unknown = isClass(closure)
      ? new (closure as new () => unknown)()
      : (closure as () => unknown)()
    if (typeof made !== 'object' || made === null) {
      throw new DataflowError(
        'CONFIG_INVALID',
        `the factory '${closure.name}' gives ${String(made)}, and no function object`,
      )
    }
    return { instance: made as T, release: () => undefined }
  }
  const given = closure as T
  if (!hasPrivateFields(given)) return { instance: copyOf(given), release: () => undefined }
  if (held.has(given)) {
    const { name } = given.constructor
    throw new DataflowError(
      'CONFIG_INVALID',
      `an instance of ${name} has private fields and cannot be copied for each subtask: ` +
        `give the class, or a factory: () => new ${name}()`,
    )
  }
  held.add(given)
  return { instance: given, release: () => void held.delete(given) }
}

const sourceOf = (fn: unknown): string => Function.prototype.toString.call(fn)

/** A class, which is called with new. */
export const isClass = (fn: unknown): boolean => sourceOf(fn).startsWith('class')

/** Some class that it is an instance of says so in its source. */
function hasPrivateFields(object: object): boolean {
  for (
    let prototype: unknown = Object.getPrototypeOf(object);
    typeof prototype === 'object' && prototype !== null && prototype !== Object.prototype;
    prototype = Object.getPrototypeOf(prototype)
  ) {
    const { constructor } = prototype
    if (typeof constructor === 'function' && /#[\w$]/.test(sourceOf(constructor))) return true
  }
  return false
}

const copyOf = <T extends object>(object: T): T =>
  Object.defineProperties(
    Object.create(Object.getPrototypeOf(object) as object | null) as T,
    Object.getOwnPropertyDescriptors(object),
  )
