import { readFileSync, readdirSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { resultOf } from '../../test/support/hostile-result.ts'
import { HOSTILE_STRINGS } from '../../test/support/hostile-strings.ts'
import { Redaction } from '../redaction/redaction.ts'
import { fileReporter } from './file-reporter.ts'
import { redactedReporter } from './run/redacted-ui.ts'

const SECRET = 'p@ss "w<rd>\\ ü&1'

let outDir: string
beforeEach(async () => {
  outDir = await mkdtemp(join(tmpdir(), 'chaos-reporter-'))
})
afterEach(async () => {
  await rm(outDir, { recursive: true })
})

function files(): Map<string, string> {
  return new Map(readdirSync(outDir).map((name) => [name, readFileSync(join(outDir, name), 'utf8')]))
}

test('an event is one line of run.log, whatever its text', () => {
  const reporter = fileReporter(outDir)
  for (const text of HOSTILE_STRINGS) reporter.onEvent?.({ type: 'log', level: 'warn', text })
  const lines = files().get('run.log')?.split('\n') ?? []
  expect(lines.pop()).toBe('')
  expect(lines).toHaveLength(HOSTILE_STRINGS.length)
  for (const line of lines) expect(line).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z warn:(?: |$)/)
})

test('what a redacted reporter writes holds no secret, in no file and in no form', async () => {
  const reporter = redactedReporter(fileReporter(outDir), new Redaction([SECRET]))
  const forms = [SECRET, JSON.stringify(SECRET), encodeURIComponent(SECRET), Buffer.from(`user:${SECRET}`).toString('base64')]
  const text = [...forms, 'Authorization: Bearer abcdef', 'postgres://a:hunter2@db'].join(' ')
  reporter.onEvent?.({ type: 'log', level: 'warn', text })
  await reporter.onEnd(resultOf(text))
  const written = files()
  expect([...written.keys()].sort()).toEqual(expect.arrayContaining(['junit.xml', 'result.json', 'run.log', 'summary.md']))
  for (const [name, content] of written) {
    for (const piece of ['p@ss', 'w<rd', 'w&lt;rd', 'p%40ss', 'QHNzICJ3', 'cDpwQHN', 'abcdef', 'hunter2'])
      expect(content.replace(/<style>[^]*<\/style>/, ''), `${piece} in ${name}`).not.toContain(piece)
  }
})
