/** Foreign text in what the runner and GitHub read: one command each, one comment each, and nothing of the text is either. */
import { afterEach, expect, test, vi } from 'vitest'
import { resultOf } from '../../test/support/hostile-result.ts'
import { HOSTILE_STRINGS, titleOf } from '../../test/support/hostile-strings.ts'
import { renderMarkdownAsHtml } from '../../test/support/rendered-markdown.ts'
import { consoleText } from '../report/escape.ts'
import { annotate, annotateError, annotateWarning, annotationsOf } from './check/annotations.ts'
import { checkAnnotations } from './check/check-annotations.ts'
import { parseMarker, type CommentMarker } from './comment/marker.ts'
import { COMMENT_BUDGET, doneBody, runningBody, supersededBody, type CommentFacts } from './comment/body.ts'

const CASES = HOSTILE_STRINGS.map((text) => [titleOf(text), text] as const)
const CONTROLS = /(?!\n)[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029\p{Noncharacter_Code_Point}]/u

afterEach(() => {
  vi.restoreAllMocks()
})

interface Command {
  readonly name: string
  readonly properties: ReadonlyMap<string, string>
  readonly message: string
}

/** As the runner reads what a step prints: a command is a line of its own. */
function commandsOf(work: () => void): Command[] {
  let written = ''
  vi.spyOn(process.stdout, 'write').mockImplementation((part) => {
    written += String(part)
    return true
  })
  work()
  vi.restoreAllMocks()
  const lines = written.split(/\r\n|\r|\n/)
  expect(lines.pop()).toBe('')
  return lines.map((line) => {
    const match = /^::(\w+)(?: ([^:]*))?::(.*)$/.exec(line)
    if (match === null) throw new Error(`no command: ${line.slice(0, 200)}`)
    const [, name = '', pairs = '', message = ''] = match
    const properties = pairs.split(',').filter((pair) => pair !== '')
    return {
      name,
      properties: new Map(properties.map((pair) => [pair.split('=')[0] ?? '', decoded(pair.slice(pair.indexOf('=') + 1))])),
      message: decoded(message),
    }
  })
}

function decoded(text: string): string {
  return text.replaceAll('%3A', ':').replaceAll('%2C', ',').replaceAll('%0D', '\r').replaceAll('%0A', '\n').replaceAll('%25', '%')
}

test.each(CASES)('%s in an annotation is its text, on one line, and cut to what the runner shows', (_title, text) => {
  const annotations = annotationsOf(resultOf(text), false)
  const commands = commandsOf(() => {
    annotate(annotations)
  })
  expect(commands).toHaveLength(3)
  for (const [index, { name, properties, message }] of commands.entries()) {
    expect(name).toBe('error')
    expect([...properties.keys()]).toEqual(['title'])
    expect(properties.get('title')).toBe(annotations[index]?.title)
    expect(properties.get('title')?.length).toBeLessThanOrEqual(220)
    expect(message).toBe(annotations[index]?.message)
    expect(message.length).toBeLessThanOrEqual(4_000)
    expect(message).not.toMatch(CONTROLS)
    expect(message.split('\n')[0]).toBe(consoleText(text, 1_000))
  }
})

test.each(CASES)('%s in a warning or an error that ended the step is one command', (_title, text) => {
  const commands = commandsOf(() => {
    annotateWarning(text)
    annotateError(new Error(text))
  })
  expect(commands.map(({ name }) => name)).toEqual(['warning', 'error'])
  for (const { message } of commands) {
    expect(message.length).toBeLessThanOrEqual(4_000)
    expect(message.replaceAll('\t', '')).not.toMatch(CONTROLS)
  }
})

test.each(CASES)('%s in an annotation of a check run is within what GitHub takes', (_title, text) => {
  const { inside, outside } = checkAnnotations(resultOf(text), { workspace: '/work', failOn: ['failed'] })
  for (const { title, message } of inside) {
    expect(title).not.toMatch(CONTROLS)
    expect(title).not.toContain('\n')
    expect(message.replaceAll('\t', '')).not.toMatch(CONTROLS)
    expect(Buffer.byteLength(message)).toBeLessThanOrEqual(64 * 1024)
  }
  for (const line of outside) expect(line).not.toContain('\n')
})

const MARKER: CommentMarker = {
  ...{ key: 'k', commit: '0123456789abcdef0123456789abcdef01234567', runId: 1, runAttempt: 1, state: 'done' },
}

test.each(CASES)('%s in a comment opens and closes no element, and is no marker', (_title, text) => {
  const facts = (title: string): CommentFacts => ({
    marker: MARKER,
    title,
    runUrl: 'https://github.com/o/r/actions/runs/1',
    artifactUrl: text,
    reportUrl: text,
  })
  for (const body of [runningBody(facts(text), null), supersededBody(facts(text)), doneBody(facts(text), resultOf(text))]) {
    expect(parseMarker(body)).toEqual(MARKER)
    expect(body.length).toBeLessThanOrEqual(COMMENT_BUDGET.characters)
    const { tags, texts } = renderMarkdownAsHtml(body.slice(body.indexOf('-->') + 3))
    const links = tags.filter((tag) => tag.startsWith('<a '))
    for (const link of links) expect(link).toMatch(/^<a href="https?:\/\/[^"]*">$/)
    expect(tags.filter((tag) => /^<(?:script|img|iframe|svg|style|meta|base)/.test(tag))).toEqual([])
    for (const one of texts) expect(one).not.toMatch(/(?<![\w/])@\w|(?<![&\w])#\d|\bGH-\d|\w#\d/i)
  }
})
