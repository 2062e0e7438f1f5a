// The end of a chain: turns batches into frames for the subtasks of the next vertex, and sends them as
// far as there is credit.
//
// P1  A row goes to exactly one channel (to all of them when broadcast), and rows of one key always to
//     the same one: key group = hash mod maxParallelism, owner = floor(group * parallelism / max).
// P2  What has no credit waits here, in order; while anything waits, the subtask takes no more input,
//     so at most what one batch or one step of a firing window made is waiting.
// P3  Watermarks and the end stay behind the batches they followed, channel by channel.
import { DataflowError } from '../base/errors.ts'
import type { RecordBatch, Selection } from '../columnar/record-batch.ts'
import type { JobConfig } from '../base/config.ts'
import type { Partitioning } from '../graph/job-graph.ts'
import type { Kernels } from '../kernels/module.ts'
import type { OutputChannel } from './channel.ts'
import { encodeFrame, type Frame } from './frame.ts'
import { type RowTargets, rowTargets } from './row-targets.ts'

type Waiting =
  | { readonly kind: 'frame'; readonly frame: Frame }
  | { readonly kind: 'watermark'; readonly watermarkMs: number }
  | { readonly kind: 'idle'; readonly idle: boolean }
  | { readonly kind: 'end' }

interface Lane {
  readonly channel: OutputChannel
  readonly waiting: Waiting[]
}

/** What a partitioner is told of its edge. */
export interface PartitionerOptions {
  readonly config: JobConfig
  readonly partitioning: Partitioning
  readonly channels: readonly OutputChannel[]
  readonly subtaskIndex: number
  /** Key groups of the consumers. */
  readonly maxParallelism: number
  /** The user's functions, by operator id. */
  readonly closures: ReadonlyMap<string, unknown>
}

export class Partitioner {
  readonly #kernels: Kernels
  readonly #config: JobConfig
  readonly #partitioning: Partitioning
  readonly #lanes: readonly Lane[]
  readonly #rowTargets: RowTargets | undefined
  #next: number
  #waiting = 0

  constructor(kernels: Kernels, options: PartitionerOptions) {
    const { config, partitioning, channels, subtaskIndex } = options
    this.#kernels = kernels
    this.#config = config
    this.#partitioning = partitioning
    this.#lanes = channels.map((channel) => ({ channel, waiting: [] }))
    this.#rowTargets = rowTargets(partitioning, { kernels, targets: channels.length, ...options })
    this.#next = subtaskIndex % Math.max(1, channels.length)
  }

  /** True when everything was sent: only then may the subtask go on. */
  get ready(): boolean {
    return this.#waiting === 0 || this.#drain()
  }

  emit(batch: RecordBatch): void {
    if (batch.rowCount === 0) return
    const { kind } = this.#partitioning
    if (kind === 'broadcast') {
      for (const lane of this.#lanes) this.#sendRows(lane, batch, batch.selection)
    } else if (kind === 'rebalance' || kind === 'rescale') {
      this.#sendRows(this.#lanes[this.#next]!, batch, batch.selection)
      this.#next = (this.#next + 1) % this.#lanes.length
    } else if (this.#rowTargets !== undefined) {
      this.#emitRows(batch, this.#rowTargets)
    } else {
      this.#sendRows(this.#lanes[0]!, batch, batch.selection)
    }
  }

  emitWatermark(watermarkMs: number): void {
    for (const lane of this.#lanes) this.#send(lane, { kind: 'watermark', watermarkMs })
  }

  emitIdle(idle: boolean): void {
    for (const lane of this.#lanes) this.#send(lane, { kind: 'idle', idle })
  }

  end(): void {
    for (const lane of this.#lanes) this.#send(lane, { kind: 'end' })
  }

  /** Gives back what never went out. */
  close(): void {
    for (const lane of this.#lanes) {
      for (const element of lane.waiting) {
        if (element.kind === 'frame') this.#kernels.release(element.frame.ptr)
      }
      lane.waiting.length = 0
    }
    this.#waiting = 0
  }

  #emitRows(batch: RecordBatch, targetsOf: RowTargets): void {
    const mark = this.#kernels.mark()
    targetsOf(batch).forEach((rows, target) => {
      if (rows.length > 0) this.#sendRows(this.#lanes[target]!, batch, rows)
    })
    this.#kernels.reset(mark)
  }

  /** Sends the rows as one frame, or as several when that would be longer than a frame may be. */
  #sendRows(lane: Lane, batch: RecordBatch, rows: Selection | undefined): void {
    const frame = encodeFrame(this.#kernels, batch, rows)
    if (frame.bytes <= this.#config.frameBytesMax) {
      this.#send(lane, { kind: 'frame', frame })
      return
    }
    this.#kernels.release(frame.ptr)
    const count = rows?.length ?? batch.length
    if (count === 1) throw this.#tooLarge(frame.bytes)
    if (rows !== undefined) {
      const half = count >> 1
      this.#sendRows(lane, batch, { rows: rows.rows, length: half })
      this.#sendRows(lane, batch, { rows: rows.rows + half * 4, length: count - half })
    } else if (count <= 8) {
      const mark = this.#kernels.mark()
      const one = this.#kernels.scratch(count * 4)
      this.#kernels.u32.set(
        Array.from({ length: count }, (_, row) => row),
        one >>> 2,
      )
      for (let row = 0; row < count; row++) {
        this.#sendRows(lane, batch, { rows: one + row * 4, length: 1 })
      }
      this.#kernels.reset(mark)
    } else {
      // A slice starts at a whole byte of the bitmaps.
      const half = Math.max(8, (count >> 1) & ~7)
      this.#sendRows(lane, batch.slice(0, half), undefined)
      this.#sendRows(lane, batch.slice(half, count - half), undefined)
    }
  }

  #send(lane: Lane, element: Waiting): void {
    if (lane.waiting.length > 0 || (element.kind === 'frame' && lane.channel.credits === 0)) {
      lane.waiting.push(element)
      this.#waiting++
    } else {
      deliver(lane.channel, element)
    }
  }

  #drain(): boolean {
    for (const lane of this.#lanes) {
      while (lane.waiting.length > 0) {
        if (lane.waiting[0]!.kind === 'frame' && lane.channel.credits === 0) break
        deliver(lane.channel, lane.waiting.shift()!)
        this.#waiting--
      }
    }
    return this.#waiting === 0
  }

  #tooLarge(bytes: number): DataflowError {
    return new DataflowError(
      'RECORD_TOO_LARGE',
      `one record takes ${bytes} bytes and a frame at most ${this.#config.frameBytesMax}; ` +
        `raise frameBytesMax or make the record smaller before it is exchanged`,
    )
  }
}

function deliver(channel: OutputChannel, element: Waiting): void {
  switch (element.kind) {
    case 'frame':
      return channel.sendFrame(element.frame)
    case 'watermark':
      return channel.sendWatermark(element.watermarkMs)
    case 'idle':
      return channel.sendIdle(element.idle)
    case 'end':
      return channel.sendEnd()
  }
}
