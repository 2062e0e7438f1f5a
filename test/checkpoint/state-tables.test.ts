// Tables of state, written by some subtasks and read back by others, against arrays of rows.
import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { BatchBuilder } from '../../src/columnar/batch-builder.ts'
import { RowReader } from '../../src/columnar/row-reader.ts'
import { Schema } from '../../src/columnar/schema.ts'
import { int64, nullable, utf8 } from '../../src/columnar/type.ts'
import { RestoredState, SnapshotWriter } from '../../src/checkpoint/state-tables.ts'
import { partitionByKey } from '../../src/columnar/key-partition.ts'
import { Kernels } from '../../src/kernels/module.ts'

const MAX_PARALLELISM = 16
const SCHEMA = Schema.of({ key: nullable(utf8()), value: int64() })
const kernels = new Kernels()

interface Entry {
  readonly key: string | null
  readonly value: bigint
}

/** The subtask that owns a row's key. */
function ownerOf(row: Entry, parallelism: number): number {
  const mark = kernels.mark()
  const builder = new BatchBuilder(kernels, SCHEMA)
  builder.append(row)
  const parts = partitionByKey(kernels, builder.finish(), [0], {
    maxParallelism: MAX_PARALLELISM,
    targets: parallelism,
  })
  kernels.reset(mark)
  return parts.findIndex(({ length }) => length > 0)
}

/** Writes each subtask's rows in batches of three; reads them back in another number of subtasks. */
function moved(
  write: (writer: SnapshotWriter, batch: ReturnType<BatchBuilder['finish']>) => void,
  rows: readonly (readonly Entry[])[],
  parallelism: number,
): readonly Entry[][] {
  const snapshots = rows.map((own, subtaskIndex) => {
    const place = { subtaskIndex, parallelism: rows.length, maxParallelism: MAX_PARALLELISM }
    const writer = new SnapshotWriter(kernels, place)
    const builder = new BatchBuilder(kernels, SCHEMA)
    for (let from = 0; from < own.length; from += 3) {
      const mark = kernels.mark()
      own.slice(from, from + 3).forEach((row) => builder.append(row))
      write(writer, builder.finish())
      kernels.reset(mark)
    }
    return writer.finish()
  })
  const copies = structuredClone(snapshots)
  return Array.from({ length: parallelism }, (_, subtaskIndex) => {
    const place = { subtaskIndex, parallelism, maxParallelism: MAX_PARALLELISM }
    const reader = new RowReader(kernels, SCHEMA)
    const found: Entry[] = []
    for (const batch of new RestoredState(kernels, copies, place).table('rows')) {
      found.push(...(reader.rows(batch) as unknown as Entry[]))
    }
    return found
  })
}

const sorted = (rows: readonly Entry[]): string[] => rows.map((r) => `${r.key} ${r.value}`).sort()

const entry = fc.record({
  key: fc.option(fc.stringMatching(/^[a-z]{0,4}$/)),
  value: fc.bigInt({ min: -5n, max: 5n }),
})
const entries = fc.array(entry, { maxLength: 30 })
const counts = fc.integer({ min: 1, max: 5 })

it('a keyed row comes back to the owner of its key, at any parallelism', () => {
  fc.assert(
    fc.property(entries, counts, counts, (rows, before, after) => {
      const dealt = Array.from({ length: before }, (_, i) =>
        rows.filter((row) => ownerOf(row, before) === i),
      )
      const back = moved((writer, batch) => writer.keyed('rows', batch, [0]), dealt, after)
      expect(sorted(back.flat())).toEqual(sorted(rows))
      back.forEach((own, i) => own.forEach((row) => expect(ownerOf(row, after)).toBe(i)))
    }),
  )
})

it('list rows stay while the parallelism does, and are dealt out evenly when it changes', () => {
  fc.assert(
    fc.property(fc.array(entries, { minLength: 1, maxLength: 4 }), counts, (rows, after) => {
      const back = moved((writer, batch) => writer.list('rows', batch), rows, after)
      if (after === rows.length) {
        expect(back).toEqual(rows)
        return
      }
      expect(sorted(back.flat())).toEqual(sorted(rows.flat()))
      const sizes = back.map((own) => own.length)
      expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1)
    }),
  )
})

it('union rows come back to everybody', () => {
  fc.assert(
    fc.property(fc.array(entries, { minLength: 1, maxLength: 4 }), counts, (rows, after) => {
      const back = moved((writer, batch) => writer.union('rows', batch), rows, after)
      for (const own of back) expect(sorted(own)).toEqual(sorted(rows.flat()))
    }),
  )
})
