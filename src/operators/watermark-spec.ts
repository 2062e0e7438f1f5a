// What an operator or a source that makes watermarks is told: event time, when a watermark follows from
// it, and when nobody is to wait for it. Data; the SDK's WatermarkStrategy makes it.
import type { Expression } from '../columnar/expression.ts'

export type WatermarkGeneratorSpec =
  /** The greatest time seen, less the bound, less one millisecond. 0: times never fall. */
  | { readonly kind: 'bounded'; readonly maxOutOfOrdernessMs: number }
  /** The time of a row for which `when` is true. */
  | { readonly kind: 'punctuated'; readonly when: Expression }
  /** What the closure's generator says. */
  | { readonly kind: 'custom' }
  /** Only the last watermark (batch mode): times are still checked. */
  | { readonly kind: 'none' }

export interface WatermarkSpec {
  /** Event time over the columns of the rows: a timestamp. */
  readonly time: Expression
  readonly generator: WatermarkGeneratorSpec
  /** Without rows for so long, nobody is to wait; milliseconds of processing time. */
  readonly idleTimeoutMs?: number
}

/** Sources whose watermarks stay close to each other: who is ahead by more than maxDriftMs waits. */
export interface WatermarkAlignment {
  readonly group: string
  readonly maxDriftMs: number
}

/** Watermarks that a source makes, split by split. */
export interface SourceWatermarkSpec extends WatermarkSpec {
  readonly alignment?: WatermarkAlignment
}

/** Event times beyond are refused, milliseconds: the range of JavaScript's Date, exact with any window. */
export const EVENT_TIME_MS_MAX = 8_640_000_000_000_000
