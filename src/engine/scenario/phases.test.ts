import { describe, expect, it } from 'vitest'
import { ChaosError } from '../../core/errors.ts'
import { VirtualClock } from '../../core/time/virtual-clock.fixture.ts'
import { PhaseRecorder } from './phases.ts'

function recorder() {
  const clock = new VirtualClock()
  const begun: string[] = []
  const phases = new PhaseRecorder(clock, (phase) => begun.push(phase))
  const { signal } = new AbortController()
  const run = (
    ...[name, work, limitMs = 1_000]: readonly [Parameters<PhaseRecorder['run']>[0], () => Promise<unknown>, number?]
  ) => clock.until(phases.run(name, limitMs, signal, work))
  return { clock, begun, phases, run }
}

describe('a phase', () => {
  it('gives what its work gives, and is kept with its begin and what it took, ms', async () => {
    const { clock, begun, phases, run } = recorder()
    expect(await run('inject', () => clock.sleep(40.6).then(() => 'done'))).toBe('done')
    expect(begun).toEqual(['inject'])
    expect(phases.results).toEqual([{ name: 'inject', startedAt: '2026-03-01T10:00:10.000Z', durationMs: 41 }])
  })

  it('is kept by its begin, and not before its end', async () => {
    const { clock, phases, run } = recorder()
    const long = run('effect', () => clock.sleep(500))
    await run('during', () => clock.sleep(100))
    expect(phases.results.map(({ name }) => name)).toEqual(['during'])
    await long
    expect(phases.results.map(({ name, durationMs }) => [name, durationMs])).toEqual([
      ['effect', 500],
      ['during', 100],
    ])
  })

  it('that takes too long is broken off, and kept', async () => {
    const { clock, phases, run } = recorder()
    await expect(run('steady', () => clock.sleep(9_000), 200)).rejects.toMatchObject({
      code: 'TIMEOUT',
      message: 'steady: phase steady took longer than 200 ms',
    })
    expect(phases.results).toMatchObject([{ name: 'steady', durationMs: 200 }])
  })

  it('that fails says which it was, and keeps the code, the cause and what to do about it', async () => {
    const { phases, run } = recorder()
    const cause = new ChaosError('HOST_GUARD', 'no memory', { hint: 'Free some.' })
    await expect(run('prepare', () => Promise.reject(cause))).rejects.toMatchObject({
      ...{ code: 'HOST_GUARD', message: 'prepare: no memory', hint: 'Free some.', cause },
    })
    const plain = new ChaosError('NOT_STEADY', 'not well')
    const failure: unknown = await run('steady', () => Promise.reject(plain)).catch((error: unknown) => error)
    expect(failure).toMatchObject({ code: 'NOT_STEADY', message: 'steady: not well', cause: plain })
    expect((failure as ChaosError).hint).toBeUndefined()
    expect(phases.results.map(({ name }) => name)).toEqual(['prepare', 'steady'])
  })

  it('that fails unexpectedly is an internal error', async () => {
    const cause = new TypeError('x is undefined')
    await expect(recorder().run('plan', () => Promise.reject(cause))).rejects.toMatchObject({
      ...{ code: 'INTERNAL', message: 'plan: x is undefined', cause },
    })
  })
})
