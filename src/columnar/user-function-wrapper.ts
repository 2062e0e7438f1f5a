// The AssemblyScript that is compiled together with a user's `.as.ts` file: for each function that
// it exports, a loop that calls it for every row of a batch, so that one call crosses into the
// module a batch, and the user's function inlines into the loop.
//
// W1  A null argument gives null without a call: rows that the validity says are null are skipped.
// W2  Buffers are Arrow's. A text argument is a pair (offsets, bytes), a text result an offsets
//     buffer and the module's own text buffer, whose address `text` tells.
// W3  `row` is the row being worked on: after a trap it says where.

import { type Signature, VALUE_BYTES, type ValueType } from '../kernels/user-module.ts'

export interface WrapperOptions {
  /** Where the user's file is, as an import of the wrapper. */
  readonly path: string
  readonly functions: Readonly<Record<string, Signature>>
  /** The module allocates: free what a batch left behind, and offer room for its columns. */
  readonly allocates: boolean
}

/** Options of the compiler, for the wrapper with the user's file. */
export const COMPILER_OPTIONS: readonly string[] = [
  '-O3',
  '--runtime',
  'minimal',
  '--importMemory',
  '--enable',
  'simd',
  '--enable',
  'bulk-memory',
  '--enable',
  'nontrapping-f2i',
]

/** The wrapper's source. */
export function wrapperSource({ path, functions, allocates }: WrapperOptions): string {
  const names = Object.keys(functions)
  const imports = names.map((name, i) => `${name} as f${i}`).join(', ')
  const loops = names.map((name, i) => loopOf(name, `f${i}`, functions[name]!, allocates))
  return `import { ${imports} } from '${path}'
export let row: u32 = 0
function isSet(bits: usize, i: u32): bool {
  return ((load<u8>(bits + (i >> 3)) >> <u8>(i & 7)) & 1) != 0
}
${allocates ? MEMORY : ''}${loops.join('')}`
}

// Buffers of a module that has its own memory: one for the columns, one for the text of a result.
const MEMORY = `export let text: usize = 0
let textBytes: usize = 0
let columns: usize = 0
let columnBytes: usize = 0
export function reserve(bytes: usize): usize {
  if (bytes > columnBytes) {
    if (columns) heap.free(columns)
    columns = heap.alloc(bytes)
    columnBytes = bytes
  }
  return columns
}
function textAt(at: usize, more: usize): usize {
  if (at + more > textBytes) {
    textBytes = max<usize>(at + more, textBytes * 2)
    text = text ? heap.realloc(text, textBytes) : heap.alloc(textBytes)
  }
  return text + at
}
function textOf(offsets: usize, bytes: usize, i: u32): string {
  const start = load<u32>(offsets + (i << 2))
  return String.UTF8.decodeUnsafe(bytes + start, load<u32>(offsets + (i << 2), 4) - start)
}
`

function loopOf(name: string, alias: string, signature: Signature, allocates: boolean): string {
  const { parameters, result } = signature
  const inputs = parameters.flatMap((type, i) =>
    type === 'string' ? [`o${i}: usize`, `a${i}: usize`] : [`a${i}: usize`],
  )
  const call = `${alias}(${parameters.map(argumentOf).join(', ')})`
  const put = putOf(result, call)
  const nothing = nothingOf(result)
  return `export function call_${name}(
  n: u32, validity: usize, ${[...inputs, 'out: usize'].join(', ')}): void {
${before(result)}  if (!validity) {
    for (let i: u32 = 0; i < n; i++) {
      row = i
${put}    }
  } else {
    for (let i: u32 = 0; i < n; i++) {
      if (isSet(validity, i)) {
      row = i
${put}      }${nothing === '' ? '' : ` else {\n${nothing}      }`}
    }
  }
${allocates ? '  __collect()\n' : ''}}
`
}

function argumentOf(type: ValueType, i: number): string {
  if (type === 'string') return `textOf(o${i}, a${i}, i)`
  if (type === 'bool') return `isSet(a${i}, i)`
  return `load<${type}>(a${i} + (<usize>i << ${Math.log2(VALUE_BYTES[type])}))`
}

function before(result: ValueType): string {
  if (result === 'bool') return '  memory.fill(out, 0, (n + 7) >> 3)\n'
  return result === 'string' ? '  let at: usize = 0\n  store<u32>(out, 0)\n' : ''
}

function putOf(result: ValueType, call: string): string {
  if (result === 'bool') {
    return `      if (${call}) {
        const byte = out + (i >> 3)
        store<u8>(byte, load<u8>(byte) | (<u8>1 << <u8>(i & 7)))
      }
`
  }
  if (result === 'string') {
    // A UTF-16 unit takes at most three bytes.
    return `      const value = ${call}
      const to = textAt(at, <usize>value.length * 3)
      at += String.UTF8.encodeUnsafe(
        changetype<usize>(value), value.length, to, false, String.UTF8.ErrorMode.REPLACE)
      store<u32>(out + (i << 2), <u32>at, 4)
`
  }
  const shift = Math.log2(VALUE_BYTES[result])
  return `      store<${result}>(out + (<usize>i << ${shift}), ${call})\n`
}

function nothingOf(result: ValueType): string {
  if (result === 'bool') return ''
  if (result === 'string') return '        store<u32>(out + (i << 2), <u32>at, 4)\n'
  return `        store<${result}>(out + (<usize>i << ${Math.log2(VALUE_BYTES[result])}), 0)\n`
}
