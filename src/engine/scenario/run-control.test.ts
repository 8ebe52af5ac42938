/** The control: what the fault must not touch. */
import { describe, expect, it } from 'vitest'
import type { ContainerState } from '../../ports/docker.ts'
import { fakeFault } from '../rig/fake-fault.ts'
import { fakeClause } from '../rig/fake-clause.ts'
import { Rig, type RigOptions } from '../rig/rig.ts'

async function controlOf(options: RigOptions, change: (rig: Rig) => void = () => undefined) {
  const rig = new Rig(options)
  change(rig)
  const { verdict, reasons, control, controlReason } = await rig.result()
  return { rig, verdict, reasons, control, controlReason }
}

/** `changes` hold from when the fault is on. */
function statesOnceBroken(changes: Partial<ContainerState> | null): RigOptions {
  let isOn = false
  return {
    clauses: (world) => [
      fakeClause(world, 'answers', {
        look: () => {
          isOn = true
        },
      }),
    ],
    stacks: [
      {
        states: (state) => {
          if (!isOn || state.service !== 'store') return state
          return changes === null ? null : { ...state, ...changes }
        },
      },
    ],
  }
}

describe('a control that is hit as well', () => {
  it.each<[Partial<ContainerState> | null, string]>([
    [null, 'container fake-store-1 is gone'],
    [{ startedAt: '2026-03-01T10:00:20Z' }, 'container fake-store-1 was restarted'],
    [{ restartCount: 1 }, 'container fake-store-1 was restarted'],
    [{ status: 'paused' }, 'container fake-store-1 went from running to paused'],
    [{ health: 'unhealthy' }, 'container fake-store-1 went from healthy to unhealthy'],
  ])('%j makes the scenario an error, not a pass', async (changes, why) => {
    const { verdict, reasons, control } = await controlOf(statesOnceBroken(changes))
    expect([verdict, reasons]).toEqual(['error', [`control store was hit as well: ${why}`]])
    expect(control).toMatchObject({ service: 'store', unaffected: false, reasons: [why] })
  })

  it('by slow answers is noticed, beyond three times the steady ones and 100 ms', async () => {
    const slowBy = (totalMs: number) =>
      controlOf({}, ({ world }) => {
        world.page = () => ({ totalMs: world.broken.size > 0 ? totalMs : 60, error: null })
      })
    expect((await slowBy(180)).control).toMatchObject({ unaffected: true, steadyP95Ms: 60, duringP95Ms: 180 })
    expect((await slowBy(181)).reasons).toEqual(['control store was hit as well: direct probe p95 181 ms, limit 180 ms'])
    const quick = (totalMs: number) =>
      controlOf({}, ({ world }) => {
        world.page = () => ({ totalMs: world.broken.size > 0 ? totalMs : 4, error: null })
      })
    expect((await quick(104)).control?.unaffected).toBe(true)
    expect((await quick(105)).reasons).toEqual(['control store was hit as well: direct probe p95 105 ms, limit 104 ms'])
  })

  it('by errors is noticed', async () => {
    const { reasons } = await controlOf({}, ({ world }) => {
      world.page = () => (world.broken.size > 0 ? { totalMs: null, error: 'ECONNREFUSED' } : { totalMs: 3, error: null })
    })
    expect(reasons[0]).toMatch(/^control store was hit as well: \d+ of \d+ direct probes failed, first: ECONNREFUSED$/)
  })

  it('beside a broken promise is named with it, and the scenario has failed', async () => {
    const { verdict, reasons } = await controlOf(
      { clauses: (world) => [fakeClause(world, 'answers', { met: false })] },
      ({ world }) => {
        world.page = () => (world.broken.size > 0 ? { totalMs: null, error: 'timeout' } : { totalMs: 3, error: null })
      },
    )
    expect(verdict).toBe('failed')
    expect(reasons).toEqual([
      'the clause answers: expected answers to hold, observed answers: false',
      expect.stringContaining('control store was hit as well: '),
    ])
  })

  it('and that nobody could look at is no proof', async () => {
    const { reasons } = await controlOf({}, ({ world }) => {
      const page = world.page
      world.page = (host) => {
        if (world.broken.size > 0) throw new Error('the observer is gone')
        return page(host)
      }
    })
    expect(reasons[0]).toMatch(/^control store was hit as well: only \d probes during the fault, 10 are needed$/)
  })
})

describe('the choice of a control', () => {
  it('is none where a fault reaches everything', async () => {
    const { verdict, control, controlReason } = await controlOf({
      faults: (world) => [fakeFault(world, 'cut', { describe: { everything: true } })],
    })
    expect([verdict, control, controlReason]).toEqual(['passed', null, 'the fault reaches every service'])
  })

  it('is asked by name where it has no address on the network', async () => {
    const { rig, control } = await controlOf({ stacks: [{ network: 'another' }] })
    expect(control?.unaffected).toBe(true)
    expect(rig.noted('probe')[0]).toBe('probe store')
  })

  it('that is not well before the fault keeps it from coming', async () => {
    const { rig, verdict, reasons } = await controlOf({}, ({ world }) => {
      world.page = () => ({ totalMs: null, error: 'ECONNREFUSED' })
    })
    expect(verdict).toBe('error')
    expect(reasons).toEqual(['prepare: 10 good probes of the control store did not happen within 8000 ms (last seen: 0)'])
    expect(rig.noted('inject')).toEqual([])
  })

  it('whose containers cannot be listed is an error', async () => {
    expect((await controlOf({ stacks: [{ list: 'fails' }] })).reasons).toEqual(['prepare: list store failed'])
  })
})
