// Runs the benchmarks of this folder one after the other, each in a process of its own, and passes
// its arguments on: `npm run bench:runtime -- --quick`, or `-- lines` for one by name.
import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const folder = new URL('./', import.meta.url)
const args = process.argv.slice(2)
const names = args.filter((arg) => !arg.startsWith('-'))
const flags = args.filter((arg) => arg.startsWith('-'))
const files = readdirSync(folder).filter((file) => file.endsWith('.bench.ts'))

for (const file of files) {
  if (names.length > 0 && !names.some((name) => file.startsWith(name))) continue
  if (!flags.includes('--json')) console.log(`\n${file.replace('.bench.ts', '')}`)
  const path = fileURLToPath(new URL(file, folder))
  const node = ['--conditions=millrace-source', path, ...flags]
  const { status } = spawnSync(process.execPath, node, { stdio: 'inherit' })
  if (status !== 0) process.exitCode = 1
}
