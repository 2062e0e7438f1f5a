// Asynchronous calls as plain lists: what one subtask puts out, and when, whatever settles when. The operator
// is held against it step by step (async-wait.test.ts).

export interface ModelOptions {
  readonly ordered: boolean
  readonly capacity: number
  readonly timeoutMs: number
  readonly attempts: number
  readonly delayMs: number
  readonly backoff: number
  readonly hasOnTimeout: boolean
  readonly onError: 'skip' | 'side'
}

export interface ModelRow {
  readonly id: number
  /** The function answers at once. */
  readonly now: boolean
}

/** What a try came to: that many rows, a bad answer, or an error that is worth another try or not. */
export type Outcome = number | 'bad' | 'soft' | 'hard'

interface Entry extends ModelRow {
  state: 'waiting' | 'running' | 'delayed' | 'done'
  attempt: number
  deadlineMs: number
  retryAtMs: number
  out: readonly string[]
}

/** What came between two rows counts as it was in the end. */
interface Mark {
  watermarkMs?: number
  idle?: boolean
}

type Item = Entry | Mark

const isEntry = (item: Item): item is Entry => 'id' in item

/** What is put out for a row: `id.number`. */
export const resultsOf = (id: number, count: number): string[] =>
  Array.from({ length: count }, (_, i) => `${id}.${i}`)

export class Model {
  /** The calls that were made: `id, try 1`. */
  calls: string[] = []
  /** What came out: results, 'side id', 'w 5', 'idle', 'active'. */
  out: string[] = []
  readonly #options: ModelOptions
  #items: Item[]
  #inbox: { id: number; attempt: number; outcome: Outcome }[] = []
  #lastMs = -Infinity
  #isIdle = false
  nowMs: number

  constructor(options: ModelOptions, nowMs: number, items: readonly Item[] = []) {
    this.#options = options
    this.nowMs = nowMs
    this.#items = items.flatMap(fresh)
    for (const item of this.#items) if (!isEntry(item)) this.#lastMs = item.watermarkMs!
  }

  /** Rows that are not out, and what lies between them. */
  get kept(): readonly Item[] {
    return this.#items
  }

  get rows(): readonly ModelRow[] {
    return this.#items.filter(isEntry)
  }

  get isFull(): boolean {
    return this.rows.length >= this.#options.capacity
  }

  push(rows: readonly ModelRow[]): void {
    this.#items.push(...rows.map(entryOf))
    this.run()
  }

  watermark(watermarkMs: number): void {
    if (watermarkMs <= this.#lastMs) return
    this.#lastMs = watermarkMs
    this.#mark({ watermarkMs })
    this.run()
  }

  idle(idle: boolean): void {
    this.#mark({ idle })
    this.run()
  }

  #mark(mark: Mark): void {
    const last = this.#items.at(-1)
    if (last === undefined || isEntry(last)) this.#items.push(mark)
    else Object.assign(last, mark)
  }

  /** A try has settled; the operator hears of it with the next mail. */
  settle(id: number, attempt: number, outcome: Outcome): void {
    this.#inbox.push({ id, attempt, outcome })
  }

  mail(): void {
    const inbox = this.#inbox
    this.#inbox = []
    for (const { id, attempt, outcome } of inbox) {
      const entry = this.#items.find((item): item is Entry => isEntry(item) && item.id === id)
      if (entry?.state === 'running' && entry.attempt === attempt) this.#settled(entry, outcome)
    }
    this.run()
  }

  /** Time goes on, millisecond by millisecond. */
  time(toMs: number): void {
    // A delay of 0 is due at once.
    for (;;) {
      for (const entry of this.#items.filter(isEntry)) {
        if (entry.state !== 'running' && entry.state !== 'delayed') continue
        if (entry.deadlineMs <= this.nowMs) this.#timedOut(entry)
        else if (entry.state === 'delayed' && entry.retryAtMs <= this.nowMs) this.#invoke(entry)
      }
      this.run()
      if (this.nowMs === toMs) return
      this.nowMs++
    }
  }

  /** Everything that may go out goes, and calls start, until nothing changes. */
  run(): void {
    for (;;) {
      const item = this.#next()
      if (item !== undefined) {
        this.#items.splice(this.#items.indexOf(item), 1)
        this.#put(item)
        continue
      }
      const entries = this.#items.filter(isEntry)
      const started = entries.filter(({ state }) => state !== 'waiting')
      const first = entries[started.length]
      if (first === undefined || started.length >= this.#options.capacity) return
      first.deadlineMs = this.nowMs + this.#options.timeoutMs
      this.#invoke(first)
    }
  }

  #next(): Item | undefined {
    const [head] = this.#items
    if (head === undefined || !isEntry(head)) return head
    if (this.#options.ordered) return head.state === 'done' ? head : undefined
    for (const item of this.#items) {
      if (!isEntry(item)) return undefined
      if (item.state === 'done') return item
    }
    return undefined
  }

  #put(item: Item): void {
    if (isEntry(item)) this.out.push(...item.out)
    else {
      if (item.watermarkMs !== undefined) {
        this.#say(false)
        this.out.push(`w ${item.watermarkMs}`)
      }
      if (item.idle !== undefined) this.#say(item.idle)
    }
  }

  #say(idle: boolean): void {
    if (idle !== this.#isIdle) this.out.push(idle ? 'idle' : 'active')
    this.#isIdle = idle
  }

  #invoke(entry: Entry): void {
    entry.attempt++
    entry.state = 'running'
    this.calls.push(`${entry.id}, try ${entry.attempt}`)
    if (entry.now) this.#settled(entry, 1)
  }

  #settled(entry: Entry, outcome: Outcome): void {
    const { attempts, delayMs, backoff } = this.#options
    if (entry.attempt < attempts && (outcome === 'bad' || outcome === 'soft')) {
      entry.state = 'delayed'
      entry.retryAtMs = this.nowMs + delayMs * backoff ** (entry.attempt - 1)
    } else if (outcome === 'bad') this.#done(entry, [`${entry.id}.bad`])
    else if (typeof outcome === 'number') this.#done(entry, resultsOf(entry.id, outcome))
    else this.#failed(entry)
  }

  #timedOut(entry: Entry): void {
    if (this.#options.hasOnTimeout) this.#done(entry, [`${entry.id}.timeout`])
    else this.#failed(entry)
  }

  #failed(entry: Entry): void {
    this.#done(entry, this.#options.onError === 'side' ? [`side ${entry.id}`] : [])
  }

  #done(entry: Entry, out: readonly string[]): void {
    entry.state = 'done'
    entry.out = out
  }
}

const entryOf = ({ id, now }: ModelRow): Entry => ({
  id,
  now,
  state: 'waiting',
  attempt: 0,
  deadlineMs: Infinity,
  retryAtMs: Infinity,
  out: [],
})

/** What a snapshot keeps: rows, and watermarks but the last. */
function fresh(item: Item): Item[] {
  if (isEntry(item)) return [entryOf(item)]
  const { watermarkMs } = item
  return watermarkMs === undefined || watermarkMs === Infinity ? [] : [{ watermarkMs }]
}
