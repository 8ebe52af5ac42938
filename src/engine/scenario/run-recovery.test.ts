/** Whether a system is well again, how long that took, and whether it stays so. */
import { msBetween, type Mono } from '../../core/time/moment.ts'
import { describe, expect, it } from 'vitest'
import { Rig } from '../rig/rig.ts'
import { clause, fakeClause } from '../rig/fake-clause.ts'
import type { Answer, World } from '../rig/world.ts'

/** Answers as `during` says while the fault is on, and as `after` says with the ms since its end. */
function answering(world: World, during: Answer, after: (sinceMs: number) => Answer): void {
  let endedMs: Mono | null = null
  let hasBegun = false
  world.answer = (atMs) => {
    if (world.broken.size > 0) {
      hasBegun = true
      return during
    }
    if (!hasBegun) return { ok: true, latencyMs: 20 }
    endedMs ??= atMs
    return after(msBetween(endedMs, atMs))
  }
}

const GOOD: Answer = { ok: true, latencyMs: 20 }
const BAD: Answer = { ok: false, latencyMs: 20, error: 'status 502' }

async function recoveryAfter(after: (sinceMs: number) => Answer, change: (rig: Rig) => void = () => undefined) {
  const rig = new Rig()
  answering(rig.world, BAD, after)
  change(rig)
  const result = await rig.result()
  return { ...result.recovery, verdict: result.verdict, reasons: result.reasons }
}

describe('recovery', () => {
  it('is told as the time from the end of the fault to the first good answer of the streak', async () => {
    const recovery = await recoveryAfter((sinceMs) => (sinceMs < 2_000 ? BAD : GOOD))
    expect(recovery).toMatchObject({ recovered: true, verdict: 'passed', streak: 5, reason: null })
    expect(recovery.lastBadMs).toBeGreaterThanOrEqual(1_900)
    expect(recovery.afterMs).toBe(recovery.firstGoodMs)
    expect(recovery.afterMs).toBeGreaterThan(2_000)
    expect(recovery.afterMs).toBeLessThan(2_200)
  })

  it('is nothing to wait for where nothing was bad', async () => {
    expect(await recoveryAfter(() => GOOD)).toMatchObject({ recovered: true, lastBadMs: 0 })
  })

  it('needs an unbroken streak: one bad answer begins it anew', async () => {
    const recovery = await recoveryAfter((sinceMs) => (sinceMs > 140 && sinceMs < 190 ? BAD : GOOD))
    expect(recovery.recovered).toBe(true)
    expect(recovery.lastBadMs).toBeGreaterThanOrEqual(150)
    expect(recovery.afterMs).toBeGreaterThan(200)
  })

  it('needs latency near the steady one: good answers that are slow are none', async () => {
    // Steady 20 ms: the limit is 270 ms.
    const near = await recoveryAfter(() => ({ ok: true, latencyMs: 270 }))
    expect(near.reasons[0]).toMatch(/^not as before: /)
    const slow = await recoveryAfter(() => ({ ok: true, latencyMs: 271 }))
    expect(slow).toMatchObject({ recovered: false, verdict: 'failed', afterMs: null })
    expect(slow.reasons[0]).toMatch(/^no recovery within 20000 ms: a streak of 5 good requests with a median under 270 ms /)
    expect(slow.reasons[0]).toMatch(/ ms: \d+ × good, the newest \d+ good, their median 271 ms$/)
    const bad = await recoveryAfter(() => ({ ok: false, latencyMs: 20, error: 'status 507' }))
    expect(bad.reasons[0]).toMatch(/ ms: \d+ × status 507, the newest of them bad$/)
  })

  it('needs services that are healthy, and says which is not', async () => {
    const never = await recoveryAfter(
      () => GOOD,
      ({ world }) => {
        let asks = 0
        world.unhealthy = () => ((asks += 1), asks <= 1 ? null : 'fake-back-1 is unhealthy')
      },
    )
    expect(never.verdict).toBe('failed')
    expect(never.reasons[0]).toContain('; fake-back-1 is unhealthy')
  })

  it('that never comes is a failure, with what was seen last', async () => {
    const never = await recoveryAfter(() => BAD)
    expect(never).toMatchObject({ recovered: false, afterMs: null, limitMs: 20_000, firstGoodMs: null })
    expect(never.reasons[0]).toContain('no recovery within 20000 ms')
  })

  it('has a limit by profile, and one of the entry', async () => {
    const full = new Rig({ options: { profile: 'full' } })
    expect((await full.result()).recovery.limitMs).toBe(60_000)
    const own = new Rig({ scenarios: [{ recoveryLimitSeconds: 3 }] })
    answering(own.world, BAD, (sinceMs) => (sinceMs < 4_000 ? BAD : GOOD))
    expect((await own.result()).reasons[0]).toContain('no recovery within 3000 ms')
  })

  it('that does not hold until the scenario ends is none', async () => {
    const rig = new Rig({
      clauses: (world) => [fakeClause(world, 'answers', { observe: { afterMs: 3_000 } })],
      scenarios: [{ expect: [clause('answers', 'after')] }],
    })
    answering(rig.world, BAD, (sinceMs) => (sinceMs > 1_990 && sinceMs < 2_040 ? BAD : GOOD))
    const result = await rig.result()
    expect(result.verdict).toBe('failed')
    expect(result.reasons).toEqual([expect.stringMatching(/^relapse 20\d\d ms after the fault ended: status 502$/)])
    expect(result.recovery.recovered).toBe(false)
  })

  it('is not the end where requests of the window are still under way: all of them are counted', async () => {
    const rig = new Rig({ scenarios: [{ expect: [] }] })
    answering(rig.world, { ok: false, latencyMs: 12_000 }, () => GOOD)
    const result = await rig.result()
    expect(result.canary).toMatchObject({ total: 60, failed: 60 })
    expect(result.recovery.afterMs).toBeLessThan(1_000)
  })

  it('is over with its proof and the look after it, where all requests of the window have their outcomes', async () => {
    const { phases } = await new Rig().result()
    const recoveryMs = phases.find(({ name }) => name === 'recovery')?.durationMs
    expect(recoveryMs).toBeGreaterThan(3_000)
    expect(recoveryMs).toBeLessThan(4_000)
  })

  it('asks for as many good answers as notice one dead backend of so many', async () => {
    const pool = { service: 'back', size: 4 } as never
    const rig = new Rig({ stacks: [{ descriptor: { pool } }] })
    expect((await rig.result()).recovery.streak).toBe(17)
  })
})

describe('the next scenario', () => {
  it('begins with the proof of the recovery before it: nothing is waited for anew', async () => {
    const rig = new Rig({ scenarios: [{}, {}] })
    const { results } = await rig.run()
    const steadyMs = results.map(({ phases }) => phases.find(({ name }) => name === 'steady')?.durationMs)
    expect(steadyMs[0]).toBeGreaterThan(900)
    // Ten were good of the proof's five and what came after it.
    expect(steadyMs[1]).toBeLessThan(500)
    expect(rig.noted('canary starts', 'canary stops')).toEqual(['canary starts', 'canary stops'])
    const [first, second] = rig.noted('canary forgets').map((line) => Number(line.slice('canary forgets '.length)))
    expect(first).toBe(0)
    // The steady state and the window of the scenario before it, which nobody asks for again.
    expect(second).toBeGreaterThan(60)
  })

  it('knows nothing of what was before that proof', async () => {
    const rig = new Rig({ scenarios: [{}, {}] })
    // All is answered, and slowly while the fault is on.
    answering(rig.world, { ok: true, latencyMs: 900 }, () => GOOD)
    const [, second] = (await rig.run()).results
    expect(second?.canary.steadyP50Ms).toBe(20)
  })

  it('is no steady state where the system is slower than in that of the first', async () => {
    const rig = new Rig({
      clauses: (world) => [fakeClause(world, 'answers', { observe: { afterMs: 12_000 } })],
      scenarios: [{ expect: [clause('answers', 'after')] }, {}],
    })
    // Slow once the look after the recovery is over.
    answering(rig.world, BAD, (sinceMs) => ({ ok: true, latencyMs: sinceMs < 6_000 ? 20 : 900 }))
    const { results } = await rig.run()
    expect(results.map(({ verdict }) => verdict)).toEqual(['passed', 'error'])
    expect(results[1]?.reasons).toEqual([expect.stringContaining('their median up to 170 ms (at first 20 ms)')])
  })

  it('is judged at the usual rate, and proven well and watched at twice that', async () => {
    const rig = new Rig({ scenarios: [{}, {}] })
    const { results } = await rig.run()
    expect(results.map(({ canary }) => canary.total)).toEqual([60, 60])
    expect(rig.noted('canary: ')).toEqual([
      'canary: usual pace',
      ...['canary: 20 a second', 'canary: 20 a second', 'canary: 20 a second'],
      'canary: usual pace',
      ...['canary: 20 a second', 'canary: 20 a second', 'canary: 20 a second'],
    ])
  })

  it('has a canary of its own after a stack was made anew', async () => {
    const rig = new Rig({ scenarios: [{}, {}] })
    answering(rig.world, BAD, () => BAD)
    rig.world.note('-')
    const { results } = await rig.run()
    expect(results.map(({ verdict }) => verdict)).toEqual(['failed', 'error'])
    expect(rig.noted('canary starts', 'canary stops', 'recreate')).toEqual([
      'canary starts',
      'canary stops',
      'recreate',
      'canary starts',
      'canary stops',
    ])
  })
})
