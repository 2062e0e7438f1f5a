// Rows of a user's iterable become batches: full ones at once, others after a short time on a clock
// that the test owns; nothing is pulled that there is no room for.
import { describe, expect, it } from 'vitest'
import type { Clock } from '../../src/base/clock.ts'
import { DEFAULT_CONFIG } from '../../src/base/config.ts'
import { RowReader } from '../../src/columnar/row-reader.ts'
import { Schema } from '../../src/columnar/schema.ts'
import { int32 } from '../../src/columnar/type.ts'
import type { PollResult, SourceReader } from '../../src/connectors/connector.ts'
import { iterableSource, type RowsFunction } from '../../src/connectors/iterable.ts'
import { Kernels } from '../../src/kernels/module.ts'
import { newMetrics } from '../../src/operators/operator.ts'

const kernels = new Kernels()
const schema = Schema.of({ id: int32() })

class TestClock implements Clock {
  time = 0
  timers: { at: number; callback: () => void }[] = []
  now = (): number => this.time
  monotonic = (): number => this.time
  schedule(delayMs: number, callback: () => void): () => void {
    const timer = { at: this.time + delayMs, callback }
    this.timers.push(timer)
    return () => {
      this.timers = this.timers.filter((other) => other !== timer)
    }
  }
  advance(ms: number): void {
    this.time += ms
    const due = this.timers.filter(({ at }) => at <= this.time)
    this.timers = this.timers.filter(({ at }) => at > this.time)
    for (const { callback } of due) callback()
  }
}

function readerOf(rows: RowsFunction, clock = new TestClock(), batchRows = 4): SourceReader {
  const context = { kernels, schema, subtaskIndex: 0, parallelism: 1, metrics: newMetrics() }
  const source = iterableSource({ flushMs: 10 }, rows, clock)
  const reader = source.reader({ ...context, config: { ...DEFAULT_CONFIG, batchRows } })
  void reader.open({ id: 'rows' })
  return reader
}

const idsOf = (polled: PollResult): unknown[] | 'split-ended' =>
  polled === 'split-ended'
    ? polled
    : new RowReader(kernels, schema).rows(polled).map((row) => row['id'])

async function next(reader: SourceReader): Promise<unknown[] | 'split-ended'> {
  for (;;) {
    const polled = reader.poll()
    if (!(polled instanceof Promise)) return idsOf(polled)
    await polled
  }
}

async function all(reader: SourceReader): Promise<unknown[]> {
  const batches: unknown[] = []
  for (let ids = await next(reader); ids !== 'split-ended'; ids = await next(reader)) {
    batches.push(ids)
  }
  await reader.close()
  return batches
}

const rowsUpTo = (n: number): { id: number }[] => Array.from({ length: n }, (_, id) => ({ id }))
const macrotask = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

describe('an iterable source', () => {
  it('takes rows or arrays of rows, async or not, and makes full batches', async () => {
    const whole = [[0, 1, 2, 3], [4, 5, 6, 7], [8]]
    async function* rows(): AsyncGenerator<unknown> {
      yield* rowsUpTo(9)
    }
    async function* arrays(): AsyncGenerator<unknown> {
      yield rowsUpTo(9).slice(0, 1)
      yield []
      yield rowsUpTo(9).slice(1)
    }
    expect(await all(readerOf(rows))).toEqual(whole)
    expect(await all(readerOf(arrays))).toEqual(whole)
    expect(await all(readerOf(rowsUpTo(9)))).toEqual(whole)
    expect(await all(readerOf([rowsUpTo(5), rowsUpTo(4)]))).toEqual([
      [0, 1, 2, 3],
      [4, 0, 1, 2],
      [3],
    ])
    expect(await all(readerOf([]))).toEqual([])
  })

  it('hands on what there is when no more comes for a while', async () => {
    const clock = new TestClock()
    let more: (() => void) | undefined
    const reader = readerOf(async function* () {
      yield* rowsUpTo(2)
      await new Promise<void>((resolve) => {
        more = resolve
      })
      yield { id: 9 }
    }, clock)
    const first = next(reader)
    await macrotask()
    clock.advance(9)
    await macrotask()
    clock.advance(1)
    expect(await first).toEqual([0, 1])
    more!()
    expect(await next(reader)).toEqual([9])
    expect(await next(reader)).toBe('split-ended')
    expect(clock.timers).toEqual([])
    await reader.close()
  })

  it('pulls only what it has room for', async () => {
    let pulled = 0
    const reader = readerOf(function* () {
      for (; ; pulled++) yield { id: pulled }
    })
    await macrotask()
    expect(pulled).toBe(3)
    expect(await next(reader)).toEqual([0, 1, 2, 3])
    await macrotask()
    expect(pulled).toBe(7)
    await reader.close()
    await macrotask()
    expect(pulled).toBe(7)
  })

  it("lets the iterable's finally run when it is closed, waiting or not", async () => {
    const ended: string[] = []
    const waiting = readerOf(async function* () {
      try {
        for (;;) yield { id: 1 }
      } finally {
        ended.push('waiting for room')
      }
    })
    await macrotask()
    await waiting.close()
    await macrotask()
    expect(ended).toEqual(['waiting for room'])
  })

  it('fails with what the iterable throws, after the rows before it', async () => {
    const cause = new Error('socket closed')
    const reader = readerOf(async function* () {
      yield { id: 1 }
      throw cause
    })
    expect(await next(reader)).toEqual([1])
    await expect(next(reader)).rejects.toMatchObject({ code: 'USER_CODE_FAILED', cause })
    await reader.close()
  })

  it('refuses what is no iterable, and rows that do not fit', async () => {
    await expect(next(readerOf(5 as never))).rejects.toThrow(/not number$/)
    await expect(next(readerOf(() => null as never))).rejects.toThrow(/not null$/)
    await expect(next(readerOf([{ id: 1 }, { id: 'x' }]))).resolves.toEqual([1])
    const reader = readerOf([{ id: 'x' }])
    await expect(next(reader)).rejects.toMatchObject({ code: 'TYPE_MISMATCH' })
  })
})
