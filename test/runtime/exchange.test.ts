// Partitioners, channels and gates against what an exchange must keep, under seeded interleavings: some
// producers and consumers in one slot, some in another, on a port that delivers late but in order.
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DEFAULT_CONFIG, type JobConfig } from '../../src/base/config.ts'
import { BatchBuilder } from '../../src/columnar/batch-builder.ts'
import { RowReader } from '../../src/columnar/row-reader.ts'
import { Schema } from '../../src/columnar/schema.ts'
import { int32, nullable, utf8 } from '../../src/columnar/type.ts'
import type { Partitioning } from '../../src/graph/job-graph.ts'
import { Kernels } from '../../src/kernels/module.ts'
import { LocalChannel, type OutputChannel, RemoteChannel } from '../../src/runtime/channel.ts'
import { InputGate } from '../../src/runtime/input-gate.ts'
import { Partitioner } from '../../src/runtime/partitioner.ts'
import type { BetweenSlots, Port } from '../../src/runtime/slot-protocol.ts'

const ownerOf = (key: string | null, consumers: number): number => (key ?? 'z').length % consumers
const CLOSURES = new Map<string, unknown>([['partitioner', ownerOf]])

const SCHEMA = Schema.of({ producer: int32(), sequence: int32(), key: nullable(utf8()) })

interface Row {
  producer: number
  sequence: number
  key: string | null
}

/** Two ends of a pipe whose messages arrive when the test says so. */
class Pipe {
  readonly ends: readonly [Port, Port]
  readonly #queues: [BetweenSlots[], BetweenSlots[]] = [[], []]
  readonly #listeners: (((message: never) => void) | undefined)[] = [undefined, undefined]

  constructor() {
    const end = (index: 0 | 1): Port => ({
      postMessage: (message, transfer = []) => {
        this.#queues[index].push(
          structuredClone(message as BetweenSlots, { transfer: [...transfer] }),
        )
      },
      onMessage: (listener) => {
        this.#listeners[1 - index] = listener
      },
      close: () => undefined,
    })
    this.ends = [end(0), end(1)]
  }

  /** Delivers the oldest message of one direction. */
  deliver(direction: 0 | 1): boolean {
    const message = this.#queues[direction].shift()
    if (message === undefined) return false
    this.#listeners[direction]!(message as never)
    return true
  }
}

interface Plan {
  readonly producers: number
  readonly consumers: number
  readonly partitioning: Partitioning
  readonly credits: number
  readonly batches: readonly (readonly (string | null)[])[]
  readonly schedule: readonly number[]
}

const plan: fc.Arbitrary<Plan> = fc.record({
  producers: fc.integer({ min: 1, max: 3 }),
  consumers: fc.integer({ min: 1, max: 3 }),
  partitioning: fc.constantFrom<Partitioning>(
    { kind: 'hash', keys: ['key'] },
    { kind: 'rebalance' },
    { kind: 'broadcast' },
    { kind: 'global' },
    { kind: 'rescale' },
    { kind: 'shuffle' },
    { kind: 'custom', by: 'partitioner', column: 'key' },
  ),
  credits: fc.integer({ min: 1, max: 3 }),
  batches: fc.array(
    fc.array(fc.constantFrom('a', 'b', 'c', 'd', 'e', '', null), { minLength: 1, maxLength: 40 }),
    { maxLength: 12 },
  ),
  schedule: fc.array(fc.nat(1_000_000), { minLength: 50, maxLength: 200 }),
})

/** Everything in slot 0 but the odd consumers, which are in slot 1. */
function run({ producers, consumers, partitioning, credits, batches, schedule }: Plan): {
  received: Row[][]
  watermarks: number[][]
  sent: Row[]
  maxQueued: number
} {
  const config: JobConfig = { ...DEFAULT_CONFIG, channelCredits: credits }
  const slots = [new Kernels(), new Kernels()] as const
  const pipe = new Pipe()
  const gates = Array.from({ length: consumers }, (_, c) => {
    return new InputGate(slots[c % 2]!, [SCHEMA], () => undefined)
  })
  const remotes = new Map<number, RemoteChannel>()
  const targets = new Map<number, { gate: InputGate; index: number }>()
  const queued = new Map<number, number>()
  let maxQueued = 0
  const partitioners = Array.from({ length: producers }, (_, p) => {
    const channels = gates.map((gate, c): OutputChannel => {
      const index = gate.addChannel(0)
      if (c % 2 === 0) {
        const local = new LocalChannel(gate, index, credits)
        gate.connectLocal(index, local)
        return local
      }
      const channel = p * consumers + c
      gate.connectRemote(index, pipe.ends[1], channel)
      targets.set(channel, { gate, index })
      const remote = new RemoteChannel(slots[0], pipe.ends[0], channel, credits)
      remotes.set(channel, remote)
      return remote
    })
    const edge = { partitioning, channels, subtaskIndex: p, maxParallelism: 128 }
    return new Partitioner(slots[0], { ...edge, config, closures: CLOSURES })
  })
  pipe.ends[1].onMessage((message: BetweenSlots) => {
    const { gate, index } = targets.get(message.channel)!
    if (message.kind === 'batch') {
      gate.push(index, { kind: 'buffer', buffer: message.buffer, bytes: message.bytes })
      queued.set(message.channel, (queued.get(message.channel) ?? 0) + 1)
      maxQueued = Math.max(maxQueued, queued.get(message.channel)!)
    } else if (message.kind === 'watermark') {
      gate.push(index, { kind: 'watermark', watermarkMs: message.watermarkMs })
    } else if (message.kind === 'end') gate.push(index, { kind: 'end' })
  })
  pipe.ends[0].onMessage((message: BetweenSlots) => {
    if (message.kind !== 'credit') return
    queued.set(message.channel, queued.get(message.channel)! - 1)
    remotes.get(message.channel)!.onCredit(message.buffer)
  })

  const sent: Row[] = []
  const received: Row[][] = gates.map(() => [])
  const watermarks: number[][] = gates.map(() => [])
  const next = partitioners.map(() => 0)
  const ended = partitioners.map(() => false)
  const sequence = partitioners.map(() => 0)
  const produce = (p: number): boolean => {
    if (ended[p]! || !partitioners[p]!.ready) return false
    const kernels = slots[0]
    const mark = kernels.mark()
    const keys = batches.filter((_, i) => i % producers === p)[next[p]!]
    if (keys === undefined) {
      partitioners[p]!.emitWatermark(Infinity)
      partitioners[p]!.end()
      ended[p] = true
      return true
    }
    next[p]!++
    const builder = new BatchBuilder(kernels, SCHEMA)
    for (const key of keys) {
      const row = { producer: p, sequence: sequence[p]!++, key }
      sent.push(row)
      builder.append(row)
    }
    partitioners[p]!.emit(builder.finish())
    partitioners[p]!.emitWatermark(sequence[p]!)
    kernels.reset(mark)
    return true
  }
  const done = gates.map(() => false)
  const consume = (c: number): boolean => {
    if (done[c]!) return false
    const event = gates[c]!.next()
    if (event === undefined) return false
    if (event.kind === 'batch') {
      received[c]!.push(
        ...(new RowReader(slots[c % 2]!, SCHEMA).rows(event.batch) as unknown as Row[]),
      )
      gates[c]!.done()
    } else if (event.kind === 'watermark') watermarks[c]!.push(event.watermarkMs)
    else if (event.kind === 'end') done[c] = true
    return true
  }
  const actions: (() => boolean)[] = [
    ...partitioners.map((_, p) => () => produce(p)),
    // A producer that only drains is what the subtask's readiness check does.
    ...partitioners.map((partitioner) => () => !partitioner.ready && false),
    ...gates.map((_, c) => () => consume(c)),
    () => pipe.deliver(0),
    () => pipe.deliver(1),
  ]
  for (const pick of schedule) actions[pick % actions.length]!()
  // Then fairly, until nothing moves any more.
  for (let moved = true; moved;) moved = actions.map((act) => act()).some(Boolean)
  expect(done.every(Boolean)).toBe(true)
  for (const kernels of slots) expect(kernels.exports.allocated()).toBeLessThanOrEqual(4 << 20)
  return { received, watermarks, sent, maxQueued }
}

const text = (row: Row): string => `${row.producer}:${row.sequence}:${row.key}`

describe('exchange', () => {
  it('delivers each row to the right consumers, in order, within its credits', () => {
    fc.assert(
      fc.property(plan, (given) => {
        const { received, watermarks, sent, maxQueued } = run(given)
        const all = received.flat().map(text).sort()
        const copies = given.partitioning.kind === 'broadcast' ? given.consumers : 1
        expect(all).toEqual(sent.flatMap((row) => Array(copies).fill(text(row)) as string[]).sort())
        // In order a producer and consumer.
        for (const rows of received) {
          for (let p = 0; p < given.producers; p++) {
            const numbers = rows.filter((row) => row.producer === p).map((row) => row.sequence)
            expect(numbers).toEqual(numbers.toSorted((a, b) => a - b))
          }
        }
        for (const rising of watermarks) {
          expect(rising).toEqual([...new Set(rising)].sort((a, b) => a - b))
        }
        expect(maxQueued).toBeLessThanOrEqual(given.credits)
        if (given.partitioning.kind === 'global') expect(received.slice(1).flat()).toEqual([])
        if (given.partitioning.kind === 'custom') {
          received.forEach((rows, consumer) => {
            for (const { key } of rows) expect(ownerOf(key, given.consumers)).toBe(consumer)
          })
        }
        if (given.partitioning.kind !== 'hash') return
        const owners = new Map<string | null, number>()
        received.forEach((rows, consumer) => {
          for (const { key } of rows) {
            expect(owners.get(key) ?? consumer).toBe(consumer)
            owners.set(key, consumer)
          }
        })
      }),
      { numRuns: 1_000 },
    )
  })

  it('splits a batch that is longer than a frame may be, and names the bound for one long record', () => {
    const kernels = new Kernels()
    const gate = new InputGate(kernels, [SCHEMA], () => undefined)
    const local = new LocalChannel(gate, gate.addChannel(0), 1_000)
    gate.connectLocal(0, local)
    const config: JobConfig = { ...DEFAULT_CONFIG, frameBytesMax: 2_000 }
    const partitioner = new Partitioner(kernels, {
      config,
      partitioning: { kind: 'global' },
      channels: [local],
      subtaskIndex: 0,
      maxParallelism: 128,
      closures: new Map(),
    })
    const builder = new BatchBuilder(kernels, SCHEMA)
    const rows = Array.from({ length: 100 }, (_, i) => ({
      producer: 0,
      sequence: i,
      key: 'x'.repeat(50),
    }))
    for (const row of rows) builder.append(row)
    partitioner.emit(builder.finish())
    const got: unknown[] = []
    for (let event = gate.next(); event !== undefined; event = gate.next()) {
      if (event.kind === 'batch') got.push(...new RowReader(kernels, SCHEMA).rows(event.batch))
      gate.done()
    }
    expect(got).toEqual(rows)
    builder.append({ producer: 0, sequence: 0, key: 'x'.repeat(5_000) })
    expect(() => partitioner.emit(builder.finish())).toThrow(/a frame at most 2000.*frameBytesMax/)
  })
})
