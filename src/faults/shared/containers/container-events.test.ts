import { wall } from '../../../core/time/moment.fixture.ts'
import { describe, expect, test } from 'vitest'
import type { ContainerEvent } from '../../../ports/docker.ts'
import { exitCodeOf, firstEvent, roundMs } from './container-events.ts'

function event(action: string, atMs: number, containerId = 'a', attributes: Record<string, string> = {}): ContainerEvent {
  return { atMs: wall(atMs), action, containerId, service: 'hand', attributes }
}

describe('firstEvent', () => {
  const query = { containerId: 'a', action: 'die', sinceWallMs: wall(1_000) }

  test('is the first of that kind, of that container, since that moment', () => {
    const events = [event('die', 999), event('die', 1_100, 'b'), event('oom', 1_200), event('die', 1_300), event('die', 1_400)]
    expect(firstEvent(events, query)).toBe(events[3])
  })

  test('may come in the very moment', () => {
    expect(firstEvent([event('die', 1_000)], query)?.atMs).toBe(1_000)
  })

  test('is null where there is none', () => {
    expect(firstEvent([event('start', 2_000), event('die', 2_000, 'b'), event('die', 1)], query)).toBeNull()
  })
})

describe('exitCodeOf', () => {
  test.each<[string, Record<string, string>, number | null]>([
    ['a number', { exitCode: '137' }, 137],
    ['0', { exitCode: '0' }, 0],
    ['nothing', {}, null],
    ['an empty text', { exitCode: '' }, null],
    ['what only begins with a number', { exitCode: '1x' }, null],
    ['what only ends with one', { exitCode: '-1' }, null],
  ])('of a death that tells %s', (_what, attributes, exitCode) => {
    expect(exitCodeOf(event('die', 1, 'a', attributes))).toBe(exitCode)
  })

  test('of no death is none', () => {
    expect(exitCodeOf(null)).toBeNull()
  })
})

test('times in reports have one decimal', () => {
  expect([12.34, 12.35, 12].map(roundMs)).toEqual([12.3, 12.4, 12])
})
