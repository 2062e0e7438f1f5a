// The queries of Nexmark as programs of the SDK, over the streams of persons, auctions and bids. What each
// computes is said in Flink's SQL in https://github.com/nexmark/nexmark; docs/nexmark.md says where a rule had
// to be chosen (ties, rounding, order).
//
// NQ1  Streams come with event time: dateTime, at most four seconds out of order.
// NQ2  A result that is updated later is an updating stream; the command line makes final rows of it.
// NQ3  Columns are named and ordered as results are compared; prices are whole cents.
import {
  q0,
  q1,
  q2,
  q5,
  q7,
  q10,
  q11,
  q12,
  q13,
  q14,
  q17,
  q18,
  q19,
  q21,
  q22,
} from './nexmark-bid-queries.ts'
import { q3, q4, q8, q9, q20, q23 } from './nexmark-join-queries.ts'

export const NEXMARK_QUERIES = {
  q0,
  q1,
  q2,
  q3,
  q4,
  q5,
  q7,
  q8,
  q9,
  q10,
  q11,
  q12,
  q13,
  q14,
  q17,
  q18,
  q19,
  q20,
  q21,
  q22,
  q23,
} as const

export type NexmarkQuery = keyof typeof NEXMARK_QUERIES
