import { describe, expect, it } from 'vitest'
import { judgeBlackhole, measureBlackhole, type BlackholeSeen, type BlackholeSpec } from './blackhole.ts'
import { measured, toxicOn } from './link.fixture.ts'
import { failed, ok, times } from './samples.fixture.ts'

const spec: BlackholeSpec = { share: 1, closesAfterMs: 0, timeoutMs: 1_000, directions: 'upstream and downstream' }
const held = { held: 3, answered: 0, silent: 3, closed: 0, bytes: 0 }
const cut: BlackholeSeen = {
  baseline: times(12, () => ok(3)),
  during: times(10, () => failed('timeout')),
  held,
  marked: { before: { into: 15, outOf: 15 }, during: { into: 13, outOf: 0 } },
}

/** Packets of ours at the proxy's two sides. */
function marked(beforeInto: number, beforeOutOf: number, into: number, outOf: number): Pick<BlackholeSeen, 'marked'> {
  return { marked: { before: { into: beforeInto, outOf: beforeOutOf }, during: { into, outOf } } }
}

describe('judgeBlackhole', () => {
  it('confirms silence on old and new connections and on the way up, and says that connects are accepted', () => {
    expect(judgeBlackhole(spec, cut)).toEqual({
      headline:
        'no byte passed upstream and downstream on 10 of 10 new and 3 of 3 old connections; ' +
        'of 13 packets of ours into the proxy 0 left it upstream; the proxy still accepted 10 of 10 connects',
      measures: {
        ...{ baselineAnsweredCount: 12, newConnectionsCount: 10, newSilentCount: 10, connectsAcceptedCount: 10 },
        ...{ oldConnectionsCount: 3, oldAnsweredCount: 0, oldBytes: 0 },
        ...{ baselineIntoProxyPackets: 15, baselineOutOfProxyPackets: 15, intoProxyPackets: 13, outOfProxyPackets: 0 },
      },
      reasons: [],
    })
  })

  it('tells how many old connections were silent', () => {
    const judged = judgeBlackhole(spec, { ...cut, held: { ...held, answered: 1, silent: 2, bytes: 120 } })
    expect(judged.headline).toContain('new and 2 of 3 old connections')
  })

  it('does without old connections and without packets where there are none, and says so', () => {
    const during = times(10, () => failed('timeout', false))
    expect(judgeBlackhole({ ...spec, directions: 'downstream' }, { ...cut, during, held: null, marked: null })).toEqual({
      headline:
        'no byte passed downstream on 10 of 10 new connections, and no old one could be held; ' + 'the proxy accepted no connect',
      measures: {
        ...{ baselineAnsweredCount: 12, newConnectionsCount: 10, newSilentCount: 10, connectsAcceptedCount: 0 },
        ...{ oldConnectionsCount: 0, oldAnsweredCount: null, oldBytes: null },
      },
      reasons: [],
    })
  })

  it.each<[string, Partial<BlackholeSeen>, string[]]>([
    [
      'answers on new connections',
      { during: [...times(9, () => failed('timeout')), ok(3)] },
      ['new connections: 9 of 10 connections were hit, expected all (9 × timeout, 1 × answered)'],
    ],
    [
      'bytes without a whole answer',
      { during: times(10, () => ({ ...failed('timeout'), bytes: 7 })) },
      ['new connections: 0 of 10 connections were hit, expected all (10 × timeout)'],
    ],
    [
      'a status without a body',
      { during: times(10, () => ({ ...failed('timeout'), status: 204 })) },
      ['new connections: 0 of 10 connections were hit, expected all (10 × timeout)'],
    ],
    [
      'an old connection that still answers',
      { held: { ...held, answered: 1, silent: 2, bytes: 120 } },
      ['1 of 3 connections from before the fault were still answered (120 bytes)'],
    ],
    [
      'bytes on an old connection that are no whole answer',
      { held: { ...held, bytes: 5 } },
      ['0 of 3 connections from before the fault were still answered (5 bytes)'],
    ],
    [
      'an empty answer on an old connection',
      { held: { ...held, answered: 1 } },
      ['1 of 3 connections from before the fault were still answered (0 bytes)'],
    ],
    [
      'a refusal instead of silence',
      { during: [...times(9, () => failed('timeout')), failed('ECONNREFUSED', false)] },
      ['1 new connections were refused, not left without an answer'],
    ],
    [
      'connections closed instead of silent',
      { during: [...times(9, () => failed('timeout')), failed('eof')] },
      ['1 new connections were closed, not left silent (9 × timeout, 1 × eof)'],
    ],
    ['packets that still leave the proxy', marked(15, 15, 13, 2), ['2 packets of ours still left the proxy upstream']],
    ['packets that never reached the proxy', marked(15, 15, 0, 0), ['no packet of ours reached the proxy during the fault']],
    [
      'counters that saw nothing leave before either',
      marked(15, 0, 13, 0),
      ['before the fault 15 packets of ours went into the proxy and 0 left it'],
    ],
    [
      'counters that saw nothing come before either',
      marked(0, 15, 13, 0),
      ['before the fault 0 packets of ours went into the proxy and 15 left it'],
    ],
    [
      'a link that was dead before',
      { baseline: times(12, () => failed('timeout')) },
      ['before the fault only 0 of 12 probes were answered'],
    ],
  ])('does not confirm with %s', (_what, change, reasons) => {
    expect(judgeBlackhole(spec, { ...cut, ...change }).reasons).toEqual(reasons)
  })

  it('counts a connect that did not come to an end as silence, and not as a refusal', () => {
    expect(judgeBlackhole(spec, { ...cut, during: times(10, () => failed('timeout', false)) }).reasons).toEqual([])
  })

  describe('where the toxic closes connections after a while', () => {
    const closing = { ...spec, closesAfterMs: 300 }
    const closed = { ...cut, during: times(10, () => failed('eof')) }

    it('wants the close', () => {
      expect(judgeBlackhole(closing, closed).reasons).toEqual([])
      const one = { ...cut, during: [failed('timeout'), ...times(9, () => failed('eof'))] }
      expect(judgeBlackhole(closing, one).reasons).toEqual([
        '1 connections were still open 1000 ms later, the toxic closes them after 300 ms',
      ])
    })

    it('wants it only where our probe waited for it', () => {
      expect(judgeBlackhole({ ...closing, timeoutMs: 599 }, cut).reasons).toEqual([])
      expect(judgeBlackhole({ ...closing, timeoutMs: 600 }, cut).reasons).toHaveLength(1)
    })
  })

  describe('where the toxic hits some connections', () => {
    const half = { ...spec, share: 0.5 }
    const some = (silent: number, outOf = 20 - silent): BlackholeSeen => ({
      ...{ ...cut, during: times(20, (index) => (index < silent ? failed('timeout') : ok(3))) },
      ...marked(15, 15, 20, outOf),
    })

    it('is content with these, and old connections may not be among them', () => {
      expect(judgeBlackhole(half, some(9)).reasons).toEqual([])
      expect(judgeBlackhole(half, { ...some(9), held: { ...held, answered: 3, bytes: 360 } }).reasons).toEqual([])
    })

    it('confirms neither none nor all of them', () => {
      expect(judgeBlackhole(half, some(0)).reasons).toEqual([
        'new connections: 0 of 20 connections were hit (20 × answered)',
        'no packet of ours was held back on the way up',
      ])
      expect(judgeBlackhole(half, some(20, 10)).reasons).toEqual([
        'new connections: 20 of 20 connections were hit, expected about 50 % (20 × timeout)',
      ])
    })
  })
})

describe('measureBlackhole', () => {
  const well = { answer: () => ok(3), held: 3 }
  const dead = { answer: () => failed('timeout'), tryHeld: () => held }
  const marker = { helper: 'marker-1', intoPort: 8_080, outOfPort: 8_081 }
  const reads = [
    { into: 2, outOf: 1 },
    { into: 17, outOf: 16 },
    { into: 20, outOf: 18 },
    { into: 33, outOf: 18 },
  ]
  const on = toxicOn({ toxic: 'timeout', streams: ['upstream', 'downstream'], marker })

  it('holds connections over the injection, counts packets before and while it bites, and waits a second', async () => {
    const links = { before: well, during: dead, marked: reads }
    const { judgement, before: asked, during } = await measured(measureBlackhole, on, links)
    expect(judgement.reasons).toEqual([])
    expect(judgement.headline).toMatch(
      /^no byte passed upstream and downstream on 10 of 10 new and 3 of 3 old connections; of 13/,
    )
    expect(judgement.measures).toMatchObject({
      ...{ baselineIntoProxyPackets: 15, baselineOutOfProxyPackets: 15, intoProxyPackets: 13, outOfProxyPackets: 0 },
    })
    expect(asked).toMatchObject({ bursts: [{ count: 12, timeoutMs: 2_000 }], held: ['open 3 as held-1'] })
    expect(during).toMatchObject({
      bursts: [{ count: 10, intervalMs: 20, timeoutMs: 1_000 }],
      held: ['try held-1 for 1000 ms', 'close held-1'],
    })
  })

  it('asks neither old connections nor packets where there are none to ask', async () => {
    const links = { before: { ...well, held: 0 }, during: { answer: dead.answer } }
    const { judgement, during } = await measured(measureBlackhole, { ...on, marker: null }, links)
    expect(judgement.reasons).toEqual([])
    expect(judgement.headline).toContain('new connections, and no old one could be held;')
    expect(during.held).toEqual([])
    expect(judgement.measures).not.toHaveProperty('intoProxyPackets')
  })

  it.each<[string, Parameters<typeof toxicOn>[0], number]>([
    ['a timeout of 0 leaves them open, and a second shows it', { attributes: { timeout: 0 } }, 1_000],
    ['a timeout closes them after that, once for each stream', { attributes: { timeout: 700 } }, 2_400],
    ['a bandwidth of 0 never does', { toxic: 'bandwidth', attributes: { rate: 0 } }, 1_000],
  ])('%s', async (_what, change, timeoutMs) => {
    const links = { before: well, during: dead }
    const { during } = await measured(measureBlackhole, { ...on, marker: null, ...change }, links)
    expect(during.bursts).toMatchObject([{ timeoutMs }])
  })

  it('wants the close of a timeout that has one', async () => {
    const closing = toxicOn({ toxic: 'timeout', attributes: { timeout: 700 } })
    const { judgement } = await measured(measureBlackhole, closing, { before: well, during: dead })
    expect(judgement.reasons).toEqual(['10 connections were still open 1700 ms later, the toxic closes them after 700 ms'])
  })

  it('asks more often where the toxic hits some connections', async () => {
    const some = { ...dead, answer: (place: number) => (place % 4 === 0 ? ok(3) : failed('timeout')) }
    const half = { ...on, marker: null, toxicity: 0.5 }
    const { judgement, during } = await measured(measureBlackhole, half, { before: well, during: some })
    expect([judgement.reasons, during.bursts.length, during.bursts[0]?.count]).toEqual([[], 1, 20])
  })
})
