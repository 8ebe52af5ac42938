import { wall } from '../../core/time/moment.fixture.ts'
import { expect, test } from 'vitest'
import { faults } from '../../../test/support/github-double/faults.ts'
import { githubDouble } from '../../../test/support/github-double/for-tests.ts'
import { ACTIONS_BOT, SOMEBODY, type Issue } from '../../../test/support/github-double/world.ts'
import { ERROR, FAILED, HOSTILE, runResult, scenarioResult } from '../../report/results.fixture.ts'
import { clientFor, PLACE } from '../github.fixture.ts'
import {
  decideNightly,
  encodeNightly,
  parseNightly,
  redNight,
  type NightlyWish,
  type OwnIssue,
  type RedNight,
} from './decision.ts'
import { putNightlyIssue, type NightlyOutcome } from './issue.ts'
import { lastFinishedRun, overdueWish } from './watchdog.ts'

const double = githubDouble()
const LABEL = 'chaos-nightly'
const RED: RedNight = { title: 'Nightly chaos run: failed', text: '## failed', failures: ['NF-001 failed', 'WC-001 error'] }

function wish(runId: number, red: RedNight | null, key = 'nightly'): NightlyWish {
  return { key, run: { runId, runAttempt: 1 }, runUrl: `https://github.example/runs/${runId}`, red }
}

async function put(wanted: NightlyWish): Promise<NightlyOutcome> {
  return putNightlyIssue(await clientFor(double()), { ...PLACE, label: LABEL }, wanted)
}

function issues(): Issue[] {
  return double().world.issues
}

function comments(number = 1): string[] {
  return double()
    .world.commentsOf(number)
    .map(({ body }) => body)
}

test('red: one issue with its label; red again in the same way: only its text changes; green: closed', async () => {
  expect(await put(wish(5, RED))).toMatchObject({ action: 'opened' })
  expect(issues()).toMatchObject([{ number: 1, title: RED.title, state: 'open', labels: [LABEL] }])
  expect(double().world.labels).toMatchObject([{ name: LABEL, color: 'b60205', description: 'The nightly chaos run is red' }])
  expect(await put(wish(6, { ...RED, failures: [...RED.failures].reverse() }))).toMatchObject({ action: 'updated' })
  expect(issues()[0]?.body).toContain('Last red run: https://github.example/runs/6')
  expect(comments()).toEqual([])
  expect(await put(wish(7, null))).toMatchObject({ action: 'closed' })
  expect(issues()).toMatchObject([{ state: 'closed', stateReason: 'completed' }])
  expect(comments()).toEqual(['Green again: https://github.example/runs/7'])
})

test('another set of failures is told once', async () => {
  await put(wish(5, RED))
  const other = { ...RED, failures: ['NF-001 failed'] }
  await put(wish(6, other))
  await put(wish(7, other))
  expect(comments()).toEqual(['Other failures than before, in https://github.example/runs/6: NF-001 failed.'])
})

test('red after green is a new issue; green without an issue is nothing', async () => {
  expect(await put(wish(4, null))).toEqual({ action: 'kept', url: null, why: 'no issue is open' })
  await put(wish(5, RED))
  await put(wish(6, null))
  await put(wish(7, RED))
  expect(issues().map(({ state }) => state)).toEqual(['closed', 'open'])
})

test('behind 150 others it is found; those of others, of other workflows and pull requests are left alone', async () => {
  double().world.addLabel(LABEL)
  const { body } = await bodyOf(wish(4, RED))
  const others = [
    double().world.addIssue({ labels: [LABEL], author: SOMEBODY, body }),
    double().world.addIssue({ labels: [LABEL], author: ACTIONS_BOT, body: `> ${body}` }),
    double().world.addIssue({ labels: [LABEL], author: ACTIONS_BOT, body: (await bodyOf(wish(4, RED, 'other'))).body }),
  ]
  const ours = double().world.addIssue({ labels: [LABEL], author: ACTIONS_BOT, body })
  for (let index = 0; index < 150; index += 1) double().world.addIssue({ labels: [LABEL] })
  const pull = double().world.addPull()
  Object.assign(pull, { labels: [LABEL], author: ACTIONS_BOT, body })
  expect(await put(wish(5, null))).toMatchObject({ action: 'closed' })
  expect(issues().filter(({ state }) => state === 'closed')).toEqual([ours])
  expect(others.map(({ state }) => state)).toEqual(['open', 'open', 'open'])
  expect(double().seen('issues/list-for-repo')).toHaveLength(2)
})

async function bodyOf(wanted: NightlyWish): Promise<{ body: string }> {
  if (wanted.red === null) throw new Error('green has no body')
  return Promise.resolve({ body: `${encodeNightly(wanted, wanted.red)}\n${wanted.red.text}` })
}

test('nightly and watchdog that open at the same moment leave one', async () => {
  double().together('issues/list-for-repo', 2)
  double().together('issues/create', 2)
  await Promise.all([put(wish(5, RED)), put(wish(5, RED))])
  expect(issues().map(({ number, state }) => [number, state])).toEqual([
    [1, 'open'],
    [2, 'closed'],
  ])
})

test('an answer that was lost after the issue was opened leaves one', async () => {
  double().fail('issues/create', faults.reset(), { applied: true })
  await put(wish(5, RED))
  expect(issues().map(({ state }) => state)).toEqual(['open', 'closed'])
})

test('an older night changes nothing', async () => {
  await put(wish(6, RED))
  expect(await put(wish(5, null))).toMatchObject({ action: 'kept', why: 'a newer nightly has written the issue' })
  expect(await put(wish(5, { ...RED, failures: [] }))).toMatchObject({ action: 'kept' })
  expect(issues()).toMatchObject([{ state: 'open' }])
})

test('a label that somebody else creates meanwhile is used', async () => {
  double().before('issues/create-label', () => {
    double().world.addLabel(LABEL)
    return Promise.resolve()
  })
  await put(wish(5, RED))
  expect(issues()).toMatchObject([{ labels: [LABEL] }])
})

test('a result in the issue: bounded, its failures by name, hostile names as text', async () => {
  expect(redNight(runResult([scenarioResult('passed')]))).toBeNull()
  expect(redNight(runResult([FAILED, ERROR]))?.failures).toEqual(['NF-001 failed', 'WC-001 error'])
  expect(redNight(runResult([], { reasons: ['no stack'] }))?.failures).toEqual(['run error'])
  const many = runResult(
    Array.from({ length: 400 }, (_, index) => ({ ...FAILED, id: `${HOSTILE}-${index}`, reasons: ['語'.repeat(900)] })),
  )
  await put(wish(5, redNight(many)))
  await put(wish(6, { ...RED, failures: redNight(many)?.failures ?? [] }))
  await put(wish(7, redNight(runResult([FAILED]))))
  expect(issues()).toHaveLength(1)
  for (const text of [...comments(), issues()[0]?.body ?? '']) {
    expect(text.length).toBeLessThan(65_536)
    expect(text.replace(/^<!-- [^\n]* -->/, '').replace(/^(`{3,})text\n[^]*?\n\1$/gm, '')).not.toMatch(/<!--|<img|@octocat/)
  }
})

const OPEN: OwnIssue = {
  ...{ number: 3, url: 'https://x/3', body: '' },
  marker: parseNightly(encodeNightly(wish(5, RED), RED)) ?? { key: '', runId: 0, runAttempt: 0, failures: '' },
}

test.each<[name: string, own: OwnIssue[], wanted: NightlyWish, expected: object]>([
  ['red, none open', [], wish(5, RED), { kind: 'open' }],
  ['green, none open', [], wish(5, null), { kind: 'keep' }],
  ['red as before', [OPEN], wish(6, RED), { kind: 'update', issue: OPEN, tell: false, close: [] }],
  ['red otherwise', [OPEN], wish(6, { ...RED, failures: ['x'] }), { kind: 'update', tell: true }],
  [
    'red, two open',
    [{ ...OPEN, number: 9 }, OPEN],
    wish(6, RED),
    { kind: 'update', issue: { number: 3 }, close: [{ number: 9 }] },
  ],
  ['green, two open', [{ ...OPEN, number: 9 }, OPEN], wish(6, null), { kind: 'close', issues: [{ number: 3 }, { number: 9 }] }],
  ['green in the same run', [OPEN], wish(5, null), { kind: 'close' }],
  ['an older one', [OPEN], wish(4, null), { kind: 'keep' }],
])('decides: %s', (_name, own, wanted, expected) => {
  expect(decideNightly(own, wanted)).toMatchObject(expected)
})

const HOUR_MS = 3_600_000
const NOW = Date.parse('2026-03-03T12:00:00Z')
const WATCHED = { ...PLACE, workflow: 'nightly.yml', branch: 'main' }
const WATCH = { key: 'nightly', nowMs: wall(NOW), limitHours: 36, watchdogUrl: 'https://github.example/runs/99' }

test('the last finished run is the newest that came to an end of its own', async () => {
  const { world } = double()
  const good = world.addRun({ conclusion: 'failure', updatedAt: '2026-03-01T10:00:00Z', attempt: 2 })
  world.addRun({ conclusion: 'cancelled' })
  world.addRun({ conclusion: 'timed_out' })
  world.addRun({ status: 'in_progress', conclusion: null })
  world.addRun({ branch: 'feature' })
  world.addRun({ workflow: 'ci.yml' })
  expect(await lastFinishedRun(await clientFor(double()), WATCHED)).toMatchObject({
    ...{ runId: good.id, runAttempt: 2, conclusion: 'failure', finishedAt: '2026-03-01T10:00:00Z' },
  })
})

test.each<[name: string, ageHours: number | null, overdue: boolean]>([
  ['35 hours', 35, false],
  ['exactly the limit', 36, false],
  ['37 hours', 37, true],
  ['never', null, true],
])('overdue after %s', (_name, ageHours, overdue) => {
  const finishedAt = new Date(NOW - (ageHours ?? 0) * HOUR_MS).toISOString()
  const last =
    ageHours === null
      ? null
      : { runId: 50, runAttempt: 1, conclusion: 'success', finishedAt, url: 'https://github.example/runs/50' }
  expect(overdueWish(last, WATCH) !== null).toBe(overdue)
})

test('the watchdog opens the issue, says it once, and the next nightly closes it though its run began before the watchdog’s', async () => {
  const overdue = overdueWish(
    {
      runId: 50,
      runAttempt: 1,
      conclusion: 'success',
      finishedAt: '2026-03-01T10:00:00Z',
      url: 'https://github.example/runs/50',
    },
    WATCH,
  )
  if (overdue === null) throw new Error('it is overdue')
  await put(overdue)
  await put(overdue)
  expect(issues()).toMatchObject([{ title: 'Nightly chaos run: none has finished', state: 'open' }])
  expect(comments()).toEqual([])
  expect(await put(wish(60, null))).toMatchObject({ action: 'closed' })
})

test('a repository that never had a nightly is overdue too', async () => {
  double().world.addRun({ conclusion: 'cancelled' })
  const overdue = overdueWish(await lastFinishedRun(await clientFor(double()), WATCHED), WATCH)
  if (overdue === null) throw new Error('it is overdue')
  expect(await put(overdue)).toMatchObject({ action: 'opened' })
  expect(issues()[0]?.body).toContain('none has ever finished')
  expect(await put(wish(60, RED))).toMatchObject({ action: 'updated' })
})
