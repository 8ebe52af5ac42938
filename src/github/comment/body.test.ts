import { expect, test } from 'vitest'
import { markdown } from '../../report/formats/markdown/format.ts'
import { render } from '../../report/render.ts'
import {
  ERROR,
  FAILED,
  HOSTILE,
  INCONCLUSIVE,
  ownSystem,
  runResult,
  scenarioResult,
  SKIPPED,
} from '../../report/results.fixture.ts'
import { COMMENT_BUDGET, doneBody, runningBody, supersededBody, type CommentFacts } from './body.ts'
import { commentKey, parseMarker, type CommentState } from './marker.ts'

/** What GitHub takes. */
const MOST_CHARACTERS = 65_536
const MOST_BYTES = 262_144

function facts(state: CommentState, change: Partial<CommentFacts> = {}): CommentFacts {
  return {
    marker: { key: commentKey('chaos', 'run', ''), commit: `0123456789${'a'.repeat(30)}`, runId: 5, runAttempt: 1, state },
    title: 'chaos / run (profile=quick)',
    runUrl: 'https://github.example/octo/shop/actions/runs/5/attempts/1',
    ...change,
  }
}

test('running: the marker, then when to expect the verdict, the commit and the run', () => {
  expect(runningBody(facts('running'), 185_000).split('\n').slice(1)).toEqual([
    '⏳ **chaos-action is running**, planned for 3 min 5 s. The verdict will stand here.',
    '',
    'Judged commit `0123456` · [run](https://github.example/octo/shop/actions/runs/5/attempts/1) · chaos / run (profile=quick)',
    '',
  ])
  expect(runningBody(facts('running'), null)).toContain('**chaos-action is running**. The verdict')
  expect(parseMarker(runningBody(facts('running'), null))?.state).toBe('running')
})

test('superseded says that nothing was shown', () => {
  const body = supersededBody(facts('superseded'))
  expect(parseMarker(body)?.state).toBe('superseded')
  expect(body).toContain('**superseded**: the run was cancelled before it had a verdict. Nothing was shown.')
})

test('done: marker, verdict first, and at the end the commit with every link that there is', () => {
  const links = { artifactUrl: 'https://github.example/a/1', reportUrl: 'https://github.example/a/2' }
  const lines = doneBody(facts('done', links), ownSystem(runResult([FAILED])))
    .trimEnd()
    .split('\n')
  expect(parseMarker(lines[0] ?? '')?.commit).toBe(`0123456789${'a'.repeat(30)}`)
  expect(lines[1]).toBe('## ❌ failed — judged: registry.example/api:1.4.2')
  expect(lines.at(-1)).toBe(
    'Judged commit `0123456` · [run](https://github.example/octo/shop/actions/runs/5/attempts/1) · ' +
      '[all results](https://github.example/a/1) · [report](https://github.example/a/2) · chaos / run (profile=quick)',
  )
})

test.each<[name: string, address: string, shown: string | null]>([
  ['a script', 'javascript:alert(1)', null],
  ['no address', 'results/report.html', null],
  ['one without end', `https://x.example/${'a'.repeat(3_000)}`, null],
  ['one that would close the link', 'https://x.example/a)[b](c', '[report](https://x.example/a%29%5Bb%5D%28c)'],
  ['one with markup', 'https://x.example/*a*_b_`c`<d>', '[report](https://x.example/%2Aa%2A%5Fb%5F%60c%60%3Cd%3E)'],
])('a link to %s', (_name, reportUrl, shown) => {
  const body = runningBody(facts('running', { reportUrl }), null)
  if (shown === null) expect(body).not.toContain('[report]')
  else expect(body).toContain(shown)
})

test('a hostile title stays text on its line', () => {
  const body = runningBody(facts('running', { title: HOSTILE }), null)
  expect(body.split('\n')).toHaveLength(5)
  expect(body.slice(body.indexOf('-->') + 3)).not.toMatch(/<!--|<img|@octocat|https:\/\/evil/)
})

const all = [scenarioResult('passed'), INCONCLUSIVE, ERROR, SKIPPED, FAILED]
const many = (count: number, text: string) =>
  runResult(Array.from({ length: count }, (_, index) => ({ ...FAILED, id: `X-${index}`, reasons: [text] })))

test.each<[name: string, body: string]>([
  ['one of each verdict', doneBody(facts('done'), runResult(all))],
  ['100 scenarios', doneBody(facts('done'), many(100, 'not recovered'))],
  ['1,000 scenarios', doneBody(facts('done'), many(1_000, 'x'.repeat(800)))],
  ['texts of three bytes a character', doneBody(facts('done'), many(60, '語'.repeat(700)))],
  ['texts of four bytes a character', doneBody(facts('done'), many(60, '💥'.repeat(350)))],
  [
    'a key of the longest kind',
    doneBody(
      { ...facts('done'), marker: { ...facts('done').marker, key: commentKey('a', 'b', 'x'.repeat(590)) } },
      many(90, 'x'.repeat(800)),
    ),
  ],
])('fits into a comment: %s', (_name, body) => {
  expect(body.length).toBeLessThan(MOST_CHARACTERS)
  expect(Buffer.byteLength(body)).toBeLessThan(MOST_BYTES)
  expect(body).toMatch(/^<!-- [^\n]+ -->\n## ❌ failed/)
  expect(body).toMatch(/\nJudged commit `0123456` · \[run\]\([^\n]+\n$/)
})

test('text beyond ASCII is not shortened for its bytes while its characters fit', () => {
  const result = many(25, '語'.repeat(700))
  const body = doneBody(facts('done'), result)
  expect(Buffer.byteLength(body)).toBeGreaterThan(COMMENT_BUDGET.characters)
  expect(body).not.toContain('Shortened to fit')
})

test.each([0, 1, 40, 200, 1_000, 5_000, 20_000, 65_000])('the fullest text within %i characters', (characters) => {
  const result = many(20, '語'.repeat(100))
  const text = render(markdown, result, { characters, bytes: 1_000_000 })
  expect(text.length).toBeLessThanOrEqual(characters)
  const bytes = render(markdown, result, { characters: 1_000_000, bytes: characters })
  expect(Buffer.byteLength(bytes)).toBeLessThanOrEqual(characters)
})

test('a text that just fits is taken, one that is a character too long is not', () => {
  const result = many(3, '語'.repeat(100))
  const whole = render(markdown, result, { characters: 1_000_000, bytes: 1_000_000 })
  expect(render(markdown, result, { characters: whole.length, bytes: 1_000_000 })).toBe(whole)
  const shorter = render(markdown, result, { characters: whole.length - 1, bytes: 1_000_000 })
  expect(shorter).toContain('Shortened to fit')
  expect(shorter).toContain('observed |')
})
