/** A helper: what it may do, and what it measures. */
import { existsSync } from 'node:fs'
import { release } from 'node:os'
import { describe, expect, it } from 'vitest'
import { docker, signal } from './support/toolbox-rig.ts'
import { at, probe, rig, server, toolbox, withHelpers } from './support/toolbox-suite.ts'

/** What toolbox/Dockerfile starts from. */
const BASE = 'node:24-trixie-slim'

describe('a helper', () => {
  it('tells what this kernel can do, and that it may do nothing without NET_ADMIN', async () => {
    await withHelpers(
      toolbox,
      [toolbox.start(rig.inside(rig.client, 'cap'), signal()), toolbox.start(rig.beside('nocap'), signal())],
      async (helpers) => {
        const can = await at(helpers, 0).call('capabilities', {}, signal())
        expect(can).toEqual({
          nft: true,
          nftRandom: true,
          nftPayload: true,
          netem: expect.any(Boolean) as boolean,
          socketKill: true,
          stressNg: true,
          cgroupVersion: can.cgroupVersion,
          kernel: release(),
        })
        // What the host's own file system is, seen without a helper.
        expect(can.cgroupVersion).toBe(existsSync('/sys/fs/cgroup/cgroup.controllers') ? 2 : 1)
        const without = { nft: false, nftRandom: false, nftPayload: false, netem: false, socketKill: false }
        const none = { ...without, stressNg: true, cgroupVersion: can.cgroupVersion, kernel: release() }
        expect(await at(helpers, 1).call('capabilities', {}, signal())).toEqual(none)
        await expect(at(helpers, 1).call('leftovers', {}, signal())).rejects.toThrow('NET_ADMIN')
        await expect(at(helpers, 1).call('loss.install', { port: 1, side: 'client', percent: 1 }, signal())).rejects.toThrow(
          'NET_ADMIN',
        )
        expect(await at(helpers, 1).call('undo', {}, signal())).toEqual({ undone: [] })
      },
    )
  })

  it('has no more rights than it was asked to have', async () => {
    await withHelpers(toolbox, [toolbox.start(rig.inside(rig.client, 'rights'), signal())], async () => {
      const { HostConfig, Config } = await docker.getContainer(`${rig.runId}-rights`).inspect()
      expect(HostConfig).toMatchObject({ Privileged: false, CapDrop: ['ALL'], ReadonlyRootfs: true, AutoRemove: false })
      const added = HostConfig.CapAdd as string[]
      expect(added.map((name) => name.replace('CAP_', ''))).toEqual(['NET_ADMIN'])
      expect(Config.Labels).toMatchObject({ 'chaos-action.run': rig.runId, 'chaos-action.role': 'toolbox' })
    })
  })

  it('is made of little: the drivers of Mesa, which stress-ng asks for, are not in its image', async () => {
    const [whole, base] = await Promise.all([rig.image, BASE].map((name) => docker.getImage(name).inspect()))
    expect((whole?.Size ?? Number.NaN) - (base?.Size ?? Number.NaN)).toBeLessThan(100 * 1_000_000)
  })

  it('refuses what it does not know and goes on', async () => {
    await withHelpers(toolbox, [toolbox.start(rig.beside('strict'), signal())], async ([helper]) => {
      if (!helper) return
      const typo = { port: 1, side: 'client', percent: 5, percentage: 7 } as const
      await expect(helper.call('loss.install', typo, signal())).rejects.toThrow('percentage')
      await expect(helper.call('loss.install', { ...typo, percent: 101 }, signal())).rejects.toThrow('percent')
      await expect(helper.call('hold.try', { id: 'none', timeoutMs: 10 }, signal())).rejects.toThrow(
        "no connections are held under 'none'",
      )
      await expect(helper.call('loss.read', {}, signal())).rejects.toThrow('no packet loss')
      await expect(helper.call('nothing' as 'renew', {}, signal())).rejects.toThrow("unknown operation 'nothing'")
      expect(await helper.call('renew', {}, signal())).toEqual({ ttlMs: 30_000 })
    })
  })

  it('answers others while a probe runs, and lets a caller give up', async () => {
    await withHelpers(toolbox, [toolbox.start(rig.beside('busy'), signal())], async ([helper]) => {
      if (!helper) return
      const silent = probe(helper, server, 1, { path: '/silent', timeoutMs: 2_500 })
      const order: string[] = []
      const slow = silent.then(() => order.push('probe'))
      await helper.call('tcp.read', {}, signal()).then(() => order.push('tcp.read'))
      await expect(
        helper.call(
          'probe.http',
          { target: server, path: '/silent', headers: {}, count: 1, intervalMs: 0, timeoutMs: 20_000 },
          signal(100),
        ),
      ).rejects.toThrow()
      await slow
      expect(order).toEqual(['tcp.read', 'probe'])
      expect(await silent).toMatchObject([{ error: 'timeout', totalMs: null, status: null, bytes: 0 }])
    })
  })

  it('is found and stopped by another process of its run only', async () => {
    const helper = await toolbox.start(rig.beside('shared'), signal())
    expect(await rig.toolbox({ runId: 'someone-else' }).stop(helper.name, signal())).toBeNull()
    expect((await docker.getContainer(helper.name).inspect()).State.Running).toBe(true)
    const ended = await rig.toolbox().stop(helper.name, signal())
    expect(ended?.exitCode).toBe(0)
    expect(ended?.output).toContain('ended: SIGTERM; undone: nothing was installed')
    expect(await toolbox.stop(helper.name, signal())).toBeNull()
    expect(() => toolbox.get(helper.name)).toThrow('started no helper')
  })

  it('cannot join what is not there', async () => {
    const gone = rig.inside('no-such-container', 'gone')
    expect(await toolbox.once(gone, 'leftovers', {}, signal())).toBeNull()
    await expect(toolbox.start(gone, signal())).rejects.toMatchObject({ code: 'TOOLBOX_FAILED' })
    const missing = rig.toolbox({ image: 'chaos-action-test/no-such-image:1' })
    await expect(missing.start(rig.beside('noimage'), signal())).rejects.toMatchObject({ code: 'IMAGE_MISSING' })
    expect(await docker.listContainers({ all: true, filters: { name: [`${rig.runId}-gone`, `${rig.runId}-noimage`] } })).toEqual(
      [],
    )
  })
})

describe('probes', () => {
  it('measure answers, refusals and silence on the wire', async () => {
    await withHelpers(toolbox, [toolbox.start(rig.beside('probes'), signal())], async ([helper]) => {
      if (!helper) return
      const samples = await probe(helper, server, 20, { intervalMs: 5 })
      expect(samples).toHaveLength(20)
      for (const sample of samples) {
        expect(sample).toMatchObject({ status: 200, error: null })
        expect(sample.bytes).toBeGreaterThan(1_000)
        expect(sample.totalMs).toBeGreaterThanOrEqual(sample.connectMs ?? Number.NaN)
        expect(sample.closeMs).toBeGreaterThanOrEqual(0)
      }
      expect(await probe(helper, server, 1, { path: '/chaos-probe-1' })).toMatchObject([{ status: 404, error: null }])
      expect(await probe(helper, { host: server.host, port: 1 }, 1)).toMatchObject([{ error: 'ECONNREFUSED', status: null }])
      expect(await probe(helper, { host: 'no-such-host', port: 1 }, 1)).toMatchObject([
        { error: expect.stringMatching(/^(ENOTFOUND|EAI_AGAIN|timeout)$/) as string },
      ])
    })
  })

  it('move a pipeline of answers over one connection', async () => {
    await withHelpers(toolbox, [toolbox.start(rig.beside('transfer'), signal())], async ([helper]) => {
      if (!helper) return
      const args = { target: server, headers: {}, repeat: 20, limitMs: 5_000 }
      const whole = await helper.call('probe.transfer', { ...args, path: '/large' }, signal())
      expect(whole.end).toBe('complete')
      expect(whole.bytes).toBeGreaterThan(20 * 100_000)
      expect(whole.chunks).toBeGreaterThan(10)
      expect(await helper.call('probe.transfer', { ...args, path: '/silent', limitMs: 300 }, signal())).toMatchObject({
        end: 'timeout',
        bytes: 0,
        firstByteMs: null,
      })
      expect(await helper.call('probe.transfer', { ...args, path: '/', target: { ...server, port: 1 } }, signal())).toMatchObject(
        { end: 'refused' },
      )
    })
  })

  it('hold connections that were proven to work', async () => {
    await withHelpers(toolbox, [toolbox.start(rig.beside('hold'), signal())], async ([helper]) => {
      if (!helper) return
      const args = { id: 'a', target: server, path: '/', headers: {}, count: 8, timeoutMs: 2_000 }
      expect(await helper.call('hold.open', args, signal())).toEqual({ held: 8 })
      await expect(helper.call('hold.open', args, signal())).rejects.toThrow("already held under 'a'")
      await expect(helper.call('hold.open', { ...args, id: 'b', count: 250 }, signal())).rejects.toThrow('at most 256')
      expect(await helper.call('hold.try', { id: 'a', timeoutMs: 2_000 }, signal())).toMatchObject({
        held: 8,
        answered: 8,
        silent: 0,
        closed: 0,
      })
      expect(await helper.call('hold.try', { id: 'a', timeoutMs: 100, path: '/silent' }, signal())).toEqual({
        held: 8,
        answered: 0,
        silent: 8,
        closed: 0,
        bytes: 0,
      })
      expect(await helper.call('hold.close', { id: 'a' }, signal())).toEqual({ closed: 8 })
    })
  })
})
