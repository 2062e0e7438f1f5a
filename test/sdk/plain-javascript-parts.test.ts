// What plain JavaScript may take for a source, a sink, a tag, a strategy, a table: refused with what to write.
import { describe, it } from 'vitest'
import { count, decimal, int32, timestamp, utf8, WatermarkStrategy } from '../../src/index.ts'
import {
  api,
  type Case,
  check,
  env,
  keyed,
  type Loose,
  on,
  SCHEMA,
  stream,
  timed,
} from './loose-calls.ts'
import { testSource } from './test-environment.ts'

describe('what connectors, tags and tables are taken for', () => {
  it.each<Case>([
    [
      'a path for a source',
      'CONFIG_INVALID',
      () => (env as unknown as Loose)['fromSource']!('in.csv'),
      "fromSource() takes a source that a connector makes, such as csv('in.csv'), not 'in.csv'",
    ],
    [
      'a path for a sink',
      'CONFIG_INVALID',
      () => stream['sinkTo']!('out.csv'),
      "sinkTo() takes a sink that a connector makes, such as csvFile('out.csv'), not 'out.csv'",
    ],
    [
      'an object for rows',
      'CONFIG_INVALID',
      () => env.fromCollection({ n: 1 } as never),
      'fromCollection() takes an array of rows, [{ n: 1 }], not an object with (n)',
    ],
    [
      'a text for a tag',
      'CONFIG_INVALID',
      () => stream['getSideOutput']!('late'),
      "getSideOutput() takes what outputTag('late', { ... }) makes, and this is 'late'",
    ],
    [
      'a tag without columns',
      'CONFIG_INVALID',
      () => api['outputTag']!('late'),
      "outputTag('late') needs the columns of its rows",
    ],
    [
      'no strategy',
      'CONFIG_INVALID',
      () => stream['assignTimestampsAndWatermarks']!('5s'),
      "a strategy is WatermarkStrategy.forBoundedOutOfOrderness('time', '5s') and its kin, and this is '5s'",
    ],
    [
      'a span without event time',
      'CONFIG_INVALID',
      () => WatermarkStrategy.forBoundedOutOfOrderness(...(['5s'] as unknown as ['time', '5s'])),
      "forBoundedOutOfOrderness() takes the column of event time and a span, ('time', '5s'), not only '5s'",
    ],
    ...(
      [
        [40, 2],
        [2, 5],
        [0, 0],
        [10, -1],
        [10.5, 1],
      ] as const
    ).map(([precision, scale]): Case => [
      `decimal(${precision}, ${scale})`,
      'CONFIG_INVALID',
      () => decimal(precision, scale),
      `decimal(${precision}, ${scale}): a decimal has 1 to 38 digits, and 0 to all of them after the point`,
    ]),
    [
      'a text for a type',
      'CONFIG_INVALID',
      () => api['list']!('x'),
      "list('x') takes the type of its items: list(utf8())",
    ],
    [
      'a type without its brackets',
      'CONFIG_INVALID',
      () => api['list']!(utf8),
      'list(utf8) takes the type of its items: list(utf8())',
    ],
    [
      'no type to allow null in',
      'CONFIG_INVALID',
      () => api['nullable']!(),
      'nullable(undefined) takes a type: nullable(utf8())',
    ],
    [
      'a number for a type of a struct',
      'CONFIG_INVALID',
      () => api['struct']!({ a: 1 }),
      'struct({ a: 1 }) takes a type for each name: struct({ name: utf8() })',
    ],
    [
      'a type for those of a struct',
      'CONFIG_INVALID',
      () => api['struct']!(int32()),
      'struct(int32) takes a type for each name',
    ],
    [
      'nothing for those of a struct',
      'CONFIG_INVALID',
      () => api['struct']!(null),
      'struct(null) takes a type for each name',
    ],
    ...['map', 'flatMap', 'process'].map((method): Case => [
      `the columns of ${method}() among options`,
      'SCHEMA_MISMATCH',
      () => stream[method]!(() => undefined, { schema: { key: utf8() } }),
      "'schema' is no column with a type, but has columns in it: here they are given directly, { key: utf8(), ... }",
    ]),
    [
      'a unit of time that is none',
      'CONFIG_INVALID',
      () => timestamp('m' as 'ms'),
      "timestamp('m'): a unit is one of s, ms, us, ns",
    ],
    [
      'no stream to connect',
      'CONFIG_INVALID',
      () => stream['connect']!(),
      'connect() takes a stream, not undefined',
    ],
    [
      'a stream without a key, to one that has one',
      'CONFIG_INVALID',
      () => keyed['connect']!(timed),
      'a keyed stream goes with a keyed stream, and this is',
    ],
    [
      'no table',
      'CONFIG_INVALID',
      () => stream['lookupJoin']!(),
      'lookupJoin() takes a source that a connector makes',
    ],
    [
      'a mistyped choice of a table',
      'CONFIG_INVALID',
      () => stream['lookupJoin']!(testSource(SCHEMA), { on, tak: ['n'] }),
      "lookupJoin() has no option 'tak'. Did you mean 'take'?",
    ],
    [
      'a mistyped limit of calls',
      'CONFIG_INVALID',
      () => stream['asyncMap']!(async (row: unknown) => row, { capcity: 3 }),
      "asyncMap() has no option 'capcity'. Did you mean 'capacity'?",
    ],
    [
      'a mistyped key of an upsert stream',
      'CONFIG_INVALID',
      () => keyed['aggregate']!({ n: count() })['toUpsert']!({ keys: ['a'] }),
      "toUpsert() has no option 'keys'. Did you mean 'key'?",
    ],
    [
      'a mistyped time to live',
      'CONFIG_INVALID',
      () => keyed['aggregate']!({ n: count() }, { tll: '1h' }),
      "aggregate() has no option 'tll'. Did you mean 'ttl'?",
    ],
    [
      'a mistyped default of a state',
      'CONFIG_INVALID',
      () => api['valueStateDescriptor']!('a', int32(), { defalt: 0 }),
      "state 'a' has no option 'defalt'. Did you mean 'default'?",
    ],
    [
      'a reducing state without its function',
      'CONFIG_INVALID',
      () => api['reducingStateDescriptor']!('a', int32()),
      "state 'a' takes a function: (a, b) => a + b; not undefined",
    ],
    [
      'a mistyped print',
      'CONFIG_INVALID',
      () => stream['print']!({ lim: 3 }),
      "print() has no option 'lim'. Did you mean 'limit'?",
    ],
    [
      'half an argMax',
      'CONFIG_INVALID',
      () => api['argMax']!('n'),
      "argMax('value', 'by') takes two columns; give both",
    ],
  ])('%s: refused', check)
})
