import { expect, test } from 'vitest'
import { HOSTILE } from '../../report/results.fixture.ts'
import { commentKey, compareRuns, encodeMarker, parseMarker, type CommentMarker, matrixOfKey } from './marker.ts'

const MARKER: CommentMarker = {
  ...{
    key: commentKey('chaos', 'run', '{"profile":"quick"}'),
    commit: 'a'.repeat(40),
    runId: 9_876_543_210,
    runAttempt: 2,
    state: 'done',
  },
}

test.each<[name: string, matrix: string]>([
  ['nothing', ''],
  ['a matrix', '{"profile":"quick","shard":3}'],
  ['the end of a comment', '--> <!-- chaos-action:report v1 key=AA -->'],
  ['every way to end one', '--!> --> -- > <!--> ]]>'],
  ['newlines and NUL', 'a\r\nb\u0000c'],
  ['half a character', 'x\ud800y'],
  ['everything that has broken a report before', HOSTILE],
  ['a matrix of 100 KB', 'x'.repeat(100_000)],
])('a key that holds %s comes back as it was, in one line that is one comment', (_name, matrix) => {
  const marker = { ...MARKER, key: commentKey('wörk --> flow', 'jøb', matrix) }
  const text = encodeMarker(marker)
  expect(text.match(/-->|--!>/g)).toHaveLength(1)
  expect(text).toMatch(/^<!-- [^\n]* -->$/)
  expect(text.length).toBeLessThan(1_200)
  expect(parseMarker(`${text}\nbody`)).toEqual(marker)
})

test('different workflows, jobs and matrices have different keys, however their parts are cut', () => {
  const keys = [
    commentKey('a', 'b', 'c'),
    commentKey('a', 'b', ''),
    commentKey('a', 'bc', ''),
    commentKey('ab', 'c', ''),
    commentKey('a","b', 'c', ''),
    commentKey('a', 'b', 'x'.repeat(5_000)),
    commentKey('a', 'b', 'x'.repeat(5_001)),
  ]
  expect(new Set(keys).size).toBe(keys.length)
})

test.each<[name: string, body: string]>([
  ['empty', ''],
  ['no marker', '## passed'],
  ['a marker that is not at the start', `hello ${encodeMarker(MARKER)}`],
  ['a marker after a newline', `\n${encodeMarker(MARKER)}`],
  ['another version', encodeMarker(MARKER).replace(' v1 ', ' v2 ')],
  ['no state', encodeMarker(MARKER).replace(/ state=\w+/, '')],
  ['a state that there is not', encodeMarker(MARKER).replace('=done', '=red')],
  ['a commit that is none', encodeMarker({ ...MARKER, commit: 'main' })],
  ['a run that is none', encodeMarker(MARKER).replace(/run=\d+/, 'run=1e9')],
  ['a number that no run has', encodeMarker(MARKER).replace(/run=\d+/, 'run=99999999999999999999')],
])('is nobody’s marker: %s', (_name, body) => {
  expect(parseMarker(body)).toBeNull()
})

test('only the first marker of a body counts', () => {
  const second = encodeMarker({ ...MARKER, runId: 1 })
  expect(parseMarker(`${encodeMarker(MARKER)}\n${second}`)).toEqual(MARKER)
})

test('runs are ordered by id, then by attempt', () => {
  const run = (runId: number, runAttempt: number) => ({ runId, runAttempt })
  expect(compareRuns(run(1, 9), run(2, 1))).toBeLessThan(0)
  expect(compareRuns(run(2, 2), run(2, 1))).toBeGreaterThan(0)
  expect(compareRuns(run(2, 2), run(2, 2))).toBe(0)
})

test('the matrix can be read out of a key of the same workflow and job, and out of no other', () => {
  expect(matrixOfKey(commentKey('chaos', 'report', 'quick'), 'chaos', 'report')).toBe('quick')
  expect(matrixOfKey(commentKey('chaos', 'report', ''), 'chaos', 'report')).toBe('')
  expect(matrixOfKey(commentKey('a","b', 'report', 'x"]'), 'a","b', 'report')).toBe('x"]')
  expect(matrixOfKey(commentKey('chaos', 'run', 'quick'), 'chaos', 'report')).toBeNull()
  expect(matrixOfKey(commentKey('chaos', 'report', 'x'.repeat(700)), 'chaos', 'report')).toBeNull()
  for (const key of ['', '["chaos","report"]', '["chaos","report",1]', '["chaos","report","a","b"]', '["chaos","report","a" ]'])
    expect(matrixOfKey(key, 'chaos', 'report')).toBeNull()
})
