/**
 * What a Dockerfile has the builder fetch or share, found before it is built. BuildKit fetches what `ADD`, `FROM` and
 * `COPY --from` name from the network of the machine, where a `RUN` has only that of a container; its cache mounts are kept
 * for all builds of the machine, by names that anybody may choose. Secrets and SSH keys need no look: a build has those alone
 * that the compose file gives it, and `RUN --network=host` and `--security=insecure` are refused by BuildKit itself.
 *
 * Read more widely than Docker reads it: each line may begin an instruction, in the middle of a command or of a heredoc as
 * well, so that nothing can be hidden by how lines are joined. Pure.
 */
import { assigned, expansions, wordsOf, type Candidates } from './docker-words.ts'
import { addressProblem, imageProblem, isAddress } from './fetched.ts'

export interface DockerfileProblem {
  /** From 1. */
  readonly line: number
  readonly what: string
  readonly why: string
}

const INSTRUCTION = /^[\s\u0085]*(?:onbuild[\s\u0085]+)*(add|copy|from|run|arg|env)[\s\u0085]+([^]*)$/i
/** The name of an instruction may go on in the next line. */
const BEGINNING = /^[\s\u0085]*(?:(?:onbuild|add|copy|from|run|arg|env)(?:[\s\u0085\\`]|$)|[a-z]{1,7}[\\`])/i
const CONTINUED = /[\\`][ \t]*$/
const SYNTAX = /^\s*(?:#|\/\/)\s*syntax\s*=\s*(.*)$/i
const OWN_SYNTAX = /^(docker\.io\/)?docker\/dockerfile(:[\w.-]+)?(@sha256:[0-9a-f]{64})?$/
const MOST_PROBLEMS = 20
const MOST_LINES = 5_000
/** Of all instructions with the lines that they go on in. */
const MOST_JOINED = 2 * 1024 * 1024
const LONGEST_SHOWN = 200

/** @param args - Of the build, by name: they take the place of defaults. */
export function dockerfileProblems(text: string, args: ReadonlyMap<string, string>): DockerfileProblem[] {
  const lines = text.replace(/^\u{FEFF}/u, '').split(/\r?\n/)
  const instructions = lines.length > MOST_LINES ? null : instructionsOf(lines)
  if (instructions === null) return [{ line: 1, what: 'Dockerfile', why: 'it is too long to be looked through' }]
  const values = valuesByName(instructions, args)
  const found = syntaxProblems(lines)
  for (const { line, verb, rest } of instructions) {
    const add = (what: string, why: string | null): void => {
      if (why !== null) found.push({ line, what: what.slice(0, LONGEST_SHOWN), why })
    }
    if (verb === 'from') fromProblem(rest, values, add)
    else if (verb === 'add') addProblem(rest, values, add)
    if (verb === 'copy' || verb === 'add') copyProblem(rest, add)
    else if (verb === 'run') mountProblem(rest, add)
    if (found.length >= MOST_PROBLEMS) break
  }
  return found
}

/** A program of an image takes the place of Docker's own reader, and may do all that builds can. */
export function syntaxProblem(image: string): string | null {
  return OWN_SYNTAX.test(image) ? null : 'a program of this image reads the file, in place of Docker’s own'
}

interface Instruction {
  readonly line: number
  readonly verb: string
  readonly rest: string
}

type Add = (what: string, why: string | null) => void

/** null: more than can be looked through. */
function instructionsOf(lines: readonly string[]): Instruction[] | null {
  const found: Instruction[] = []
  let total = 0
  for (const [index, line] of lines.entries()) {
    if (!BEGINNING.test(line)) continue
    const whole = joined(lines, index)
    total += whole.length
    if (total > MOST_JOINED) return null
    const [, verb, rest = ''] = INSTRUCTION.exec(whole) ?? []
    if (verb !== undefined) found.push({ line: index + 1, verb: verb.toLowerCase(), rest })
  }
  return found
}

/** With the lines that follow a backslash, or a backtick as the file may say. Comments and empty lines between them are none. */
function joined(lines: readonly string[], index: number): string {
  const parts: string[] = []
  for (let at = index; at < lines.length; at += 1) {
    const line = lines[at] ?? ''
    if (at > index && /^\s*(#|$)/.test(line)) continue
    parts.push(line.replace(CONTINUED, ''))
    if (!CONTINUED.test(line)) break
  }
  return parts.join('')
}

function syntaxProblems(lines: readonly string[]): DockerfileProblem[] {
  for (const [index, line] of lines.entries()) {
    const text = line.trim()
    const found = { line: index + 1, what: text.slice(0, LONGEST_SHOWN) }
    if (text.startsWith('{')) return [{ ...found, why: 'it is no Dockerfile: it may name a program that reads it' }]
    // Directives stand before anything else.
    if (text !== '' && !/^(#|\/\/)/.test(text)) break
    const image = SYNTAX.exec(text)?.[1]
    const why = image === undefined ? null : syntaxProblem(image)
    if (why !== null) return [{ ...found, why }]
  }
  return []
}

function valuesByName(instructions: readonly Instruction[], args: ReadonlyMap<string, string>): Candidates {
  const values = new Map([...args].map(([name, value]) => [name, new Set([value])]))
  for (const { verb, rest } of instructions)
    if (verb === 'arg' || verb === 'env')
      for (const [name, value] of assigned(rest)) values.set(name, new Set(values.get(name)).add(value))
  return new Map([...values].map(([name, all]) => [name, [...all]]))
}

function fromProblem(rest: string, values: Candidates, add: Add): void {
  const image = wordsOf(rest).find((word) => !word.startsWith('--')) ?? ''
  const images = expansions(image, values)
  const why = images?.map(imageProblem).find((problem) => problem !== null) ?? null
  add(`FROM ${image}`, images === null ? 'which image it is cannot be told' : why)
}

function addProblem(rest: string, values: Candidates, add: Add): void {
  for (const source of sourcesOf(rest)) {
    if (isAddress(source)) add(`ADD ${source}`, addressProblem(source))
    else if (mayBecomeAddress(source, values)) add(`ADD ${source}`, 'where it is fetched from is said by a variable')
  }
}

/** Of one line as of a JSON array, in which letters may be written as numbers. */
function sourcesOf(rest: string): string[] {
  const list = /^[^[]*(\[[^]*\])\s*$/.exec(rest)?.[1]
  const plain = wordsOf(rest).flatMap((word) => [word, ...word.split(/[[\],]/)])
  return [...new Set([...(list === undefined ? [] : textsOf(list)), ...plain])].filter((source) => source !== '')
}

function textsOf(list: string): string[] {
  try {
    const parsed: unknown = JSON.parse(list)
    return Array.isArray(parsed) ? parsed.map(String) : []
  } catch {
    return []
  }
}

/** No address is without a colon: where none can come in, what the variables say does not matter. */
function mayBecomeAddress(source: string, values: Candidates): boolean {
  // Behind a first part that is no scheme it is a file, whatever follows.
  if (!source.includes('$') || /^[^$:]*\//.test(source)) return false
  const all = expansions(source, values)
  return all === null || all.some((one) => one.includes(':'))
}

function copyProblem(rest: string, add: Add): void {
  for (const [flag, from = ''] of wordsOf(rest)
    .join(' ')
    .matchAll(/--from=(\S*)/gi))
    add(`COPY ${flag}`, fromProblemOf(from))
}

/** Options are looked for in the whole of a command that begins with one, as a quoted one may hold blanks. */
function mountProblem(rest: string, add: Add): void {
  const text = wordsOf(rest).join(' ')
  if (!text.startsWith('--')) return
  for (const [all, type = ''] of text.matchAll(/(?:^|[\s,=])type ?= ?([^\s,]*)/gi)) {
    // Without an id it is the path in the container, which is the same in the Dockerfiles of others.
    if (/^cache$/i.test(type)) add(`RUN --mount=${all.slice(1)}`, 'builds of others on this machine share the cache')
    if (type.includes('$')) add(`RUN --mount=${all.slice(1)}`, 'what it mounts is said by a variable')
  }
  for (const [all, from = ''] of text.matchAll(/(?:^|[\s,=])from ?= ?([^\s,]*)/gi))
    add(`RUN --mount=${all.slice(1)}`, fromProblemOf(from))
}

function fromProblemOf(from: string): string | null {
  return from.includes('$') ? 'from which image it copies is said by a variable' : imageProblem(from)
}
