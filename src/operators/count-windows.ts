// Aggregates by key over a number of rows: the last `size` of a key, each `slide` rows. After Flink's
// countWindow().
//
//   a key's row   | pane 0 | pane 1 | ... | trigger's words      panes: accumulators of so many rows
//
// CW1  A pane takes as many rows as size and slide have as their greatest divisor; a key has as many as
//      make a window, in a ring. Windows side by side are one pane.
// CW2  The first windows of a key have fewer rows than the others when the slide is less than the size.
// CW3  Rows that fill no window are never emitted, as in Flink.
import { assert } from '../base/assert.ts'
import type { StateWriter } from '../checkpoint/operator-state.ts'
import type { RecordBatch } from '../columnar/record-batch.ts'
import { ringRows, triggerWords } from '../kernels/trigger.ts'
import { countRounds } from './count-rounds.ts'
import { FiredCopies } from './fired-copies.ts'
import type { Operator, OperatorContext, Output } from './operator.ts'
import { setTriggerWords, TRIGGER_FIELDS, triggerColumns } from './trigger-state.ts'
import { WindowInput } from './window-input.ts'
import { closeSlices, openSlices, type SliceParts } from './window-parts.ts'
import { type CountWindowSpec, countWindowPart, type WindowAggregateSpec } from './window-spec.ts'
import { WindowState } from './window-state.ts'

interface State extends SliceParts {
  /** All keys' rows. */
  readonly slice: number
  readonly copies: FiredCopies
}

/** Where the number of panes that a key has filled is, in the words behind its panes. */
const FILLED_PANES = 8

export class CountWindows implements Operator {
  readonly #context: OperatorContext
  readonly #output: Output
  readonly #input: WindowInput
  readonly #tables: WindowState
  /** Rows of a pane, panes of a window, panes from one window to the next. */
  readonly #paneRows: number
  readonly #panes: number
  readonly #perSlide: number
  readonly #stride: number
  #state: State | undefined

  constructor(
    spec: WindowAggregateSpec & { readonly window: CountWindowSpec },
    context: OperatorContext,
    output: Output,
  ) {
    const { size, slide = size } = spec.window
    this.#context = context
    this.#output = output
    this.#input = new WindowInput(spec, context, output)
    this.#paneRows = countWindowPart(spec.window)
    this.#panes = size / this.#paneRows
    this.#perSlide = slide / this.#paneRows
    const { aggregation, keyColumns } = this.#input
    this.#stride = aggregation.template.length
    this.#tables = new WindowState({ context, aggregation, keyColumns, own: TRIGGER_FIELDS })
  }

  open(): void {
    const { aggregation } = this.#input
    const options = {
      context: this.#context,
      output: this.#output,
      input: this.#input,
      isTimed: false,
    }
    const panes = Array.from({ length: this.#panes }, () => [...aggregation.template]).flat()
    const row = Uint8Array.from([...panes, ...triggerWords(0n)])
    const parts = openSlices(options, row, { size: 1n, offset: 0n, multiplier: 1n })
    const copies = new FiredCopies(this.#context, parts.program, aggregation)
    this.#state = { ...parts, slice: parts.slices.detached(), copies }
    this.#restore()
  }

  processBatch(batch: RecordBatch): void {
    const { kernels } = this.#context
    const { keys, slices, slice, program, results } = this.#opened()
    const input = this.#input
    const n = batch.rowCount
    const dense = input.dense(batch)
    const ids = keys.insert(input.keyColumns.map(dense), n)
    const rows = kernels.scratch(n * 4)
    slices.rowsOf(slice, ids, n, rows)
    const of = { rows, n, offset: this.#offset }
    const counted = countRounds(kernels, of, this.#paneRows)
    const ring = { stride: this.#stride, slots: this.#panes }
    const panes = ringRows(kernels, of, counted.rounds, ring)
    input.bind(program, dense, n)
    const completed: number[] = []
    for (const { number, kept, completing } of counted.each()) {
      input.updateBound(program, panes, kept, n)
      this.#fire(
        completing.filter((row) => (this.#filled(rows, row) + number + 1) % this.#perSlide === 0),
        { number, rows, ids },
      )
      this.#emptyNext(completing, number, rows)
      completed.push(...completing)
    }
    for (const row of completed) {
      const at = (kernels.u32[rows / 4 + row]! + this.#offset + FILLED_PANES) / 8
      kernels.i64[at]! += 1n
    }
    if (results.length > 0) this.#flush()
  }

  snapshot(into: StateWriter): void {
    const { kernels } = this.#context
    const { keys, slice, walk } = this.#opened()
    walk.walk(slice, (n) => {
      const { ids, rows } = walk
      for (let pane = 0; pane < this.#panes; pane++) {
        const mark = kernels.mark()
        const own = triggerColumns(kernels, { rows, n, offset: this.#offset }, pane)
        const accumulators = this.#paneOf(rows, n, () => pane)
        this.#tables.write(into, keys, { ids, rows: accumulators, own, n })
        kernels.reset(mark)
      }
    })
  }

  close(): void {
    if (this.#state === undefined) return
    const { copies } = this.#state
    closeSlices(this.#state)
    copies.close()
    this.#state = undefined
  }

  #opened(): State {
    assert(this.#state !== undefined, 'a window operator is used while it is open')
    return this.#state
  }

  /** Where the words of a key's row are. */
  get #offset(): number {
    return this.#stride * this.#panes
  }

  #restore(): void {
    const { kernels } = this.#context
    const { keys, slices, slice, program } = this.#opened()
    const mark = kernels.mark()
    for (const { ids, own, n, fill } of this.#tables.read(keys)) {
      const rows = kernels.scratch(n * 4)
      slices.rowsOf(slice, ids, n, rows)
      setTriggerWords(kernels, { rows, n, offset: this.#offset }, own)
      const panes = own[0]!.values / 8
      fill(
        program,
        this.#paneOf(rows, n, (row) => Number(kernels.i64[panes + row]!)),
      )
    }
    kernels.reset(mark)
  }

  /** How many panes a row's key had filled before this batch. */
  #filled(rows: number, row: number): number {
    const { kernels } = this.#context
    const at = (kernels.u32[rows / 4 + row]! + this.#offset + FILLED_PANES) / 8
    return Number(kernels.i64[at]!)
  }

  /** Pointers to one pane of each row. */
  #paneOf(rows: number, n: number, pane: (row: number) => number): number {
    const { kernels } = this.#context
    const out = kernels.scratch(n * 4)
    const view = kernels.u32
    for (let i = 0; i < n; i++) {
      view[out / 4 + i] = view[rows / 4 + i]! + pane(i) * this.#stride
    }
    return out
  }

  /** Merges the panes of windows that are complete, the oldest first. */
  #fire(
    complete: readonly number[],
    { number, rows, ids }: { number: number; rows: number; ids: number },
  ): void {
    const { kernels } = this.#context
    const { program, results, copies } = this.#opened()
    for (let at = 0; at < complete.length;) {
      if (results.room === 0) this.#flush()
      const some = complete.slice(at, at + results.room)
      at += some.length
      const view = kernels.u32
      some.forEach((row, i) => {
        view[results.ids / 4 + i] = view[ids / 4 + row]!
      })
      copies.fresh(some.length, results.rows)
      const lists = kernels.scratch(some.length * 8)
      for (let age = this.#panes - 1; age >= 0; age--) {
        const [from, to] = [lists / 4, lists / 4 + some.length]
        const pointers = kernels.u32
        let n = 0
        some.forEach((row, i) => {
          const pane = this.#filled(rows, row) + number - age
          if (pane < 0) return
          const key = pointers[rows / 4 + row]!
          pointers[from + n] = key + (pane % this.#panes) * this.#stride
          pointers[to + n++] = pointers[results.rows / 4 + i]!
        })
        const overflow = program.merge(lists, lists + some.length * 4, n)
        if (overflow !== undefined) throw this.#input.aggregation.overflow(overflow)
      }
      results.added(some.length)
    }
  }

  /** Empties the panes behind those that are full: the next rows go there. */
  #emptyNext(full: readonly number[], number: number, rows: number): void {
    if (full.length === 0) return
    const { kernels } = this.#context
    const list = kernels.scratch(full.length * 4)
    const view = kernels.u32
    full.forEach((row, i) => {
      const pane = (this.#filled(rows, row) + number + 1) % this.#panes
      view[list / 4 + i] = view[rows / 4 + row]! + pane * this.#stride
    })
    this.#opened().copies.reset({ rows: list, n: full.length, offset: 0 })
  }

  #flush(): void {
    const { results, copies } = this.#opened()
    results.flush()
    copies.clear()
  }
}
