// What holds for every property test: 1,000 random cases unless the test says another number, and why.
// A failure prints the seed and the path to its shrunk counterexample; `fc.assert(…, { seed, path })`, with
// what it printed, runs that case alone.
import * as fc from 'fast-check'

fc.configureGlobal({ numRuns: 1_000 })
