// Lists: JavaScript arrays by id; in a snapshot each element is a row. Where the state expires, each element
// does, by itself.
import { Slots } from './slots.ts'
import type { ListState } from './state.ts'
import {
  type Cursor,
  type EntryVisitor,
  type StateTable,
  Table,
  type TableParts,
} from './state-table.ts'
import { valueCheck } from './value-store.ts'

export class ListTable extends Table implements StateTable {
  readonly #lists = new Slots<unknown[]>()
  /** When each element was written or read last; of nobody where nothing expires. */
  readonly #stamps = new Slots<number[]>()
  readonly #check: (value: unknown) => void
  readonly #cursor: Cursor = { at: 0, budget: 0 }

  constructor(parts: TableParts) {
    super(parts)
    this.#check = valueCheck(parts.descriptor.type)
  }

  readonly state: ListState<unknown> = {
    get: () => this.#read(),
    add: (value) => this.#add(this.id(), value, this.#stamp()),
    addAll: (values) => {
      const id = this.id()
      const stampMs = this.#stamp()
      for (const value of values) this.#add(id, value, stampMs)
    },
    update: (values) => {
      const id = this.id()
      // The values may be made of the list that they replace.
      const given = [...values]
      this.#remove(id)
      const stampMs = this.#stamp()
      for (const value of given) this.#add(id, value, stampMs)
    },
    clear: () => this.#remove(this.id()),
  }

  readonly restore: EntryVisitor = (id, _key, value, stampMs) => {
    this.#push(id, value, stampMs)
  }

  forEach(visit: EntryVisitor): void {
    for (let id = 0; id < this.#lists.length; id++) {
      const list = this.#living(id)
      const stamps = this.#stamps.get(id)
      list?.forEach((value, i) => visit(id, undefined, value, stamps?.[i] ?? 0))
    }
  }

  cleanUp(entries: number): void {
    if (this.expiry === undefined) return
    this.#cursor.budget = entries
    this.sweep(this.#cursor, this.#lists.length, (id) => {
      const looked = this.#lists.get(id)?.length ?? 0
      if (looked > 0) this.#living(id)
      return looked + 1
    })
  }

  mark(live: Uint8Array): void {
    this.#lists.mark(live)
  }

  remap(map: Uint32Array): void {
    this.#lists.remap(map)
    this.#stamps.remap(map)
  }

  close(): void {
    this.#lists.clear()
    this.#stamps.clear()
  }

  #stamp(): number {
    return this.expiry?.stamp() ?? 0
  }

  #read(): unknown[] {
    const id = this.id()
    const list = this.#living(id)
    if (list === undefined) return []
    if (this.expiry?.isRefreshedByReads === true) this.#stamps.get(id)!.fill(this.expiry.stamp())
    return list.slice()
  }

  #add(id: number, value: unknown, stampMs: number): void {
    try {
      this.#check(value)
    } catch (error) {
      throw this.refused(error)
    }
    this.#push(id, value, stampMs)
  }

  #push(id: number, value: unknown, stampMs: number): void {
    const list = this.#lists.get(id)
    if (list === undefined) this.#lists.set(id, [value])
    else list.push(value)
    if (this.expiry === undefined) return
    const stamps = this.#stamps.get(id)
    if (stamps === undefined) this.#stamps.set(id, [stampMs])
    else stamps.push(stampMs)
  }

  #remove(id: number): void {
    this.#lists.set(id, undefined)
    if (this.expiry !== undefined) this.#stamps.set(id, undefined)
  }

  /** The list without what has expired; undefined when nothing is left. */
  #living(id: number): unknown[] | undefined {
    const list = this.#lists.get(id)
    const { expiry } = this
    if (list === undefined || expiry === undefined) return list
    const stamps = this.#stamps.get(id)!
    const isLiving = stamps.map((stampMs) => !expiry.isExpired(stampMs))
    if (isLiving.every(Boolean)) return list
    const left = list.filter((_, i) => isLiving[i])
    if (left.length === 0) {
      this.#remove(id)
      return undefined
    }
    this.#lists.set(id, left)
    this.#stamps.set(
      id,
      stamps.filter((_, i) => isLiving[i]),
    )
    return left
  }
}
