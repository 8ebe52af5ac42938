import { expect, test } from 'vitest'
import { DEFECTS, type Defect } from '../shared/defects.ts'
import { hivePolicy } from './policy.ts'

const facts = (...defects: Defect[]): object => hivePolicy(new Set(defects))

test('what is promised', () => {
  expect(facts()).toEqual({
    intake: { whenLate: 'queue', withoutDescriptors: 'carry-on', bytesPerRequest: 0 },
    registrationLimitMs: 2_750,
    deadAfterMs: 2_000,
    removesDead: true,
    givesWork: 'when-ready',
    failedListedMs: 60_000,
    stopLimitMs: 3_000,
    workerWaitMs: 3_000,
    cameBackPauseMs: 0,
    maxRuns: 4,
    failoverUpToTokens: Infinity,
    abandonAfterMs: 2_000,
    resumeLimitMs: 60_000,
    whenNotStored: 'answer-507',
    reserveBytes: 1_048_576,
    tornBytes: 0,
    maxOpenJobs: 8_192,
    keepFinishedMs: 15_000,
    keepFinishedBytes: 33_554_432,
    keepIds: 20_000,
  })
})

test('each defect changes one behaviour, or none of the hive', () => {
  const healthy = { whenLate: 'queue', withoutDescriptors: 'carry-on', bytesPerRequest: 0 }
  const changes: Partial<Record<Defect, object>> = {
    'no-failover': { failoverUpToTokens: 256 },
    'no-registration-timeout': { registrationLimitMs: Infinity },
    'gives-work-before-ready': { givesWork: 'when-registered' },
    'keeps-dead-workers': { removesDead: false },
    'slow-with-who-came-back': { cameBackPauseMs: 600 },
    'never-force-kills': { stopLimitMs: null },
    'accepts-without-storing': { whenNotStored: 'run-it-all-the-same' },
    'fails-when-full': { whenNotStored: 'answer-500' },
    'forgets-at-start': { tornBytes: 1_024 },
    'shortens-when-late': { intake: { ...healthy, whenLate: 'halve-answers' } },
    'does-what-it-refuses': { intake: { ...healthy, whenLate: 'do-and-refuse' } },
    'refuses-after-a-shortage': { intake: { ...healthy, withoutDescriptors: 'refuse-for-a-while' } },
    'hoards-descriptors': { intake: { ...healthy, withoutDescriptors: 'keep-many-afterwards' } },
    'hive-drops-when-busy': { intake: { ...healthy, whenLate: 'refuse' } },
    'hive-dies-without-descriptors': { intake: { ...healthy, withoutDescriptors: 'exit' } },
  }
  for (const defect of DEFECTS) expect(facts(defect)).toEqual({ ...facts(), ...changes[defect] })
})
