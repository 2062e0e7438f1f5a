// What a compiled module of user functions says of itself: a manifest in a custom section, so that
// the module alone, wherever it was sent, is enough to call it.
//
// M1  The manifest names each function with its types in AssemblyScript's words, and says whether
//     the module may run on the slot's own memory ("shared") or has one of its own.

import { unsigned } from './wasm-code.ts'

/** AssemblyScript's types that a column can have, with their bytes; bool is bits, string text. */
export const VALUE_BYTES = {
  bool: 0,
  i8: 1,
  i16: 2,
  i32: 4,
  i64: 8,
  u8: 1,
  u16: 2,
  u32: 4,
  u64: 8,
  f32: 4,
  f64: 8,
  string: 0,
} as const

export type ValueType = keyof typeof VALUE_BYTES

export interface Signature {
  readonly parameters: readonly ValueType[]
  readonly result: ValueType
}

export interface UserModuleManifest {
  /** The file's name, for errors. */
  readonly file: string
  readonly shared: boolean
  readonly functions: Readonly<Record<string, Signature>>
  /** Exported functions that columns cannot call, and why. */
  readonly refused: Readonly<Record<string, string>>
}

const SECTION = 'millrace.functions'

/** The module's bytes with its manifest as a custom section behind them. */
export function withManifest(wasm: Uint8Array, manifest: UserModuleManifest): Uint8Array {
  const encoder = new TextEncoder()
  const name = encoder.encode(SECTION)
  const content = encoder.encode(JSON.stringify(manifest))
  const payload = [...unsigned(name.length), ...name, ...content]
  return Uint8Array.from([...wasm, 0, ...unsigned(payload.length), ...payload])
}

/** The manifest of a module that compileUserFunctions gave. */
export function manifestOf(module: WebAssembly.Module): UserModuleManifest {
  const [section] = WebAssembly.Module.customSections(module, SECTION)
  return JSON.parse(new TextDecoder().decode(section)) as UserModuleManifest
}
