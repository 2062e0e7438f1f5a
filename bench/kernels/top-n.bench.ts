// The ten greatest prices of each of 1,000 auctions, price by price. The twin has a sorted array a key.
import { TopNTable } from '../../src/kernels/top-n.ts'
import { TopNTwin } from '../../test/kernels/reference/top-n.ts'
import { kernelBench } from '../harness.ts'

const KEYS = 1_000
const KEEP = { limit: 10, ties: false }

/** Prices as order keys of 8 bytes, big endian; rows are the same bytes. */
function keysOf(prices: Uint32Array): Uint8Array {
  const bytes = new Uint8Array(prices.length * 8)
  const view = new DataView(bytes.buffer)
  prices.forEach((price, row) => view.setUint32(row * 8 + 4, 0xffffffff - price))
  return bytes
}

/** `isPlaced` costs a pass more over rows as short as these; it is for rows that are dear to encode. */
const greatest = (name: string, isPlaced: boolean) =>
  kernelBench({
    name,
    megabytes: 6,
    input: (random, rows) => {
      const prices = random.uint32(rows, 0, 1_000_000)
      const offsets = Int32Array.from({ length: rows + 1 }, (_, row) => row * 8)
      return [random.uint32(rows, 0, KEYS), prices, keysOf(prices), offsets]
    },
    kernel: (kernels) => {
      let table = new TopNTable(kernels)
      const lists = kernels.allocate(KEYS * 4)
      return {
        begin() {
          table.close()
          table = new TopNTable(kernels)
          kernels.u8.fill(0, lists, lists + KEYS * 4)
        },
        run: ({ in: [ids, , orders, offsets], rows }) => {
          const mark = kernels.mark()
          const column = { offsets, values: orders }
          const gone = table.newGone(rows + KEYS * KEEP.limit)
          const coming = { ids, ops: 0, orders: column, rows: column, n: rows }
          if (isPlaced) {
            const staying = table.place(lists, { ...coming, rowOffsets: offsets }, KEEP, gone)
            table.fill(staying.entries, staying.rows, column, staying.length)
          } else table.apply(lists, coming, KEEP, { gone, strict: true })
          table.forget(lists, { ids: 0, count: 0 }, gone)
          kernels.reset(mark)
          return 0
        },
        finish() {
          const mark = kernels.mark()
          const ids = kernels.put(
            new Uint8Array(Uint32Array.from({ length: KEYS }, (_, key) => key).buffer),
          )
          const first = table.first(lists, { ids, count: KEYS }, KEEP)
          const at = table.rows(first.entries, first.length)
          let sum = 0
          for (let i = 0; i < first.length; i++) {
            const row = kernels.u32[(at >>> 2) + i]!
            sum += 0xffffffff - kernels.data.getUint32(row + 4)
          }
          kernels.reset(mark)
          return sum
        },
      }
    },
    twin: () => {
      let twin = new TopNTwin<number>((a, b) => b - a)
      return {
        begin() {
          twin = new TopNTwin<number>((a, b) => b - a)
        },
        run: ({ in: [ids, prices] }) => {
          for (let row = 0; row < ids.length; row++) {
            twin.insert(ids[row]!, prices[row]!, KEEP.limit)
          }
          return 0
        },
        finish: () => twin.lists.flat().reduce((sum, price) => sum + price, 0),
      }
    },
    expect: { twin: isPlaced ? 0.7 : 1 },
  })

/** Values of a key's list, for the look-up by rank. */
const LISTED = 30
const RANKED = 10_000
const FRACTION = 0.9

/** Value number `i` of a key, in no order. */
const listed = (key: number, i: number): number => (key * 7 + i * 7_919) % 100_003

/** The 0.9 quantile of a row's key: the rows below and above are found by rank, and mixed. */
const ranked = kernelBench({
  name: `a quantile of ${RANKED.toLocaleString('en')} keys by rank`,
  input: (random, rows) => [random.uint32(rows, 0, RANKED)],
  output: (rows) => [new Float64Array(rows)],
  kernel: (kernels) => {
    const table = new TopNTable(kernels)
    const lists = kernels.allocate(RANKED * 4)
    kernels.u8.fill(0, lists, lists + RANKED * 4)
    for (let i = 0; i < LISTED; i++) {
      const mark = kernels.mark()
      const values = Uint32Array.from({ length: RANKED }, (_, key) => listed(key, i))
      const orders = kernels.put(keysOf(values.map((value) => 0xffffffff - value)))
      const texts = kernels.put(new Uint8Array(Float64Array.from(values).buffer))
      const offsets = kernels.put(
        new Uint8Array(Int32Array.from({ length: RANKED + 1 }, (_, row) => row * 8).buffer),
      )
      const ids = kernels.put(
        new Uint8Array(Uint32Array.from({ length: RANKED }, (_, key) => key).buffer),
      )
      const coming = {
        ids,
        ops: 0,
        orders: { offsets, values: orders },
        rows: { offsets, values: texts },
        n: RANKED,
      }
      const gone = table.newGone(RANKED)
      table.apply(lists, coming, { limit: LISTED, ties: false }, { gone, strict: true })
      table.forget(lists, { ids: 0, count: 0 }, gone)
      kernels.reset(mark)
    }
    return {
      run({ in: [ids], out: [out], rows }) {
        const mark = kernels.mark()
        const { below, above, between } = table.quantiles(lists, { ids, count: rows }, FRACTION)
        const { u32, f64, data } = kernels
        for (let i = 0; i < rows; i++) {
          const low = data.getFloat64(u32[(below >>> 2) + i]!, true)
          const high = data.getFloat64(u32[(above >>> 2) + i]!, true)
          f64[(out >>> 3) + i] = low + (high - low) * f64[(between >>> 3) + i]!
        }
        kernels.reset(mark)
        return 0
      },
    }
  },
  twin: () => {
    const lists = Array.from({ length: RANKED }, (_, key) =>
      Float64Array.from({ length: LISTED }, (__, i) => listed(key, i)).toSorted(),
    )
    return {
      run({ in: [ids], out: [out], rows }) {
        for (let i = 0; i < rows; i++) {
          const list = lists[ids[i]!]!
          const rank = FRACTION * (list.length - 1)
          const low = list[Math.floor(rank)]!
          const high = list[Math.min(list.length - 1, Math.floor(rank) + 1)]!
          out[i] = low + (high - low) * (rank - Math.floor(rank))
        }
        return 0
      },
    }
  },
  expect: { twin: 0.5 },
})

export default [
  greatest('the 10 greatest of 1,000 keys', false),
  greatest('the same, rows copied when it is known which of them stay', true),
  ranked,
]
