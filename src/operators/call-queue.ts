// The calls of an asynchronous operator in the order of their rows, with the watermarks and the idleness that
// came between them. After Flink's OrderedStreamElementQueue and UnorderedStreamElementQueue.
//
//   head  call  call  |watermark|  call  call  call  |watermark|  call  tail
//         started: at most the capacity, done or not       waiting
//
// CQ1  What came between two calls is one mark: there are never more marks than calls, and one.
// CQ2  Ordered: the head goes out, once it is done. Unordered: any done call before the first mark does, and
//      the mark when there is none left before it. So no watermark overtakes a row, or is overtaken by one.
// CQ3  Calls start in the order of their rows, whatever marks lie between.
import { assert } from '../base/assert.ts'
import type { CurrentTime } from './event-times.ts'
import type { AsyncContext } from './functions.ts'
import type { Row } from './visible-rows.ts'

abstract class Link {
  previous: Element | undefined
  next: Element | undefined
}

/** The call of one row. */
export class Call extends Link implements AsyncContext {
  readonly row: Row
  readonly time: CurrentTime | undefined
  state: 'waiting' | 'running' | 'delayed' | 'done' = 'waiting'
  /** Marks that had come before it. */
  segment = 0
  attempt = 0
  deadlineMs = Infinity
  /** Of a delayed call. */
  retryAtMs = Infinity
  /** The rows that it became. */
  results: readonly unknown[] = []
  /** What it failed with, when that goes to a side output. */
  failure: string | undefined
  #controller: AbortController | undefined

  constructor(row: Row, time: CurrentTime | undefined) {
    super()
    this.row = row
    this.time = time
  }

  get signal(): AbortSignal {
    this.#controller ??= new AbortController()
    return this.#controller.signal
  }

  abort(reason: unknown): void {
    this.#controller?.abort(reason)
  }
}

/** What came between two calls. */
export class Mark extends Link {
  watermarkMs: number | undefined
  idle: boolean | undefined
}

export type Element = Call | Mark

export class CallQueue {
  /** Calls that have not gone out. */
  size = 0
  /** Those of them that were started. */
  started = 0
  readonly #isOrdered: boolean
  #head: Element | undefined
  #tail: Element | undefined
  #waiting: Call | undefined
  #marks = 0
  #headSegment = 0
  /** Unordered: done calls before the first mark. */
  #ready: Call[] = []

  constructor(isOrdered: boolean) {
    this.#isOrdered = isOrdered
  }

  /** No call, and no mark. */
  get isEmpty(): boolean {
    return this.#head === undefined
  }

  add(call: Call): void {
    call.segment = this.#marks
    this.#append(call)
    this.size++
    this.#waiting ??= call
  }

  /** The mark behind the last call. */
  mark(): Mark {
    if (this.#tail instanceof Mark) return this.#tail
    const mark = new Mark()
    this.#append(mark)
    this.#marks++
    return mark
  }

  /** The next call to start. */
  start(): Call | undefined {
    const call = this.#waiting
    if (call === undefined) return undefined
    let next = call.next
    while (next instanceof Mark) next = next.next
    this.#waiting = next
    this.started++
    return call
  }

  done(call: Call): void {
    assert(call.state !== 'done', 'a call is done twice')
    call.state = 'done'
    if (!this.#isOrdered && call.segment === this.#headSegment) this.#ready.push(call)
  }

  /** Takes out what may go now. */
  next(): Element | undefined {
    const element = this.#isOrdered ? this.#head : (this.#ready.shift() ?? this.#head)
    if (element === undefined) return undefined
    if (element instanceof Call) {
      if (element.state !== 'done') return undefined
      this.size--
      this.started--
    }
    this.#remove(element)
    if (element instanceof Mark) this.#nextSegment()
    return element
  }

  /** All that is in it, first to last. */
  *elements(): Iterable<Element> {
    for (let element = this.#head; element !== undefined; element = element.next) yield element
  }

  /** Started calls that are not done. */
  *pending(): Iterable<Call> {
    for (let element = this.#head; element !== undefined; element = element.next) {
      if (element instanceof Mark) continue
      if (element.state === 'waiting') return
      if (element.state !== 'done') yield element
    }
  }

  #nextSegment(): void {
    this.#headSegment++
    if (this.#isOrdered) return
    for (let element = this.#head; element instanceof Call; element = element.next) {
      if (element.state === 'done') this.#ready.push(element)
    }
  }

  #append(element: Element): void {
    element.previous = this.#tail
    if (this.#tail === undefined) this.#head = element
    else this.#tail.next = element
    this.#tail = element
  }

  #remove(element: Element): void {
    const { previous, next } = element
    if (previous === undefined) this.#head = next
    else previous.next = next
    if (next === undefined) this.#tail = previous
    else next.previous = previous
    element.previous = element.next = undefined
  }
}
