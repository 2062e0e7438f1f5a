// Compaction of an index of keys against a list of keys: when it looks, what it drops, and which ids the others
// have then.
import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { int32 } from '../../src/columnar/type.ts'
import { Vector } from '../../src/columnar/vector.ts'
import { Kernels } from '../../src/kernels/module.ts'
import { NO_GROUP } from '../../src/kernels/group-table.ts'
import { KeyCompaction } from '../../src/state/key-compaction.ts'
import { KeyIndex } from '../../src/state/key-index.ts'

const kernels = new Kernels()

/** Rounds: so many keys come, and then some of all that are there are alive. */
const rounds = fc.array(
  fc.record({
    coming: fc.integer({ min: 0, max: 40 }),
    alive: fc.array(fc.boolean(), { minLength: 200, maxLength: 200 }),
    isHalf: fc.boolean(),
  }),
  { minLength: 1, maxLength: 5 },
)

it('drops dead keys when they are the half, and looks when there are twice as many', () => {
  fc.assert(
    fc.property(rounds, fc.integer({ min: 1, max: 30 }), (steps, keysMin) => {
      const mark = kernels.mark()
      const index = new KeyIndex(kernels, [int32()])
      const compaction = new KeyCompaction(kernels, keysMin)
      let [next, lookAt] = [0, keysMin]
      let held: number[] = []
      const insert = (keys: readonly number[]): number[] => {
        const values = kernels.put(new Uint8Array(Int32Array.from(keys).buffer))
        const column = new Vector({ type: int32(), length: keys.length, values })
        const ids = index.insert([column], keys.length)
        return [...kernels.u32.subarray(ids >>> 2, (ids >>> 2) + keys.length)]
      }
      for (const { coming, alive, isHalf } of steps) {
        const fresh = Array.from({ length: coming }, () => next++)
        insert(fresh)
        held.push(...fresh)
        const isAlive = held.map((_, id) => alive[id]! && (!isHalf || id % 2 === 0))
        const left = held.filter((_, id) => isAlive[id])
        const isDue = held.length >= lookAt
        expect(compaction.isDue(index)).toBe(isDue)
        const told: (readonly number[])[] = []
        compaction.run(index, {
          mark(bits, size) {
            expect(size).toBe(held.length)
            isAlive.forEach((each, id) => {
              kernels.u8[bits + (id >> 3)]! |= Number(each) << (id & 7)
            })
          },
          remap: (map, size) => told.push([...kernels.u32.subarray(map >>> 2, (map >>> 2) + size)]),
        })
        if (isDue && left.length <= held.length / 2) {
          let id = 0
          expect(told).toEqual([isAlive.map((each) => (each ? id++ : NO_GROUP))])
          held = left
        } else expect(told).toEqual([])
        if (isDue) lookAt = Math.max(keysMin, held.length * 2)
        expect(index.size).toBe(held.length)
        expect(insert(held)).toEqual(held.map((_, id) => id))
      }
      index.close()
      kernels.reset(mark)
    }),
  )
})
