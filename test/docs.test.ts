// The pages of the docs: what they link to is there.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'

const ROOT = new URL('..', import.meta.url).pathname
const PAGES = [
  'README.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  ...readdirSync(join(ROOT, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
]
const LINK = /\]\(([^)#\s]+)(?:#[^)]*)?\)/g

describe('a page', () => {
  it.each(PAGES)('%s links to files that are there', (page) => {
    const text = readFileSync(join(ROOT, page), 'utf8')
    const targets = [...text.matchAll(LINK)].map((match) => match[1]!)
    const own = targets.filter((target) => !/^[a-z]+:/.test(target))
    const lost = own.filter((target) => !existsSync(join(ROOT, dirname(page), target)))
    expect(lost).toEqual([])
  })
})
