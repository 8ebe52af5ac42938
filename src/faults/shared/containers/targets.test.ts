import { describe, expect, test } from 'vitest'
import type { Count } from '../entry-keys.ts'
import type { FaultContext } from '../../../kinds/context.ts'
import type { ContainerState } from '../../../ports/docker.ts'
import { seededRandom } from '../../../core/random.ts'
import { container, containers, descriptor, faultContext, stack } from '../context.fixture.ts'
import { asTarget, chooseSome, chooseTarget, chooseTargets, describeContainers, resolveCount, runningTargets } from './targets.ts'

describe('resolveCount', () => {
  test.each<[Count | null, number, number, string]>([
    [null, 4, 1, '1 of 4'],
    [{ number: 3 }, 4, 3, '3 of 4'],
    [{ number: 4 }, 4, 4, '4 of 4'],
    [{ percent: 50 }, 4, 2, '50 % of 4 → 2'],
    [{ percent: 50 }, 3, 2, '50 % of 3 → 2'],
    [{ percent: 1 }, 4, 1, '1 % of 4 → 1'],
    [{ percent: 100 }, 4, 4, '100 % of 4 → 4'],
    // 0.07 * 100 is 7.000000000000001.
    [{ percent: 7 }, 100, 7, '7 % of 100 → 7'],
  ])('%j of %i is %i', (count, available, number, text) => {
    expect(resolveCount(count, available)).toEqual({ number, text })
  })

  test('refuses more than there are', () => {
    const refusal = { code: 'TARGET_NOT_FOUND', message: '5 containers are to be hit, and 4 are running' }
    expect(() => resolveCount({ number: 5 }, 4)).toThrow(expect.objectContaining(refusal) as Error)
  })
})

test('what is hit is told by the names of the containers, and by their service', () => {
  const plan = { target: 'hive', containers: [{ name: 'hive-1' }, { name: 'hive-2' }] }
  expect(describeContainers(plan, 'ended')).toEqual({ targets: ['hive-1', 'hive-2'], services: ['hive'], mechanism: 'ended' })
})

describe('chooseSome', () => {
  const items = ['a', 'b', 'c', 'd', 'e', 'f']

  test('takes so many, each once, in the given order', () => {
    const chosen = chooseSome(items, 3, seededRandom(1))
    expect(chosen).toHaveLength(3)
    expect(chosen).toEqual(items.filter((item) => chosen.includes(item)))
  })

  test('the seed decides', () => {
    const draw = (seed: number): string => chooseSome(items, 2, seededRandom(seed)).join('')
    expect(draw(7)).toBe(draw(7))
    expect(new Set(Array.from({ length: 40 }, (_item, seed) => draw(seed))).size).toBeGreaterThan(5)
  })
})

describe('the containers of a service', () => {
  const hands = ['running', 'exited', 'running', 'running'].map((status, place) =>
    container({ id: `h${place}`, name: `hand-${place}`, status }),
  )

  function having(all: readonly ContainerState[]): FaultContext {
    const plain = { health: null, dependsOn: [], replicas: 1, control: false, data: null }
    const services = ['hand', 'head'].map((name) => ({ name, ...plain }))
    return faultContext(6_000, {
      containers: containers({ list: () => Promise.resolve([...all]) }),
      stack: stack({ descriptor: descriptor({ services }) }),
    }).ctx
  }

  test('that run are those that can be hit', async () => {
    expect((await runningTargets('hand', having(hands))).map(({ id }) => id)).toEqual(['h0', 'h2', 'h3'])
  })

  test.each<[string, readonly ContainerState[], string]>([
    ['none of which runs', hands.slice(1, 2), 'hand-1 (exited)'],
    ['none of which runs any more', [hands[1], hands[1]].filter((one) => one !== undefined), 'hand-1 (exited), hand-1 (exited)'],
    ['of which there is none', [], 'no container at all'],
  ])('%s are an error that says what there is', async (_what, all, has) => {
    await expect(runningTargets('hand', having(all))).rejects.toMatchObject({
      code: 'TARGET_NOT_FOUND',
      message: `no container of the service 'hand' is running; it has ${has}`,
      hint: 'Services of the stack: hand, head',
    })
  })

  test('are chosen among those that run, as many as are meant', async () => {
    const { chosen, text } = await chooseTargets('hand', { percent: 50 }, having(hands))
    expect([chosen.length, text]).toEqual([2, '50 % of 3 → 2'])
    expect(chosen.every(({ status }) => status === 'running')).toBe(true)
  })

  test('are one where one is meant', async () => {
    const { state, text } = await chooseTarget('hand', having(hands))
    expect([state.status, text]).toEqual(['running', '1 of 3'])
    await expect(chooseTarget('hand', having([]))).rejects.toMatchObject({ code: 'TARGET_NOT_FOUND' })
  })

  test('are kept in a plan with their restart policy, which is none where nothing is said', () => {
    expect(asTarget(container({ id: 'h1', name: 'hand-1' }))).toEqual({ id: 'h1', name: 'hand-1', restartPolicy: 'no' })
    expect(asTarget(container({ restartPolicy: 'always' })).restartPolicy).toBe('always')
  })
})
