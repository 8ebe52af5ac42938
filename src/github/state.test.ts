import { afterEach, expect, test, vi } from 'vitest'
import { loadPostState } from './state.ts'

afterEach(() => {
  vi.unstubAllEnvs()
})

function state(runId: string, stateDir: string): void {
  vi.stubEnv('STATE_run-id', runId)
  vi.stubEnv('STATE_state-dir', stateDir)
}

test('comes back as it was saved; without one there is nothing to do', () => {
  expect(loadPostState()).toBeNull()
  state('1f2e3d4c', '/tmp/state')
  expect(loadPostState()).toEqual({ runId: '1f2e3d4c', stateDir: '/tmp/state' })
})

test.each([
  ['../../etc', '/tmp/state'],
  ['', '/tmp/state'],
  ['1f2e3d4c', ''],
])('half a state or a path for an id is refused: %s in %s', (runId, stateDir) => {
  state(runId, stateDir)
  expect(() => loadPostState()).toThrow('the state from main is damaged')
})
