import { msBetween } from '../../core/time/moment.ts'
import { Duplex } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { VirtualClock } from '../../core/time/virtual-clock.fixture.ts'
import { waitUntil } from '../../core/time/wait.ts'
import { systemClock } from '../../core/time/clock.ts'
import { ToolboxConnection } from './connection.ts'

interface Far {
  readonly connection: ToolboxConnection
  readonly requests: { id: number; op: string }[]
  readonly logged: string[]
  say(text: string): void
  sayError(text: string): void
  hangUp(): void
}

/** A connection to a helper that does what the test says. */
function connect(clock = systemClock): Far {
  const requests: { id: number; op: string }[] = []
  const logged: string[] = []
  const stream = new Duplex({
    read: () => undefined,
    write(chunk: Buffer, _encoding, done) {
      requests.push(JSON.parse(chunk.toString()) as { id: number; op: string })
      done()
    },
  })
  let sayError: (text: string) => void = () => undefined
  const connection = new ToolboxConnection(
    'far',
    stream,
    (from, stdout, stderr) => {
      from.pipe(stdout)
      sayError = (text) => void stderr.write(text)
    },
    { log: (level, text) => void logged.push(`${level} ${text}`) },
    clock,
  )
  return {
    ...{ connection, requests, logged },
    say: (text) => void stream.push(text),
    sayError: (text) => {
      sayError(text)
    },
    hangUp: () => void stream.destroy(),
  }
}

const signal = (): AbortSignal => AbortSignal.timeout(5_000)

describe('ToolboxConnection', () => {
  it('matches replies to calls, in whatever order and pieces they come', async () => {
    const far = connect()
    const [first, second] = [far.connection.call('renew', {}, signal()), far.connection.call('leftovers', {}, signal())]
    far.say('{"id":2,"limitMs":0}\n{"id":1,"limitMs":0}\n')
    far.say('{"id":2,"ok":true,"reply":{"found":["x"]}}\n{"id":1,"ok":tr')
    far.say('ue,"reply":{"ttlMs":5}}\n')
    expect(await second).toEqual({ found: ['x'] })
    expect(await first).toEqual({ ttlMs: 5 })
  })

  it('passes on what a helper could not do after it had accepted', async () => {
    const far = connect()
    const call = far.connection.call('undo', {}, signal())
    far.say('{"id":1,"limitMs":0}\n{"id":1,"ok":false,"error":"could not undo loss: busy"}\n')
    await expect(call).rejects.toMatchObject({
      code: 'TOOLBOX_FAILED',
      message: 'the helper far could not do it: could not undo loss: busy',
    })
  })

  it('passes on the helper’s refusal', async () => {
    const far = connect()
    const call = far.connection.call('undo', {}, signal())
    far.say('{"id":1,"ok":false,"error":"could not undo loss: busy"}\n')
    await expect(call).rejects.toMatchObject({
      code: 'TOOLBOX_FAILED',
      message: expect.stringContaining('could not undo loss: busy') as string,
    })
  })

  it('fails every call with the last words of a helper that ended', async () => {
    const far = connect()
    const call = far.connection.call('undo', {}, signal())
    far.sayError('out of memory\n')
    far.hangUp()
    await expect(call).rejects.toThrow(/did not answer: it ended; its last words: out of memory/)
    await expect(far.connection.call('renew', {}, signal())).rejects.toThrow('is not there any more')
  })

  it('ends at what is no reply', async () => {
    const far = connect()
    const call = far.connection.call('undo', {}, signal())
    far.say('Segmentation fault\n')
    await expect(call).rejects.toThrow('something that is no reply: Segmentation fault')
  })

  it('takes a helper that accepts nothing for stuck after 10 s', async () => {
    const clock = new VirtualClock()
    const startMs = clock.nowMs()
    const call = connect(clock).connection.call('undo', {}, signal())
    await expect(clock.until(call)).rejects.toMatchObject({
      code: 'TIMEOUT',
      message: 'the acceptance of undo in the helper far took longer than 10000 ms',
    })
    expect(msBetween(startMs, clock.nowMs())).toBe(10_000)
    expect(clock.sleeping).toBe(0)
  })

  it('waits from the acceptance on for as long as the helper said, and 10 s', async () => {
    const clock = new VirtualClock()
    const startMs = clock.nowMs()
    const far = connect(clock)
    const call = far.connection.call('undo', {}, signal())
    void clock.sleep(9_000).then(() => {
      far.say('{"id":1,"limitMs":25000}\n')
    })
    await expect(clock.until(call)).rejects.toMatchObject({
      code: 'TIMEOUT',
      message: 'undo in the helper far took longer than 35000 ms',
    })
    expect(msBetween(startMs, clock.nowMs())).toBe(9_000 + 35_000)
    // It lives: another call may end well.
    expect(far.connection.alive).toBe(true)
  })

  it('takes no reply that comes in that time for late', async () => {
    const clock = new VirtualClock()
    const far = connect(clock)
    const call = far.connection.call('undo', {}, signal())
    far.say('{"id":1,"limitMs":600000}\n')
    void clock.sleep(609_000).then(() => {
      far.say('{"id":1,"ok":true,"reply":{"undone":[]}}\n')
    })
    expect(await clock.until(call)).toEqual({ undone: [] })
  })

  it.each([
    ['a limit of more than 10 minutes', '{"id":1,"limitMs":600001}', 'it said that it may take 600001 ms, which is no limit'],
    ['a limit of less than nothing', '{"id":1,"limitMs":-1}', 'it said that it may take -1 ms, which is no limit'],
    ['a limit in words', '{"id":1,"limitMs":"long"}', 'it said something that is no reply: {"id":1,"limitMs":"long"}'],
    ['a reply without an acceptance', '{"id":1,"ok":true,"reply":{}}', 'it replied to what it had not accepted: {"id":1'],
    ['an acceptance of what was not asked', '{"id":2,"limitMs":0}', 'it answered what was not asked: {"id":2'],
    ['a reply to what was not asked', '{"id":2,"ok":true,"reply":{}}', 'it answered what was not asked: {"id":2'],
    ['a second acceptance', '{"id":1,"limitMs":0}\n{"id":1,"limitMs":0}', 'it accepted a request twice'],
  ])('ends at %s', async (_what, said, why) => {
    const far = connect()
    const call = far.connection.call('undo', {}, signal())
    far.say(`${said}\n`)
    await expect(call).rejects.toMatchObject({
      code: 'TOOLBOX_FAILED',
      message: expect.stringContaining(`the helper far did not answer: ${why}`) as string,
    })
    expect(far.connection.alive).toBe(false)
  })

  it('drops the late acceptance of a call that was given up', async () => {
    const far = connect()
    await expect(far.connection.call('undo', {}, AbortSignal.timeout(20))).rejects.toMatchObject({ code: 'ABORTED' })
    const next = far.connection.call('renew', {}, signal())
    far.say('{"id":1,"limitMs":0}\n{"id":2,"limitMs":0}\n{"id":2,"ok":true,"reply":{"ttlMs":5}}\n')
    expect(await next).toEqual({ ttlMs: 5 })
  })

  it('asks for nothing once the caller has given up', async () => {
    const far = connect()
    await expect(far.connection.call('undo', {}, AbortSignal.abort())).rejects.toMatchObject({ code: 'ABORTED' })
    expect(far.requests).toEqual([])
  })

  it('drops the late answer of a call that was given up', async () => {
    const far = connect()
    await expect(far.connection.call('undo', {}, AbortSignal.timeout(20))).rejects.toMatchObject({ code: 'ABORTED' })
    far.say('{"id":1,"ok":true,"reply":{"undone":[]}}\n')
    const next = far.connection.call('renew', {}, signal())
    far.say('{"id":2,"limitMs":0}\n{"id":2,"ok":true,"reply":{"ttlMs":5}}\n')
    expect(await next).toEqual({ ttlMs: 5 })
    expect(far.logged).toEqual([])
  })

  it('renews until it is retired', async () => {
    const far = connect()
    far.connection.keepRenewing(5)
    const wait = { everyMs: 5, attemptMs: 1_000, limitMs: 20_000, signal: signal(), clock: systemClock }
    await waitUntil(
      'three renewals',
      () => Promise.resolve(far.requests.length),
      (count) => count >= 3,
      wait,
    )
    far.connection.retire()
    const count = far.requests.length
    await systemClock.sleep(30)
    expect(far.requests).toHaveLength(count)
    expect(far.requests.every(({ op }) => op === 'renew')).toBe(true)
  })
})
