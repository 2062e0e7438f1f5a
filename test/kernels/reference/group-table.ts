// Scalar twins of the group tables: open addressing over typed arrays, as one writes it in
// JavaScript.
export const NO_GROUP = 0xffffffff

/** Keys of 8 bytes as two words; ids in order of first appearance. */
export class GroupTable {
  #capacity = 256
  #slots = new Uint32Array(this.#capacity)
  #low = new Uint32Array(this.#capacity)
  #high = new Uint32Array(this.#capacity)
  nullId = NO_GROUP
  size = 0

  /** `words`: low and high of each key. */
  insert(words: Uint32Array, n: number, out: Uint32Array): void {
    for (let i = 0; i < n; i++) {
      const low = words[i * 2]!
      const high = words[i * 2 + 1]!
      const slot = this.#place(low, high)
      const tag = this.#slots[slot]!
      out[i] = tag === 0 ? this.#append(slot, low, high) : tag - 1
    }
  }

  find(words: Uint32Array, n: number, out: Uint32Array): void {
    for (let i = 0; i < n; i++) {
      out[i] = this.#slots[this.#place(words[i * 2]!, words[i * 2 + 1]!)]! - 1
    }
  }

  /** Drops the groups whose bit is not set; `map` gets the new id of each old one. */
  compact(live: Uint8Array, map: Uint32Array): void {
    const nullId = this.nullId
    let next = 0
    this.nullId = NO_GROUP
    for (let id = 0; id < this.size; id++) {
      const isLive = ((live[id >> 3]! >> (id & 7)) & 1) === 1
      map[id] = isLive ? next : NO_GROUP
      if (!isLive) continue
      if (id === nullId) this.nullId = next
      this.#low[next] = this.#low[id]!
      this.#high[next] = this.#high[id]!
      next++
    }
    this.size = next
    this.#capacity = 128
    while (next * 2 >= this.#capacity) this.#capacity *= 2
    this.#rebuild()
  }

  insertNull(): number {
    if (this.nullId === NO_GROUP) {
      this.nullId = this.size++
      this.#grow()
    }
    return this.nullId
  }

  #place(low: number, high: number): number {
    const mask = this.#capacity - 1
    let h = Math.imul(low ^ Math.imul(high, 0x85ebca6b), 0x9e3779b1)
    h ^= h >>> 15
    let slot = h & mask
    for (let tag = this.#slots[slot]!; tag !== 0; tag = this.#slots[slot]!) {
      if (this.#low[tag - 1] === low && this.#high[tag - 1] === high) break
      slot = (slot + 1) & mask
    }
    return slot
  }

  #append(slot: number, low: number, high: number): number {
    const id = this.size++
    this.#low[id] = low
    this.#high[id] = high
    this.#slots[slot] = id + 1
    this.#grow()
    return id
  }

  #grow(): void {
    if (this.size * 2 < this.#capacity) return
    this.#capacity *= 2
    this.#rebuild()
  }

  #rebuild(): void {
    const { size } = this
    this.#slots = new Uint32Array(this.#capacity)
    this.#low = copy(this.#low, this.#capacity)
    this.#high = copy(this.#high, this.#capacity)
    for (let id = 0; id < size; id++) {
      if (id === this.nullId) continue
      // A key is not in the table while it is placed anew, so this finds the empty slot.
      this.#slots[this.#place(this.#low[id]!, this.#high[id]!)] = id + 1
    }
  }
}

function copy(from: Uint32Array, length: number): Uint32Array<ArrayBuffer> {
  const to = new Uint32Array(length)
  to.set(from.length > length ? from.subarray(0, length) : from)
  return to
}

/** Keys of bytes: the text as a Map's key, which is what JavaScript has. */
export class ByteTable {
  readonly #ids = new Map<string, number>()

  get size(): number {
    return this.#ids.size
  }

  insert(offsets: Int32Array, data: Uint8Array, n: number, out: Uint32Array): void {
    const text = Buffer.from(data.buffer, data.byteOffset, data.byteLength)
    for (let i = 0; i < n; i++) {
      const key = text.toString('latin1', offsets[i], offsets[i + 1])
      let id = this.#ids.get(key)
      if (id === undefined) {
        id = this.#ids.size
        this.#ids.set(key, id)
      }
      out[i] = id
    }
  }

  find(key: Uint8Array): number {
    return this.#ids.get(Buffer.from(key).toString('latin1')) ?? NO_GROUP
  }
}
