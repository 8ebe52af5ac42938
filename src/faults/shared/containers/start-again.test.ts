import { describe, expect, test } from 'vitest'
import type { FaultContext } from '../../../kinds/context.ts'
import type { ContainerAction, ContainerState } from '../../../ports/docker.ts'
import { container, containers, faultContext } from '../context.fixture.ts'
import { downLeftovers, isDown, startAgain, staysDown } from './start-again.ts'

function state(status: string, restartPolicy?: string, exitCode = 137): ContainerState {
  return container({ name: 'hand-1', status, exitCode, ...(restartPolicy === undefined ? {} : { restartPolicy }) })
}

test.each<[string, string | undefined, number, boolean]>([
  ['exited', 'no', 137, true],
  ['exited', 'no', 0, true],
  ['exited', undefined, 137, true],
  ['created', 'no', 0, true],
  ['dead', 'no', 0, true],
  // Whether it comes back is the system's own promise.
  ['exited', 'always', 137, false],
  ['exited', 'always', 0, false],
  ['exited', 'unless-stopped', 137, false],
  ['exited', 'on-failure', 137, false],
  ['exited', 'on-failure', 0, true],
  ['restarting', 'no', 137, false],
  ['paused', 'no', 0, false],
  ['running', 'no', 0, false],
])('%s with the policy %s and exit code %i stays down: %s', (status, policy, exitCode, stays) => {
  expect(staysDown(state(status, policy, exitCode))).toBe(stays)
})

describe('containers that a fault ended', () => {
  const states: Readonly<Record<string, ContainerState>> = {
    down: { ...state('exited', 'no'), id: 'down', name: 'hand-1' },
    back: { ...state('running', 'always'), id: 'back', name: 'hand-2' },
  }

  /** The containers above, and what was done to them. */
  function having(refused: readonly string[] = []): {
    readonly ctx: FaultContext
    readonly acts: (readonly [string, ContainerAction])[]
  } {
    const acts: (readonly [string, ContainerAction])[] = []
    const { ctx } = faultContext(6_000, {
      containers: containers({
        inspect: (id) => Promise.resolve(states[id] ?? null),
        act: (id, action) => {
          acts.push([id, action])
          return refused.includes(id) ? Promise.reject(new Error(`cannot start ${id}`)) : Promise.resolve()
        },
      }),
    })
    return { ctx, acts }
  }

  test('are started where they stay down; one that is gone is of no concern', async () => {
    const { ctx, acts } = having()
    await startAgain(['down', 'back', 'gone'], staysDown, ctx)
    expect(acts).toEqual([['down', { do: 'start' }]])
  })

  test('that cannot be started are an error, after all have been tried', async () => {
    const { ctx, acts } = having(['down'])
    await expect(startAgain(['down', 'back'], () => true, ctx)).rejects.toThrow('cannot start down')
    expect(acts.map(([id]) => id)).toEqual(['down', 'back'])
  })

  test('are left over as long as they are down', async () => {
    const { ctx } = having()
    expect(await downLeftovers(['down', 'back', 'gone'], isDown, ctx)).toEqual([
      'container hand-1 is exited and was not started again',
    ])
  })
})
