import { afterAll, expect, test } from 'vitest'
import { runAct, UNDER_TEST, type Act } from './support/act.ts'
import { startDoubles, type Doubles } from './support/doubles.ts'
import { actionRepository, callingRepository } from './support/repository.ts'
import { SHOP_ID, SHOP_STACK } from '../support/shop.ts'
import type { Issue } from '../support/github-double/world.ts'

const HOUR_MS = 3_600_000
const action = actionRepository()
const repository = callingRepository(
  {
    // On the labels of a machine with a GPU, and without one: the reference stack as it is elsewhere.
    'red.yml': nightly({ stack: '.chaos-action/stack/stack.json', only: 'NF-001', defects: 'no-backoff' }),
    'green.yml': nightly({ stack: SHOP_STACK, only: SHOP_ID }),
    'watchdog.yml': `name: watchdog
on:
  schedule:
    - cron: '53 */6 * * *'
jobs:
  watchdog:
    permissions:
      contents: read
      actions: read
      issues: write
    uses: ./.github/workflows/chaos-watchdog.yml
    with:
      nightly-workflow: nightly.yml
      action-repository: ${UNDER_TEST.repository}
      action-ref: ${UNDER_TEST.ref}
`,
  },
  { ours: true },
)

afterAll(() => {
  action[Symbol.dispose]()
  repository[Symbol.dispose]()
})

function nightly(inputs: Readonly<Record<string, string>>): string {
  const lines = Object.entries(inputs).map(([name, value]) => `      ${name}: ${value}\n`)
  return `name: nightly
on:
  schedule:
    - cron: '23 2 * * *'
jobs:
  nightly:
    permissions:
      contents: read
      issues: write
    uses: ./.github/workflows/chaos-nightly.yml
    with:
      profile: smoke
      suites: chaos
${lines.join('')}      nightly-workflow: nightly.yml
      action-repository: ${UNDER_TEST.repository}
      action-ref: ${UNDER_TEST.ref}
`
}

function atNight(doubles: Doubles, workflow: string, runId: number): Act {
  return runAct({
    event: 'schedule',
    payload: { schedule: '23 2 * * *', repository: { full_name: 'rbee/chaos-action' } },
    workflow,
    repository: repository.path,
    action: action.path,
    doubles,
    runId,
  })
}

function issues(doubles: Doubles): Issue[] {
  return doubles.github.world.issues.filter(({ pull }) => pull === null)
}

test('a red night opens one issue that says what failed, and a green one closes it', async () => {
  await using doubles = await startDoubles({ owner: 'rbee', repo: 'chaos-action' })
  await using red = atNight(doubles, 'red.yml', 1)
  const first = await red.ended
  expect(first.code, first.text).toBe(1)
  expect(first.jobs).toEqual({ suite: 'failure', issue: 'success' })
  expect(issues(doubles)).toMatchObject([{ state: 'open', author: { login: 'github-actions[bot]' } }])
  expect(issues(doubles)[0]?.body).toContain('NF-001')

  await using green = atNight(doubles, 'green.yml', 2)
  const second = await green.ended
  expect(second.code, second.text).toBe(0)
  expect(second.jobs).toEqual({ suite: 'success', issue: 'success' })
  expect(issues(doubles)).toMatchObject([{ state: 'closed', stateReason: 'completed' }])
})

test('the watchdog opens the issue when no night has finished in 36 hours, and keeps quiet otherwise', async () => {
  await using doubles = await startDoubles({ owner: 'rbee', repo: 'chaos-action' })
  const { world } = doubles.github
  const hoursAgo = (hours: number): string => `${new Date(Date.now() - hours * HOUR_MS).toISOString().slice(0, 19)}Z`
  const finished = (hours: number): object =>
    world.addRun({ workflow: 'nightly.yml', createdAt: hoursAgo(hours + 1), updatedAt: hoursAgo(hours) })
  finished(40)
  await using late = atNight(doubles, 'watchdog.yml', 3)
  const first = await late.ended
  expect(first.code, first.text).toBe(0)
  expect(issues(doubles)).toMatchObject([{ state: 'open', title: expect.stringContaining('none has finished') as string }])

  const open = issues(doubles)[0]?.updatedAt
  finished(2)
  await using quiet = atNight(doubles, 'watchdog.yml', 4)
  const second = await quiet.ended
  expect(second.code, second.text).toBe(0)
  expect(issues(doubles)).toMatchObject([{ state: 'open', updatedAt: open }])
})
