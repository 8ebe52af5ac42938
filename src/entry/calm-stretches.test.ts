import { expect, it } from 'vitest'
import type { PhaseName, ScenarioResult } from '../core/model.ts'
import { calmStretches } from './calm-stretches.ts'

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
  const seconds = (wallMs: number): number | null => (Number.isFinite(wallMs) ? (wallMs - ORIGIN_MS) / 1_000 : null)
  return calmStretches(scenarios, ORIGIN_MS + end * 1_000).map(({ fromWallMs, toWallMs }) => [
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
