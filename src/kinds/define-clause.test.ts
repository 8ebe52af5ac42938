import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import type { ClauseContext } from './context.ts'
import { descriptor } from '../ports/stack.fixture.ts'
import { defineClause } from './define-clause.ts'
import { quantity, serviceName } from './schema-kit.ts'

const schema = z.strictObject({ service: serviceName('Whom it asks'), share: quantity({ minimum: 0, maximum: 1 }).optional() })
const ctx = { windowMs: 5_000 } as ClauseContext
const seen = (observed: string) => ({ expected: 'it holds', observed, met: true })

const plain = defineClause({
  ...{ key: 'plain', schema },
  text: ({ service }) => `${service} holds`,
  observe: ({ service }, { windowMs }) => Promise.resolve(seen(`${service} for ${windowMs} ms`)),
})

const stack = descriptor({
  services: [{ name: 'front', health: null, dependsOn: [], replicas: 1, control: true, data: null }],
})

describe('a clause', () => {
  it('that compares with nothing is observed as it is', async () => {
    const clause = plain.expect({ service: 'front' }, 'after')
    expect(clause).toMatchObject({ kind: 'plain', phase: 'after', text: 'front holds', afterWindowMs: 0 })
    const begun = await (await clause.steady(ctx)).begin(ctx)
    expect(await begun.observe(ctx)).toEqual(seen('front for 5000 ms'))
    expect('stop' in begun).toBe(false)
  })

  it('is given what it began, with its own end', async () => {
    let stopped = 0
    const begins = defineClause({
      ...{ key: 'begins', schema, text: () => 'begins', afterWindowMs: () => 700 },
      begin: ({ service }) =>
        Promise.resolve({ observe: () => Promise.resolve(seen(`begun with ${service}`)), stop: () => void (stopped += 1) }),
    })
    const clause = begins.expect({ service: 'front' }, 'during')
    expect(clause.afterWindowMs).toBe(700)
    const begun = await (await clause.steady(ctx)).begin(ctx)
    expect(await begun.observe(ctx)).toEqual(seen('begun with front'))
    begun.stop?.()
    expect(stopped).toBe(1)
  })

  it('takes in the steady state what it compares with, whether or not it begins anything then', async () => {
    const steps: string[] = []
    const only = defineClause({
      ...{ key: 'only', schema, text: () => 'only' },
      steady: () => (steps.push('steady'), Promise.resolve({ observe: () => Promise.resolve(seen('compared')) })),
    })
    const begun = await (await only.expect({ service: 'front' }, 'during').steady(ctx)).begin(ctx)
    expect([steps, await begun.observe(ctx)]).toEqual([['steady'], seen('compared')])
    const both = defineClause({
      ...{ key: 'both', schema, text: () => 'both' },
      steady: () =>
        Promise.resolve({
          begin: () => (steps.push('begin'), Promise.resolve({ observe: () => Promise.resolve(seen('both')) })),
        }),
    })
    const steady = await both.expect({ service: 'front' }, 'during').steady(ctx)
    expect(steps).toEqual(['steady'])
    expect(await (await steady.begin(ctx)).observe(ctx)).toEqual(seen('both'))
    expect(steps).toEqual(['steady', 'begin'])
  })

  it('is read from a file by its own schema', () => {
    expect(plain.read({ service: 'front', share: 0.5 }, 'during').spec).toEqual({ service: 'front', share: 0.5 })
    expect(() => plain.read({ service: 'front', shaer: 0.5 }, 'during')).toThrow(/shaer/)
  })

  it('tells names that the stack lacks, and what else it needs', () => {
    expect(plain.expect({ service: 'front' }, 'during').missing(stack)).toEqual([])
    const lacking = defineClause({
      ...{ key: 'needs', schema, text: () => 'needs', lacks: ({ name }: { name: string }) => `is not for ${name}` },
      observe: () => Promise.resolve(seen('')),
    })
    expect(lacking.expect({ service: 'frnot' }, 'during').missing(stack)).toEqual([
      { path: ['service'], message: 'there is no service "frnot"; did you mean "front"? (known: front)' },
      { path: [], message: `is not for ${stack.name}` },
    ])
  })

  it('can stand in both phases, unless it says why not', () => {
    expect(plain.wrongPhase({ service: 'front' }, 'after')).toBeNull()
    const first = defineClause({
      ...{ key: 'first', schema, text: () => 'first' },
      wrongPhase: ({ share }, phase) => (phase === 'after' && share !== undefined ? 'share is for "during"' : null),
      observe: () => Promise.resolve(seen('')),
    })
    expect(first.wrongPhase({ service: 'front', share: 1 }, 'after')).toBe('share is for "during"')
    expect(first.wrongPhase({ service: 'front', share: 1 }, 'during')).toBeNull()
    expect(first.wrongPhase({ share: 'all' }, 'after')).toBeNull()
  })

  it('does not compile without a schema, or without a step that observes', () => {
    // @ts-expect-error What it asks for would be anything.
    expect(() => defineClause({ key: 'x', text: () => 'x', observe: () => Promise.resolve(seen('')) })).not.toThrow()
    // @ts-expect-error Nobody would look.
    expect(() => defineClause({ key: 'x', schema, text: () => 'x' })).not.toThrow()
  })
})
