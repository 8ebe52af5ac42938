/** The licences of all that a bundle contains, in one file: most of them ask that their text goes where the code goes. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const FOLDER = '/node_modules/'
const TEXT = /^(licen[cs]e|copying|notice)([.-].*)?$/i
const README = /^readme([.].*)?$/i
const README_HEADING = /^#{1,6}\s*licen[cs]e/im
const RULE = `\n${'-'.repeat(80)}\n\n`

/** Packages of others' choice that say nothing. */
const UNNAMED: Readonly<Record<string, string>> = {
  // @actions/artifact → unzip-stream → binary → buffers.
  'buffers 0.1.1': 'no licence is named by its author, James Halliday (https://github.com/substack/node-buffers)',
}

interface Package {
  readonly name: string
  readonly version: string
  readonly licence: string
  readonly texts: readonly string[]
}

/**
 * `modules`: the files that went into the bundle, in any of its chunks. Only those of packages count. The text of a licence is
 * that of its own file, or else of its chapter in the README; some packages have neither, and only name it.
 * @throws for a package that names no licence: whether it may be shipped is for a person to say.
 */
export function licencesOf(modules: readonly string[]): string {
  const folders = [...new Set(modules.map(packageFolder).filter((folder) => folder !== null))]
  const packages = new Map(folders.map(readPackage).map((one) => [`${one.name} ${one.version}`, one]))
  const sections = [...packages]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([title, { licence, texts }]) => [`${title}\n${licence}`, ...texts].join('\n\n'))
  return `${sections.join(RULE)}\n`
}

/** Of the innermost package that the file belongs to; null for a file of our own. */
function packageFolder(file: string): string | null {
  const at = file.lastIndexOf(FOLDER)
  if (at === -1) return null
  const start = at + FOLDER.length
  const [first = '', second = ''] = file.slice(start).split('/')
  return join(file.slice(0, start), first, first.startsWith('@') ? second : '')
}

function readPackage(folder: string): Package {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Record<string, unknown>
  if (typeof name !== 'string' || typeof version !== 'string') throw new Error(`${folder}: package.json names no package`)
  const licence = typeof license === 'string' ? license : UNNAMED[`${name} ${version}`]
  if (licence === undefined) throw new Error(`${name} ${version}: its package.json names no licence`)
  const files = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isFile() && TEXT.test(entry.name))
  const texts = files
    .map((file) => file.name)
    .sort()
    .map((file) => textOf(join(folder, file)))
  return { name, version, licence, texts: texts.length > 0 ? texts : inReadme(folder) }
}

/** Some say it there alone, under a heading of its own. */
function inReadme(folder: string): string[] {
  const file = readdirSync(folder).find((name) => README.test(name))
  const text = file === undefined ? '' : textOf(join(folder, file))
  const start = text.search(README_HEADING)
  return start === -1 ? [] : [text.slice(start)]
}

function textOf(file: string): string {
  return readFileSync(file, 'utf8').replaceAll('\r\n', '\n').trim()
}
