// What plain JavaScript, or a cast, may give the methods of streams and the compiler would refuse: each call says
// what is wrong, what to write instead, and where it stands. None ends in a TypeError of ours.
import { describe, expect, it } from 'vitest'
import * as millrace from '../../src/index.ts'
import {
  api,
  type Case,
  check,
  columns,
  env,
  keyed,
  on,
  SCHEMA,
  stream,
  timed,
  windows,
} from './loose-calls.ts'

const { count, tumble, utf8 } = millrace

describe('keys that are none', () => {
  it.each<Case>([
    ['none', 'GRAPH_INVALID', () => stream['keyBy']!([]), 'keyBy() needs a column'],
    [
      'undefined',
      'GRAPH_INVALID',
      () => stream['keyBy']!(undefined),
      'keyBy() takes names of columns, not undefined; or a callback that gives keys by name',
    ],
    ['a number', 'GRAPH_INVALID', () => stream['keyBy']!(5), 'names of columns, not 5'],
    [
      'an object',
      'GRAPH_INVALID',
      () => stream['keyBy']!({ a: 'a' }),
      'names of columns, not an object with (a)',
    ],
    [
      'two arrays',
      'GRAPH_INVALID',
      () => stream['keyBy']!(['a'], ['b']),
      "names of columns, not ['a']",
    ],
    ['one twice', 'GRAPH_INVALID', () => stream['keyBy']!('a', 'a'), "keyBy() has 'a' twice"],
    [
      'a column without a name',
      'CONFIG_INVALID',
      () => stream['keyBy']!((r: { a: unknown }) => r.a),
      'gives columns by name: (r) => ({ name: r.column }); this gave a column without one',
    ],
    [
      'a callback that gives nothing',
      'CONFIG_INVALID',
      () => stream['keyBy']!(() => undefined),
      'this gave undefined',
    ],
    [
      'no key of a join',
      'GRAPH_INVALID',
      () => stream['join']!(timed)['where']!(),
      'where() takes names of columns, not undefined',
    ],
    [
      'a function as the key of a join',
      'GRAPH_INVALID',
      () => stream['join']!(timed)['where']!('a')['equalTo']!(() => 1),
      'equalTo() takes names of columns, not a function',
    ],
    [
      'no column to drop',
      'COLUMN_NOT_FOUND',
      () => stream['drop']!(undefined),
      'a column is named by a text, and this is undefined',
    ],
  ])('%s: refused', check)

  it('of an array are those of its names', () => {
    timed.keyBy(['a', 'b']).window(tumble('1s')).aggregate({ n: count() }).print()
    expect(env.explain()).toContain('tumbling 1s over at by a, b: count() as n')
  })
})

describe('windows that are none', () => {
  it.each<Case>([
    ['no size', 'CONFIG_INVALID', () => api['tumble']!(), 'size of a tumbling window is undefined'],
    [
      'a size in words',
      'CONFIG_INVALID',
      () => api['tumble']!('10 seconds'),
      "is '10 seconds'; write it as '10s', '1h' or '500ms'",
    ],
    ['a negative size', 'CONFIG_INVALID', () => api['tumble']!('-10s'), 'is -10000 ms; it must be'],
    ['no number', 'CONFIG_INVALID', () => api['tumble']!(NaN), 'is NaN, not a whole number'],
    [
      'an object',
      'CONFIG_INVALID',
      () => api['tumble']!({ size: '10s' }),
      'is an object with (size); write it as',
    ],
    [
      'a mistyped option',
      'CONFIG_INVALID',
      () => api['tumble']!('10s', { timezone: 'Europe/Berlin' }),
      "tumble() has no option 'timezone'. Did you mean 'timeZone'?",
    ],
    [
      'another option',
      'CONFIG_INVALID',
      () => api['cumulate']!('10s', '1s', { lateness: '1s' }),
      "cumulate() has no option 'lateness'. There is: offset, time, timeZone.",
    ],
    [
      'no options',
      'CONFIG_INVALID',
      () => api['tumble']!('10s', '1s'),
      "tumble() takes options, { offset, time, timeZone }, not '1s'",
    ],
    [
      'no slide',
      'CONFIG_INVALID',
      () => api['slide']!('10s', { offset: '1s' }),
      'the slide of a window is an object with (offset)',
    ],
    ['no gap', 'CONFIG_INVALID', () => api['session']!(null), 'the gap of a session is null'],
    [
      'a mistyped gap',
      'CONFIG_INVALID',
      () => api['session']!({ gapp: () => 5 }),
      "session() has no option 'gapp'. Did you mean 'gap'?",
    ],
    [
      'a mistyped clock',
      'CONFIG_INVALID',
      () => api['session']!('5s', { tme: 'processing' }),
      "session() has no option 'tme'. Did you mean 'time'?",
    ],
    ['no window', 'CONFIG_INVALID', () => keyed['window']!(), "a window is tumble('10s'), "],
    ['a size', 'CONFIG_INVALID', () => keyed['window']!('10s'), "and this is '10s' (window() at"],
    [
      'a function',
      'CONFIG_INVALID',
      () => keyed['window']!(tumble),
      'and this is the function tumble',
    ],
    ['none of all', 'CONFIG_INVALID', () => stream['windowAll']!(), '(windowAll() at'],
    [
      'none of a join',
      'CONFIG_INVALID',
      () => stream['join']!(timed)['where']!('a')['equalTo']!('a')['window']!(),
      'and this is undefined (window() at',
    ],
    [
      'a kind of trigger that there is not',
      'CONFIG_INVALID',
      () => windows['trigger']!({ kind: 'cnt', count: 3 }),
      "there is no trigger of kind 'cnt'. Did you mean 'count'?",
    ],
    [
      'a purging trigger of none',
      'CONFIG_INVALID',
      () => api['purgingTrigger']!(),
      'purgingTrigger() takes a trigger, such as countTrigger(100), and this is undefined',
    ],
    [
      'a text for an output tag',
      'CONFIG_INVALID',
      () => windows['sideOutputLateData']!('late'),
      "sideOutputLateData() takes what outputTag('late', { ... }) makes, and this is 'late'",
    ],
    [
      'no aggregates',
      'CONFIG_INVALID',
      () => windows['aggregate']!(),
      'aggregates are given by name, { n: count() }, and this is undefined',
    ],
    [
      'aggregates without names',
      'CONFIG_INVALID',
      () => windows['aggregate']!([count()]),
      'aggregates are given by name',
    ],
    [
      'no function',
      'CONFIG_INVALID',
      () => windows['process']!(),
      'a ProcessWindowFunction has a method process()',
    ],
    [
      'columns without types',
      'SCHEMA_MISMATCH',
      () => windows['apply']!(() => undefined, { key: utf8 }),
      "column 'key' has no type: give each column one, { key: utf8() }",
    ],
    [
      'a mistyped option of a function',
      'CONFIG_INVALID',
      () => windows['apply']!(() => undefined, SCHEMA, { onErorr: 'skip' }),
      "the WindowFunction has no option 'onErorr'. Did you mean 'onError'?",
    ],
    [
      'a policy that there is not',
      'CONFIG_INVALID',
      () => windows['apply']!(() => undefined, SCHEMA, { onError: 'skp' }),
      "onError is 'fail', 'skip' or what outputTag() makes, and this is 'skp'",
    ],
  ])('%s: refused', check)
})

describe('joins that are none', () => {
  const join = (name: string, options: unknown, right: unknown = timed) =>
    stream[name]!(right, options)
  const window = tumble('1s')

  it.each<Case>([
    [
      'no options',
      'CONFIG_INVALID',
      () => join('windowJoin', undefined),
      'windowJoin() takes options, { on, type, where, select, window }, not undefined',
    ],
    [
      'no stream',
      'CONFIG_INVALID',
      () => stream['windowJoin']!(undefined, { on, window }),
      'windowJoin() takes a stream, not undefined',
    ],
    [
      'a keyed stream',
      'CONFIG_INVALID',
      () => join('windowJoin', { on, window }, keyed),
      'take the stream before keyBy()',
    ],
    [
      'no window',
      'CONFIG_INVALID',
      () => join('windowJoin', { on, select: columns }),
      'and this is undefined (windowJoin() at',
    ],
    [
      'a mistyped window',
      'CONFIG_INVALID',
      () => join('windowJoin', { on, windw: window }),
      "windowJoin() has no option 'windw'. Did you mean 'window'?",
    ],
    [
      'a type that there is not',
      'CONFIG_INVALID',
      () => join('windowJoin', { on, window, type: 'inne', select: columns }),
      "there is no join of type 'inne'. Did you mean 'inner'?",
    ],
    [
      'keys in an array',
      'GRAPH_INVALID',
      () => join('windowJoin', { on: ['a'], window, select: columns }),
      "a join needs on: { leftColumn: 'rightColumn' }",
    ],
    [
      'a mistyped condition',
      'CONFIG_INVALID',
      () => join('join', { on, whre: columns }),
      "join() has no option 'whre'. Did you mean 'where'?",
    ],
    [
      'no interval',
      'CONFIG_INVALID',
      () => join('intervalJoin', { on, between: '5s', select: columns }),
      "an interval is between two time spans, ['-5s', '10s'], and this is '5s'",
    ],
    [
      'an interval join with a stream that has no key',
      'CONFIG_INVALID',
      () => keyed['intervalJoin']!(timed),
      'a keyed stream goes with a keyed stream, and this is a DataStream; call keyBy() on it',
    ],
    [
      'rows without columns',
      'CONFIG_INVALID',
      () =>
        stream['join']!(timed)['where']!('a')['equalTo']!('a')['window']!(window)['apply']!(
          () => 1,
        ),
      'join().apply() needs the columns of the rows that come out',
    ],
  ])('%s: refused', check)
})

describe('other calls', () => {
  it.each<Case>([
    [
      'no callback of a select',
      'CONFIG_INVALID',
      () => stream['select']!('a'),
      "select() takes a function: (r) => ({ name: r.column }); not 'a'",
    ],
    [
      'an array of a select',
      'CONFIG_INVALID',
      () => stream['select']!(() => ['a']),
      "the callback of select() gives columns by name: (r) => ({ name: r.column }); this gave ['a']",
    ],
    [
      'no value',
      'CONFIG_INVALID',
      () => stream['withColumn']!('z'),
      'withColumn() takes a function',
    ],
    [
      'no function',
      'CONFIG_INVALID',
      () => stream['map']!(),
      'map() takes a function of a row, or',
    ],
    [
      'no other stream',
      'CONFIG_INVALID',
      () => stream['union']!(5),
      'union() takes a stream, not 5',
    ],
    [
      'a mistyped watermark',
      'CONFIG_INVALID',
      () => stream['assignWatermarks']!('at', { maxOutofOrderness: '5s' }),
      "has no option 'maxOutofOrderness'. Did you mean 'maxOutOfOrderness'?",
    ],
    [
      'a watermark without a name',
      'CONFIG_INVALID',
      () => stream['assignWatermarks']!('at', '5s'),
      "assignWatermarks() takes options, { maxOutOfOrderness, idleness }, not '5s'",
    ],
    [
      'a mistyped order',
      'CONFIG_INVALID',
      () => keyed['topN']!(2, { bye: [] }),
      "topN() has no option 'bye'. Did you mean 'by'?",
    ],
    [
      'a mistyped choice',
      'CONFIG_INVALID',
      () => keyed['deduplicate']!({ kep: 'last' }),
      "deduplicate() has no option 'kep'. Did you mean 'keep'?",
    ],
    [
      'a mistyped frame',
      'CONFIG_INVALID',
      () => keyed['over']!({ ordrBy: 'time' }),
      "over() has no option 'ordrBy'. Did you mean 'orderBy'?",
    ],
    [
      'a mistyped setting',
      'CONFIG_INVALID',
      () => millrace.StreamExecutionEnvironment.getExecutionEnvironment({ paralelism: 2 } as never),
      "getExecutionEnvironment() has no option 'paralelism'. Did you mean 'parallelism'?",
    ],
    [
      'a mistyped schema',
      'CONFIG_INVALID',
      () => env.fromCollection([{ n: 1 }], { shema: SCHEMA } as never),
      "fromCollection() has no option 'shema'. Did you mean 'schema'?",
    ],
  ])('%s: refused', check)
})
