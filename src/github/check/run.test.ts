import { expect, test } from 'vitest'
import { faults } from '../../../test/support/github-double/faults.ts'
import { githubDouble } from '../../../test/support/github-double/for-tests.ts'
import { ACTIONS_BOT, type CheckRun } from '../../../test/support/github-double/world.ts'
import type { RunVerdict } from '../../core/model.ts'
import type { RunResult } from '../../core/result/run.ts'
import type { ScenarioResult } from '../../core/result/scenario.ts'
import {
  ERROR,
  FAILED,
  HOSTILE,
  INCONCLUSIVE,
  LOAD_FAILED,
  runResult,
  scenarioResult,
  SKIPPED,
} from '../../report/results.fixture.ts'
import { checkAnnotations } from './check-annotations.ts'
import { abandonCheck, completeCheck, conclusionOf, startCheck, type CheckConclusion } from './run.ts'
import { clientFor, PLACE } from '../github.fixture.ts'

const double = githubDouble({ tokens: { reader: { ...ACTIONS_BOT, grants: {} } } })
const RED: readonly RunVerdict[] = ['failed', 'error', 'inconclusive']
const OPTIONS = { workspace: '/home/runner/work/shop', failOn: RED }
const CHECK = {
  ...{ ...PLACE, name: 'chaos', commit: 'a'.repeat(40), externalId: '5/1' },
  detailsUrl: 'https://github.example/octo/shop/actions/runs/5',
}

/** A run that is reported from its start to its end; gives what the double has then. */
async function checkOf(result: RunResult, options = OPTIONS): Promise<CheckRun> {
  const github = await clientFor(double())
  await completeCheck(github, CHECK, await startCheck(github, CHECK), result, options)
  const [check] = double().world.checks
  if (check === undefined) throw new Error('there is no check run')
  return check
}

function failures(count: number, file = 'scenarios/mine.json'): ScenarioResult[] {
  return Array.from({ length: count }, (_, index) => ({ ...FAILED, id: `X-${index}`, source: { file, line: index + 1 } }))
}

test('under way from the start', async () => {
  await startCheck(await clientFor(double()), CHECK)
  expect(double().world.checks).toMatchObject([
    {
      ...{ name: 'chaos', headSha: CHECK.commit, status: 'in_progress', conclusion: null, title: 'running' },
      ...{ detailsUrl: CHECK.detailsUrl, externalId: '5/1' },
    },
  ])
})

test.each<[RunVerdict, readonly RunVerdict[], CheckConclusion]>([
  ['passed', RED, 'success'],
  ['passed', [], 'success'],
  ['failed', RED, 'failure'],
  ['failed', ['error'], 'neutral'],
  ['error', RED, 'failure'],
  ['error', ['failed'], 'neutral'],
  ['inconclusive', RED, 'failure'],
  ['inconclusive', ['failed', 'error'], 'neutral'],
])('%s, where %j fail the job: %s', (verdict, failOn, conclusion) => {
  expect(conclusionOf(verdict, failOn)).toBe(conclusion)
})

test('completed with conclusion, summary and the lines of what is not green', async () => {
  const check = await checkOf(
    runResult([scenarioResult('passed'), INCONCLUSIVE, SKIPPED, ERROR, FAILED], { load: [LOAD_FAILED] }),
  )
  expect(check).toMatchObject({
    status: 'completed',
    conclusion: 'failure',
    title: 'failed: 2 failed, 1 error, 1 inconclusive, 1 passed, 1 skipped',
  })
  expect(check.summary).toMatch(/^## ❌ failed — judged/)
  expect(check.annotations.map((one) => [one['path'], one['start_line'], one['annotation_level'], one['title']])).toEqual([
    ['scenarios/chaos/network-failures.json', 20, 'failure', 'NF-001 Complete network partition: failed'],
    ['scenarios/load/load.json', 5, 'failure', 'LT-002 Stress test up to the breaking point: failed'],
    ['scenarios/chaos/network-failures.json', 20, 'failure', 'WC-001 Crash during inference: error'],
    ['scenarios/chaos/network-failures.json', 20, 'failure', 'NF-003 Packet loss 30 %: inconclusive'],
  ])
  expect(check.annotations[0]?.['message']).toBe([...FAILED.reasons, `Repeat: ${FAILED.repeatCommand}`].join('\n'))
})

test('an allowed inconclusive is a warning and neutral', async () => {
  const check = await checkOf(runResult([INCONCLUSIVE]), { ...OPTIONS, failOn: ['failed', 'error'] })
  expect(check.conclusion).toBe('neutral')
  expect(check.annotations).toMatchObject([{ annotation_level: 'warning' }])
})

test.each([0, 1, 50, 51, 100, 130])('%i annotations, in batches of 50', async (count) => {
  const result = runResult(count === 0 ? [scenarioResult('passed')] : failures(count))
  const check = await checkOf(result)
  expect(check.annotations).toHaveLength(count)
  expect(new Set(check.annotations.map((one) => one['title'])).size).toBe(count)
  expect(double().seen('checks/update')).toHaveLength(Math.max(1, Math.ceil(count / 50)))
})

test('a batch that fails leaves the check run complete', async () => {
  double().fail('checks/update', faults.unprocessable('no'), { after: 1 })
  await expect(checkOf(runResult(failures(120)))).rejects.toMatchObject({ status: 422 })
  const [check] = double().world.checks
  expect(check).toMatchObject({ status: 'completed', conclusion: 'failure', title: 'failed: 120 failed' })
  expect(check?.annotations).toHaveLength(50)
})

test('files outside the workspace cannot be pointed to and are named in the summary', async () => {
  const outside = [
    ...failures(1, '/opt/action/scenarios/a.json'),
    ...failures(1, '../b.json'),
    ...failures(1, '/home/runner/work/shop-2/c.json'),
  ]
  const check = await checkOf(runResult([...outside, ...failures(1, '/home/runner/work/shop/chaos/..d.json')]))
  expect(check.annotations.map((one) => one['path'])).toEqual(['chaos/..d.json'])
  expect(check.summary).toContain(
    '### Not in this repository\n- X-0 Complete network partition: failed (/opt/action/scenarios/a.json:1)\n',
  )
  expect(check.summary).toContain('(../b.json:1)')
  expect(check.summary).toContain('/home/runner/work/shop-2/c.json:1')
})

test('the texts stay below what GitHub takes, whatever there is', async () => {
  const long = { reasons: ['語'.repeat(9_000)], name: 'x'.repeat(5_000) }
  const all = [...failures(120, '/elsewhere.json'), ...failures(420)].map((one) => ({ ...one, ...long }))
  const check = await checkOf(runResult(all))
  expect(check.summary?.length).toBeLessThan(65_535)
  expect(check.summary).toMatch(/^## ❌ failed/)
  expect(check.summary).toMatch(/\n- and \d+ more\n$/)
  expect(check.annotations.length).toBeLessThanOrEqual(500)
  for (const one of check.annotations) expect(Buffer.byteLength(String(one['message']))).toBeLessThan(64 * 1_024)
})

test('hostile text stays text', async () => {
  const hostile = { id: HOSTILE, name: HOSTILE, reasons: [HOSTILE], repeatCommand: HOSTILE }
  const sources = ['scenarios/mine.json', `/elsewhere/${HOSTILE}`].map((file) => ({
    ...FAILED,
    ...hostile,
    source: { file, line: 0 },
  }))
  const check = await checkOf(runResult(sources))
  expect(check.annotations).toMatchObject([{ path: 'scenarios/mine.json', start_line: 1 }])
  for (const text of [check.annotations[0]?.['title'], check.annotations[0]?.['message']])
    expect(text).not.toMatch(/\u001b|\u0000|\u202e/)
  expect(check.annotations[0]?.['title']).not.toContain('\n')
  const list = check.summary?.split('### Not in this repository')[1] ?? ''
  expect(list.trim().split('\n')).toHaveLength(1)
  expect(list).not.toMatch(/<img|<!--|@octocat|https:\/\//)
})

test('a run without a verdict completes its check all the same', async () => {
  const github = await clientFor(double())
  await abandonCheck(github, CHECK, await startCheck(github, CHECK), 'cancelled', 'the job was cancelled (SIGINT)')
  expect(double().world.checks).toMatchObject([{ status: 'completed', conclusion: 'cancelled', title: 'no verdict' }])
})

test('without `checks: write` there is none, and the failure says 403', async () => {
  await expect(startCheck(await clientFor(double(), { token: 'reader' }), CHECK)).rejects.toMatchObject({ status: 403 })
  expect(double().world.checks).toEqual([])
})

test('annotations are for what is not green only', () => {
  expect(checkAnnotations(runResult([scenarioResult('passed'), SKIPPED]), OPTIONS)).toEqual({ inside: [], outside: [] })
})
