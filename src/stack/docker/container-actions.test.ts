import type Dockerode from 'dockerode'
import { expect, it } from 'vitest'
import { actOn } from './container-actions.ts'

const FREEZE = 'OCI runtime pause failed: unable to freeze: unknown'

/** A daemon whose pauses end like these, one after the other; what it did at last, and how often it was asked. */
async function paused(ends: readonly (string | null)[]): Promise<{ readonly asked: number; readonly error: string | null }> {
  let asked = 0
  const pause = (): Promise<void> => {
    const end = ends[asked] ?? null
    asked += 1
    return end === null ? Promise.resolve() : Promise.reject(Object.assign(new Error(end), { statusCode: 500 }))
  }
  const docker = { getContainer: () => ({ pause }) } as unknown as Dockerode
  const info = { Id: 'a', Name: '/web', State: { Paused: false } } as unknown as Dockerode.ContainerInspectInfo
  const target = { id: 'a', runId: 'r', info }
  try {
    await actOn(docker, target, { do: 'pause' }, AbortSignal.timeout(5_000))
    return { asked, error: null }
  } catch (error) {
    return { asked, error: String(error) }
  }
}

it('a container that is just forking is frozen at the next attempt', async () => {
  expect(await paused([FREEZE, FREEZE, null])).toEqual({ asked: 3, error: null })
})

it('one that cannot be frozen is told of, and so is all else at once', async () => {
  const never = await paused([FREEZE, FREEZE, FREEZE, null])
  expect([never.asked, never.error]).toEqual([3, expect.stringContaining('unable to freeze')])
  const other = await paused(['no such container', null])
  expect([other.asked, other.error]).toEqual([1, expect.stringContaining('no such container')])
})
