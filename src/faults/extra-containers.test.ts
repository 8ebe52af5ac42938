import { describe, expect, test } from 'vitest'
import type { ContainerState } from '../core/ports.ts'
import { extraRule, extrasAmong } from './extra-containers.ts'

function container(id: string, name: string): ContainerState {
  return {
    ...{ id, name, service: 'hand', image: 'i', imageId: 'i', status: 'running', health: null, pid: 1, restartCount: 0 },
    ...{ startedAt: '', oomKilled: false, exitCode: 0, addresses: {}, mounts: [] },
  }
}

const before = [container('a', 'chaos-r1-hand-1'), container('b', 'chaos-r1-hand-2')]
const names = (containers: readonly ContainerState[]): string[] => containers.map(({ name }) => name)

describe('the rule by which an added container is found', () => {
  const rule = extraRule('hand', before)

  test('it is new, and its number is above those that were there', () => {
    expect(names(extrasAmong([...before, container('c', 'chaos-r1-hand-3')], rule))).toEqual(['chaos-r1-hand-3'])
    expect(names(extrasAmong([...before, container('c', 'chaos_r1_hand_10')], rule))).toEqual(['chaos_r1_hand_10'])
  })

  test('what was there before is none, nor is a stack that was recreated', () => {
    expect(extrasAmong(before, rule)).toEqual([])
    expect(extrasAmong([container('x', 'chaos-r1-hand-1'), container('y', 'chaos-r1-hand-2')], rule)).toEqual([])
  })

  test('a name without a number is none', () => {
    expect(extrasAmong([...before, container('c', 'chaos-r1-hand')], rule)).toEqual([])
  })

  test('it survives the way to the disk and back', () => {
    const stored = JSON.parse(JSON.stringify(rule)) as typeof rule
    expect(names(extrasAmong([...before, container('c', 'chaos-r1-hand-3')], stored))).toEqual(['chaos-r1-hand-3'])
  })
})
