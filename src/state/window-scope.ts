// The scope of what belongs to a key and a window: a dense id for each, which is given again when it is free.
//
//   id ──► key id (of the key scope), number        in a snapshot: the key's columns, and the number
//
// WS1  A number names a window of a key from one snapshot to the next, whatever becomes of its bounds.
// WS2  An id that nobody holds comes of state whose window has gone before anybody asked for it. A window of
//      everything has one number for ever: it may be let go, and is found again with its state.
import type { Field } from '../columnar/schema.ts'
import { float64 } from '../columnar/type.ts'
import { Vector } from '../columnar/vector.ts'
import type { Kernels } from '../kernels/module.ts'
import { NO_GROUP } from '../kernels/group-table.ts'
import type { KeyScope } from './key-scope.ts'
import type { IdHolder, StateScope } from './state-table.ts'

const NUMBER: Field = { name: '$window', type: float64() }
const NOBODY = -1

const nameOf = (keyId: number, number: number): string => `${keyId} ${number}`

export class WindowScope implements StateScope {
  readonly name = 'window'
  readonly fields: readonly Field[]
  readonly keyCount: number
  readonly holders: IdHolder[] = []
  current = -1
  absence = 'outside of a call for a window'
  readonly #kernels: Kernels
  readonly #keys: KeyScope
  readonly #isEverything: boolean
  readonly #keyIds: number[] = []
  readonly #numbers: number[] = []
  readonly #counts: number[] = []
  readonly #free: number[] = []
  /** Ids by name, while a snapshot is read; of windows of everything always. */
  #known: Map<string, number> | undefined
  /** The number of the next window, above all that there were. */
  nextNumber = 0

  /** @param isEverything each key has one window, of everything */
  constructor(kernels: Kernels, keys: KeyScope, isEverything: boolean) {
    this.#kernels = kernels
    this.#isEverything = isEverything
    this.#keys = keys
    this.fields = [...keys.fields, NUMBER]
    this.keyCount = keys.keyCount
  }

  get size(): number {
    return this.#keyIds.length
  }

  keyIdOf(id: number): number {
    return this.#keyIds[id]!
  }

  numberOf(id: number): number {
    return this.#numbers[id]!
  }

  /** An id that is held once. */
  allocate(keyId: number): number {
    const id = this.#isEverything ? this.named(keyId, 0) : this.#next(keyId)
    this.hold(id)
    return id
  }

  /** The id of a key's number; a new one, which nobody holds, when there is none. */
  named(keyId: number, number: number): number {
    this.#known ??= this.#names()
    const known = this.#known.get(nameOf(keyId, number))
    if (known !== undefined) return known
    const id = this.#take(keyId, number)
    this.#known.set(nameOf(keyId, number), id)
    return id
  }

  hold(id: number): void {
    this.#counts[id]!++
  }

  /** True: nobody holds it any more, and it is to be freed once its state is cleared. */
  release(id: number): boolean {
    return --this.#counts[id]! === 0
  }

  free(id: number): void {
    this.#known = undefined
    this.#keyIds[id] = NOBODY
    this.#free.push(id)
  }

  /** Ids that a snapshot had state for, and no window. */
  unheld(): number[] {
    if (this.#isEverything) return []
    return this.#keyIds.flatMap((keyId, id) =>
      keyId !== NOBODY && this.#counts[id] === 0 ? [id] : [],
    )
  }

  /** The key has another id now. */
  rekey(map: Uint32Array): void {
    this.#known = undefined
    this.#keyIds.forEach((keyId, id) => {
      if (keyId === NOBODY) return
      const to = map[keyId] ?? NO_GROUP
      this.#keyIds[id] = to === NO_GROUP ? NOBODY : to
      if (to === NO_GROUP) this.#free.push(id)
    })
  }

  columns(ids: number, n: number): Vector[] {
    const kernels = this.#kernels
    const keyIds = kernels.scratch(n * 4)
    const numbers = kernels.scratch(n * 8)
    const { u32, f64 } = kernels
    for (let i = 0; i < n; i++) {
      const id = u32[(ids >>> 2) + i]!
      u32[(keyIds >>> 2) + i] = this.#keyIds[id]!
      f64[(numbers >>> 3) + i] = this.#numbers[id]!
    }
    const named = new Vector({ type: NUMBER.type, length: n, values: numbers })
    return [...this.#keys.columns(keyIds, n), named]
  }

  resolve(columns: readonly Vector[], n: number): Uint32Array {
    const keyIds = this.#keys.resolve(columns.slice(0, this.keyCount), n)
    const at = columns[this.keyCount]!.values >>> 3
    return Uint32Array.from(keyIds, (keyId, row) => this.named(keyId, this.#kernels.f64[at + row]!))
  }

  #names(): Map<string, number> {
    const names = new Map<string, number>()
    this.#keyIds.forEach((keyId, id) => {
      if (keyId !== NOBODY) names.set(nameOf(keyId, this.#numbers[id]!), id)
    })
    return names
  }

  #next(keyId: number): number {
    this.#known = undefined
    return this.#take(keyId, this.nextNumber)
  }

  #take(keyId: number, number: number): number {
    const id = this.#free.pop() ?? this.#keyIds.length
    this.#keyIds[id] = keyId
    this.#numbers[id] = number
    this.#counts[id] = 0
    this.nextNumber = Math.max(this.nextNumber, number + 1)
    return id
  }
}
