// Functions of two streams' rows as functions of rows that have the columns of both: those of the left one
// under 'left:name', those of the right one under 'right:name'.
import { adapted, type Call, lifeOf } from './function-adapters.ts'
import { functionInstance } from './function-instance.ts'
import type { BaseContext, Collector, RichFunction } from './functions.ts'
import type { JoinContext, OneSide, ProcessJoinFunction } from './join-functions.ts'

/** Names of the columns of both sides. */
export type SideNames = readonly [readonly string[], readonly string[]]

type Row = Record<string, unknown>

/** Makes a function of one subtask. */
type Factory = () => RichFunction & { readonly [method: string]: unknown }

const PREFIXES = ['left:', 'right:'] as const

/** What a side's column is called among those of both. */
export const sideColumn = (side: 0 | 1, name: string): string => PREFIXES[side] + name

/** Columns that say when the rows of a pair were, milliseconds. */
export const PAIR_TIMES = ['left$time', 'right$time'] as const

/** A column that says which side a row is of: true of the right one. */
export const IS_RIGHT = 'isRight'

/** Gives a side's row out of one that has the columns of both. */
function splitter(side: 0 | 1, names: SideNames): (row: Row) => Row {
  const pairs = names[side].map((name) => [name, sideColumn(side, name)] as const)
  return (row) => {
    const own: Row = {}
    for (const [name, column] of pairs) own[name] = row[column]
    return own
  }
}

/** A ProcessJoinFunction as one of joined rows. */
export const processJoinFunction =
  (given: unknown, names: SideNames): Factory =>
  () => {
    const own = functionInstance<ProcessJoinFunction<Row, Row, unknown>>(given)
    const [left, right] = [splitter(0, names), splitter(1, names)]
    return {
      ...lifeOf(own),
      processElement(row: Row, context: BaseContext, out: Collector<unknown>) {
        const [leftMs, rightMs] = PAIR_TIMES.map((name) => Number(row[name])) as [number, number]
        const pair: JoinContext = {
          leftTimestamp: () => leftMs,
          rightTimestamp: () => rightMs,
          timestamp: () => Math.max(leftMs, rightMs),
          output: (tag, side) => context.output(tag, side),
        }
        own.instance.processElement(left(row), right(row), pair, out)
      },
    }
  }

/** The gap of a session over both sides' rows, from a function of one side's row (OneSide). */
export function gapOfSides(gap: (row: never) => number, names: SideNames): (row: Row) => number {
  const [left, right] = [splitter(0, names), splitter(1, names)]
  const own = gap as (row: OneSide<Row, Row>) => number
  return (row) => own(row[IS_RIGHT] === true ? { right: right(row) } : { left: left(row) })
}

/** A CoGroupFunction, or a plain function, as a function over the window of rows of both sides. */
export const coGroupFunction = (given: unknown, names: SideNames): Factory =>
  overBoth(given, 'coGroup', names, (call, left, right, out) => {
    call(left, right, out)
  })

/**
 * A JoinFunction or FlatJoinFunction, or a plain function, as a function over the window of rows of both
 * sides. It gives a row, or collects any number: who has a parameter to collect by may give none.
 */
export const joinFunction = (given: unknown, names: SideNames): Factory =>
  overBoth(given, 'join', names, (call, left, right, out) => {
    const isFlat = call.length > 2
    for (const l of left) {
      for (const r of right) {
        const row = call(l, r, out)
        if (row !== undefined || !isFlat) out.collect(row ?? noRow())
      }
    }
  })

const noRow = (): never => {
  throw new TypeError(
    'a join gave no row for a pair: return one, or collect any number of them with a third ' +
      'parameter: (left, right, out) => out.collect(...)',
  )
}

function overBoth(
  given: unknown,
  method: string,
  names: SideNames,
  run: (call: Call, left: Row[], right: Row[], out: Collector<unknown>) => void,
): Factory {
  return () => {
    const { calls, open, close } = adapted(given, [method])
    const [left, right] = [splitter(0, names), splitter(1, names)]
    return {
      open,
      close,
      process(_key: unknown, _context: unknown, rows: readonly Row[], out: Collector<unknown>) {
        const lefts = rows.filter((row) => row[IS_RIGHT] === false).map(left)
        const rights = rows.filter((row) => row[IS_RIGHT] === true).map(right)
        run(calls[0]!, lefts, rights, out)
      },
    }
  }
}
