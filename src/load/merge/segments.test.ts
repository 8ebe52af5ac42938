import { later, type Wall } from '../../core/time/moment.ts'
import { describe, expect, it } from 'vitest'
import type { Json } from '../../core/json.ts'
import type { LoadJudgement } from '../judge/judgement.ts'
import { judgeMeasured, measuredJson, parseMeasured, type Measured } from '../judge/measured.ts'
import { planOf } from '../plan/stages.ts'
import { parseThreshold } from '../plan/threshold-grammar.ts'
import { passBy } from '../series/pass.ts'
import { FACTS, recordedOf, requestAt, START_MS, type Row } from '../series/samples.fixture.ts'
import { mergeMeasured, type MeasuredSegment, type MergedLoad } from './segments.ts'

const PER_SECOND = 50
const SECONDS = 20

function measuredOf(requests: number, change: Partial<Measured> = {}): Measured {
  return {
    pattern: { id: 'LT-1', name: 'load', expectedBehavior: 'holds', source: { file: 'load.js', line: 1 } },
    ...{ profile: 'full', model: 'closed', address: 'http://10.0.0.7', k6: { version: '2.2.0', runsIn: 'container' } },
    ...{ startedWallMs: START_MS, durationMs: 22_000, gateTarget: null, measure: [], completion: null, notes: [] },
    plan: planOf([{ durationMs: SECONDS * 1_000, target: 10 }], 'users'),
    thresholds: [parseThreshold('http_req_duration p95 < 100 ms', 'manifest')],
    generators: [
      {
        k6: { exitCode: 0, stopped: false, summary: { metrics: { http_reqs: { count: requests } } }, log: '' },
        looks: [0, 1, 2].map((second) => ({
          atMs: second * 1_000,
          cpuUs: second * 200_000,
          machineIdle: 0.5,
          machineStolen: null,
        })),
        cores: 2,
      },
    ],
    ...change,
  }
}

/** Even requests are the first generator's, odd ones the second's. */
function segment(
  index: 1 | 2,
  latencyMs: number,
  change: { startMs?: Wall; measured?: Partial<Measured> } = {},
): MeasuredSegment {
  const numbers = Array.from({ length: PER_SECOND * SECONDS }, (_, request) => request).filter(
    (request) => request % 2 === index - 1,
  )
  const rows: Row[] = numbers.flatMap((request) => {
    const atMs = (request * 1_000) / PER_SECOND
    return [...requestAt(atMs, latencyMs), { metric: 'iterations', atMs, value: 1 }]
  })
  const series = recordedOf([{ metric: 'vus', atMs: 0, value: 5 }, ...rows], undefined, change.startMs ?? START_MS)
  const measured = measuredOf(numbers.length, change.measured)
  return { name: `part ${index}`, ...series, facts: { ...FACTS, segment: { index, count: 2 } }, measured }
}

function judged({ series, measured }: MergedLoad): Promise<LoadJudgement> {
  return passBy(series, (passing) => judgeMeasured(passing, measured))
}

describe('what two generators measured', () => {
  it('is judged as one load: both must keep the limit', async () => {
    const fast = await judged(mergeMeasured([segment(2, 20), segment(1, 20)]))
    expect([fast.verdict, fast.reasons]).toEqual(['passed', []])
    expect(fast.figures).toMatchObject({ users: 10, requests: PER_SECOND * SECONDS })
    expect(fast.notes).toContain('measured by 2 generators')
    const half = await judged(mergeMeasured([segment(1, 20), segment(2, 300)]))
    expect(half.verdict).toBe('failed')
  })

  it('counts the samples of both against what both counted', async () => {
    const { generators } = measuredOf(PER_SECOND * SECONDS)
    const { verdict, reasons } = await judged(mergeMeasured([segment(1, 20), segment(2, 20, { measured: { generators } })]))
    expect([verdict, reasons[0]]).toEqual(['error', 'k6 counted 1500 requests, and samples of 1000 arrived'])
  })

  it('is doubted for a generator that was at its end, wherever it ran', async () => {
    const busy = measuredOf(PER_SECOND * 10).generators.map((generator) => ({
      ...generator,
      looks: Array.from({ length: SECONDS + 1 }, (_, second) => ({
        ...{ atMs: second * 1_000, cpuUs: second * 1_900_000, machineIdle: 0, machineStolen: null },
      })),
    }))
    const merged = mergeMeasured([segment(1, 20), segment(2, 20, { measured: { generators: busy } })])
    expect(await judged(merged)).toMatchObject({ verdict: 'inconclusive', generator: { cpuPercent: 190 } })
  })

  it('lies on one clock: time, looks, and the length of all', () => {
    const late = segment(2, 20, { startMs: later(START_MS, 3_000), measured: { startedWallMs: later(START_MS, 3_000) } })
    const { measured } = mergeMeasured([late, segment(1, 20)])
    expect([measured.startedWallMs, measured.durationMs]).toEqual([START_MS, 25_000])
    expect(measured.generators.map(({ looks }) => looks[0]?.atMs)).toEqual([0, 3_000])
  })

  it('says how many samples are not where they belong', async () => {
    const parts = [segment(1, 20), segment(2, 20)].map((part) => ({ ...part, head: { ...part.head, late: 2 } }))
    const { notes } = await judged(mergeMeasured(parts))
    expect(notes).toContain('4 samples came from k6 so late that they count to a later second')
  })

  it('is an error when one of them was cut short', async () => {
    const generators = measuredOf(500).generators.map((generator) => ({ ...generator, k6: { ...generator.k6, exitCode: 105 } }))
    const { reasons } = await judged(mergeMeasured([segment(1, 20), segment(2, 20, { measured: { generators } })]))
    expect(reasons[0]).toMatch(/^the run was cut short: k6 ended with 105/)
  })
})

describe('what stands in a series file', () => {
  it('is read as it was written', () => {
    const measured = measuredOf(7, { thresholds: [parseThreshold('http_reqs{status:200} rate > 5/s', 'input')], gateTarget: 5 })
    expect(parseMeasured(measuredJson(measured), 'a.gz')).toEqual(measured)
  })

  it.each([
    [{}, /^a\.gz, line 1: more\./],
    [{ ...measuredOf(7), profile: 'huge' }, /more\.profile/],
    [{ ...measuredOf(7), generators: [] }, /more\.generators/],
    [{ ...measuredOf(7), verdict: 'passed' }, /more: Unrecognized key/],
  ])('is refused when it has another shape (%#)', (more, message) => {
    expect(() => parseMeasured(more as Json, 'a.gz')).toThrow(message)
  })
})
