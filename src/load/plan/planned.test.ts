import { describe, expect, it } from 'vitest'
import { ChaosError } from '../../core/errors.ts'
import type { JsonObject } from '../../core/json.ts'
import type { LoadPattern } from '../../core/load.ts'
import type { K6Port, K6Script } from '../../ports/k6.ts'
import type { LoadTarget } from '../deps.ts'
import { plannedLoadMs, tellLengths } from './planned.ts'

const OVERHEAD_MS = 4_000
const STAGES = {
  stages: [
    { duration: '1m', target: 5 },
    { duration: '30s', target: 0 },
  ],
}

function pattern(id: string, change: Partial<LoadPattern> = {}): LoadPattern {
  return {
    ...{ id, name: id, expectedBehavior: 'holds', script: `/s/${id}.js`, thresholds: null, gateUsers: null, measure: [] },
    ...{ model: 'closed', thinkSeconds: null, answerSeconds: null, onDemand: false, scales: {}, environment: {} },
    ...{ scriptOptions: null, source: { file: 'load.json', line: 3 }, ...change },
  }
}

/** How long it is planned to take beside what each takes, ms. */
function plannedMs(one: LoadPattern, told?: ReadonlyMap<string, number>): number {
  return plannedLoadMs([one], 'quick', told) - OVERHEAD_MS
}

describe('the planned time of a pattern', () => {
  it.each<[string, JsonObject, number]>([
    ['its stages', STAGES, 90_000],
    ['its duration', { vus: 3, duration: '45s' }, 45_000],
    [
      'its scenarios, each from its start on',
      {
        scenarios: {
          first: { executor: 'constant-vus', vus: 1, duration: '20s' },
          second: { executor: 'ramping-vus', startTime: '30s', stages: [{ duration: '40s', target: 3 }] },
        },
      },
      70_000,
    ],
    ['the most that its iterations may take', { iterations: 10, duration: '2m' }, 120_000],
    ['what is usual, where its iterations may take an hour', { iterations: 10, duration: '1h' }, 900_000],
    ['what is usual, where its users cannot be read', { scenarios: { a: { executor: 'externally-controlled' } } }, 900_000],
  ])('is that of %s, as they stand in the script', (_what, scriptOptions, lengthMs) => {
    expect(plannedMs(pattern('a', { scriptOptions }))).toBe(lengthMs)
  })

  it("is the profile's first, then the script's, then what k6 told, then what is usual", () => {
    const told = new Map([['a', 7_000]])
    const scales = { quick: { durationSeconds: 26 } }
    expect(plannedMs(pattern('a', { scales, scriptOptions: STAGES }), told)).toBe(26_000)
    expect(plannedMs(pattern('a', { scales: { quick: { users: 5 } }, scriptOptions: STAGES }), told)).toBe(90_000)
    expect(plannedMs(pattern('a', { scales: { full: { durationSeconds: 26 } } }), told)).toBe(7_000)
    expect(plannedMs(pattern('b'), told)).toBe(900_000)
  })

  it('is that of all of them together', () => {
    const both = [pattern('a', { scriptOptions: STAGES }), pattern('b')]
    expect(plannedLoadMs(both, 'quick')).toBe(90_000 + 900_000 + 2 * OVERHEAD_MS)
    expect(plannedLoadMs([], 'quick')).toBe(0)
  })
})

describe('k6', () => {
  async function ask(patterns: readonly LoadPattern[], inspect: (script: K6Script) => JsonObject, signal: AbortSignal) {
    const asked: K6Script[] = []
    const nobody = (): Promise<never> => Promise.reject(new Error('nobody asks for this'))
    const k6: K6Port = {
      ...{ kind: 'container', entryUrl: 'http://entry', version: nobody, archive: nobody, start: nobody },
      inspect: (script) => {
        asked.push(script)
        return Promise.resolve().then(() => inspect(script))
      },
    }
    const target: LoadTarget = { variables: { KEY: 'k' }, completed: null, unhealthy: nobody, recreate: null }
    return { told: [...(await tellLengths({ k6, target }, patterns, 'quick', signal))], asked }
  }

  it('is asked for the lengths that nothing else says, with what the script is run with', async () => {
    const known = [pattern('a', { scriptOptions: STAGES }), pattern('b', { scales: { quick: { durationSeconds: 5 } } })]
    const unknown = pattern('c', { environment: { MINUTES: '2' } })
    const { told, asked } = await ask([...known, unknown], () => STAGES, new AbortController().signal)
    expect(told).toEqual([['c', 90_000]])
    expect(asked).toEqual([{ file: '/s/c.js', environment: { KEY: 'k', MINUTES: '2', BASE_URL: 'http://entry' } }])
  })

  it('tells nothing of a script that it cannot load, and of the next one what it is', async () => {
    const inspect = ({ file }: K6Script): JsonObject => {
      if (file === '/s/a.js') throw new ChaosError('BAD_INPUT', 'k6 cannot load this script')
      return file === '/s/b.js' ? { stages: [{ duration: 'long', target: 1 }] } : STAGES
    }
    const { told } = await ask([pattern('a'), pattern('b'), pattern('c')], inspect, new AbortController().signal)
    expect(told).toEqual([['c', 90_000]])
  })

  it('is not asked for who was cancelled', async () => {
    const { told, asked } = await ask([pattern('a')], () => STAGES, AbortSignal.abort())
    expect([told, asked]).toEqual([[], []])
  })
})
