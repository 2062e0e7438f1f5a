// What functions of two streams' rows become: of the pairs of an interval join, behind that join; of the
// rows of a key and window, a window over one stream of both sides' rows, each with the columns of both.
import { DataflowError } from '../base/errors.ts'
import { type DataType, type Fields, sameType, timestamp, typeName } from '../columnar/type.ts'
import {
  coGroupFunction,
  gapOfSides,
  IS_RIGHT,
  joinFunction,
  PAIR_TIMES,
  processJoinFunction,
  sideColumn,
  type SideNames,
} from '../operators/join-adapters.ts'
import type { IntervalBounds, JoinRequest } from './join.ts'
import { joinedInInterval } from './join-planning.ts'
import { timedSides } from './join-sides.ts'
import { literalOf, nullLiteral } from './literal.ts'
import { EVENT_TIME, type LogicalStream, refuseUpdating } from './logical-stream.ts'
import { type FunctionOptions, planProcess } from './process-planning.ts'
import { planRowWindow } from './row-window-planning.ts'
import { checkKeys, type WindowSettings } from './window-planning.ts'

export interface JoinFunctionRequest {
  readonly closure: unknown
  readonly schema: Fields
  readonly options: FunctionOptions
}

/** A stream and the columns by which its rows meet those of another. */
export interface KeyedSide {
  readonly stream: LogicalStream
  readonly keys: readonly string[]
}

const namesOf = (sides: readonly [KeyedSide, KeyedSide]): SideNames => [
  sides[0].stream.visible.names,
  sides[1].stream.visible.names,
]

/** `on` of a join, of the keys in their order. @throws TYPE_MISMATCH for keys that are not as many */
export function keyPairs([left, right]: readonly [KeyedSide, KeyedSide]): JoinRequest['on'] {
  if (left.keys.length !== right.keys.length) {
    throw new DataflowError(
      'TYPE_MISMATCH',
      `one side has the key (${left.keys.join(', ')}), the other one (${right.keys.join(', ')}): ` +
        'give as many columns',
    )
  }
  return Object.fromEntries(left.keys.map((key, i) => [key, right.keys[i]!]))
}

/** @throws CONFIG_INVALID for what is no ProcessJoinFunction; as planIntervalJoin */
export function planProcessJoin(
  sides: readonly [KeyedSide, KeyedSide],
  bounds: IntervalBounds,
  { closure, schema, options }: JoinFunctionRequest,
  location: string | undefined,
): LogicalStream {
  const isFunction = typeof closure === 'function'
  if (
    !isFunction &&
    typeof (closure as { processElement?: unknown }).processElement !== 'function'
  ) {
    throw new DataflowError(
      'CONFIG_INVALID',
      'a ProcessJoinFunction has a method processElement(), and this has none; give an object, a ' +
        'class or a factory',
    )
  }
  const [left, right] = sides
  const request = { on: keyPairs(sides), ...bounds }
  const { joined, naming } = joinedInInterval(left.stream, right.stream, request, location)
  const columns = naming.columns.map(({ name, side, column }) => ({
    name: sideColumn(side, column),
    expression: { kind: 'column', name } as const,
  }))
  const times = (['$leftTime', '$rightTime'] as const).map((name, i) => ({
    name: PAIR_TIMES[i]!,
    expression: {
      kind: 'cast',
      input: { kind: 'column', name },
      to: timestamp('ms'),
      try: false,
    } as const,
  }))
  return planProcess({
    inputs: [
      {
        stream: joined.select([...columns, ...times], location),
        keys: [],
        method: 'processElement',
      },
    ],
    closure: processJoinFunction(closure, namesOf(sides)),
    schema,
    name: 'Process join',
    function: 'ProcessJoinFunction',
    options,
    location,
  })
}

/** Which function sees the rows of a key and window: all of both sides at once, or pair by pair. */
export type OverBothSides = 'coGroup' | 'join'

/** @throws GRAPH_INVALID without event time, CONFIG_INVALID, TYPE_MISMATCH, COLUMN_NOT_FOUND */
export function planCoGroup(
  kind: OverBothSides,
  sides: readonly [KeyedSide, KeyedSide],
  settings: Omit<WindowSettings, 'keys'>,
  { closure, schema, options }: JoinFunctionRequest,
  location: string | undefined,
): LogicalStream {
  for (const { stream, keys } of sides) {
    refuseUpdating(stream, `a ${kind} in windows`)
    checkKeys(keys, stream.visible)
  }
  checkKeyTypes(sides)
  const isMethod = typeof (closure as Record<string, unknown> | null)?.[kind] === 'function'
  if (typeof closure !== 'function' && !isMethod) {
    throw new DataflowError(
      'CONFIG_INVALID',
      `a function of ${kind}() has a method ${kind}(), and this has none; give a function, an object or a class`,
    )
  }
  if (schema === undefined) {
    throw new DataflowError(
      'CONFIG_INVALID',
      `${kind}().apply() needs the columns of the rows that come out: apply(fn, { n: int32() })`,
    )
  }
  const names = namesOf(sides)
  const both = bothSides(sides, location)
  const made = kind === 'coGroup' ? coGroupFunction(closure, names) : joinFunction(closure, names)
  const keys = sides[0].keys.map((_, i) => keyName(i))
  const { gap } = settings
  const gaps = gap === undefined ? {} : { gap: gapOfSides(gap, names) }
  return planRowWindow(
    both,
    { ...settings, ...gaps, keys },
    {
      function: kind === 'coGroup' ? 'CoGroupFunction' : 'JoinFunction',
      functions: { window: { kind: 'process', given: made } },
      schema,
      options,
      location,
    },
  )
}

const keyName = (i: number): string => `key${i}`

/** One stream of both sides' rows: its keys, whose a row is, and the columns of both. */
function bothSides(
  sides: readonly [KeyedSide, KeyedSide],
  location: string | undefined,
): LogicalStream {
  const isTimed = sides.every(({ stream }) => stream.eventTime !== undefined)
  const [left, right] = sides.map(({ stream }) => stream) as [LogicalStream, LogicalStream]
  const timed = isTimed ? timedSides(left, right, location) : { streams: [left, right], time: [] }
  const columnsOf = (side: 0 | 1) => {
    const isRight = { name: IS_RIGHT, expression: literalOf(side === 1) }
    const keys = sides[side].keys.map((key, i) => ({
      name: keyName(i),
      expression: { kind: 'column', name: key } as const,
    }))
    const own = ([0, 1] as const).flatMap((each) =>
      sides[each].stream.visible.fields.map(({ name, type }) => ({
        name: sideColumn(each, name),
        expression: each === side ? ({ kind: 'column', name } as const) : nullLiteral(type),
      })),
    )
    const time = timed.time[side]
    const times =
      time === undefined
        ? []
        : [{ name: EVENT_TIME, expression: { kind: 'column', name: time } as const }]
    return [isRight, ...keys, ...own, ...times]
  }
  const [first, second] = ([0, 1] as const).map((side) =>
    timed.streams[side]!.plannedSelect(
      columnsOf(side),
      location,
      isTimed ? { kind: 'column', name: EVENT_TIME } : undefined,
    ),
  ) as [LogicalStream, LogicalStream]
  return first.union([second], location)
}

function checkKeyTypes(sides: readonly [KeyedSide, KeyedSide]): void {
  const pairs = Object.entries(keyPairs(sides)) as [string, string][]
  for (const [left, right] of pairs) {
    const types = [
      sides[0].stream.visible.field(left).type,
      sides[1].stream.visible.field(right).type,
    ]
    const [a, b] = types as [DataType, DataType]
    if (sameType(a, b)) continue
    throw new DataflowError(
      'TYPE_MISMATCH',
      `'${left}' is ${typeName(a)}, and '${right}' is ${typeName(b)}: keys of the same types meet; ` +
        `cast one of them before: withColumn('${left}', (r) => r.${left}.cast(...))`,
      { context: { column: left } },
    )
  }
}
