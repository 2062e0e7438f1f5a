// Prints what the harness measured, and compares it with the figures recorded in bench/baseline/.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import type { CaseResult, RatioResult } from './harness.ts'
import { cFlags, type March } from './c-side.ts'

/** Recorded figures: the ratios carry over to other machines, the nanoseconds do not. */
export interface Baseline {
  readonly machine: string
  readonly node: string
  readonly cFlags: string
  readonly cases: Readonly<Record<string, BaselineCase>>
}

interface BaselineCase {
  readonly nsPerRow: Readonly<Record<string, number>>
  readonly ratios: Readonly<Record<string, number>>
}

export function describeMachine(march: March): Omit<Baseline, 'cases'> {
  const machine = `${cpus().length} x ${cpus()[0]?.model.trim() ?? 'unknown'}`
  return { machine, node: process.version, cFlags: cFlags(march).slice(0, 2).join(' ') }
}

export function readBaseline(path: string): Baseline | undefined {
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Baseline) : undefined
}

/** Replaces the recorded figures of the cases that were measured; the others stay. */
export function saveBaseline(path: string, results: readonly CaseResult[], march: March): void {
  const cases: Record<string, BaselineCase> = { ...readBaseline(path)?.cases }
  for (const result of results) {
    const ratios = Object.entries(result.ratios).map(([side, ratio]) => [side, round(ratio.ratio)])
    const nsPerRow = Object.entries(result.nsPerRow).map(([side, ns]) => [side, round(ns)])
    cases[keyOf(result)] = {
      nsPerRow: Object.fromEntries(nsPerRow),
      ratios: Object.fromEntries(ratios),
    }
  }
  const sorted = Object.entries(cases).toSorted(([a], [b]) => a.localeCompare(b))
  const baseline: Baseline = { ...describeMachine(march), cases: Object.fromEntries(sorted) }
  writeFileSync(path, `${JSON.stringify(baseline, null, 2)}\n`)
}

/** One line a case: ns a row of each side, then each ratio with its spread and its expectation. */
export function formatCase(result: CaseResult, baseline: Baseline | undefined): string {
  const label = `${result.stem}: ${result.name}`.padEnd(52)
  const times = Object.entries(result.nsPerRow).map(([side, ns]) => `${side} ${format(ns)}`)
  const was = baseline?.cases[keyOf(result)]?.ratios
  const ratios = Object.entries(result.ratios).map(([side, ratio]) =>
    formatRatio(side, ratio, was?.[side]),
  )
  return `${label} ${times.join('  ').padEnd(40)}  ${ratios.join('   ')}`
}

export function heading(march: March): string {
  const { machine, node, cFlags: flags } = describeMachine(march)
  return [
    `${machine}, node ${node}, gcc ${flags}`,
    'ns a row of processor time (lower quartiles over rounds); twin/kernel: times faster than the twin;',
    'kernel/C: times slower than C; in brackets the quartiles of the ratio within a round, then met or',
    'NOT MET with what was asked, then the baseline',
  ].join('\n')
}

function formatRatio(side: string, ratio: RatioResult, was: number | undefined): string {
  const name = side === 'C' ? 'kernel/C' : `${side}/kernel`
  const spread = `[${format(ratio.low)}-${format(ratio.high)}]`
  const bound = `${side === 'C' ? '<=' : '>='}${ratio.expected}`
  const verdict = ratio.met === undefined ? '' : ratio.met ? ` met ${bound}` : ` NOT MET ${bound}`
  const before = was === undefined ? '' : ` (was ${format(was)})`
  return `${name} ${format(ratio.ratio)} ${spread}${verdict}${before}`
}

function keyOf(result: CaseResult): string {
  return `${result.stem}: ${result.name}`
}

function format(value: number): string {
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2)
}

function round(value: number): number {
  return Number(value.toPrecision(3))
}
