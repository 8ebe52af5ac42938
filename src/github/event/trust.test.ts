import { expect, test } from 'vitest'
import { parseAllow } from '../../untrusted/allow-untrusted.ts'
import { judgeTrust, type TrustFacts } from './trust.ts'

const FACTS: TrustFacts = {
  event: 'push',
  fromFork: false,
  dependabot: false,
  runnerEnvironment: 'self-hosted',
  allow: parseAllow([]),
}

function outcome(change: Partial<TrustFacts>): string {
  const { trusted, refuse } = judgeTrust({ ...FACTS, ...change })
  return refuse === null ? (trusted ? 'trusted' : 'untrusted') : 'refused'
}

const OWN_EVENTS = [
  ...['push', 'schedule', 'workflow_dispatch', 'repository_dispatch', 'merge_group', 'release', 'create', 'delete', 'deployment'],
  ...['deployment_status', 'check_run', 'check_suite', 'status', 'label', 'issues', 'milestone', 'page_build', 'public'],
  ...[
    'registry_package',
    'watch',
    'fork',
    'gollum',
    'discussion',
    'discussion_comment',
    'branch_protection_rule',
    'workflow_call',
    '',
  ],
]

test.each(OWN_EVENTS)('%j runs what somebody with write access has put there', (event) => {
  for (const runnerEnvironment of ['self-hosted', 'github-hosted']) {
    expect(outcome({ event, runnerEnvironment })).toBe('trusted')
    // A payload that names no pull request cannot say whether it is a fork's.
    expect(outcome({ event, runnerEnvironment, fromFork: null })).toBe('trusted')
  }
})

test.each<[event: string, change: Partial<TrustFacts>, selfHosted: string, hosted: string]>([
  ['pull_request', {}, 'trusted', 'trusted'],
  ['pull_request', { fromFork: true }, 'refused', 'untrusted'],
  ['pull_request', { fromFork: null }, 'refused', 'untrusted'],
  ['pull_request_review', { fromFork: true }, 'refused', 'untrusted'],
  ['pull_request_review_comment', { fromFork: true }, 'refused', 'untrusted'],
  ['pull_request_review', {}, 'trusted', 'trusted'],
  ['pull_request_target', { fromFork: true }, 'refused', 'untrusted'],
  ['pull_request_target', {}, 'trusted', 'trusted'],
  ['workflow_run', { fromFork: true }, 'refused', 'untrusted'],
  ['workflow_run', {}, 'trusted', 'trusted'],
  ['issue_comment', { fromFork: null }, 'refused', 'untrusted'],
  ['issue_comment', {}, 'trusted', 'trusted'],
])('%s with %j: %s on a self-hosted runner, %s on GitHub’s', (event, change, selfHosted, hosted) => {
  expect(outcome({ event, ...change, runnerEnvironment: 'self-hosted' })).toBe(selfHosted)
  expect(outcome({ event, ...change, runnerEnvironment: 'github-hosted' })).toBe(hosted)
})

test.each(['', 'self-hosted', 'Github-Hosted', 'something-new'])(
  'the runner environment %j is no machine of GitHub’s',
  (runnerEnvironment) => {
    expect(outcome({ event: 'pull_request', fromFork: true, runnerEnvironment })).toBe('refused')
  },
)

test('allowing forks runs them, and trusts them no more than before', () => {
  const fork = { event: 'pull_request', fromFork: true }
  expect(outcome({ ...fork, allow: parseAllow(['fork']) })).toBe('untrusted')
  expect(outcome({ ...fork, allow: parseAllow(['true']) })).toBe('untrusted')
  expect(outcome({ ...fork, allow: parseAllow(['privileged', 'mount']) })).toBe('refused')
})

test.each(['pull_request', 'push', 'pull_request_target'])('what Dependabot brings in by %s is run, and not trusted', (event) => {
  expect(outcome({ event, dependabot: true })).toBe('untrusted')
  expect(outcome({ event, dependabot: true, runnerEnvironment: 'github-hosted' })).toBe('untrusted')
})

test('a refusal says what the danger is and what to do', () => {
  expect(judgeTrust({ ...FACTS, event: 'pull_request', fromFork: true }).refuse).toBe(
    'this is a self-hosted runner, and pull_request would run the code of a fork on it, which could stay on the machine when ' +
      'the job is over. Run it on a runner of GitHub’s, or set allow-untrusted to fork if the machine is thrown away after each job.',
  )
  expect(judgeTrust({ ...FACTS, event: 'issue_comment', fromFork: null }).refuse).toContain('what may be the code of a fork')
})
