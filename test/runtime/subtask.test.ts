// A subtask whose operator makes more of a batch than goes out at once: it is stepped only while there
// is credit, and the batch stays where it is until its work is done.
import { expect, it } from 'vitest'
import { DEFAULT_CONFIG } from '../../src/base/config.ts'
import { BatchBuilder } from '../../src/columnar/batch-builder.ts'
import type { RecordBatch } from '../../src/columnar/record-batch.ts'
import { RowReader } from '../../src/columnar/row-reader.ts'
import { Schema } from '../../src/columnar/schema.ts'
import { int32 } from '../../src/columnar/type.ts'
import type { ChainedOperator } from '../../src/graph/job-graph.ts'
import { Kernels } from '../../src/kernels/module.ts'
import { newMetrics, type Output } from '../../src/operators/operator.ts'
import { LocalChannel } from '../../src/runtime/channel.ts'
import { encodeFrame } from '../../src/runtime/frame.ts'
import { InputGate } from '../../src/runtime/input-gate.ts'
import { OperatorChain } from '../../src/runtime/operator-chain.ts'
import { Partitioner } from '../../src/runtime/partitioner.ts'
import { ProcessingTime } from '../../src/runtime/processing-time.ts'
import { Subtask } from '../../src/runtime/subtask.ts'

const SCHEMA = Schema.of({ n: int32() })
const idle = () => undefined

const described = (name: string, next: readonly number[]): ChainedOperator => ({
  id: name.padEnd(16, '0'),
  name,
  spec: { kind: 'map', closure: true },
  output: SCHEMA.fields,
  next,
})

/** Emits the batch `copies` times, a step each, and then does what `last` says. */
function repeater(output: Output, copies: number, last: () => void = idle) {
  return {
    *processBatch(batch: RecordBatch): Generator<void> {
      for (let i = 0; i < copies; i++) {
        output.emit(batch)
        if (i < copies - 1) yield
      }
      last()
    },
  }
}

/** A subtask between a channel with one credit and another one. */
async function pipeline(copies: readonly number[], last?: () => void) {
  const kernels = new Kernels()
  const gate = new InputGate(kernels, [SCHEMA], idle)
  const into = new LocalChannel(gate, gate.addChannel(0), 1)
  gate.connectLocal(0, into)
  const target = new InputGate(kernels, [SCHEMA], idle)
  const outOf = new LocalChannel(target, target.addChannel(0), 1)
  target.connectLocal(0, outOf)
  const operators = copies.map((_, i) =>
    described(`repeat-${i}`, i + 1 < copies.length ? [i + 1] : []),
  )
  const metrics = operators.map(newMetrics)
  const chain = new OperatorChain({ operators, subtaskIndex: 0, metrics })
  copies.forEach((count, i) =>
    chain.setOperator(i, repeater(chain.output(i), count, i === 0 ? last : idle)),
  )
  const partitioner = new Partitioner(kernels, {
    config: DEFAULT_CONFIG,
    partitioning: { kind: 'global' },
    channels: [outOf],
    subtaskIndex: 0,
    maxParallelism: 128,
    closures: new Map(),
  })
  chain.addPartitioner(copies.length - 1, partitioner)
  const clock = { now: () => 0, monotonic: () => 0, schedule: () => idle }
  const place = { subtaskIndex: 0, parallelism: 1, maxParallelism: 128 }
  const subtask = new Subtask({
    task: 'under test' as never,
    kernels,
    chain,
    gate,
    metrics,
    reader: undefined,
    place,
    time: new ProcessingTime(clock, idle),
    requestSplit: idle,
    wake: idle,
  })
  await subtask.open()
  const builder = new BatchBuilder(kernels, SCHEMA)
  const send = (n: number): void => {
    builder.append({ n })
    into.sendFrame(encodeFrame(kernels, builder.finish(), undefined))
  }
  const reader = new RowReader(kernels, SCHEMA)
  const received = (): unknown[] => {
    const event = target.next()
    if (event?.kind !== 'batch') return []
    const rows = reader.rows(event.batch)
    target.done()
    return rows
  }
  return { subtask, into, send, received }
}

it('the rest of a batch waits for credit, and its own credit goes back when it is done', async () => {
  const { subtask, into, send, received } = await pipeline([3])
  send(7)
  expect([subtask.step(), subtask.quiet, into.credits]).toEqual([true, false, 0])
  // The first copy took the credit; the second is made, and waits.
  expect([subtask.step(), subtask.step(), subtask.step()]).toEqual([true, false, false])
  expect([received(), subtask.step(), into.credits]).toEqual([[{ n: 7 }], true, 1])
  expect([received(), received()]).toEqual([[{ n: 7 }], []])
  expect([subtask.step(), received(), subtask.quiet]).toEqual([false, [{ n: 7 }], true])
  send(8)
  expect([subtask.step(), received()]).toEqual([true, [{ n: 8 }]])
  await subtask.close()
})

it('behind another operator of its chain a batch is worked off at once', async () => {
  const { subtask, send, received } = await pipeline([1, 3])
  send(7)
  expect(subtask.step()).toBe(true)
  const all: unknown[] = []
  for (let i = 0; i < 3; i++) {
    all.push(...received())
    expect(subtask.step()).toBe(false)
  }
  expect(all).toEqual([{ n: 7 }, { n: 7 }, { n: 7 }])
  await subtask.close()
})

it('what fails in the rest of a batch names its operator', async () => {
  const { subtask, send, received } = await pipeline([2], () => {
    throw new Error('too much')
  })
  send(7)
  subtask.step()
  received()
  subtask.step()
  expect([subtask.state, (subtask.error as Error).message]).toEqual([
    'failed',
    "operator 'repeat-0', subtask 0: too much",
  ])
  await subtask.close()
})
