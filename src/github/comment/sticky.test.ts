import { expect, test } from 'vitest'
import { faults } from '../../../test/support/github-double/faults.ts'
import { githubDouble } from '../../../test/support/github-double/for-tests.ts'
import { ACTIONS_BOT, SOMEBODY, type Comment } from '../../../test/support/github-double/world.ts'
import { HOSTILE } from '../../report/results.fixture.ts'
import type { CommentWish } from './decision.ts'
import { commentKey, encodeMarker, parseMarker, type CommentMarker, type CommentState } from './marker.ts'
import { clientFor, PLACE, type ClientOptions } from '../github.fixture.ts'
import { putStickyComment, type CommentOutcome } from './sticky.ts'
import { tryReporting } from '../client/try-reporting.ts'

const READER = { ...ACTIONS_BOT, grants: { contents: 'read' } } as const
/** Another workflow's token may belong to the same kind of bot under another name. */
const OTHER_BOT = { ...ACTIONS_BOT, login: 'other-app[bot]', id: 7 }
const double = githubDouble({ tokens: { reader: READER, other: OTHER_BOT } })

const PULL = { ...PLACE, number: 12 }
const LIST = 'issues/list-comments'
const CREATE = 'issues/create-comment'
const UPDATE = 'issues/update-comment'
const DELETE = 'issues/delete-comment'
const KEY = commentKey('chaos', 'run', '{"profile":"quick"}')

function wish(runId: number, state: CommentState, change: Partial<CommentWish> & { key?: string } = {}): CommentWish {
  const { key = KEY, ...rest } = change
  const marker: CommentMarker = { key, commit: 'a'.repeat(40), runId, runAttempt: 1, state }
  return { marker, body: `${encodeMarker(marker)}\n${state} in run ${runId}`, mode: 'always', red: false, ...rest }
}

async function put(wanted: CommentWish, options: ClientOptions = {}): Promise<CommentOutcome> {
  return putStickyComment(await clientFor(double(), options), PULL, wanted)
}

function pull(): void {
  double().world.addPull({ number: PULL.number })
}

function comments(): Comment[] {
  return double().world.commentsOf(PULL.number)
}

/** `runId state` of each comment of ours. */
function shown(): string[] {
  return comments().map(({ body }) => {
    const marker = parseMarker(body)
    return marker === null ? 'no marker' : `${marker.runId} ${marker.state}`
  })
}

test('running, done, and the next run: one comment, edited', async () => {
  pull()
  expect(await put(wish(5, 'running'))).toMatchObject({ action: 'created' })
  expect(await put(wish(5, 'done'))).toMatchObject({ action: 'edited' })
  const { url } = await put(wish(6, 'running'))
  expect(shown()).toEqual(['6 running'])
  expect(url).toContain(`/pull/12#issuecomment-${String(comments()[0]?.id)}`)
  expect([double().seen(CREATE).length, double().seen(UPDATE).length]).toEqual([1, 2])
})

test('a body that did not change is not sent again', async () => {
  pull()
  await put(wish(5, 'done'))
  expect(await put(wish(5, 'done'))).toMatchObject({ action: 'kept', why: 'nothing has changed' })
  expect(double().seen(UPDATE)).toEqual([])
})

test('behind 150 comments of others it is found, and not written a second time', async () => {
  pull()
  for (let number = 0; number < 150; number += 1) double().world.addComment(PULL.number, `chatter ${number}`)
  double().world.addComment(PULL.number, wish(4, 'done').body, ACTIONS_BOT)
  expect(await put(wish(5, 'done'))).toMatchObject({ action: 'edited' })
  expect(shown().filter((one) => one !== 'no marker')).toEqual(['5 done'])
  expect(
    double()
      .seen(LIST)
      .map(({ path }) => path.split('?')[1]),
  ).toEqual(['per_page=100&page=1', 'per_page=100&page=2'])
})

test('somebody else’s comment with our marker is left alone', async () => {
  pull()
  const { body } = wish(9, 'done')
  const impostors = [SOMEBODY, { ...SOMEBODY, login: 'github-actions', id: 8 }, OTHER_BOT]
  for (const author of impostors) double().world.addComment(PULL.number, body, author)
  expect(await put(wish(5, 'done'))).toMatchObject({ action: 'created' })
  expect(shown()).toEqual(['9 done', '9 done', '9 done', '5 done'])
  expect(comments().map(({ edits }) => edits)).toEqual([0, 0, 0, 0])
})

test('other jobs and comments of ours without a marker are left alone', async () => {
  pull()
  await put(wish(5, 'done', { key: commentKey('chaos', 'run', '{"profile":"full"}') }))
  double().world.addComment(PULL.number, 'by another action of the same bot', ACTIONS_BOT)
  await put(wish(6, 'done'))
  expect(shown()).toEqual(['5 done', 'no marker', '6 done'])
})

test('two jobs of one key that create at the same moment end as one comment', async () => {
  pull()
  double().together(LIST, 2)
  double().together(CREATE, 2)
  const outcomes = await Promise.all([put(wish(5, 'done')), put(wish(5, 'done'))])
  expect(double().seen(CREATE)).toHaveLength(2)
  expect(shown()).toEqual(['5 done'])
  expect(outcomes.map(({ url }) => url)).toEqual([outcomes[0].url, outcomes[0].url])
})

test('two runs that create at the same moment end as the newer one’s comment', async () => {
  for (const runs of [
    [5, 6],
    [6, 5],
  ] as const) {
    double().world.comments.length = 0
    if (double().world.issues.length === 0) pull()
    double().together(LIST, 2)
    // Both before either looks again.
    double().together(CREATE, 2)
    await Promise.all(runs.map((run) => put(wish(run, 'done'))))
    expect(shown()).toEqual(['6 done'])
  }
})

test('an older run never overwrites a newer one, nor does an older attempt', async () => {
  pull()
  await put(wish(6, 'done'))
  expect(await put(wish(5, 'done'))).toMatchObject({ action: 'kept', why: 'a newer run has written it' })
  expect(await put(wish(5, 'superseded'))).toMatchObject({ action: 'kept' })
  const again = wish(6, 'running')
  await put({ ...again, marker: { ...again.marker, runAttempt: 2 }, body: encodeMarker({ ...again.marker, runAttempt: 2 }) })
  await put(wish(6, 'done'))
  expect(shown()).toEqual(['6 running'])
})

test('superseded replaces the own running and nothing else', async () => {
  pull()
  expect(await put(wish(5, 'superseded'))).toMatchObject({ action: 'kept', url: null })
  await put(wish(5, 'running'))
  expect(await put(wish(5, 'superseded'))).toMatchObject({ action: 'edited' })
  await put(wish(6, 'done'))
  expect(await put(wish(6, 'superseded'))).toMatchObject({ action: 'kept', why: 'this run is not what it shows' })
  expect(shown()).toEqual(['6 done'])
})

test('on-failure: silent while nothing is red, then red, then green in the same comment', async () => {
  pull()
  const mode = 'on-failure' as const
  await put(wish(5, 'running', { mode }))
  await put(wish(5, 'done', { mode }))
  expect(comments()).toEqual([])
  await put(wish(6, 'running', { mode }))
  await put(wish(6, 'done', { mode, red: true }))
  await put(wish(7, 'running', { mode }))
  expect(shown()).toEqual(['7 running'])
  await put(wish(7, 'done', { mode }))
  expect(shown()).toEqual(['7 done'])
  expect(double().seen(CREATE)).toHaveLength(1)
})

test('never: not one request', async () => {
  pull()
  expect(await put(wish(5, 'done', { mode: 'never', red: true }))).toMatchObject({ action: 'kept', url: null })
  expect(double().requests).toEqual([])
})

test('a comment that is deleted between the look and the edit is written anew', async () => {
  pull()
  await put(wish(5, 'running'))
  double().before(UPDATE, () => {
    double().world.comments.length = 0
    return Promise.resolve()
  })
  expect(await put(wish(5, 'done'))).toMatchObject({ action: 'created' })
  expect(shown()).toEqual(['5 done'])
})

test('a second comment that somebody has deleted meanwhile is no failure', async () => {
  pull()
  for (const run of [4, 5]) double().world.addComment(PULL.number, wish(run, 'done').body, ACTIONS_BOT)
  double().before(DELETE, () => {
    double().world.comments.pop()
    return Promise.resolve()
  })
  expect(await put(wish(6, 'done'))).toMatchObject({ action: 'edited' })
  expect(shown()).toEqual(['6 done'])
})

test('comments that vanish again and again end in an error, not in an endless loop', async () => {
  pull()
  await put(wish(5, 'running'))
  double().fail(UPDATE, faults.notFound(), { times: Infinity })
  await expect(put(wish(5, 'done'))).rejects.toThrow('the comments on octo/shop#12 do not settle')
  expect(double().seen(UPDATE)).toHaveLength(4)
})

test('an answer that was lost after the comment was created leaves one comment', async () => {
  pull()
  double().fail(CREATE, faults.reset(), { applied: true })
  await put(wish(5, 'running'))
  expect(double().seen(CREATE)).toHaveLength(2)
  expect(shown()).toEqual(['5 running'])
})

test('a list that is not yet up to date makes no second comment', async () => {
  pull()
  double().fail(LIST, { kind: 'reply', reply: { status: 200, body: [] } }, { times: 2 })
  expect(await put(wish(5, 'done'))).toMatchObject({ action: 'created' })
  expect([double().seen(CREATE).length, shown()]).toEqual([1, ['5 done']])
})

test('the keys of hostile matrices neither end the marker nor meet', async () => {
  pull()
  const matrices = ['-->', '--> <!-- chaos-action:report v1', HOSTILE, 'x'.repeat(10_000)]
  for (const matrix of matrices) await put(wish(5, 'running', { key: commentKey('chaos', 'run', matrix) }))
  for (const matrix of matrices) await put(wish(5, 'done', { key: commentKey('chaos', 'run', matrix) }))
  expect(shown()).toEqual(matrices.map(() => '5 done'))
  for (const { body } of comments()) expect(body.split('\n')).toHaveLength(2)
})

test('429, then success; 5xx, then success', async () => {
  pull()
  double().fail(LIST, faults.tooManyRequests(3))
  double().fail(CREATE, faults.serverError(502))
  double().fail('graphql', faults.serverError(500))
  expect(await put(wish(5, 'done'))).toMatchObject({ action: 'created' })
  expect(shown()).toEqual(['5 done'])
})

async function reportWith(options: ClientOptions): Promise<{ warnings: string[]; outcome: CommentOutcome | null }> {
  const warnings: string[] = []
  const step = { what: 'write the comment on pull request 12', permission: 'pull-requests: write' } as const
  const outcome = await tryReporting(
    { ...step, limitMs: 60_000, signal: new AbortController().signal },
    (text) => warnings.push(text),
    (signal) => put(wish(5, 'done'), { ...options, signal }),
  )
  return { warnings, outcome }
}

test('without the right to write: one warning that names it, and no second try', async () => {
  pull()
  const { warnings, outcome } = await reportWith({ token: 'reader' })
  expect(outcome).toBeNull()
  expect(warnings).toHaveLength(1)
  expect(warnings[0]).toContain('the token may not do this (Resource not accessible by integration')
  expect(warnings[0]).toContain('Add `pull-requests: write` to the `permissions:` of the job')
  expect(double().seen(CREATE)).toHaveLength(1)
})

test('when everything fails it ends within its bound, in one warning', async () => {
  pull()
  double().fail('*', faults.serverError(500), { times: Infinity })
  const { warnings, outcome } = await reportWith({})
  expect([outcome, warnings.length, double().requests.length]).toEqual([null, 1, 4])
  expect(warnings[0]).toContain('GitHub answered 500 each time')
})

test('when GitHub never answers the step’s own limit ends it, in one warning', async () => {
  pull()
  double().fail('*', faults.hang(), { times: Infinity })
  const warnings: string[] = []
  const step = { what: 'write the comment', permission: 'pull-requests: write', limitMs: 50 } as const
  const outcome = await tryReporting(
    { ...step, signal: new AbortController().signal },
    (text) => warnings.push(text),
    (signal) => put(wish(5, 'done'), { signal }),
  )
  expect([outcome, warnings]).toEqual([null, ['could not write the comment: GitHub did not answer in time']])
})

test('an answer that is no list is not taken for an empty one', async () => {
  pull()
  double().fail(LIST, faults.page(), { times: Infinity })
  await expect(put(wish(5, 'done'))).rejects.toThrow("GitHub's answer (comments) was not understood")
  expect(comments()).toEqual([])
})
