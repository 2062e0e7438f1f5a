// Kernels that are made for one job, as bytes of a module by wasm-code.ts: compiled once, and an instance
// on the memory of each slot that runs them.
import type { Kernels } from './module.ts'

/** By what they compute: what V8 has optimised serves the next subtask, too. */
const modules = new Map<string, WebAssembly.Module>()
/** The one that waited longest goes when there are more. */
const MODULES_MAX = 64

/**
 * The function of a module that works on a slot's memory.
 * @param key says all that `compile` depends on
 */
export function instantiate<Run>(
  kernels: Kernels,
  key: string,
  compile: () => Uint8Array<ArrayBuffer>,
): Run {
  const module = modules.get(key) ?? new WebAssembly.Module(compile())
  modules.delete(key)
  modules.set(key, module)
  const [oldest] = modules.keys()
  if (modules.size > MODULES_MAX) modules.delete(oldest!)
  const { memory } = kernels.exports
  const { exports } = new WebAssembly.Instance(module, { env: { memory } })
  return exports['run'] as Run
}
