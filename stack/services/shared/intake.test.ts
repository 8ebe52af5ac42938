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

test('a healthy service takes requests however late it is, and whole; with the defects it refuses them, takes a half, or does what it refuses', () => {
  const healthy = open({})
  const refusing = open({ whenLate: 'refuse' })
  const halving = open({ whenLate: 'halve-answers' })
  const lying = open({ whenLate: 'do-and-refuse' })
  const all = [healthy, refusing, halving, lying]
  const tokens = (): number[] => all.map((intake) => intake.tokensFor(61))
  expect(tokens()).toEqual([61, 61, 61, 61])
  for (const intake of all) intake.taken()
  standStill(600)
  expect(tokens()).toEqual([61, 61, 31, 61])
  expect(() => refusing.enter()).toThrow(expect.objectContaining({ status: 503, retryAfterS: 1 }))
  for (const intake of [healthy, halving, lying]) intake.enter()()
  for (const intake of [healthy, halving]) intake.taken()
  expect(() => {
    lying.taken()
  }).toThrow(expect.objectContaining({ status: 429, retryAfterS: 1 }))
})

test('memory of ended requests is used again', () => {
  const hoarding = open({ bytesPerRequest: 16 * 1_048_576 })
  const before = process.memoryUsage().arrayBuffers
  for (let count = 0; count < 2; count += 1) hoarding.enter()()
  const leave = hoarding.enter()
  const grown = process.memoryUsage().arrayBuffers - before
  expect(grown).toBeGreaterThan(15 * 1_048_576)
  expect(grown).toBeLessThan(20 * 1_048_576)
  leave()
})
