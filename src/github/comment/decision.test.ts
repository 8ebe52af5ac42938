import { expect, test } from 'vitest'
import { decideComment, ownComment, type CommentDecision, type CommentWish, type OwnComment } from './decision.ts'
import { encodeMarker, type CommentMarker, type CommentState } from './marker.ts'

const KEY = '["chaos","run",""]'

function marker(runId: number, state: CommentState, runAttempt = 1): CommentMarker {
  return { key: KEY, commit: 'a'.repeat(40), runId, runAttempt, state }
}

function comment(id: number, runId: number, state: CommentState = 'done', runAttempt = 1): OwnComment {
  const own = marker(runId, state, runAttempt)
  return { id, url: `https://x/${id}`, marker: own, body: `${encodeMarker(own)}\ntext of ${runId}` }
}

function wish(runId: number, state: CommentState, change: Partial<CommentWish> = {}, runAttempt = 1): CommentWish {
  const own = marker(runId, state, runAttempt)
  return { marker: own, body: `${encodeMarker(own)}\nnew text`, mode: 'always', red: false, ...change }
}

/** `create`, `edit 3, remove 4 5`, `keep 3, remove 4`. */
function told(decision: CommentDecision): string {
  if (decision.kind === 'create') return 'create'
  const remove = decision.remove.length === 0 ? '' : `, remove ${decision.remove.join(' ')}`
  return `${decision.kind} ${String(decision.comment?.id ?? 'none')}${remove}`
}

const on = { mode: 'on-failure' } as const

test.each<[name: string, own: OwnComment[], wanted: CommentWish, expected: string]>([
  ['the first of its key', [], wish(5, 'running'), 'create'],
  ['a run of its own, further on', [comment(3, 5, 'running')], wish(5, 'done'), 'edit 3'],
  ['a newer run', [comment(3, 4)], wish(5, 'running'), 'edit 3'],
  ['a newer attempt', [comment(3, 5, 'done', 1)], wish(5, 'running', {}, 2), 'edit 3'],
  ['an older run', [comment(3, 6)], wish(5, 'done'), 'keep 3'],
  ['an older attempt', [comment(3, 5, 'running', 2)], wish(5, 'done', {}, 1), 'keep 3'],
  ['an older run, also when only one of several is newer', [comment(3, 4), comment(4, 6)], wish(5, 'done'), 'keep 4'],
  ['an older run that has added one, which it takes back', [comment(3, 6), comment(4, 5)], wish(5, 'done'), 'keep 3, remove 4'],
  ['an older run whose own is the lowest: the newer one will use it', [comment(3, 5), comment(4, 6)], wish(5, 'done'), 'keep 4'],
  ['two jobs that created at the same time', [comment(4, 5), comment(3, 5)], wish(5, 'done'), 'edit 3, remove 4'],
  ['what many runs left', [comment(9, 2), comment(3, 4), comment(5, 1)], wish(5, 'done'), 'edit 3, remove 5 9'],
  ['superseded: its own, while running', [comment(3, 5, 'running')], wish(5, 'superseded'), 'edit 3'],
  ['superseded: its own, but done', [comment(3, 5, 'done')], wish(5, 'superseded'), 'keep 3'],
  ['superseded: a newer run’s', [comment(3, 6, 'running')], wish(5, 'superseded'), 'keep 3'],
  ['superseded: an older run’s', [comment(3, 4, 'running')], wish(5, 'superseded'), 'keep 3'],
  ['superseded: another attempt’s', [comment(3, 5, 'running', 1)], wish(5, 'superseded', {}, 2), 'keep 3'],
  ['superseded: there is none', [], wish(5, 'superseded'), 'keep none'],
  ['on failure: running, none yet', [], wish(5, 'running', on), 'keep none'],
  ['on failure: running, one is there', [comment(3, 4)], wish(5, 'running', on), 'edit 3'],
  ['on failure: red, none yet', [], wish(5, 'done', { ...on, red: true }), 'create'],
  ['on failure: green, none yet', [], wish(5, 'done', on), 'keep none'],
  ['on failure: green after red', [comment(3, 4)], wish(5, 'done', on), 'edit 3'],
  ['never, whatever is there', [comment(3, 4)], wish(5, 'done', { mode: 'never', red: true }), 'keep none'],
])('%s', (_name, own, wanted, expected) => {
  expect(told(decideComment(own, wanted))).toBe(expected)
})

test('a body that did not change is not sent again, and what is double goes all the same', () => {
  const wanted = wish(5, 'done')
  const same = { ...comment(3, 5), body: `${wanted.body.replaceAll('\n', '\r\n')}\n` }
  expect(told(decideComment([same, comment(4, 5)], wanted))).toBe('keep 3, remove 4')
})

test('a comment is ours by its key only', () => {
  const { body } = comment(3, 5)
  const bare = { id: 3, url: '', body }
  expect(ownComment(bare, KEY)?.marker.runId).toBe(5)
  expect(ownComment(bare, '["chaos","run","other matrix"]')).toBeNull()
  expect(ownComment({ ...bare, body: `> ${body}` }, KEY)).toBeNull()
})
