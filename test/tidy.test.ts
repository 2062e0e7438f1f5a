// The rules of the house that a machine can hold: who imports whom, how long a file is, how it opens, and
// where clocks, chance and Node itself may be touched. Method: the sources as text.
//
// An exception is a line in a table here, with its reason.
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

/** The folders of src/; each may import those before it. */
const FLOORS = [
  'gen',
  'base',
  'kernels',
  'columnar',
  'checkpoint',
  'state',
  'time',
  'operators',
  'connectors',
  'graph',
  'sdk',
  'runtime',
  'rpc',
  'observability',
  'taskmanager',
  'jobmanager',
  'cluster',
  'testing',
  'cli',
]

/** Folders that never import each other, whatever their order. */
const STRANGERS: readonly (readonly [string, string])[] = [['taskmanager', 'jobmanager']]

/** The last folder that knows no `node:` module, but in files that say that they are shells. */
const PURE_UP_TO = 'runtime'

const LINES_MAX = 400
/** Longer files, with the reason. */
const LONG_FILES: Readonly<Record<string, string>> = {
  'src/sdk/environment.ts': 'one class, of which half is the documentation of its methods',
  'src/sdk/data-stream.ts': 'one class, of which half is the documentation of its methods',
  'src/cli/nexmark-queries.ts': 'the programs of a benchmark, short ones, to be read side by side',
}

const COLUMNS_MAX = 100
/** Prose may be a little wider; what no formatter can break (text, links) as wide as it is. */
const PROSE_COLUMNS_MAX = 110
const PROSE = /^\s*(?:\/\/|\/\*\*|\*)/
const UNBREAKABLE = /https?:\/\/|`/
/** Programs and texts for a reader's eyes, line by line. */
const TEXT_FILES: Readonly<Record<string, string>> = {
  'src/cli/main.ts': 'the help text',
}

const CLOCK = 'src/base/clock.ts'

/** Files and folders below the daemons that are shells without saying so, with the reason. */
const SHELLS: Readonly<Record<string, string>> = {
  'src/connectors/file/': 'files are what it reads and writes',
  'src/columnar/ipc-body.ts': 'decompresses bodies by node:zlib',
  'src/columnar/user-function-asc.ts': 'a program of its own, run in a process of its own',
  'src/kernels/module.ts': 'reads the compiled kernels',
}

/** What src/ may import that is not in it. */
const OUTSIDE: readonly string[] = ['build/kernels.js', 'package.json']

/** Places of one machine: no source may know them. In parts, so that this file may stand. */
const MACHINE_PATHS = [
  ['/ho', 'me/'],
  ['/wo', 'rk/'],
  ['/ro', 'ot/'],
  ['/Us', 'ers/'],
].map((parts) => parts.join(''))

interface Source {
  readonly path: string
  readonly text: string
}

function sourcesOf(folder: string): Source[] {
  return readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) => ({ path: relative(ROOT, path), text: readFileSync(path, 'utf8') }))
    .filter(({ path }) => !path.startsWith('src/gen/'))
}

const SOURCES = sourcesOf('src')
const TESTS = sourcesOf('test')
const BENCHES = sourcesOf('bench')
const KERNELS = sourcesOf('assembly')
const ALL = [...SOURCES, ...TESTS, ...BENCHES, ...KERNELS]

/** Without comments and the insides of strings: what is left is code. */
function codeOf(text: string): string {
  return text
    .replaceAll(/\/\*[\s\S]*?\*\//g, '')
    .replaceAll(/'(?:[^'\\\n]|\\.)*'/g, "''")
    .replaceAll(/"(?:[^"\\\n]|\\.)*"/g, '""')
    .replaceAll(/`(?:[^`\\$\n]|\\.)*`/g, '``')
    .replaceAll(/(?<!:)\/\/.*$/gm, '')
}

const CODE = new Map(ALL.map(({ path, text }) => [path, codeOf(text)]))
const IMPORT =
  /^(?:import|export)\s(?:[^'"]*?\sfrom\s)?['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]/gm

const importsOf = (text: string): string[] =>
  [...withoutComments(text).matchAll(IMPORT)].map((match) => match[1] ?? match[2]!)

function withoutComments(text: string): string {
  return text.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/^\s*\/\/.*$/gm, '')
}

/** `columnar` of `src/columnar/type.ts`; undefined for `src/index.ts`. */
const floorOf = (path: string): string | undefined => /^src\/([^/]+)\//.exec(path)?.[1]

/** The file that a relative import names, from the root. */
const targetOf = (path: string, specifier: string): string =>
  relative(ROOT, resolve(ROOT, dirname(path), specifier))

/** `path: what` of each file where a rule finds something. */
function offenders(
  sources: readonly Source[],
  find: (source: Source) => readonly string[],
): string[] {
  return sources.flatMap((source) => find(source).map((what) => `${source.path}: ${what}`))
}

/** The comment at a file's head says `Shell: why`. */
const isShell = ({ path, text }: Source): boolean =>
  /^(?:\/\/.*\n)*?\/\/.*\bShell: /.test(text) ||
  Object.keys(SHELLS).some((shell) => path.startsWith(shell))

/** What a pattern finds in code. */
const inCode = (sources: readonly Source[], pattern: RegExp): string[] =>
  offenders(sources, ({ path }) => CODE.get(path)!.match(pattern) ?? [])

describe('a file of src/', () => {
  it('is in a folder that has its floor', () => {
    const floors = new Set(
      SOURCES.map(({ path }) => floorOf(path)).filter((name) => name !== undefined),
    )
    expect([...floors].filter((name) => !FLOORS.includes(name))).toEqual([])
  })

  it('imports only from its own floor and those below', () => {
    const mayImport = (floor: string, target: string): boolean => {
      const other = floorOf(target)
      // The command line is a user of the package, as a job is.
      if (other === undefined)
        return target === 'src/index.ts' ? floor === 'cli' : OUTSIDE.includes(target)
      const areStrangers = STRANGERS.some((pair) => pair.includes(floor) && pair.includes(other))
      if (areStrangers && floor !== other) return false
      return FLOORS.indexOf(other) <= FLOORS.indexOf(floor)
    }
    const found = offenders(SOURCES, ({ path, text }) => {
      const floor = floorOf(path)
      if (floor === undefined) return []
      const targets = importsOf(text)
        .filter((specifier) => specifier.startsWith('.'))
        .map((specifier) => targetOf(path, specifier))
      return targets.filter((target) => !mayImport(floor, target))
    })
    expect(found).toEqual([])
  })

  it('is not part of a cycle of imports that are there when the code runs', () => {
    const edges = new Map(
      SOURCES.map(({ path, text }) => {
        const values = withoutComments(text).replaceAll(
          /^(?:import|export) type [^;]*?from .*$/gm,
          '',
        )
        const targets = [
          ...values.matchAll(/^(?:import|export)\s[^'"]*?from\s+['"](\.[^'"]+)['"]/gm),
        ]
        return [path, targets.map((match) => targetOf(path, match[1]!))]
      }),
    )
    const done = new Set<string>()
    const cycles: string[] = []
    const visit = (path: string, trail: readonly string[]): void => {
      if (trail.includes(path)) {
        cycles.push([...trail.slice(trail.indexOf(path)), path].join(' -> '))
        return
      }
      if (done.has(path)) return
      for (const target of edges.get(path) ?? []) visit(target, [...trail, path])
      done.add(path)
    }
    for (const path of edges.keys()) visit(path, [])
    expect(cycles).toEqual([])
  })

  it('knows no node: module below the daemons, unless it says that it is a shell', () => {
    const pure = new Set(FLOORS.slice(0, FLOORS.indexOf(PURE_UP_TO) + 1))
    const found = offenders(SOURCES, (source) =>
      pure.has(floorOf(source.path) ?? '') && !isShell(source)
        ? importsOf(source.text).filter((specifier) => specifier.startsWith('node:'))
        : [],
    )
    expect(found).toEqual([])
  })

  it('leaves time and chance to base/clock.ts', () => {
    const pattern =
      /\b(?:Date\.now|Math\.random|performance\.now|setTimeout|setInterval|new Date\(\))(?![\w$])/g
    const others = SOURCES.filter(({ path }) => path !== CLOCK)
    expect(inCode(others, pattern)).toEqual([])
  })

  it('exports names only', () => {
    expect(inCode(SOURCES, /^export default\b/gm)).toEqual([])
  })

  it('is not a drawer for leftovers', () => {
    const names = /(?:^|\/)(?:utils?|helpers?|types|common|misc|[\w-]*-part-\w+)\.ts$/
    expect(SOURCES.map(({ path }) => path).filter((path) => names.test(path))).toEqual([])
  })
})

describe('a file', () => {
  it('opens with a comment that says what it is', () => {
    const found = ALL.filter(({ text }) => !/^(?:#!.*\n)?(?:\/\/ \S|\/\*\*?\s)/.test(text))
    expect(found.map(({ path }) => path)).toEqual([])
  })

  it(`has at most ${LINES_MAX} lines`, () => {
    const long = ALL.filter(({ text }) => text.trimEnd().split('\n').length > LINES_MAX)
    expect(long.map(({ path }) => path).filter((path) => !(path in LONG_FILES))).toEqual([])
    // An exception that is none any more goes.
    expect(
      Object.keys(LONG_FILES).filter((path) => !long.some((file) => file.path === path)),
    ).toEqual([])
  })

  it(`has lines of at most ${COLUMNS_MAX} columns`, () => {
    const tooLong = (line: string): boolean =>
      line.length > (PROSE.test(line) ? PROSE_COLUMNS_MAX : COLUMNS_MAX) && !UNBREAKABLE.test(line)
    const found = offenders([...SOURCES, ...KERNELS], ({ path, text }) =>
      path in TEXT_FILES ? [] : text.split('\n').filter(tooLong),
    )
    expect(found).toEqual([])
  })

  it('has no `any` as a type', () => {
    expect(inCode(SOURCES, /(?:: |<|\bas )any\b|\bany\[\]/g)).toEqual([])
  })

  it('shifts no pointer as a signed number: beyond 2 GiB it is negative', () => {
    const shift = /\b(?:ptr|\w*[oO]ffsets|values|out|table) >> \d/g
    expect(inCode(SOURCES, shift)).toEqual([])
  })

  it('has no work left over', () => {
    const found = offenders(ALL, ({ text, path }) =>
      path === 'test/tidy.test.ts' ? [] : (text.match(/\b(?:TODO|FIXME|XXX|HACK)\b/g) ?? []),
    )
    expect(found).toEqual([])
  })

  it('knows no place of one machine', () => {
    const found = offenders(ALL, ({ text }) =>
      MACHINE_PATHS.filter((place) => text.includes(place)),
    )
    expect(found).toEqual([])
  })
})

describe('a kernel family', () => {
  it('is exported on the one screen of assembly/index.ts, or used by one that is', () => {
    const used = new Set(
      KERNELS.flatMap(({ text }) =>
        [...text.matchAll(/from '\.\/([\w-]+)'/g)].map((match) => `assembly/${match[1]}.ts`),
      ),
    )
    const alone = KERNELS.map(({ path }) => path).filter(
      (path) => path !== 'assembly/index.ts' && !used.has(path),
    )
    expect(alone).toEqual([])
  })
})
