// The structured serializer: any plain value comes back equal; what is no plain value is refused by name.
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { structured } from '../../src/state/serializer.ts'

const serializer = structured<unknown>()
const roundTrip = (value: unknown): unknown =>
  serializer.deserialize(serializer.serialize(value), serializer.version)

const plain = fc.anything({
  withBigInt: true,
  withDate: true,
  withMap: true,
  withSet: true,
  withTypedArray: false,
  withSparseArray: false,
  withNullPrototype: false,
})

describe('structured()', () => {
  it('gives any plain value back', () => {
    fc.assert(
      fc.property(plain, (value) => {
        serializer.check!(value)
        expect(roundTrip(value)).toEqual(value)
      }),
      { numRuns: 1_000 },
    )
  })

  it('gives back what is special', () => {
    const value = [-0, NaN, Infinity, undefined, '\ud800', 2 ** 53, new Uint8Array([1, 2])]
    expect(roundTrip(value)).toEqual(value)
    const proto = JSON.parse('{"__proto__": 1}') as object
    expect(Object.keys(roundTrip(proto) as object)).toEqual(['__proto__'])
  })

  class Money {
    add(): void {}
  }
  const cycle: unknown[] = []
  cycle.push(cycle)

  it.each([
    ['a function', { tax: function tax() {} }, "function 'tax'"],
    ['a symbol', [Symbol('s')], 'Symbol(s)'],
    ['an instance of a class', new Map([[1, new Money()]]), 'an instance of class Money'],
    ['a cycle', cycle, 'a value that contains itself'],
  ])('refuses %s', (_what, value, message) => {
    expect(() => serializer.serialize(value)).toThrow(message)
    // A cycle is found when the state is written: check() looks at a bounded number of values.
    if (value !== cycle) expect(() => serializer.check!(value)).toThrow(message)
  })
})
