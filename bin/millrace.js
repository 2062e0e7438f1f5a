#!/usr/bin/env node
// The command `millrace`. Job files are TypeScript that Node runs without a build, which takes Node 24: an
// older one hands over to the `node` package beside the project, or says what to do.
import { spawnSync } from 'node:child_process'
import module, { createRequire } from 'node:module'
import { join } from 'node:path'

// Who reads the output may stop (`| head`): then the job ends, silently, as of any command.
process.stdout.on('error', (error) => {
  if (error.code !== 'EPIPE') throw error
  process.exit(141)
})

const [major, minor] = process.versions.node.split('.').map(Number)
if (major > 24 || (major === 24 && minor >= 13)) {
  module.enableCompileCache?.()
  const { main } = await import('../dist/cli/main.js')
  process.exitCode = await main(process.argv.slice(2))
} else {
  const newer = findNewerNode()
  if (newer === undefined) {
    process.stderr.write(
      `millrace needs Node 24.13 or newer, and this is ${process.version}.\n` +
        `Install it beside your project: npm install --save-dev node@24\n`,
    )
    process.exitCode = 1
  } else {
    const { status } = spawnSync(newer, process.argv.slice(1), { stdio: 'inherit' })
    process.exitCode = status ?? 1
  }
}

/** The binary of the npm package `node`, of this project or of the one in the working directory. */
function findNewerNode() {
  for (const from of [import.meta.url, join(process.cwd(), 'package.json')]) {
    try {
      const manifest = createRequire(from).resolve('node/package.json')
      if (createRequire(from)(manifest).version.startsWith('24.')) {
        return join(manifest, '..', 'bin', 'node')
      }
    } catch {
      // The package is not there: the next place may have it.
    }
  }
  return undefined
}
