import { isoTime, later } from '../../core/time/moment.ts'
import { describe, expect, it } from 'vitest'
import { loadRig, OPTIONS, PATTERN } from './loads.fixture.ts'
import { runPattern, runSegment } from './pattern-run.ts'

const { signal } = new AbortController()
const SEGMENT = { ...OPTIONS, segment: { index: 1, count: 2 } }

describe('a pattern that runs to its end', () => {
  it('is measured, kept and judged', async () => {
    const rig = loadRig({ log: 'a word\n' })
    const result = await rig.until(runPattern(rig.deps, OPTIONS, PATTERN, signal))
    expect(result).toMatchObject({
      ...{ id: 'LT-1', verdict: 'passed', reasons: [], requests: 600, errorRate: 0, model: 'closed', repeatCommand: 'run LT-1' },
      ...{ k6: { version: '2.2.0', runsIn: 'container', exitCode: 0 }, series: { file: 'load/LT-1/series.ndjson.gz' } },
      logs: [{ service: 'k6', file: 'load/LT-1/k6.log' }],
    })
    expect(rig.done).toEqual([
      ...['scratch LT-1', 'guard', 'folder LT-1', 'start chaos-r1-k6-lt-1', 'k6 has ended', 'write load/LT-1/k6.log'],
      ...['guard stopped', 'write load/LT-1/series.ndjson.gz', 'scratch removed'],
    ])
    expect(rig.requests).toEqual([
      {
        ...{
          name: 'chaos-r1-k6-lt-1',
          file: '/s/load.js',
          functions: ['default'],
          folder: '/run/LT-1',
          options: {},
          segment: null,
          limitMs: 140_000,
        },
        environment: { BASE_URL: 'http://entry' },
      },
    ])
  })

  it('tells its error, however much of a summary came after it', async () => {
    const log = `level=error msg="cannot clean up"\n${'reqs: 18\n'.repeat(100)}`
    const rig = loadRig({ log, exitCode: 107 })
    const result = await rig.until(runPattern(rig.deps, OPTIONS, PATTERN, signal))
    expect([result.verdict, result.reasons[0]]).toEqual([
      'error',
      'k6 ended with 107: the script threw in teardown(); it said: level=error msg="cannot clean up"',
    ])
  })

  it('tells its live figures once a second', async () => {
    const rig = loadRig()
    await rig.until(runPattern(rig.deps, OPTIONS, PATTERN, signal))
    const live = rig.events.filter(({ type }) => type === 'load-live')
    expect(live).toHaveLength(20)
    expect(live[0]).toMatchObject({ id: 'LT-1', users: 5, leftMs: 19_000 })
    expect(live.at(-1)).toMatchObject({ leftMs: 0 })
  })

  it('has a generator that was at its own end told of, though somebody set the wall clock meanwhile', async () => {
    const rig = loadRig({ cores: 1.9 })
    void rig.clock.sleep(10_500).then(() => {
      rig.clock.setWall(-3_600_000)
    })
    const result = await rig.until(runPattern(rig.deps, OPTIONS, PATTERN, signal))
    expect(result.generator).toMatchObject({ saturated: true })
    expect(result.verdict).toBe('inconclusive')
  })

  it('is ended and awaited when the machine is at a floor, and nothing of it stays', async () => {
    const rig = loadRig({ log: 'a word' })
    void rig.clock.sleep(5_500).then(() => {
      rig.guard.abort(new Error('the memory is full'))
    })
    const result = await rig.until(runPattern(rig.deps, OPTIONS, PATTERN, signal))
    expect(result).toMatchObject({ verdict: 'error', reasons: ['the memory is full'], k6: { exitCode: 105 }, series: null })
    expect(result.logs).toHaveLength(1)
    expect(rig.done.slice(4)).toEqual([
      ...['k6 is told to end', 'k6 has ended', 'write load/LT-1/k6.log', 'guard stopped', 'scratch removed'],
    ])
  })

  it('is ended and awaited when the run is interrupted', async () => {
    const rig = loadRig()
    const run = new AbortController()
    void rig.clock.sleep(5_500).then(() => {
      run.abort(new Error('cancelled'))
    })
    const result = await rig.until(runPattern(rig.deps, OPTIONS, PATTERN, run.signal))
    expect(result).toMatchObject({ verdict: 'error', reasons: ['interrupted: cancelled'] })
    expect(rig.done.slice(4)).toEqual(['k6 is told to end', 'k6 has ended', 'guard stopped', 'scratch removed'])
  })

  it('is ended and awaited when its samples cannot be read', async () => {
    const rig = loadRig({ breaksAt: 4 })
    const result = await rig.until(runPattern(rig.deps, OPTIONS, PATTERN, signal))
    expect(result).toMatchObject({ verdict: 'error', reasons: ['the pipe broke'], k6: { exitCode: null }, logs: [] })
    expect(rig.done.slice(4)).toEqual(['k6 is told to end', 'k6 has ended', 'guard stopped', 'scratch removed'])
  })

  it('says what ended k6 rather than what is missing in its samples', async () => {
    const rig = loadRig({ hasSamples: false, exitCode: 107, log: 'ReferenceError' })
    const { verdict, reasons } = await rig.until(runPattern(rig.deps, OPTIONS, PATTERN, signal))
    expect({ verdict, reasons }).toEqual({
      verdict: 'error',
      reasons: [
        'k6 ended with 107: the script threw where it was loaded, or in setup(); it said: ReferenceError: k6 wrote no samples, not even their header',
      ],
    })
  })

  it('leaves no file when k6 cannot be started', async () => {
    const rig = loadRig({ refuses: true })
    const { reasons } = await rig.until(runPattern(rig.deps, OPTIONS, PATTERN, signal))
    expect(reasons).toEqual(['no such program'])
    expect(rig.done.slice(-2)).toEqual(['guard stopped', 'scratch removed'])
  })

  it('is not run in a rehearsal', async () => {
    const rig = loadRig()
    const result = await rig.until(runPattern(rig.deps, { ...OPTIONS, isRehearsal: true }, PATTERN, signal))
    expect(result).toMatchObject({ verdict: 'inconclusive', k6: null, durationMs: 0 })
    expect(rig.done).toEqual([])
  })

  it('begins at the moment that was named, and not when that has passed', async () => {
    const rig = loadRig()
    const startWallMs = later(rig.clock.wallMs(), 60_000)
    const result = await rig.until(runPattern(rig.deps, { ...OPTIONS, startWallMs }, PATTERN, signal))
    expect(result).toMatchObject({ verdict: 'passed', startedAt: isoTime(startWallMs) })
    const late = await rig.until(runPattern(rig.deps, { ...OPTIONS, startWallMs: later(startWallMs, -1) }, PATTERN, signal))
    expect(late.reasons[0]).toMatch(/^the moment to start at passed \d+ s ago/)
    expect(rig.done.at(-1)).toBe('scratch removed')
  })
})

describe('a segment', () => {
  it('is kept, and only asked whether it was a load', async () => {
    const rig = loadRig()
    expect(await rig.until(runSegment(rig.deps, SEGMENT, PATTERN, signal))).toEqual({
      ...{ segment: { index: 1, count: 2 }, file: 'load/LT-1/series.ndjson.gz', requests: 600, errorRate: 0 },
    })
    expect(rig.requests[0]?.segment).toEqual({ index: 1, count: 2 })
  })

  it('that was none is refused', async () => {
    const rig = loadRig({ seconds: 5, exitCode: 105 })
    await expect(rig.until(runSegment(rig.deps, SEGMENT, PATTERN, signal))).rejects.toThrow(/^LT-1: the run was cut short/)
  })
})
