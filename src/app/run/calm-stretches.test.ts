import { wall } from '../../core/time/moment.fixture.ts'
import { msBetween, type Wall } from '../../core/time/moment.ts'
import { expect, it } from 'vitest'
import type { PhaseName, ScenarioResult } from '../../core/result/scenario.ts'
import { calmStretches, longestHoldMs } from './calm-stretches.ts'

const ORIGIN_MS = Date.parse('2026-03-01T10:00:00.000Z')

type Phased = Pick<ScenarioResult, 'phases' | 'recovery' | 'events'>

/** Seconds from the start of the run: plan, inject, and the end of the recovery. */
function scenario(plan: number, inject: number, recovered: number | null, isRecreated = false): Phased {
  const phase = (name: PhaseName, from: number, to: number): ScenarioResult['phases'][number] => ({
    name,
    startedAt: new Date(ORIGIN_MS + from * 1_000).toISOString(),
    durationMs: (to - from) * 1_000,
  })
  const end = recovered ?? inject + 20
  return {
    phases: [phase('plan', plan, plan + 1), phase('inject', inject, inject + 1), phase('recovery', inject + 8, end)],
    recovery: { recovered: recovered !== null } as ScenarioResult['recovery'],
    events: isRecreated ? [{ at: '', source: 'engine', kind: 'stack-recreated', detail: '' }] : [],
  }
}

/** In seconds from the start; the first has no beginning. */
function calm(scenarios: readonly Phased[], end: number): (number | null)[][] {
  const seconds = (at: Wall): number | null => {
    const sinceOriginMs = msBetween(wall(ORIGIN_MS), at)
    return Number.isFinite(sinceOriginMs) ? sinceOriginMs / 1_000 : null
  }
  return calmStretches(scenarios, wall(ORIGIN_MS + end * 1_000)).map(({ fromWallMs, toWallMs }) => [
    seconds(fromWallMs),
    seconds(toWallMs),
  ])
}

it('is everything where nothing was injected', () => {
  expect(calm([], 30)).toEqual([[null, 30]])
})

it('lies before, between and after faults that the system recovered from', () => {
  expect(calm([scenario(2, 5, 15), scenario(18, 20, 30)], 33)).toEqual([
    [null, 5],
    [16, 20],
    [31, 33],
  ])
})

it('begins again with the next steady state after a fault that was not recovered from, or whose stack was made anew', () => {
  const trouble = [scenario(2, 5, null), scenario(40, 44, 50, true), scenario(70, 73, 80)]
  expect(calm(trouble, 90)).toEqual([
    [null, 5],
    [40, 44],
    [70, 73],
    [81, 90],
  ])
})

it('is not while a fault was on, however close the next one came', () => {
  // The second fault came within the second in which requests of the first one end.
  expect(calm([scenario(2, 5, 15), scenario(15, 15.5, 25), scenario(25.5, 26, 30)], 31)).toEqual([[null, 5]])
  expect(calm([scenario(2, 5, 15), scenario(15, 17, 25)], 26.5)).toEqual([
    [null, 5],
    [16, 17],
    [26, 26.5],
  ])
})

/** It ended before it injected anything. */
function skipped(phases: Phased['phases'] = []): Phased {
  return { ...scenario(0, 0, 1), phases }
}

it('goes on through a scenario that injected nothing', () => {
  expect(calm([scenario(2, 5, 15), skipped(), scenario(25, 27, 30)], 40)).toEqual([
    [null, 5],
    [16, 27],
    [31, 40],
  ])
  expect(calm([skipped()], 40)).toEqual([[null, 40]])
})

it('does not come back with a scenario that was never steady', () => {
  expect(calm([scenario(2, 5, null), skipped()], 40)).toEqual([[null, 5]])
  // Its plan is where it was.
  const steady = skipped(scenario(20, 25, 30).phases.slice(0, 1))
  expect(calm([scenario(2, 5, null), steady], 40)).toEqual([
    [null, 5],
    [20, 40],
  ])
})

it('is not known before a fault of which nobody knows when its scenario was steady', () => {
  const { phases, ...rest } = scenario(20, 25, 30)
  expect(calm([scenario(2, 5, null), { ...rest, phases: phases.slice(1) }], 40)).toEqual([
    [null, 5],
    [31, 40],
  ])
})

it('is not known after a scenario whose recovery has no time', () => {
  const { phases, ...rest } = scenario(2, 5, 15)
  expect(calm([{ ...rest, phases: phases.slice(0, 2) }], 40)).toEqual([[null, 5]])
})

it('is not ended by other events of a scenario', () => {
  const event = { at: '', source: 'engine', kind: 'note', detail: '' } as const
  expect(calm([{ ...scenario(2, 5, 15), events: [event] }], 40)).toEqual([
    [null, 5],
    [16, 40],
  ])
  const both: Phased['events'] = [event, { ...event, kind: 'stack-recreated' }]
  expect(calm([{ ...scenario(2, 5, 15), events: both }], 40)).toEqual([[null, 5]])
})

it('a load holds for four times as long as the scenarios are planned, and five minutes', () => {
  expect(longestHoldMs(60_000)).toBe(540_000)
})
