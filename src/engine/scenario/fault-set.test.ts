import { expect, it } from 'vitest'
import { FaultSet } from './fault-set.ts'
import { fakeFault, request, requestOf } from '../rig/fake-fault.ts'
import { fakeStack } from '../rig/fake-stack.ts'
import { scenario } from '../rig/rig.ts'
import { World } from '../rig/world.ts'

it('takes back what could not be taken back before, and nothing twice', async () => {
  const world = new World()
  const cut = fakeFault(world, 'cut')
  const slow = fakeFault(world, 'slow')
  let tries = 0
  const stubborn: typeof slow = {
    ...slow,
    revert: (plan, ctx) => {
      tries += 1
      return tries === 1 ? Promise.reject(new Error('not yet')) : slow.revert(plan, ctx)
    },
  }
  const ledger = { append: () => Promise.resolve(1), close: () => Promise.resolve() }
  const { clock } = world
  const set = new FaultSet({ ledger, clock })
  const ctx = { ...fakeStack(world), clock, signal: new AbortController().signal } as never
  const faults = [request('cut', 'back'), request('slow', 'store')].map((one) => requestOf([cut, stubborn], one))
  await set.plan(scenario({ faults }), ctx)
  expect(await clock.until(set.revert(ctx, 1_000))).toEqual(['slow on store: not yet'])
  expect(await clock.until(set.revert(ctx, 1_000))).toEqual([])
  // Nothing was under way, so that nothing is waited for.
  expect(clock.sleeping).toBe(0)
  expect(world.journal.filter((line) => line.startsWith('revert'))).toEqual(['revert cut on back', 'revert slow on store'])
})
