import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { systemClock } from '../../src/core/time/clock.ts'
import type { ContainerAction, ContainerState } from '../../src/ports/docker.ts'
import { waitUntil } from '../../src/core/time/wait.ts'
import { createContainers } from '../../src/stack/docker/containers.ts'
import type { StackUnderTest } from '../../src/stack/running-stack.ts'
import { bringUp } from '../../src/stack/stack.ts'
import { crewDescriptor, HANDS, runningAs } from './crew.ts'
import { descriptorOf, docker, leftoversOf, signal, testRun, type TestRun } from './stack-fixture.ts'

let run: TestRun
let stack: StackUnderTest

beforeAll(async () => {
  run = await testRun()
  stack = await bringUp(run.options(crewDescriptor()))
})

afterAll(async () => {
  await run[Symbol.asyncDispose]()
})

async function only(service: string): Promise<ContainerState> {
  const [found] = await stack.containers.list(service, signal())
  if (found === undefined) throw new Error(`no container of ${service}`)
  return found
}

async function until(id: string, what: string, ok: (state: ContainerState | null) => boolean): Promise<ContainerState | null> {
  const options = { everyMs: 50, attemptMs: 5_000, limitMs: 15_000, signal: signal(), clock: systemClock }
  return waitUntil(what, (abort) => stack.containers.inspect(id, abort), ok, options)
}

test('a state tells the restart policy and the limits of memory', async () => {
  const [hand, lone] = [await only('hand'), await only('lone')]
  const limit = 96 * 1024 * 1024
  expect(hand).toMatchObject({ restartPolicy: 'always', memoryLimitBytes: limit })
  // null where this kernel does not count swap.
  expect([limit, null]).toContain(hand.memorySwapLimitBytes)
  expect(lone).toMatchObject({ restartPolicy: 'no', memoryLimitBytes: null, memorySwapLimitBytes: null })
})

test('CPU quotas are lifted and put back, each twice; who had none keeps having none', async () => {
  const quotas = async (): Promise<(number | undefined)[]> => {
    const found = [...(await stack.containers.list('hand', signal())), await only('lone')]
    return Promise.all(found.map(async ({ id }) => (await docker.getContainer(id).inspect()).HostConfig.NanoCpus))
  }
  const before = await quotas()
  expect(before).toEqual([...Array.from({ length: HANDS }, () => 400_000_000), 0])
  const putBack = await stack.liftCpuQuotas(2, signal())
  expect(await quotas()).toEqual([...Array.from({ length: HANDS }, () => 2_000_000_000), 0])
  const nothing = await stack.liftCpuQuotas(2, signal())
  await nothing(signal())
  await putBack(signal())
  await putBack(signal())
  expect(await quotas()).toEqual(before)
})

test('quotas reach those whose process ends at that very moment, for their next start', async () => {
  const hands = await stack.containers.list('hand', signal())
  for (const { pid } of hands) process.kill(pid, 'SIGKILL')
  const putBack = await stack.liftCpuQuotas(2, signal())
  for (const { id, pid } of hands)
    await until(id, 'another start', (state) => state?.status === 'running' && state.pid !== 0 && state.pid !== pid)
  const quotas = await Promise.all(hands.map(async ({ id }) => (await docker.getContainer(id).inspect()).HostConfig.NanoCpus))
  expect(quotas).toEqual(hands.map(() => 2_000_000_000))
  await putBack(signal())
})

describe('what the daemon is asked to do', () => {
  async function act(action: ContainerAction): Promise<void> {
    await stack.containers.act((await only('lone')).id, action, signal())
  }

  test('pause and unpause, each twice', async () => {
    const { pid } = await only('lone')
    await act({ do: 'pause' })
    await act({ do: 'pause' })
    expect(await only('lone')).toMatchObject({ status: 'paused', pid })
    await act({ do: 'unpause' })
    await act({ do: 'unpause' })
    expect(await only('lone')).toMatchObject({ status: 'running', pid })
  })

  test('stop and start, each twice', async () => {
    const { pid } = await only('lone')
    await act({ do: 'stop', graceSeconds: 2 })
    await act({ do: 'stop', graceSeconds: 2 })
    expect(await only('lone')).toMatchObject({ status: 'exited', pid: 0 })
    await act({ do: 'start' })
    const started = await only('lone')
    await act({ do: 'start' })
    expect(runningAs([await only('lone')])).toEqual(runningAs([started]))
    expect(started.pid).not.toBe(pid)
  })

  test('restart', async () => {
    const { pid } = await only('lone')
    await act({ do: 'restart' })
    const after = await only('lone')
    expect(after.status).toBe('running')
    expect(after.pid).not.toBe(pid)
  })

  test('a signal; one that is not there any more cannot get one', async () => {
    const { id } = await only('lone')
    await act({ do: 'kill', signal: 'SIGKILL' })
    expect(await until(id, 'the death of lone', (state) => state?.status === 'exited')).toMatchObject({ exitCode: 137 })
    await expect(act({ do: 'kill', signal: 'SIGKILL' })).rejects.toThrow(/not running/)
    await expect(act({ do: 'pause' })).rejects.toThrow(/not running/)
    await act({ do: 'start' })
  })

  test('what is not of the run is not touched', async () => {
    const other = 'f'.repeat(64)
    await expect(stack.containers.act(other, { do: 'stop', graceSeconds: 1 }, signal())).rejects.toMatchObject({
      code: 'TARGET_NOT_FOUND',
    })
    await stack.containers.act(other, { do: 'remove' }, signal())
    const foreign = createContainers({ docker, runId: 'someone-else', feed: null })
    const { id } = await only('lone')
    await expect(foreign.act(id, { do: 'stop', graceSeconds: 1 }, signal())).rejects.toMatchObject({ code: 'TARGET_NOT_FOUND' })
    await foreign.act(id, { do: 'remove' }, signal())
    expect(await only('lone')).toMatchObject({ id, status: 'running' })
  })
})

describe('one container more', () => {
  test('starts beside those that run, is trouble while it is there, and goes with a remove', async () => {
    const before = await stack.containers.all(signal())
    const extra = await stack.scaleUp('hand', signal())
    expect(extra).toMatchObject({ service: 'hand', name: `${stack.project}-hand-${HANDS + 1}`, status: 'running' })
    expect(extra.pid).toBeGreaterThan(0)
    // Nothing else was recreated, restarted or started.
    const after = await stack.containers.all(signal())
    expect(runningAs(after.filter(({ id }) => id !== extra.id))).toEqual(runningAs(before))
    expect(await stack.unhealthy(signal())).toBe(`hand has ${HANDS + 1} of ${HANDS} containers`)
    await stack.containers.act(extra.id, { do: 'remove' }, signal())
    await stack.containers.act(extra.id, { do: 'remove' }, signal())
    expect(await stack.unhealthy(signal())).toBeNull()
    expect(await stack.containers.inspect(extra.id, signal())).toBeNull()
    // The next one gets the same number.
    const again = await stack.scaleUp('hand', signal())
    expect(again.name).toBe(extra.name)
    await stack.containers.act(again.id, { do: 'remove' }, signal())
  })

  test('does not bring back one that is down', async () => {
    const [first] = await stack.containers.list('hand', signal())
    await stack.containers.act(first?.id ?? '', { do: 'stop', graceSeconds: 2 }, signal())
    await expect(stack.scaleUp('hand', signal())).rejects.toThrow(/without starting chaos-.*-hand-1 \(exited\) as well/)
    expect((await stack.containers.list('hand', signal())).map(({ status }) => status)).toEqual(['exited', 'running', 'running'])
    await stack.containers.act(first?.id ?? '', { do: 'start' }, signal())
  })

  test('is refused for a service that is not there', async () => {
    await expect(stack.scaleUp('nobody', signal())).rejects.toMatchObject({ code: 'TARGET_NOT_FOUND' })
  })

  test('is refused where the compose file fixes the name', async () => {
    await using named = await testRun()
    const fixed = await bringUp(named.options(descriptorOf('fixed-names')))
    await expect(fixed.scaleUp('web', signal())).rejects.toMatchObject({
      code: 'CAPABILITY_MISSING',
      message: 'the service web cannot get one more container: the compose file fixes the name chaos-fixture-web',
    })
    expect(await fixed.containers.list('web', signal())).toHaveLength(1)
    const unheard = { name: 'nobody', call: () => Promise.reject(new Error('a stack without a pool asks nobody')) }
    expect(fixed.pool(unheard)).toBeNull()
    await fixed.down(signal())
  })

  // Last: they replace, and take down, the stack.
  test('goes with a recreated stack', async () => {
    const extra = await stack.scaleUp('hand', signal())
    await stack.recreate(signal())
    expect(await stack.containers.inspect(extra.id, signal())).toBeNull()
    expect(await stack.containers.list('hand', signal())).toHaveLength(HANDS)
    expect(await stack.unhealthy(signal())).toBeNull()
  })

  test('goes with the stack', async () => {
    await stack.scaleUp('hand', signal())
    await stack.down(signal())
    expect(await leftoversOf(run.runId)).toEqual([])
  })
})
