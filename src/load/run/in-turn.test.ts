import { expect, it } from 'vitest'
import type { LoadPattern } from '../../core/load.ts'
import { loadRig, OPTIONS, PATTERN } from './loads.fixture.ts'
import { runPatterns } from './in-turn.ts'

const { signal } = new AbortController()
const BOTH: LoadPattern[] = [
  { ...PATTERN, id: 'LT-1' },
  { ...PATTERN, id: 'LT-2', scales: { quick: { durationSeconds: 10 } } },
]

it('tells of each pattern how long it takes by what k6 says of its script, and how much is left of all', async () => {
  const rig = loadRig()
  const { results, reasons } = await rig.until(runPatterns(rig.deps, OPTIONS, BOTH, signal))
  expect([results.map(({ id }) => id), reasons]).toEqual([['LT-1', 'LT-2'], []])
  const told = rig.events.flatMap((event) => {
    if (event.type === 'scenario-started') return [[event.id, event.index, event.total, event.plannedMs, event.leftMs]]
    return event.type === 'scenario-ended' ? [[event.id, event.leftMs]] : []
  })
  // Twenty seconds of stages and ten of the profile, and four that each takes beside.
  expect(told).toEqual([
    ['LT-1', 1, 2, 24_000, 38_000],
    ['LT-1', 14_000],
    ['LT-2', 2, 2, 14_000, 14_000],
    ['LT-2', 0],
  ])
})

it('asks no k6 in a rehearsal', async () => {
  const rig = loadRig()
  const { deps, events } = rig
  const k6 = { ...deps.k6, inspect: () => Promise.reject(new Error('nobody may ask')) }
  const { results } = await rig.until(runPatterns({ ...deps, k6 }, { ...OPTIONS, isRehearsal: true }, BOTH, signal))
  expect(results.map(({ verdict }) => verdict)).toEqual(['inconclusive', 'inconclusive'])
  expect(events[0]).toMatchObject({ plannedMs: 904_000 })
})
