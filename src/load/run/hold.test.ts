import { later, msBetween } from '../../core/time/moment.ts'
import { describe, expect, it } from 'vitest'
import { holdLoad, type RunningHeldLoad } from './hold.ts'
import { loadRig, OPTIONS, PATTERN, type LoadRig } from './loads.fixture.ts'

const { signal } = new AbortController()
const LONG = { seconds: 10_000 }

function hold(rig: LoadRig, own = signal, options = OPTIONS): Promise<RunningHeldLoad> {
  return rig.until(holdLoad(rig.deps, options, PATTERN, 600_000, own))
}

describe('a load that holds', () => {
  it('is there when its users have been for ten seconds', async () => {
    const rig = loadRig(LONG)
    const fromMs = rig.clock.nowMs()
    const held = await hold(rig)
    expect(msBetween(fromMs, rig.clock.nowMs())).toBeGreaterThanOrEqual(11_000)
    expect(held).toMatchObject({ id: 'LT-1', users: 5, limits: { errorShare: 0.01, p95Ms: 500 } })
    expect(held.problem()).toBeNull()
    expect(rig.done).toEqual(['scratch LT-1-held', 'folder LT-1-held', 'start chaos-r1-k6-lt-1-held'])
    expect(rig.requests[0]).toMatchObject({
      ...{ file: '/s/load.js', folder: '/run/LT-1-held', segment: null, limitMs: 635_000 },
      options: {
        scenarios: {
          default: {
            ...{ executor: 'ramping-vus', startVUs: 0 },
            stages: [
              { duration: '5000ms', target: 5 },
              { duration: '600000ms', target: 5 },
            ],
          },
        },
      },
    })
    await rig.until(held.end([]))
  })

  it('is ended, kept and judged where it was calm', async () => {
    const rig = loadRig({ ...LONG, log: 'a word' })
    const held = await hold(rig)
    const fromWallMs = rig.clock.wallMs()
    await rig.clock.pass(20_000)
    const result = await rig.until(held.end([{ fromWallMs: later(fromWallMs, -60_000), toWallMs: later(fromWallMs, 10_000) }]))
    expect(result).toMatchObject({
      ...{ id: 'LT-1-held', name: 'made up, held under faults', verdict: 'passed', reasons: [], repeatCommand: 'run LT-1' },
      ...{ k6: { version: '2.2.0', runsIn: 'container', exitCode: 105 }, series: { file: 'load/LT-1-held/series.ndjson.gz' } },
      logs: [{ service: 'k6', file: 'load/LT-1-held/k6.log' }],
    })
    expect(result.thresholds[0]).toMatchObject({ text: 'http_req_failed rate < 1 %', met: true, gates: true })
    expect(result.notes[0]).toMatch(/^held at 5 users; its limits are judged where no fault was on: \d+ to 2\d s$/)
    expect(rig.done.slice(3)).toEqual([
      ...['k6 is told to end', 'k6 has ended', 'write load/LT-1-held/k6.log', 'write load/LT-1-held/series.ndjson.gz'],
      'scratch removed',
    ])
  })

  it('waits and is measured by a clock that nobody sets', async () => {
    const rig = loadRig(LONG)
    void rig.clock.sleep(8_000).then(() => {
      rig.clock.setWall(-3_600_000)
    })
    const fromMs = rig.clock.nowMs()
    const held = await hold(rig)
    const heldMs = msBetween(fromMs, rig.clock.nowMs())
    const { durationMs } = await rig.until(held.end([]))
    expect(durationMs).toBeGreaterThanOrEqual(heldMs)
    expect(durationMs).toBeLessThan(heldMs + 10_000)
  })

  it('says why it does not hold any more, and is an error then', async () => {
    const rig = loadRig({ seconds: 15, exitCode: 3 })
    const held = await hold(rig)
    await rig.clock.pass(10_000)
    expect(held.problem()).toBe('the load LT-1 did not hold: k6 ended by itself with 3')
    const result = await rig.until(held.end([]))
    expect(result).toMatchObject({
      verdict: 'error',
      reasons: ['the load LT-1 did not hold: k6 ended by itself with 3'],
      series: null,
    })
    expect(rig.done.at(-1)).toBe('scratch removed')
  })

  it('is ended when its samples cannot be read any more', async () => {
    const rig = loadRig({ ...LONG, breaksAt: 15 })
    const held = await hold(rig)
    await rig.clock.pass(10_000)
    expect(held.problem()).toBe('the load LT-1 did not hold: the pipe broke')
    expect(rig.done.slice(3)).toEqual(['k6 is told to end', 'k6 has ended'])
    expect((await rig.until(held.end([]))).verdict).toBe('error')
  })

  it('is an error when the run is interrupted, and inconclusive in a rehearsal', async () => {
    const run = new AbortController()
    const rig = loadRig(LONG)
    const held = await hold(rig, run.signal)
    run.abort(new Error('cancelled'))
    const result = await rig.until(held.end([]))
    expect(result).toMatchObject({ verdict: 'error', reasons: ['interrupted: cancelled'], k6: { exitCode: 105 } })
    expect(rig.done.at(-1)).toBe('scratch removed')
    const rehearsal = loadRig(LONG)
    const unjudged = await hold(rehearsal, signal, { ...OPTIONS, isRehearsal: true })
    expect((await rehearsal.until(unjudged.end([]))).verdict).toBe('inconclusive')
  })

  it('that never comes up leaves nothing', async () => {
    const early = loadRig({ seconds: 3, exitCode: 107, hasSamples: false })
    await expect(hold(early)).rejects.toThrow(
      'the users of LT-1 did not happen within 65000 ms (last error: k6 ended by itself with 107)',
    )
    expect(early.done.at(-1)).toBe('scratch removed')
    const run = new AbortController()
    const interrupted = loadRig(LONG)
    void interrupted.clock.sleep(4_000).then(() => {
      run.abort(new Error('cancelled'))
    })
    await expect(hold(interrupted, run.signal)).rejects.toThrow('cancelled')
    expect(interrupted.done.slice(-2)).toEqual(['k6 has ended', 'scratch removed'])
  })
  it('leaves no file when k6 cannot be started', async () => {
    const rig = loadRig({ refuses: true })
    await expect(hold(rig)).rejects.toThrow('no such program')
    expect(rig.done.at(-1)).toBe('scratch removed')
  })

  it('is an error, and no throw, when nobody knows how k6 ended', async () => {
    const rig = loadRig({ ...LONG, losesEnd: true })
    const held = await hold(rig)
    const result = await rig.until(held.end([]))
    expect(result).toMatchObject({ verdict: 'error', reasons: ['its summary is lost'], k6: { exitCode: null } })
    expect(rig.done.at(-1)).toBe('scratch removed')
  })
})
