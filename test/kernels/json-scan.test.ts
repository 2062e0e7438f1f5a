// The NDJSON scanner against the values that its input was made from, and against JSON.parse on
// broken input; each fault by example.
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { ColumnSpec } from '../../src/kernels/column-table.ts'
import { type Value, table } from './column-values.ts'
import { encoder, scanAll } from './lines.ts'
import { jsonText } from './reference/line-text.ts'

const lines = { kind: 'json' } as const
const blocks = fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 3 })

/** How a line is written differently from what the encoder writes, with the same meaning. */
const style = fc.record({
  seed: fc.nat(),
  shuffle: fc.boolean(),
  blanks: fc.boolean(),
  escapes: fc.boolean(),
  dropNulls: fc.boolean(),
  unknown: fc.boolean(),
  twice: fc.boolean(),
})
type Style = typeof style extends fc.Arbitrary<infer T> ? T : never

const UNKNOWN = [
  '1',
  '"x"',
  '{"a":[1,{"b":"}"}],"c":null}',
  '[[],[{}],"]"]',
  '-1.5e-7',
  'false',
  '"\\""',
]

function writeLine(
  specs: readonly ColumnSpec[],
  row: readonly Value[],
  s: Style,
  salt: number,
): string {
  let state = (s.seed + salt) >>> 0
  const random = (n: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return (state >>> 8) % n
  }
  const blank = (): string => (s.blanks ? ['', ' ', '\t', '  \r'][random(4)]! : '')
  const text = (json: string): string =>
    s.escapes
      ? json.replaceAll(/[a-z0-9é]/g, (c) =>
          random(3) > 0 ? c : `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
        )
      : json
  const value = (spec: ColumnSpec, i: number): string => {
    const line = jsonText([spec], [[row[i]!]])
    const json = line.slice(JSON.stringify(spec.name).length + 2, -2)
    return spec.kind === 'utf8' && row[i] !== null && !json.includes('\\') ? text(json) : json
  }
  const fields = specs.flatMap((spec, i) => {
    if (s.dropNulls && row[i] === null) return []
    const key = spec.name.includes('"')
      ? JSON.stringify(spec.name)
      : text(JSON.stringify(spec.name))
    const written = [`${blank()}${key}${blank()}:${blank()}${value(spec, i)}${blank()}`]
    const first = spec.kind === 'struct' || spec.kind === 'list' ? value(spec, i) : 'null'
    // The first one is overwritten, so it has to be a value of the type.
    const before = spec.nullable || first !== 'null' ? first : value(spec, i)
    return s.twice ? [`"${'x'.repeat(salt % 40)}":0`, `${key}:${before}`, ...written] : written
  })
  if (s.unknown)
    fields.splice(random(fields.length + 1), 0, `"?${random(3)}":${UNKNOWN[random(7)]!}`)
  if (s.shuffle && !s.twice) {
    for (let i = fields.length - 1; i > 0; i--) {
      const j = random(i + 1)
      ;[fields[i], fields[j]] = [fields[j]!, fields[i]!]
    }
  }
  return `${blank()}{${blank()}${fields.join(',')}}${blank()}`
}

test('however an object is written, its values come out', () => {
  fc.assert(
    fc.property(table(true), style, blocks, fc.constantFrom(3, 64), (t, s, sizes, rowsMax) => {
      const text = t.rows
        .map((row, i) => writeLine(t.specs, row, s, i))
        .join(s.blanks ? '\n\n' : '\n')
      const got = scanAll(encoder.encode(text), { lines, specs: t.specs, blocks: sizes, rowsMax })
      expect(got.faults).toEqual([])
      expect(got.rows).toEqual(t.rows)
    }),
    { numRuns: 1_500 },
  )
})

const SPECS: ColumnSpec[] = [
  { name: 'a', kind: 'float64', nullable: true },
  { name: 'b', kind: 'utf8', nullable: true },
  { name: 'c', kind: 'bool', nullable: true },
  {
    name: 'd',
    kind: 'list',
    nullable: true,
    children: [{ name: 'item', kind: 'float64', nullable: true }],
  },
]

// Any damage: what JSON.parse refuses is malformed, and what is taken has JSON.parse's values.
test('a damaged line is malformed, or means what JSON.parse says', () => {
  const line = fc.record({
    a: fc.option(fc.double({ noNaN: true, noDefaultInfinity: true })),
    b: fc.option(
      fc.string({ unit: fc.constantFrom('x', '"', '\\', '\n', 'é', '\u0000'), maxLength: 20 }),
    ),
    c: fc.option(fc.boolean()),
    d: fc.option(fc.array(fc.option(fc.integer()), { maxLength: 4 })),
  })
  const damage = fc.array(
    fc.record({
      at: fc.nat(),
      remove: fc.nat(2),
      put: fc.constantFrom(
        '',
        '"',
        '{',
        '}',
        '[',
        ']',
        ',',
        ':',
        '0',
        '-',
        '.',
        'e',
        '\\',
        'u',
        'n',
        ' ',
        '\u0001',
        'tr',
      ),
    }),
    { maxLength: 2 },
  )
  fc.assert(
    fc.property(line, damage, (object, harms) => {
      let text = JSON.stringify(object)
      for (const { at, remove, put } of harms) {
        const i = at % (text.length + 1)
        text = text.slice(0, i) + put + text.slice(i + remove)
      }
      const got = scanAll(encoder.encode(`${text}\n{"a":7}\n`), { lines, specs: SPECS })
      // The line behind it is always read.
      expect(got.rows.at(-1)).toEqual([7, null, null, null])
      if (text.trim() === '') return
      expect(got.rows.length + got.faults.length).toBe(2)
      let parsed: Record<string, unknown>
      try {
        parsed = JSON.parse(text) as Record<string, unknown>
      } catch {
        // What was skipped is not looked at so closely (L2).
        const known = Object.keys(object).every((key) => text.includes(`"${key}":`))
        if (known && !/"[^"]*":[^,]*[[{]/.test(text.replace('"d":[', ''))) {
          expect(got.faults.length, text).toBe(1)
        }
        return
      }
      if (got.faults.length > 0) return
      const known: unknown[] = SPECS.map(({ name }) => parsed[name] ?? null)
      // A utf8 column takes any value; its JSON text is not compared here.
      if (known[1] !== null && typeof known[1] !== 'string') known[1] = got.rows[0]![1]
      expect(got.rows[0]).toEqual(known.map((value) => (Object.is(value, -0) ? -0 : value)))
    }),
    { numRuns: 4_000 },
  )
})

const two: ColumnSpec[] = [
  { name: 'id', kind: 'int32', nullable: false },
  { name: 'name', kind: 'utf8', nullable: true },
]

function scanTwo(text: string | Uint8Array, specs = two) {
  const bytes = typeof text === 'string' ? encoder.encode(text) : text
  const { rows, faults } = scanAll(bytes, { lines, specs })
  return { rows, faults: faults.map((f) => `${f.kind} ${f.column ?? '-'}`) }
}

test.each<[string, string, string]>([
  ['a broken line', '{"id":2,', 'json -'],
  ['text that is no object', '[1]', 'json -'],
  ['text behind the object', '{"id":2} x', 'json -'],
  ['two objects in a line', '{"id":2}{"id":2}', 'json -'],
  ['a trailing comma', '{"id":2,}', 'json -'],
  ['a missing colon', '{"id" 2}', 'json -'],
  ['an unterminated string', '{"id":2,"name":"x}', 'json name'],
  ['a control character in a string', '{"id":2,"name":"x\u0001"}', 'json name'],
  ['an escape that is none', '{"id":2,"name":"\\x"}', 'json name'],
  ['half of a surrogate pair', '{"id":2,"name":"\\ud83d!"}', 'utf8 name'],
  ['a string in a number column', '{"id":"two"}', 'syntax id'],
  ['an object in a number column', '{"id":{}}', 'json-type id'],
  ['a fraction in an integer column', '{"id":2.5}', 'syntax id'],
  ['a leading zero', '{"id":02}', 'json -'],
  ['a number that overflows', '{"id":2147483648}', 'range id'],
  ['a key that is missing', '{"name":"b"}', 'null id'],
  ['a null where none may be', '{"id":null}', 'null id'],
  ['brackets that do not match', '{"id":2,"x":[1,{]}}', 'json -'],
  ['brackets that are too deep', `{"id":2,"x":${'['.repeat(65)}${']'.repeat(65)}}`, 'json-depth -'],
])('%s is one malformed record; the others are read', (_, line, fault) => {
  const text = `{"id":1,"name":"a"}\n${line}\n{"id":3,"name":"c"}\n`
  expect(scanTwo(text)).toEqual({
    rows: [
      [1, 'a'],
      [3, 'c'],
    ],
    faults: [fault],
  })
})

test('invalid UTF-8 is malformed', () => {
  const bytes = encoder.encode('{"id":1,"name":"?"}\n{"id":2}\n')
  bytes[16] = 0xff
  expect(scanTwo(bytes)).toEqual({ rows: [[2, null]], faults: ['utf8 name'] })
})

test('a line larger than the bound is malformed, whatever is in it', () => {
  const big = `{"id":2,"name":"${'x'.repeat(4_000)}"}`
  for (const line of [big, big.slice(0, -1), 'x'.repeat(3_000)]) {
    for (const size of [50, 700, 100_000]) {
      const got = scanAll(encoder.encode(`{"id":1}\n${line}\n{"id":3}\n`), {
        lines,
        specs: two,
        recordBytesMax: 300,
        blocks: [size],
      })
      expect(got.rows).toEqual([
        [1, null],
        [3, null],
      ])
      expect(got.faults).toEqual([
        { kind: 'too-large', start: 9, end: 10 + line.length, column: undefined },
      ])
    }
  }
})

test('the last of two equal keys wins, also when it is null or a list', () => {
  const specs: ColumnSpec[] = [
    { name: 's', kind: 'utf8', nullable: true },
    { name: 'l', kind: 'list', nullable: true, children: [two[1]!] },
    {
      name: 'o',
      kind: 'struct',
      nullable: true,
      children: [two[1]!, { ...two[0]!, nullable: true }],
    },
  ]
  const text =
    '{"s":"a","s":null,"l":["x","y"],"l":["z"],"o":{"name":"n"},"o":{"id":1}}\n' +
    '{"s":null,"s":"b","l":null,"l":[],"o":null,"o":{}}\n{"s":"c"}\n'
  expect(scanTwo(text, specs).rows).toEqual([
    [null, ['z'], { name: null, id: 1 }],
    ['b', [], { name: null, id: null }],
    ['c', null, null],
  ])
})

test('a utf8 column keeps the JSON text of what is no string', () => {
  const text = '{"id":1,"name":{"a": [1, 2]}}\n{"id":2,"name":1.50}\n{"id":3,"name":true}\n'
  expect(scanTwo(text).rows).toEqual([
    [1, '{"a": [1, 2]}'],
    [2, '1.50'],
    [3, 'true'],
  ])
})

test('numbers may be strings, NaN can only be one', () => {
  const specs: ColumnSpec[] = [
    { name: 'i', kind: 'int64', nullable: true },
    { name: 'f', kind: 'float64', nullable: true },
    { name: 't', kind: 'timestamp', scale: 3, nullable: true },
  ]
  const text =
    '{"i":"9007199254740993","f":"NaN","t":"2024-02-29T00:00:00Z"}\n' +
    '{"i":-9223372036854775808,"f":1e3,"t":1709164800000}\n'
  expect(scanTwo(text, specs).rows).toEqual([
    [9_007_199_254_740_993n, NaN, 1_709_164_800_000n],
    [-9_223_372_036_854_775_808n, 1_000, 1_709_164_800_000n],
  ])
})

test('a line with many keys, and keys that come and go, is read whole', () => {
  const keys = Array.from({ length: 300 }, (_, i) => `key${i}`)
  const specs: ColumnSpec[] = keys
    .filter((_, i) => i % 7 === 0)
    .map((name) => ({ name, kind: 'int32', nullable: true }))
  const rows = Array.from({ length: 60 }, (_, r) =>
    Object.fromEntries(keys.filter((_key, i) => (i + r) % 5 > 0).map((key, i) => [key, i])),
  )
  const text = rows.map((row) => JSON.stringify(row)).join('\n')
  expect(scanTwo(text, specs).rows).toEqual(
    rows.map((row) => specs.map(({ name }) => row[name] ?? null)),
  )
})
