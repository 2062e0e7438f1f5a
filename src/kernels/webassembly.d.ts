// What we use of the WebAssembly JavaScript interface: TypeScript declares it only in its `dom` and
// `webworker` libraries, whose other globals (name, close, postMessage) would then type-check everywhere.
declare namespace WebAssembly {
  class Module {
    constructor(bytes: ArrayBufferView | ArrayBuffer)
    static exports(module: Module): { name: string; kind: string }[]
    static imports(module: Module): { module: string; name: string; kind: string }[]
    static customSections(module: Module, name: string): ArrayBuffer[]
  }
  class Instance {
    constructor(module: Module, imports?: Record<string, Record<string, unknown>>)
    readonly exports: Record<string, unknown>
  }
  class Memory {
    constructor(descriptor: { initial: number; maximum?: number })
    readonly buffer: ArrayBuffer
    grow(pages: number): number
  }
  class Global {
    value: number
  }
  class Table {
    readonly length: number
  }
  type Imports = Record<string, Record<string, unknown>>
  class RuntimeError extends Error {}
}
