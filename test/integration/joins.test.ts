// Joins of two streams through the embedded cluster, at several parallelisms, against nested loops.
import { describe, expect, it } from 'vitest'
import { int32, int64, nullable, StreamExecutionEnvironment, utf8 } from '../../src/index.ts'

const PEOPLE = Array.from({ length: 300 }, (_, i) => ({
  id: BigInt(i),
  name: `person ${i}`,
  city: i % 7 === 0 ? null : `city ${i % 11}`,
}))
const SALES = Array.from({ length: 5_000 }, (_, i) => ({
  seller: (i * 31) % 350,
  price: (i * 17) % 400,
}))
const PERSON = { id: int64(), name: utf8(), city: nullable(utf8()) }
const SALE = { seller: int32(), price: int32() }

function streams(parallelism: number) {
  const env = StreamExecutionEnvironment.getExecutionEnvironment({
    parallelism,
    config: { batchRows: 256 },
  })
  return {
    people: env.fromCollection(PEOPLE, { schema: PERSON }),
    sales: env.fromCollection(SALES, { schema: SALE }),
  }
}

const texts = (rows: readonly unknown[]): string[] =>
  rows.map((row) => Object.values(row as object).join(' ')).toSorted()

describe('an unbounded join', () => {
  it.each([1, 2, 4])('of keys of two widths gives the same in %d subtasks', async (parallelism) => {
    const { people, sales } = streams(parallelism)
    const results = sales.join(people, {
      on: { seller: 'id' },
      where: (sale, person) => sale.price.gt(100).and(person.city.isNotNull()),
      select: (sale, person) => ({ name: person.name, city: person.city, price: sale.price }),
    })
    const expected = SALES.flatMap(({ seller, price }) =>
      PEOPLE.filter(({ id, city }) => Number(id) === seller && price > 100 && city !== null).map(
        ({ name, city }) => ({ name, city, price }),
      ),
    )
    expect(texts(await Array.fromAsync(results.collect()))).toEqual(texts(expected))
  })

  it('of a stream with itself meets each row with all of its key', async () => {
    const { people } = streams(2)
    const results = people.join(people, {
      on: { city: 'city' },
      where: (l, r) => l.id.lt(r.id),
      select: (l, r) => ({ city: l.city, first: l.name, second: r.name }),
    })
    const expected = PEOPLE.flatMap((l) =>
      PEOPLE.filter((r) => l.city !== null && l.city === r.city && l.id < r.id).map((r) => ({
        city: l.city,
        first: l.name,
        second: r.name,
      })),
    )
    expect(texts(await Array.fromAsync(results.collect()))).toEqual(texts(expected))
  })
})
