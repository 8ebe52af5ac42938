import { expect, test } from 'vitest'
import type { ContainerState } from '../core/ports.ts'
import { staysDown } from './start-again.ts'
import { uptimeMs } from './uptime.ts'

function state(status: string, restartPolicy: string, exitCode = 137): ContainerState {
  return {
    ...{ id: 'a', name: 'hand-1', service: 'hand', image: 'i', imageId: 'i', status, health: null, pid: 0, restartCount: 0 },
    ...{ startedAt: '', oomKilled: false, exitCode, addresses: {}, mounts: [], restartPolicy },
  }
}

test.each<[string, string, number, boolean]>([
  ['exited', 'no', 137, true],
  ['exited', 'no', 0, true],
  // Whether it comes back is the system's own promise.
  ['exited', 'always', 137, false],
  ['exited', 'unless-stopped', 137, false],
  ['exited', 'on-failure', 137, false],
  ['exited', 'on-failure', 0, true],
  ['restarting', 'always', 137, false],
  ['running', 'no', 0, false],
])('%s with the policy %s and exit code %i stays down: %s', (status, policy, exitCode, stays) => {
  expect(staysDown(state(status, policy, exitCode))).toBe(stays)
})

test('uptime counts from the start, and only while it runs', () => {
  const startedAt = '2026-01-02T03:04:05.678901234Z'
  const startMs = Date.parse('2026-01-02T03:04:05.678Z')
  expect(uptimeMs({ status: 'running', startedAt }, startMs + 12_000)).toBe(12_000)
  expect(uptimeMs({ status: 'restarting', startedAt }, startMs + 12_000)).toBe(0)
  expect(uptimeMs({ status: 'running', startedAt: 'never' }, startMs)).toBe(0)
  expect(uptimeMs(null, startMs)).toBe(0)
})
