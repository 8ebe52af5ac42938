import { afterEach, expect, test, vi } from 'vitest'
import { loadOpenReporting, loadPostState } from './state.ts'

afterEach(() => {
  vi.unstubAllEnvs()
})

function state(runId: string, stateDir: string, outDir = '/tmp/out'): void {
  vi.stubEnv('STATE_run-id', runId)
  vi.stubEnv('STATE_state-dir', stateDir)
  vi.stubEnv('STATE_out-dir', outDir)
}

test('comes back as it was saved; without one there is nothing to do', () => {
  expect(loadPostState()).toBeNull()
  state('1f2e3d4c', '/tmp/state')
  expect(loadPostState()).toEqual({ runId: '1f2e3d4c', stateDir: '/tmp/state', outDir: '/tmp/out' })
})

test.each([
  ['../../etc', '/tmp/state'],
  ['', '/tmp/state'],
  ['1f2e3d4c', ''],
])('half a state or a path for an id is refused: %s in %s', (runId, stateDir) => {
  state(runId, stateDir)
  expect(() => loadPostState()).toThrow('the state from main is damaged')
})

test('what a comment and a check run still have to say comes back, or nothing', () => {
  expect(loadOpenReporting()).toBeNull()
  vi.stubEnv('STATE_reporting', JSON.stringify({ comment: true, checkId: 12 }))
  expect(loadOpenReporting()).toEqual({ comment: true, checkId: 12 })
  vi.stubEnv('STATE_reporting', JSON.stringify({ comment: false, checkId: null }))
  expect(loadOpenReporting()).toEqual({ comment: false, checkId: null })
  vi.stubEnv('STATE_reporting', '{"comment":"yes"}')
  expect(() => loadOpenReporting()).toThrow('the state from main is damaged')
})
