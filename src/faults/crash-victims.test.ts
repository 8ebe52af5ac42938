import { describe, expect, test } from 'vitest'
import type { ContainerState, PoolMember } from '../core/ports.ts'
import { busiest, busyAmong, registeringAmong } from './crash-victims.ts'
import { memberOf } from './pool-members.ts'

function container(letter: string, status = 'running'): ContainerState {
  return {
    ...{
      id: letter.repeat(64),
      name: `chaos-r1-hand-${letter}`,
      service: 'hand',
      image: 'i',
      imageId: 'i',
      status,
      health: null,
    },
    ...{ pid: 1, restartCount: 0, startedAt: '', oomKilled: false, exitCode: 0, addresses: {}, mounts: [] },
  }
}

function member(id: string, of: string, meaning: PoolMember['meaning'], inFlight = 0): PoolMember {
  return { id, state: meaning ?? 'other', meaning, container: of, inFlight }
}

const short = (letter: string): string => letter.repeat(12)

describe('the member that a container is', () => {
  const a = container('a')

  test.each([a.id, short('a'), a.name])('is found by %s', (of) => {
    expect(memberOf(a, [member('m2', short('b'), 'ready'), member('m1', of, 'ready')])?.id).toBe('m1')
  })

  test('is not found by less', () => {
    expect(memberOf(a, [member('m1', 'aaaa', 'ready'), member('m2', '', 'ready'), member('m3', 'hand', 'ready')])).toBeNull()
  })

  test('is what works now, not what the same container was before', () => {
    const members = [
      member('old', short('a'), 'failed'),
      member('new', short('a'), 'ready'),
      member('later', short('a'), 'failed'),
    ]
    expect(memberOf(a, members)?.id).toBe('new')
    expect(memberOf(a, [member('old', short('a'), 'failed'), member('new', short('a'), 'registering')])?.id).toBe('new')
  })
})

test('the busiest come first, equals in their order', () => {
  const victims = [1, 3, 0, 3].map((inFlight, index) => ({
    container: container('abcd'[index] ?? ''),
    member: member(`m${String(index)}`, '', 'busy', inFlight),
  }))
  expect(busiest(victims).map(({ container: { name } }) => name.at(-1))).toEqual(['b', 'd', 'a', 'c'])
})

test('busy is who runs and has work', () => {
  const containers = [container('a'), container('b'), container('c', 'exited'), container('d'), container('e')]
  const members = [
    member('m1', short('a'), 'ready', 0),
    member('m2', short('b'), 'busy', 2),
    member('m3', short('c'), 'busy', 1),
    member('m4', short('d'), 'failed', 1),
    member('m5', short('e'), 'ready', 1),
  ]
  expect(busyAmong(containers, members).map(({ member: found }) => found.id)).toEqual(['m2', 'm5'])
})

test('registering is who runs and is listed so', () => {
  const members = [member('m1', short('a'), 'ready'), member('m2', short('b'), 'registering')]
  expect(registeringAmong([container('a')], members)).toBeNull()
  expect(registeringAmong([container('b', 'restarting')], members)).toBeNull()
  expect(registeringAmong([container('a'), container('b')], members)?.member.id).toBe('m2')
})
