import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, expect, test } from 'vitest'
import { Cleanup, recordingLog } from '../testing/support.ts'
import { HEALTHY_INTAKE, openIntake, type Intake, type IntakePolicy } from './intake.ts'
import { TickRecord } from './loop-watch.ts'

const cleanup = new Cleanup()
afterEach(() => cleanup.run())

function open(policy: Partial<IntakePolicy>): Intake {
  const intake = openIntake({ ...HEALTHY_INTAKE, ...policy }, recordingLog().log)
  cleanup.add(() => {
    intake.close()
  })
  return intake
}

/** Nothing else runs meanwhile. */
function standStill(limitMs: number): void {
  const endMs = performance.now() + limitMs
  while (performance.now() < endMs);
}

test('the share of the last second in which the loop stood still', () => {
  const record = new TickRecord(0)
  for (let nowMs = 20; nowMs <= 1_000; nowMs += 20) record.tick(nowMs)
  expect(record.stalledShare(1_000)).toBe(0)
  // Half a second without a tick, then regular ones again.
  expect(record.stalledShare(1_520)).toBeCloseTo(0.5)
  for (let nowMs = 1_520; nowMs <= 2_500; nowMs += 20) record.tick(nowMs)
  expect(record.stalledShare(2_500)).toBeCloseTo(0.5)
  for (let nowMs = 2_520; nowMs <= 2_540; nowMs += 20) record.tick(nowMs)
  expect(record.stalledShare(2_540)).toBeCloseTo(0)
})

test('a healthy service takes requests however late it is, and whole; with the defects it refuses them, or takes a half', async () => {
  const healthy = open({})
  const refusing = open({ whenLate: 'refuse' })
  const halving = open({ whenLate: 'halve-answers' })
  expect([healthy, refusing, halving].map((intake) => intake.tokensFor(61))).toEqual([61, 61, 61])
  standStill(600)
  expect([healthy, refusing, halving].map((intake) => intake.tokensFor(61))).toEqual([61, 61, 31])
  await expect(refusing.enter()).rejects.toMatchObject({ status: 503, retryAfterS: 1 })
  for (const intake of [healthy, halving]) (await intake.enter())()
})

test('with the defect it takes its time with each request when it was late once', async () => {
  const slow = open({ pauseSinceLateMs: 300 })
  const took = async (): Promise<number> => {
    const startedMs = performance.now()
    ;(await slow.enter())()
    return performance.now() - startedMs
  }
  expect(await took()).toBeLessThan(250)
  standStill(600)
  expect(await took()).toBeGreaterThan(290)
  // Long after it.
  await sleep(1_500)
  expect(await took()).toBeGreaterThan(290)
})

test('memory of ended requests is used again', async () => {
  const hoarding = open({ bytesPerRequest: 16 * 1_048_576 })
  const before = process.memoryUsage().arrayBuffers
  for (let count = 0; count < 2; count += 1) (await hoarding.enter())()
  const leave = await hoarding.enter()
  const grown = process.memoryUsage().arrayBuffers - before
  expect(grown).toBeGreaterThan(15 * 1_048_576)
  expect(grown).toBeLessThan(20 * 1_048_576)
  leave()
})
