// Every benchmark of kernels on one batch: a side that no longer gives the kernel's answer is found here, and not
// when somebody measures. And each kernel is called by one of them, or a line here says why not.
import { readdirSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { compareOnce, type KernelBench } from '../../bench/harness.ts'
import { Kernels } from '../../src/kernels/module.ts'

const FOLDER = new URL('../../bench/kernels/', import.meta.url)
const STEMS = readdirSync(FOLDER)
  .filter((file) => file.endsWith('.bench.ts'))
  .map((file) => file.slice(0, -'.bench.ts'.length))

/** What is not called once a row, with the reason: there is nothing to measure. */
const NO_ROWS: readonly (readonly [RegExp, string])[] = [
  [/^__|^table$/, "the loader's own"],
  [/^ORDER_/, 'numbers'],
  [/(?:Clear|Release|NullId|Count|Late|Heap|Bound|Length|End|Ends|Max|Capacity)$/, 'once a batch'],
  [/^(?:allocated|sessionNextDue|sliceTableAdvance|aggregateOverflowRow)$/, 'once a batch'],
  [/(?:Scan|Restore|Export|Import|Revive|Held|SetFixed|SetBytes)$/, 'snapshots'],
  [/(?:Mark|Remap|Compact|Keys|KeyOffsets|KeyData)$/, 'compactions of keys, and snapshots'],
]

/** Kernels of rows that no benchmark calls: a new one belongs into a benchmark, and not in here. */
const UNMEASURED = [
  'aggregateByteData',
  'aggregateByteOffsets',
  'aggregateEstimate',
  'aggregateMerge',
  'bitmapAll',
  'bitmapSetRange',
  'byteTableFind',
  'changesFirstRows',
  'changesLastRows',
  'changesPresent',
  'chooseBytes',
  'chooseOffsets',
  'countByte',
  'csvEncodeText',
  'decimalCompare',
  'decimalDecode',
  'decimalFromFloat',
  'decimalFromWhole',
  'decimalNegate',
  'decimalScaleDown',
  'decimalToFloat',
  'decimalToWhole',
  'decimalWiden',
  'evenOffsets',
  'float16ToFloat32',
  'generatorEvents',
  'hybridAppendBits',
  'int96ToNanos',
  'lengthsToOffsets',
  'levelsDescend',
  'levelsRepeat',
  'levelsSlots',
  'listItemOffsets',
  'listItemPointers',
  'listTextData',
  'listTextOffsets',
  'lz4Frame',
  'memoryLimit',
  'offsetsAreValid',
  'offsetsNarrow',
  'offsetsOfByte',
  'overSweep',
  'prefixedBytes',
  'prefixedLengths',
  'rescaleDown',
  'ringRows',
  'rowCodecTakeValidity',
  'rowStoreSame',
  'rowsReset',
  'sessionAgain',
  'sessionBounds',
  'spreadBits',
  'spreadOffsets',
  'stringAffixColumns',
  'stringContainsColumns',
  'stringReplaceBytes',
  'takeRebased',
  'temporalTruncateMonths',
  'textFromBool',
  'textProblem',
  'textToBool',
  'topNChanges',
  'triggerFilled',
  'utf8Borders',
]

/** A kernel without its width: of `castI8` and `castI64`, one is measured for both. */
const stemOf = (name: string): string =>
  name.replace(/(?:[IUF]|Fixed)?(?:8|16|32|64|128|1|2)$|Bits$|Bool$|Float32$/, '')

const called = new Set<string>()

/** Kernels that note which of their exports somebody takes. */
class WatchedKernels extends Kernels {
  constructor() {
    super()
    const exports = new Proxy(this.exports, {
      get(target, name) {
        called.add(String(name))
        return Reflect.get(target, name) as unknown
      },
    })
    Object.defineProperty(this, 'exports', { value: exports })
  }
}

describe('the benchmarks of', () => {
  it.each(STEMS)('%s have sides that agree', async (stem) => {
    const url = new URL(`${stem}.bench.ts`, FOLDER)
    const { default: cases } = (await import(url.href)) as { default: readonly KernelBench[] }
    expect(cases.length).toBeGreaterThan(0)
    // The same data again, and more of them.
    const own = cases.filter(({ name }) => !name.endsWith(', from memory'))
    for (const bench of own) await compareOnce(bench, new WatchedKernels())
  })

  it('all kernels, but for those that this file names', () => {
    const stems = new Set([...called].map(stemOf))
    const unmeasured = Object.keys(new Kernels().exports).filter(
      (name) =>
        !called.has(name) &&
        !stems.has(stemOf(name)) &&
        !NO_ROWS.some(([pattern]) => pattern.test(name)),
    )
    // A name that is measured by now goes from the list.
    expect(unmeasured.toSorted()).toEqual(UNMEASURED.toSorted())
  })
})
