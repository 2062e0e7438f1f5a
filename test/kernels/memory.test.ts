// Linear memory: blocks of it up to the limit, taken a few times at once.
import { describe, expect, it } from 'vitest'
import { Kernels } from '../../src/kernels/module.ts'

const MEBIBYTE = 2 ** 20

describe('linear memory', () => {
  it('gives blocks up to its limit, and says so when that is reached', () => {
    const limit = 40 * MEBIBYTE
    const kernels = new Kernels(undefined, limit)
    let taken = 0
    const fill = () => {
      for (; taken < 100; taken++) kernels.allocate(MEBIBYTE)
    }
    expect(fill).toThrow(expect.objectContaining({ code: 'MEMORY_EXHAUSTED' }))
    // A growth by half of what there was would have ended at 36.
    expect(taken).toBeGreaterThanOrEqual(38)
    expect(taken).toBeLessThanOrEqual(40)
  })

  it('grows seldom: views are detached a few times on the way to a gigabyte', () => {
    const kernels = new Kernels()
    let growths = 0
    let bytes = kernels.memoryBytes
    for (let taken = 0; taken < 1_000; taken++) {
      kernels.allocate(MEBIBYTE)
      if (kernels.memoryBytes === bytes) continue
      bytes = kernels.memoryBytes
      growths++
    }
    expect(growths).toBeLessThanOrEqual(15)
  })
})
