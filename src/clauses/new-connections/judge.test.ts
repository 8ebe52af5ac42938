import { describe, expect, it } from 'vitest'
import { judgeNewConnections, newConnectionsText, type NewConnection } from './judge.ts'

const SPEC = { service: 'hive', port: 9_201, path: '/health', ended_within_ms: 1_000 }

function seen(errors: readonly (string | null)[]): NewConnection[] {
  return errors.map((error, index) => ({
    container: 'hive-1',
    afterMs: index * 500,
    status: error === null ? 200 : null,
    error,
  }))
}

describe('new connections', () => {
  it('are named with their limits', () => {
    expect(newConnectionsText(SPEC)).toBe('new connections to hive:9201/health end within 1000 ms')
    expect(newConnectionsText({ ...SPEC, refused_share: 0.75 })).toBe(
      'new connections to hive:9201/health end within 1000 ms, at least 75 % of them without an answer',
    )
  })

  it.each([
    ['answered', [null, null, null]],
    ['refused, reset or closed', ['ECONNREFUSED', 'ECONNRESET', 'eof']],
  ])('that were %s have their end', (_what, errors) => {
    expect(judgeNewConnections(SPEC, seen(errors))).toEqual({
      ...{ expected: 'each ended within 1000 ms', observed: 'all 3 did', met: true },
    })
  })

  it('of which one was left waiting do not, and which one is told', () => {
    const { met, observed } = judgeNewConnections(SPEC, seen(['eof', 'timeout', null, 'eof']))
    expect(met).toBe(false)
    expect(observed).toBe('1 of 4 were left waiting (hive-1; the first one opened after 500 ms)')
  })

  it('are told by the containers that left them waiting, each once', () => {
    const places = seen(['timeout', null, 'timeout', 'timeout']).map((one, place) => ({
      ...one,
      ...{ container: place === 3 ? 'hive-2' : 'hive-1', afterMs: 12.4 + place },
    }))
    expect(judgeNewConnections(SPEC, places).observed).toBe(
      '3 of 4 were left waiting (hive-1, hive-2; the first one opened after 12 ms)',
    )
  })

  it('must be turned away as often as was said, and waiting is not that', () => {
    const spec = { ...SPEC, refused_share: 0.75 }
    expect(judgeNewConnections(spec, seen(['eof', 'eof', 'eof', null]))).toEqual({
      expected: 'each ended within 1000 ms; at least 75 % without an answer',
      observed: 'all 4 did; 75 % (3 of 4)',
      met: true,
    })
    // An answer that was cut is one all the same.
    const cut = seen(['eof', 'eof', 'eof', 'eof']).map((one) => ({ ...one, status: 200 }))
    expect(judgeNewConnections(spec, cut)).toMatchObject({ observed: 'all 4 did; 0 % (0 of 4)', met: false })
    expect(judgeNewConnections(spec, seen(['eof', 'eof', null, null]))).toMatchObject({
      met: false,
      observed: 'all 4 did; 50 % (2 of 4)',
    })
    expect(judgeNewConnections(spec, seen(['eof', 'timeout', 'timeout', 'timeout'])).observed).toContain('25 % (1 of 4)')
  })

  it('that were too few decide nothing, also when one of them waited', () => {
    expect(judgeNewConnections(SPEC, []).met).toBeNull()
    expect(judgeNewConnections({ ...SPEC, refused_share: 1 }, seen(['timeout', 'timeout']))).toEqual({
      expected: 'each ended within 1000 ms; at least 100 % without an answer',
      observed: 'only 2 new connections were tried',
      met: null,
    })
  })
})
