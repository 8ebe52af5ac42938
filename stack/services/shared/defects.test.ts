import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { workerPolicy } from '../mock-worker/policy.ts'
import { queenIntake, upstreamPolicy } from '../queen-rbee/policy.ts'
import { hivePolicy } from '../rbee-hive/policy.ts'
import { DEFECTS, type Defect } from './defects.ts'

/** What a service decides by, with its functions as what they answer. */
function decisions(defects: readonly Defect[]): Record<'queen' | 'hive' | 'worker', string> {
  const set = new Set(defects)
  const upstream = upstreamPolicy(set)
  const reasons = (['timeout', 'reset'] as const).map((reason) => upstream.retries(reason))
  const queen = { ...upstream, ...queenIntake(set), backoff: [1, 2, 3].map(upstream.backoff), retries: reasons }
  const asText = (policy: object): string =>
    JSON.stringify(policy, (_key, value: unknown) => (value === Infinity ? 'unlimited' : value))
  return { queen: asText(queen), hive: asText(hivePolicy(set)), worker: asText(workerPolicy(set)) }
}

/** Of how a service takes requests, which two of them share. */
const OF_THE_INTAKE: readonly Defect[] = [
  ...(['shortens-when-late', 'does-what-it-refuses', 'refuses-after-a-shortage', 'hoards-descriptors'] as const),
]

test('each defect is one of exactly one service, or of all that take requests', () => {
  const healthy = decisions([])
  for (const defect of DEFECTS) {
    const found = decisions([defect])
    const changed = (['queen', 'hive', 'worker'] as const).filter((service) => found[service] !== healthy[service])
    const isShared = OF_THE_INTAKE.includes(defect)
    expect([defect, changed]).toEqual([defect, isShared ? ['queen', 'hive'] : [expect.any(String)]])
  }
})

test('the descriptor knows them all, and no others', async () => {
  const file = join(import.meta.dirname, '../../stack.json')
  const stack = JSON.parse(await readFile(file, 'utf8')) as { defects: { known: Record<string, unknown> } }
  expect(Object.keys(stack.defects.known).sort()).toEqual([...DEFECTS].sort())
})
