// A job module of the tests: two functions that a worker must find again.
import { defineJob, int32 } from '../../src/index.ts'

// oxlint-disable-next-line import/no-default-export -- a job is a default export
export default defineJob((env) => {
  env
    .fromAsyncIterable(() => [{ n: 1 }, { n: 2 }, { n: 3 }], { schema: { n: int32() } })
    .union(env.fromCollection([{ n: 5 }], { schema: { n: int32() } }))
    .filter((row) => row.n % 2 === 1)
    .print()
})
