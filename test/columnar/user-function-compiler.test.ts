// Compiling AssemblyScript functions: errors at the user's file and line, what is refused, the cache.
import { copyFileSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { compileUserFunctions } from '../../src/columnar/user-function-compiler.ts'
import { failure } from './failure.ts'

const folder = mkdtempSync(join(tmpdir(), 'millrace-udf-'))
const cacheDirectory = join(folder, 'cache')
afterAll(() => rmSync(folder, { recursive: true }))

/** A file in a folder of its own, as a URL. */
function source(name: string, content: string): string {
  const file = join(mkdtempSync(join(folder, 'source-')), name)
  writeFileSync(file, content)
  return pathToFileURL(file).href
}

describe('compiling', () => {
  const good = 'export function one(): i32 {\n  return 1\n}\n'

  it('shows errors at the file, line and column', async () => {
    const bad = source('bad.as.ts', "export function f(x: f64): f64 {\n\treturn x * 'y'\n}\n")
    const error = await failure(() => compileUserFunctions([bad], { cacheDirectory }))
    expect(error.code).toBe('UDF_COMPILE_FAILED')
    expect(error.message).toMatch(
      /bad\.as\.ts:2:9: Operator '\*' cannot be applied to types 'f64' and '~lib\/string\/String'\.\n {2}\treturn x \* 'y'\n {2}\t {7}\^{7}$/,
    )
    expect(error.context.location).toMatch(/bad\.as\.ts:2$/)
  })

  it('shows errors of imported files, and imports that are missing', async () => {
    const missing = source('missing.as.ts', `import { x } from './nothing'\n${good}`)
    const error = await failure(() => compileUserFunctions([missing], { cacheDirectory }))
    expect(error.code).toBe('UDF_COMPILE_FAILED')
    expect(error.message).toMatch(/missing\.as\.ts:1:19: File '.*nothing.*' not found/)
  })

  it('refuses what needs the host', async () => {
    const noisy = source('noisy.as.ts', 'export function f(): f64 {\n  return Math.random()\n}\n')
    const error = await failure(() => compileUserFunctions([noisy], { cacheDirectory }))
    expect(error.code).toBe('UDF_COMPILE_FAILED')
    expect(error.message).toContain('it needs env.seed from the host')
  })

  it('refuses a file without functions, another kind of file, and none at all', async () => {
    const empty = source('empty.as.ts', 'export const x: i32 = 1\n')
    const other = source('other.ts', good)
    const none = pathToFileURL(join(folder, 'none.as.ts')).href
    const codes = await Promise.all(
      [empty, other, none].map(async (url) => {
        return (await failure(() => compileUserFunctions([url], { cacheDirectory }))).code
      }),
    )
    expect(codes).toEqual(['UDF_COMPILE_FAILED', 'UNSUPPORTED', 'FILE_NOT_FOUND'])
  })

  it('takes from the cache what is there, and makes anew what changed or broke', async () => {
    const cache = mkdtempSync(join(folder, 'cache-'))
    const entries = (): string[] => readdirSync(cache).map((name) => join(cache, name))
    const file = join(mkdtempSync(join(folder, 'source-')), 'one.as.ts')
    const url = pathToFileURL(file).href
    const functionsOf = async (): Promise<unknown[]> => {
      const module = (await compileUserFunctions([url], { cacheDirectory: cache })).get(url)!
      return WebAssembly.Module.exports(module).map(({ name }) => name)
    }
    writeFileSync(file, good)
    expect(await functionsOf()).toContain('call_one')
    const [entry] = entries() as [string]

    // Another module under the same name: it is what comes back, so nothing was compiled.
    const others = mkdtempSync(join(folder, 'cache-'))
    const other = source('other.as.ts', good.replaceAll('one', 'other'))
    await compileUserFunctions([other], { cacheDirectory: others })
    copyFileSync(join(others, readdirSync(others)[0]!), entry)
    expect(await functionsOf()).toContain('call_other')

    writeFileSync(entry, 'not a module')
    expect(await functionsOf()).toContain('call_one')
    expect(entries()).toEqual([entry])

    writeFileSync(file, good.replaceAll('one', 'two'))
    expect(await functionsOf()).toContain('call_two')
    expect(entries()).toHaveLength(2)
  })

  it('does without a cache where none can be written', async () => {
    const url = source('one.as.ts', good)
    const blocked = join(folder, 'a-file')
    writeFileSync(blocked, '')
    const compiled = await compileUserFunctions([url], { cacheDirectory: join(blocked, 'cache') })
    expect(compiled.has(url)).toBe(true)
  })
})
