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

export default [
  greatest('the 10 greatest of 1,000 keys', false),
  greatest('the same, rows copied when it is known which of them stay', true),
]
