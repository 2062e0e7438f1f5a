// The encoders against their twins, byte for byte; and what is written is read back as the same
// values.
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { type ColumnSpec, ColumnTable } from '../../src/kernels/column-table.ts'
import { CsvEncoder, encodeJson, TextOutput } from '../../src/kernels/line-encode.ts'
import { place, table, type Value } from './column-values.ts'
import { csvLines, encoder, kernels, scanAll } from './lines.ts'
import { csvText, jsonText } from './reference/line-text.ts'

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Encodes rows, those of a selection when there is one. */
function encode(
  specs: readonly ColumnSpec[],
  rows: readonly Value[][],
  selection: readonly number[] | undefined,
  style?: { readonly delimiter: string; readonly nullText: string },
): string {
  const mark = kernels.mark()
  const columns = new ColumnTable(kernels, specs)
  columns.point(place(specs, rows))
  const selected =
    selection === undefined ? 0 : kernels.put(new Uint8Array(Uint32Array.from(selection).buffer))
  const picked = { selection: selected, length: selection?.length ?? rows.length }
  // A small buffer, so that it grows.
  const output = new TextOutput(kernels, 1)
  if (style === undefined) {
    encodeJson(columns, picked, output)
  } else {
    const { delimiter, nullText } = style
    const csv = new CsvEncoder(kernels, {
      delimiter: delimiter.charCodeAt(0),
      quote: 34,
      nullText: encoder.encode(nullText),
    })
    csv.encode(columns, picked, output)
    csv.close()
  }
  const text = decoder.decode(output.bytes)
  output.close()
  columns.close()
  kernels.reset(mark)
  return text
}

const blocks = fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 3 })
const half = (rows: readonly Value[][]): number[] =>
  rows.map((_, i) => i).filter((i) => i % 3 !== 1)

test('CSV of any columns is the twin’s text, and is read back', () => {
  const style = fc.record({
    delimiter: fc.constantFrom(',', ';', '\t', '|'),
    nullText: fc.constantFrom('', 'NA', '\\N'),
  })
  fc.assert(
    fc.property(table(false), style, blocks, fc.boolean(), (t, s, sizes, selected) => {
      const selection = selected ? half(t.rows) : undefined
      const rows = selection === undefined ? t.rows : selection.map((row) => t.rows[row]!)
      const text = encode(t.specs, t.rows, selection, s)
      expect(text).toBe(csvText(t.specs, rows, s))
      const lines = csvLines({
        fieldCount: t.specs.length,
        delimiter: s.delimiter.charCodeAt(0),
        nullText: encoder.encode(s.nullText),
      })
      const back = scanAll(encoder.encode(text), { lines, specs: t.specs, blocks: sizes })
      expect(back.faults).toEqual([])
      expect(back.rows).toEqual(rows)
    }),
    { numRuns: 1_000 },
  )
})

test('NDJSON of any columns is the twin’s text, and is read back', () => {
  fc.assert(
    fc.property(table(true), blocks, fc.boolean(), (t, sizes, selected) => {
      const selection = selected ? half(t.rows) : undefined
      const rows = selection === undefined ? t.rows : selection.map((row) => t.rows[row]!)
      const text = encode(t.specs, t.rows, selection)
      expect(text).toBe(jsonText(t.specs, rows))
      const lines = { kind: 'json' } as const
      const back = scanAll(encoder.encode(text), { lines, specs: t.specs, blocks: sizes })
      expect(back.faults).toEqual([])
      expect(back.rows).toEqual(rows)
    }),
    { numRuns: 1_000 },
  )
})

test('NaN and infinities are null in NDJSON, and names in CSV', () => {
  const specs: ColumnSpec[] = [
    { name: 'x', kind: 'float64', nullable: true },
    { name: 'y', kind: 'float32', nullable: true },
  ]
  const rows = [
    [NaN, Infinity],
    [-Infinity, NaN],
  ]
  expect(encode(specs, rows, undefined)).toBe('{"x":null,"y":null}\n{"x":null,"y":null}\n')
  const csv = encode(specs, rows, undefined, { delimiter: ',', nullText: '' })
  expect(csv).toBe('NaN,Infinity\n-Infinity,NaN\n')
})

test('a name is quoted in the header like any text', () => {
  const csv = new CsvEncoder(kernels, { delimiter: 44, quote: 34, nullText: new Uint8Array() })
  const field = (text: string): string => decoder.decode(csv.field(text))
  expect([field('plain'), field('a,b'), field('say "hi"')]).toEqual([
    'plain',
    '"a,b"',
    '"say ""hi"""',
  ])
  csv.close()
})
