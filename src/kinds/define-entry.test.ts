import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import type { FaultRequest } from './fault.ts'
import { descriptor } from '../ports/stack.fixture.ts'
import { defineEntry } from './define-entry.ts'
import { missingNames, refersTo } from './references.ts'
import { quantity, serviceName } from './schema-kit.ts'

const stack = descriptor({
  services: ['front', 'back'].map((name) => ({ name, health: null, dependsOn: [], replicas: 1, control: true, data: null })),
})

const entry = defineEntry({
  group: 'cut',
  key: 'cut',
  way: 'target + cut',
  keys: {
    cut: z.literal('all'),
    target: serviceName('Whom it hits'),
    percent: quantity({ minimum: 1, maximum: 100 }).optional(),
  },
  lacks: ({ percent = 0 }, { name }, tell) => {
    if (percent > 50) tell(['percent'], `is too much for ${name}`)
  },
  request: ({ target, percent = 10 }, missing): FaultRequest => ({
    ...{ kind: 'cut', spec: { target, percent }, usualMs: 0, missing },
    plan: () => Promise.reject(new Error('not asked')),
  }),
  docs: { what: 'cuts' },
})

describe('an entry', () => {
  it('asks for what its keys say, whatever else stands beside them', () => {
    expect(entry.read({ cut: 'all', target: 'back', id: 'X-1', name: 'x' }).spec).toEqual({ target: 'back', percent: 10 })
    expect(entry.read({ cut: 'all', target: 'back', percent: 7 }).spec).toEqual({ target: 'back', percent: 7 })
  })

  it('is not read before it was checked', () => {
    expect(() => entry.read({ cut: 'all', target: 7 })).toThrow(/^an entry of cut was read before it was checked: /)
  })

  it('lacks the names that its stack does not have, and what its fault needs besides', () => {
    expect(entry.read({ cut: 'all', target: 'back', percent: 50 }).missing(stack)).toEqual([])
    expect(entry.read({ cut: 'all', target: 'bakc', percent: 60 }).missing(stack)).toEqual([
      { path: ['target'], message: 'there is no service "bakc"; did you mean "back"? (known: front, back)' },
      { path: ['percent'], message: 'is too much for test' },
    ])
  })

  it('has no rule over several keys unless it says one', () => {
    entry.together({ has: () => true, text: () => 'x' }, () => {
      throw new Error('there is no such rule')
    })
    expect(entry.rules).toEqual({})
  })
})

describe('names that a stack must have', () => {
  const request = refersTo('request', z.string())
  const shape = {
    plain: z.string(),
    list: z.array(request).optional(),
    one: request,
    perhaps: request.optional(),
    either: z.union([z.int(), request]),
    several: z.union([request, z.array(request)]).optional(),
  }
  const lacking = (value: Record<string, unknown>): unknown =>
    missingNames(shape, value, stack).map(({ path, message }) => [path.join('.'), message])

  it('are found in what is optional, one of several, or a list', () => {
    const there = 'there is no request "x" (known: page)'
    expect(lacking({ plain: 'x', one: 'page', perhaps: 'page', either: 7, several: ['page'] })).toEqual([])
    expect(lacking({ plain: 'x', one: 'x' })).toEqual([['one', there]])
    expect(lacking({ one: 'page', perhaps: 'x' })).toEqual([['perhaps', there]])
    expect(lacking({ one: 'page', either: 'x' })).toEqual([['either', there]])
    expect(lacking({ one: 'page', several: 'x' })).toEqual([['several', there]])
    expect(lacking({ one: 'page', several: ['page', 'x'] })).toEqual([['several.1', there]])
    expect(lacking({ one: 'page', list: ['x'] })).toEqual([['list.0', there]])
  })

  it('are told where a stack has none of the kind', () => {
    const [one] = missingNames(shape, { one: 'x' }, { ...stack, requests: {} })
    expect(one?.message).toBe('there is no request "x" (there are no requests)')
  })

  it('are no matter of what is no name', () => {
    expect(lacking({ one: 7, either: null, several: 7, list: 7 })).toEqual([])
  })
})
