import { expect, it } from 'vitest'
import { instantOf } from '../../core/time/clock.ts'
import { later } from '../../core/time/moment.ts'
import { VirtualClock } from '../../core/time/virtual-clock.fixture.ts'
import { ScenarioState } from './state.ts'

it('counts what was answered until we disturbed the stack ourselves', async () => {
  const clock = new VirtualClock()
  const state = new ScenarioState(1, instantOf(clock), 6_000)
  await clock.pass(1_000)
  const nowMs = clock.nowMs()
  const samples = [-1, 0, 1].map((ms) => ({
    ...{ intendedMs: state.startedMs, sentMs: state.startedMs, doneMs: later(nowMs, ms) },
    ...{ status: 200, ok: true, error: null },
  }))
  expect(state.undisturbed(samples)).toEqual(samples)
  state.disturbed = instantOf(clock)
  expect(state.undisturbed(samples)).toEqual(samples.slice(0, 2))
})
