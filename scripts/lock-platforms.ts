// Completes package-lock.json after `npm install`: npm leaves out the optional packages of platforms that
// the registry at hand does not have, and `npm ci` then refuses the file on every platform.
//
//     node scripts/lock-platforms.ts
import { readFileSync, writeFileSync } from 'node:fs'

interface Entry {
  readonly version: string
  readonly optionalDependencies?: Readonly<Record<string, string>>
  readonly [key: string]: unknown
}

const OS = ['darwin', 'linux', 'win32', 'android', 'freebsd', 'openharmony']
const CPU = ['arm64', 'arm', 'x64', 'ia32', 'ppc64', 'riscv64', 's390x']

const path = new URL('../package-lock.json', import.meta.url)
const lock = JSON.parse(readFileSync(path, 'utf8')) as { packages: Record<string, Entry> }
const wanted = Object.values(lock.packages).flatMap((entry) =>
  Object.entries(entry.optionalDependencies ?? {}),
)
for (const [name, version] of wanted) {
  const words = name.split('/').at(-1)!.split('-')
  const os = OS.find((word) => words.includes(word))
  const cpu = CPU.find((word) => words.includes(word))
  // A name that says no platform is for all of them: npm has it, or the install failed.
  if (`node_modules/${name}` in lock.packages || os === undefined || cpu === undefined) continue
  const libc = os === 'linux' ? { libc: [words.includes('musl') ? 'musl' : 'glibc'] } : {}
  const entry = { version, cpu: [cpu], dev: true, optional: true, os: [os], ...libc }
  lock.packages[`node_modules/${name}`] = entry
}
lock.packages = Object.fromEntries(
  Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1)),
)
writeFileSync(path, `${JSON.stringify(lock, null, 2)}\n`)
