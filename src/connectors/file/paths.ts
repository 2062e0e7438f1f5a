// Paths of a file source: what a user writes (a path, a file: URL, a glob, a folder) into the files
// that are read, sorted, or into an error that says what is there instead.
//
// P1  Relative paths are relative to the process's working directory at build time (absolutePath);
//     what travels in a job graph is absolute.
// P2  A path that exists is taken as it is, even with `*` or `[` in its name; only then is it a
//     glob.
// P3  A folder means the files in it (not below it) with an ending of the format, compressed or
//     not.
// P4  Names that start with '.' or '_' are not data: that is where unfinished output lives.
import { existsSync, globSync, readdirSync, statSync } from 'node:fs'
import { basename, dirname, isAbsolute, join, resolve, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { DataflowError, didYouMean } from '../../base/errors.ts'
import { COMPRESSION_ENDINGS } from './compression.ts'
import { readError } from './file-system.ts'

/** A path as users write it. */
export type FilePath = string | URL

/** @throws CONFIG_INVALID for what is no path */
export function absolutePath(path: FilePath): string {
  const isUrl = path instanceof URL || path.startsWith('file:')
  if (isUrl) {
    try {
      return fileURLToPath(path)
    } catch (cause) {
      const message = `${path} is no file: URL; connectors read and write local files`
      throw new DataflowError('CONFIG_INVALID', message, { cause })
    }
  }
  if (path === '') throw new DataflowError('CONFIG_INVALID', 'a file path is empty')
  const absolute = isAbsolute(path) ? path : resolve(path)
  return path.endsWith('/') && !absolute.endsWith(sep) ? `${absolute}${sep}` : absolute
}

const GLOB_MAGIC = /[*?[\]{}]/

/**
 * The files behind some paths, each once, in the order of the paths and sorted within one.
 * @throws FILE_NOT_FOUND with the nearest name, FILE_UNREADABLE
 */
export function expandPaths(paths: readonly string[], endings: readonly string[]): string[] {
  const files = new Set<string>()
  for (const path of paths) for (const file of expandPath(path, endings)) files.add(file)
  return [...files]
}

function expandPath(path: string, endings: readonly string[]): string[] {
  try {
    if (existsSync(path)) return statSync(path).isDirectory() ? filesIn(path, endings) : [path]
    if (!GLOB_MAGIC.test(path)) throw notFound(path)
    return filesOfGlob(path)
  } catch (error) {
    throw readError(path, error)
  }
}

const isData = (name: string): boolean => !name.startsWith('.') && !name.startsWith('_')

function filesIn(folder: string, endings: readonly string[]): string[] {
  const names = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => !entry.isDirectory() && isData(entry.name))
    .map((entry) => entry.name)
  const files = names.filter((name) => hasEnding(name, endings)).sort()
  if (files.length > 0) return files.map((name) => join(folder, name))
  throw new DataflowError(
    'FILE_NOT_FOUND',
    `${folder} has no file that ends with ${endings.join(' or ')}.${listed(names)} ` +
      'Name the files by a glob if their ending is another.',
    { context: { location: folder } },
  )
}

function hasEnding(name: string, endings: readonly string[]): boolean {
  const compressed = Object.values(COMPRESSION_ENDINGS).find((ending) => name.endsWith(ending))
  const plain = compressed === undefined ? name : name.slice(0, -compressed.length)
  return endings.some((ending) => plain.toLowerCase().endsWith(ending))
}

function filesOfGlob(pattern: string): string[] {
  const files = globSync(pattern, { withFileTypes: true })
    .filter((entry) => !entry.isDirectory() && isData(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
  if (files.length > 0) return files
  const parts = pattern.split(sep)
  const folder =
    parts
      .slice(
        0,
        parts.findIndex((part) => GLOB_MAGIC.test(part)),
      )
      .join(sep) || sep
  if (!existsSync(folder)) throw notFound(folder)
  throw new DataflowError(
    'FILE_NOT_FOUND',
    `no file matches ${pattern}.${listed(readdirSync(folder).filter(isData))}`,
    { context: { location: pattern } },
  )
}

/** Names the nearest file, or the part of the path that is not there. */
function notFound(path: string): DataflowError {
  let missing = path.endsWith(sep) ? path.slice(0, -1) : path
  while (!existsSync(dirname(missing))) missing = dirname(missing)
  const folder = dirname(missing)
  const names = statSync(folder).isDirectory() ? readdirSync(folder).filter(isData) : []
  const what = missing === path ? '' : `: there is no ${basename(missing)} in ${folder}`
  const hint = didYouMean(basename(missing), names.sort())
  return new DataflowError('FILE_NOT_FOUND', `${path} does not exist${what}.${hint}`, {
    context: { location: path },
  })
}

function listed(names: readonly string[]): string {
  if (names.length === 0) return ' The folder is empty.'
  const shown = [...names].sort().slice(0, 8).join(', ')
  return ` There is: ${shown}${names.length > 8 ? `, and ${names.length - 8} more` : ''}.`
}
