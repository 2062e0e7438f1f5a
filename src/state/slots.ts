// JavaScript values by dense id, for tables that keep collections (list-table.ts, map-tables.ts).
import { NO_GROUP } from '../kernels/group-table.ts'

/** Things by id: `undefined` where there is none. */
export class Slots<T> {
  #slots: (T | undefined)[] = []

  get length(): number {
    return this.#slots.length
  }

  get(id: number): T | undefined {
    return this.#slots[id]
  }

  set(id: number, value: T | undefined): void {
    while (this.#slots.length < id) this.#slots.push(undefined)
    this.#slots[id] = value
  }

  mark(live: Uint8Array): void {
    this.#slots.forEach((slot, id) => {
      if (slot !== undefined) live[id] = 1
    })
  }

  remap(map: Uint32Array): void {
    const before = this.#slots
    this.#slots = []
    before.forEach((slot, id) => {
      const to = map[id] ?? NO_GROUP
      if (slot !== undefined && to !== NO_GROUP) this.set(to, slot)
    })
  }

  clear(): void {
    this.#slots = []
  }
}
