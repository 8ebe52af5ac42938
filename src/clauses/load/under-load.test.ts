import { expect, it } from 'vitest'
import { canaryClause } from '../canary/clause.ts'
import { loadClause } from './clause.ts'
import { underLoad } from './under-load.ts'

const canary = canaryClause.expect({ success_rate: 0.9 }, 'during')

it('asks that the load goes on, and keeps its limits again within the limit of the recovery', () => {
  expect(underLoad([canary], 20_000)).toMatchObject([
    { phase: 'during', kind: 'load', spec: {} },
    { phase: 'after', kind: 'load', spec: { kept_again_within_seconds: 20 } },
  ])
})

it("lets the scenario's own limits take the place of ours, each in its phase", () => {
  const own = loadClause.expect({ error_rate: 0.1 }, 'during')
  expect(underLoad([canary, own], 5_000)).toMatchObject([
    { phase: 'after', kind: 'load', spec: { kept_again_within_seconds: 5 } },
  ])
})
