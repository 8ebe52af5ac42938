import { describe, expect, test } from 'vitest'
import type { FaultContext } from '../../kinds/context.ts'
import type { ContainerAction, ContainerState } from '../../ports/docker.ts'
import { container, containers, faultContext } from '../shared/context.fixture.ts'
import { extraRule, extraRuleSchema, extrasAmong, findExtras, removeExtras } from './extra-containers.ts'

function hand(id: string, name: string): ContainerState {
  return container({ id, name })
}

const before = [hand('a', 'chaos-r1-hand-1'), hand('b', 'chaos-r1-hand-2')]
const names = (all: readonly ContainerState[]): string[] => all.map(({ name }) => name)

describe('the rule by which an added container is found', () => {
  const rule = extraRule('hand', before)

  test('keeps what there was', () => {
    expect(rule).toEqual({ service: 'hand', known: ['a', 'b'], highestNumber: 2 })
    expect(extraRuleSchema.parse(rule)).toEqual(rule)
    expect(extraRule('hand', [])).toEqual({ service: 'hand', known: [], highestNumber: 0 })
  })

  test('it is new, and its number is above those that were there', () => {
    expect(names(extrasAmong([...before, hand('c', 'chaos-r1-hand-3')], rule))).toEqual(['chaos-r1-hand-3'])
    expect(names(extrasAmong([...before, hand('c', 'chaos_r1_hand_10')], rule))).toEqual(['chaos_r1_hand_10'])
  })

  test('what was there before is none, nor is a stack that was recreated', () => {
    expect(extrasAmong(before, rule)).toEqual([])
    expect(extrasAmong([hand('a', 'chaos-r1-hand-3')], rule)).toEqual([])
    expect(extrasAmong([hand('x', 'chaos-r1-hand-1'), hand('y', 'chaos-r1-hand-2')], rule)).toEqual([])
  })

  test.each(['chaos-r1-hand', 'chaos-r1-hand-3-old', 'chaos-r1-hand3'])(
    'a name without a number in its end is none: %s',
    (name) => {
      expect(extrasAmong([...before, hand('c', name)], rule)).toEqual([])
    },
  )

  test('it survives the way to the disk and back', () => {
    const stored = JSON.parse(JSON.stringify(rule)) as typeof rule
    expect(names(extrasAmong([...before, hand('c', 'chaos-r1-hand-3')], stored))).toEqual(['chaos-r1-hand-3'])
  })
})

describe('added containers', () => {
  /** A service that has, at each listing, the next of these; the last one stays. */
  function having(listings: readonly (readonly ContainerState[])[]): {
    readonly ctx: FaultContext
    readonly acts: (readonly [string, ContainerAction])[]
    readonly listed: () => number
  } {
    const acts: (readonly [string, ContainerAction])[] = []
    let listed = 0
    const { ctx } = faultContext(6_000, {
      containers: containers({
        list: (service) => {
          if (service !== 'hand') throw new Error(`nobody asked for ${service}`)
          listed += 1
          return Promise.resolve([...(listings[listed - 1] ?? listings.at(-1) ?? [])])
        },
        act: (id, action) => {
          acts.push([id, action])
          return Promise.resolve()
        },
      }),
    })
    return { ctx, acts, listed: () => listed }
  }
  const rule = extraRule('hand', before)
  const [third, fourth] = [hand('c', 'hand-3'), hand('d', 'hand-4')]

  test('are found among those that there are now', async () => {
    expect(names(await findExtras(rule, having([[...before, third]]).ctx))).toEqual(['hand-3'])
  })

  test('are removed, and so is one that the daemon was still creating', async () => {
    const { ctx, acts, listed } = having([[...before, third], [...before, fourth], before])
    await removeExtras(rule, ctx)
    expect(acts).toEqual([
      ['c', { do: 'remove' }],
      ['d', { do: 'remove' }],
    ])
    expect(listed()).toBe(3)
  })

  test('are looked for no more where there are none', async () => {
    const { ctx, acts, listed } = having([before])
    await removeExtras(rule, ctx)
    expect([acts, listed()]).toEqual([[], 1])
  })

  test('that come again and again are removed three times', async () => {
    const { ctx, acts } = having([[...before, third]])
    await removeExtras(rule, ctx)
    expect(acts).toHaveLength(3)
  })
})
