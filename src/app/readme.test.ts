/**
 * What README.md and the help texts tell people to type and to write must be taken by what reads it. Commands are parsed
 * by the real program and not run: the tests of test/e2e run them.
 */
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Command } from 'commander'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { declaredIn, readActionYml } from '../../build/generate/action-yml.ts'
import { expectSchema } from '../files/scenarios/expect-schema.ts'
import { readLoadFolders } from '../files/load/files.ts'
import { formatMistake } from '../files/mistakes.ts'
import { validateScenarioFiles } from '../files/scenarios/files.ts'
import { stackSchema } from '../files/stack/schema.ts'
import { createProgram } from './cli/program.ts'

const ROOT = join(import.meta.dirname, '../..')
const README = readFileSync(join(ROOT, 'README.md'), 'utf8')
const CLI = 'node dist/cli/index.js'

interface Block {
  readonly language: string
  readonly text: string
}

/** Fenced blocks; those of the generated tables' markers are none. */
const BLOCKS: readonly Block[] = [...README.matchAll(/^```(\w*)\n(.*?)^```$/gms)].map(([, language = '', text = '']) => ({
  language,
  text,
}))
const blocksOf = (language: string): string[] => BLOCKS.filter((block) => block.language === language).map((block) => block.text)
const SPANS: readonly string[] = [...README.replaceAll(/^```.*?^```$/gms, '').matchAll(/`([^`]+)`/g)].map(([, text = '']) =>
  text.replaceAll('\n', ' '),
)

let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'readme-'))
})

afterAll(async () => {
  vi.unstubAllEnvs()
  await rm(folder, { recursive: true })
})

/** As a shell would see them; the README keeps to plain words and double or single quotes. */
function wordsOf(line: string): string[] {
  return [...line.replace(/\s#.*$/, '').matchAll(/(?:[^\s'"]|'[^']*'|"[^"]*")+/g)].map(([word]) => word.replaceAll(/['"]/g, ''))
}

/** Parses without running anything. Variables that are named are set. @throws CommanderError as the program does. */
async function parse(argv: readonly string[]): Promise<string> {
  for (const [index, word] of argv.entries()) if (argv[index - 1] === '--variable') vi.stubEnv(word, 'a value')
  const program = createProgram().configureOutput({ writeErr: () => undefined })
  let ran = ''
  const record = (command: Command): void => {
    command.exitOverride().configureOutput({ writeErr: () => undefined })
    command.action(() => {
      ran = command.name()
    })
  }
  program.commands.forEach(record)
  await program.parseAsync([...argv], { from: 'user' })
  return ran
}

const SHELL_LINES = [...blocksOf('sh').flatMap((block) => block.split('\n')), ...SPANS]
  .map((line) => line.trim())
  .filter((line) => line.startsWith(`${CLI} `) || /^(sudo )?script\/\S/.test(line))

describe('commands of the README', () => {
  it('are found: a change of its form must not leave the tests below without a subject', () => {
    expect(SHELL_LINES.length).toBeGreaterThan(8)
    expect(blocksOf('sh').length + blocksOf('yaml').length + blocksOf('json').length + blocksOf('').length).toBe(BLOCKS.length)
    for (const block of blocksOf('sh'))
      for (const line of block.trim().split('\n')) expect(SHELL_LINES, `"${line}" is tested by nobody`).toContain(line.trim())
  })

  it.each(SHELL_LINES.filter((line) => line.startsWith(CLI)))('`%s` is understood', async (line) => {
    const [name = '', ...rest] = wordsOf(line.slice(CLI.length))
    // Asking for help is parsing as well, and ends it.
    if (rest.includes('--help')) {
      expect(createProgram().commands.map((command) => command.name())).toContain(name)
      return
    }
    expect(await parse([name, ...rest])).toBe(name)
  })

  it.each(SHELL_LINES.filter((line) => !line.startsWith(CLI)))('`%s` is there to be run', async (line) => {
    const [script = '', ...rest] = wordsOf(line.replace('sudo ', ''))
    expect((await stat(join(ROOT, script))).mode & 0o111).not.toBe(0)
    if (script === 'script/run') expect(await parse(['run', ...rest])).toBe('run')
    else expect(rest).toEqual([])
  })

  it('are all of them, in the list of commands', () => {
    const [list = ''] = blocksOf('')
    const listed = list.trim().split('\n')
    const known = createProgram().commands.map((command) => command.name())
    for (const line of listed) expect(known).toContain(wordsOf(line.slice(CLI.length))[0])
    for (const name of known) expect(README, `the command ${name} is not mentioned`).toMatch(new RegExp(`${CLI} ${name}\\b`))
  })

  it('are refused when they are wrong, so that the tests above can fail', async () => {
    await expect(parse(['run', '--sweets', 'chaos'])).rejects.toThrow('--sweets')
    await expect(parse(['run', '--suites', 'choas'])).rejects.toThrow('allowed are')
  })
})

describe('examples of the help texts', () => {
  const lines = createProgram()
    .commands.flatMap((command) => {
      let help = ''
      command.configureOutput({ writeOut: (text) => (help += text) }).outputHelp()
      return help.replaceAll(/\\\n\s*/g, '').split('\n')
    })
    .map((line) => line.trim())
    .filter((line) => line.startsWith('chaos-action '))

  it.each(lines)('`%s` is understood', async (line) => {
    const [, name = '', ...rest] = wordsOf(line)
    expect(await parse([name, ...rest])).toBe(name)
  })
})

describe('files of the README', () => {
  it('keep to the schemas', async () => {
    const blocks = blocksOf('json')
    const scenarios = blocks.filter((block) => block.includes('"scenarios"'))
    const patterns = blocks.filter((block) => block.includes('"patterns"'))
    const parts = blocks.filter((block) => /"(?:requests|pool)": \{/.test(block))
    expect(scenarios.length + patterns.length + parts.length).toBe(blocks.length)
    expect(Math.min(scenarios.length, patterns.length, parts.length)).toBeGreaterThan(0)
    const partOfStack = stackSchema.pick({ requests: true, canary: true, links: true, pool: true }).partial()
    for (const text of parts) expect(partOfStack.safeParse(JSON.parse(text)).error?.issues ?? []).toEqual([])
    for (const text of scenarios) {
      const file = join(folder, 'own.json')
      await writeFile(file, text)
      expect(validateScenarioFiles([file]).mistakes.map(formatMistake)).toEqual([])
    }
    for (const text of patterns) {
      await writeFile(join(folder, 'load.json'), text)
      for (const [, script = ''] of text.matchAll(/"script": "([^"]+)"/g)) await writeFile(join(folder, script), '')
      expect(readLoadFolders([folder]).mistakes.map(formatMistake)).toEqual([])
    }
  })

  it('name clauses that there are', () => {
    const clauses = SPANS.filter((span) => span.startsWith('{ "'))
    expect(clauses.length).toBeGreaterThan(0)
    for (const clause of clauses) expect(expectSchema.safeParse([JSON.parse(clause)]).error?.issues ?? []).toEqual([])
  })

  it('name inputs that there are, in every workflow', () => {
    const inputs = declaredIn(readActionYml(), 'inputs').map((input) => input.name)
    const workflows = blocksOf('yaml')
    expect(workflows.length).toBeGreaterThan(0)
    for (const text of workflows) {
      const [, given = ''] = /- uses: rbee\/chaos-action@v1\n +with:\n((?: {10}.*\n?)+)/.exec(text) ?? []
      const names = [...given.matchAll(/^ {10}([\w-]+):/gm)].map(([, name]) => name)
      expect(names.length).toBeGreaterThan(0)
      for (const name of names) expect(inputs).toContain(name)
    }
  })

  it('names files of this repository that there are', async () => {
    const links = [...README.matchAll(/\]\((?!https?:)([^)#]+)\)/g)].map(([, path = '']) => path)
    expect(links.length).toBeGreaterThan(5)
    for (const link of links) expect((await stat(join(ROOT, link))).isFile(), link).toBe(true)
  })
})
