import { expect, it } from 'vitest'
import * as z from 'zod'
import { canaryClause } from './canary/clause.ts'
import { logClause } from './log/clause.ts'
import { CLAUSES } from './registry.ts'

it('a spec reaches no other kind', () => {
  const spec = { service: 'hive', matches: 'a', at_least: 1 }
  expect(logClause.expect(spec, 'during').kind).toBe('log')
  // @ts-expect-error A log says nothing of how many canary requests are good.
  expect(() => logClause.expect({ success_rate: 1 }, 'during').text).not.toThrow()
  // @ts-expect-error A key that was renamed is not the clause's any more.
  expect(canaryClause.expect({ successRate: 1 }, 'during').kind).toBe('canary')
})

it('each clause has a key of its own, and says of itself and of each of its keys what it is', () => {
  expect(new Set(CLAUSES.map(({ key }) => key)).size).toBe(CLAUSES.length)
  for (const { key, schema } of CLAUSES) {
    expect([key, schema.meta()?.description]).toEqual([key, expect.stringMatching(/\S{3}/)])
    const published = z.toJSONSchema(schema) as { properties: Record<string, { description?: string }> }
    for (const [name, property] of Object.entries(published.properties))
      expect([key, name, property.description]).toEqual([key, name, expect.stringMatching(/\S{3}/)])
  }
})
