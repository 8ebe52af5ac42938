/** What helpers have done is undone, whatever becomes of the one who asked for it. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { systemClock } from '../../src/core/time/clock.ts'
import { waitUntil } from '../../src/core/time/wait.ts'
import { ROLE_LABEL, RUN_LABEL, TOOLBOX_ROLE } from '../../src/stack/docker/labels.ts'
import { docker, SERVER_PORT, signal } from './support/toolbox-rig.ts'
import { leftovers, probe, rig, server, toolbox, wait } from './support/toolbox-suite.ts'

describe('the undo needs no runner', () => {
  const children: ChildProcess[] = []

  afterEach(() => {
    for (const child of children.splice(0)) child.kill('SIGKILL')
  })

  /** A process of its own that starts a helper with a loss rule at the server's end. */
  async function runner(name: string, ttlMs: number, then: 'stay' | 'forget'): Promise<ChildProcess> {
    const script = join(import.meta.dirname, 'support', 'toolbox-runner.ts')
    const argv = [script, rig.image, rig.runId, name, rig.server, String(SERVER_PORT), String(ttlMs), then]
    const child = spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'inherit'] })
    children.push(child)
    const [said] = (await once(child.stdout, 'data')) as [Buffer]
    expect(said.toString()).toBe('installed\n')
    return child
  }

  async function ended(name: string, limitMs: number): Promise<number> {
    const startedMs = performance.now()
    const read = async () => (await docker.getContainer(name).inspect()).State.Status
    await waitUntil(`the end of ${name}`, read, (status) => status === 'exited', { ...wait, limitMs, signal: signal() })
    return performance.now() - startedMs
  }

  it('when it is killed: its end closes the helper’s input', async () => {
    const name = `${rig.runId}-eof`
    const child = await runner(name, 60_000, 'stay')
    expect(await leftovers(rig.server)).toHaveLength(1)
    child.kill('SIGKILL')
    expect(await ended(name, 5_000)).toBeLessThan(5_000)
    expect(await leftovers(rig.server)).toEqual([])
    const end = await toolbox.stop(name, signal())
    expect(end?.exitCode).toBe(0)
    expect(end?.output).toMatch(/standard input was closed; undone: nft table chaos_action_[0-9a-f]{12}_loss/)
  })

  it.each([
    ['was made and not started', undefined],
    ['could not be started', ['/no/such/program']],
  ])('when the helper %s, as its runner was killed by then: there is nothing to undo', async (_what, Entrypoint) => {
    const name = `${rig.runId}-unborn`
    const Labels = { [RUN_LABEL]: rig.runId, [ROLE_LABEL]: TOOLBOX_ROLE }
    const container = await docker.createContainer({ name, Image: rig.image, Labels, ...(Entrypoint && { Entrypoint }) })
    if (Entrypoint !== undefined) await expect(container.start()).rejects.toThrow('no such file')
    expect(await toolbox.stop(name, signal())).toBeNull()
    await expect(container.inspect()).rejects.toMatchObject({ statusCode: 404 })
  })

  it('when it hangs: the lease runs out', async () => {
    const name = `${rig.runId}-ttl`
    const child = await runner(name, 3_000, 'stay')
    // Renewals keep it alive beyond its lease…
    await systemClock.sleep(4_000)
    expect(await leftovers(rig.server)).toHaveLength(1)
    // …and a process that is stopped holds its sockets open but renews nothing.
    child.kill('SIGSTOP')
    await ended(name, 6_000)
    expect(await leftovers(rig.server)).toEqual([])
    const end = await toolbox.stop(name, signal())
    expect(end?.exitCode).toBe(0)
    expect(end?.output).toMatch(/nobody renewed the lease; undone: nft table/)
  })

  it('when it forgets the helper: it can end all the same', async () => {
    const name = `${rig.runId}-forget`
    const child = await runner(name, 60_000, 'forget')
    if (child.exitCode === null) await once(child, 'exit', { signal: signal(5_000) })
    expect(child.exitCode).toBe(0)
    await ended(name, 5_000)
    expect((await toolbox.stop(name, signal()))?.exitCode).toBe(0)
  })

  it('when the helper itself was killed: another undoes its work', async () => {
    const helper = await toolbox.start(rig.inside(rig.server, 'shot'), signal())
    await helper.call('loss.install', { port: SERVER_PORT, side: 'server', percent: 30 }, signal())
    const unanswered = probe(helper, server, 1, { path: '/silent', timeoutMs: 20_000 })
    const rejected = expect(unanswered).rejects.toMatchObject({ code: 'TOOLBOX_FAILED' })
    await docker.getContainer(helper.name).kill({ signal: 'SIGKILL' })
    await rejected
    await expect(helper.call('renew', {}, signal())).rejects.toThrow('is not there any more')
    expect((await toolbox.stop(helper.name, signal()))?.exitCode).toBe(137)
    expect(await leftovers(rig.server)).toHaveLength(1)
    const undone = await toolbox.once(rig.inside(rig.server, 'shot-undo'), 'undo', {}, signal())
    expect(undone?.undone).toMatchObject([expect.stringMatching(/^nft table chaos_action_/)])
    expect(await toolbox.once(rig.inside(rig.server, 'shot-undo'), 'undo', {}, signal())).toEqual({ undone: [] })
  })

  it('and a failed undo is told by the exit code', async () => {
    const helper = await toolbox.start(rig.inside(rig.server, 'stuck'), signal())
    await helper.call('loss.install', { port: SERVER_PORT, side: 'server', percent: 30 }, signal())
    // No process can be started any more, so nft cannot either.
    await docker.getContainer(helper.name).update({ PidsLimit: 1 })
    const end = await toolbox.stop(helper.name, signal())
    expect(end?.exitCode).toBe(3)
    expect(end?.output).toContain('could not undo packet loss')
    expect((await toolbox.once(rig.inside(rig.server, 'stuck-undo'), 'undo', {}, signal()))?.undone).toHaveLength(1)
  })

  it('and a helper that does not end is killed, which is told as well', async () => {
    const helper = await toolbox.start(rig.beside('frozen'), signal())
    const { State } = await docker.getContainer(helper.name).inspect()
    process.kill(State.Pid, 'SIGSTOP')
    expect((await toolbox.stop(helper.name, signal()))?.exitCode).toBe(137)
  })
})
