// The generated tables of the kernels are what their generator writes, on a Node of the same
// Unicode.
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { KERNEL_TABLES } from '../../scripts/kernel-tables.ts'

describe('kernel tables', () => {
  for (const [path, table] of Object.entries(KERNEL_TABLES)) {
    const committed = readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')
    const unicode = /^\/\/ Unicode ([0-9.]+)/.exec(committed)?.[1]
    const isOther = unicode !== undefined && unicode !== process.versions['unicode']

    it.skipIf(isOther)(`${path} is as generated`, () => {
      expect(committed).toBe(table())
    })
  }
})
