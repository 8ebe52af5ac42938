/**
 * Helpers and GPUs, as far as that can be seen on a machine without one: the program is the real one, and says so. What it
 * does on a GPU is for script/gpu-check.
 */
import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { HelperRequest, ToolboxPort } from '../../src/ports/toolbox.ts'
import { holderOf } from '../../src/faults/vram/gpu/means.ts'
import { removeLeftovers } from '../../src/stack/sweep.ts'
import { createSpawnExec } from '../../src/stack/programs/spawn-exec.ts'
import { docker, signal, startRig, type Rig } from './support/toolbox-rig.ts'

const NO_DRIVER = /vram-hold ended with 10: vram-hold: no NVIDIA driver: libnvidia-ml\.so\.1: cannot open shared object file/
/** No machine has it. */
const UUID = `GPU-ffffffff-ffff-4fff-8fff-${randomBytes(6).toString('hex')}`

let rig: Rig
let toolbox: ToolboxPort

beforeAll(async () => {
  rig = await startRig()
  toolbox = rig.toolbox()
}, 180_000)

afterAll(async () => {
  await rig[Symbol.asyncDispose]()
})

function request(name: string, changes: Partial<HelperRequest> = {}): HelperRequest {
  return { name, attachTo: { network: 'none' }, pid: 'host', capabilities: [], ttlMs: 30_000, ...changes }
}

async function containersNamed(name: string): Promise<number> {
  return (await docker.listContainers({ all: true, filters: { name: [name] } })).length
}

describe('the program that holds GPU memory', () => {
  const exec = createSpawnExec()

  it.each([
    [['look'], 10, 'no NVIDIA driver'],
    [['hold', UUID, '1000', 'none'], 10, 'no NVIDIA driver'],
    [['hold', UUID, '1000', 'any'], 10, 'no NVIDIA driver'],
    [['hold', UUID, '99', 'none'], 2, 'usage: '],
    [['hold', UUID, '1000'], 2, 'usage: '],
    [['fill'], 2, 'usage: '],
    [[], 2, 'usage: '],
  ])('%j ends with %i', async (argv, exitCode, words) => {
    const run = ['run', '--rm', '--network', 'none', '--label', `chaos-action.run=${rig.runId}`, '--entrypoint', 'vram-hold']
    const env = { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '' }
    const ended = await exec.run('docker', [...run, rig.image, ...argv], { env, limitMs: 30_000, signal: signal() })
    expect(ended).toMatchObject({ exitCode, stdout: '', stderr: expect.stringContaining(words) as string })
  })
})

describe('a helper without a GPU', () => {
  it('says so when it looks, and cannot hold any', async () => {
    const helper = await toolbox.start(request(`${rig.runId}-no-gpu`), signal())
    const look = await helper.call('vram.look', { containers: [rig.server] }, signal())
    expect(look).toEqual({ missing: expect.stringMatching(NO_DRIVER) as string, driver: null, devices: [] })
    await expect(helper.call('vram.read', {}, signal())).rejects.toThrow('holds no GPU memory')
    await expect(helper.call('vram.open', { gpu: UUID, allow: [] }, signal())).rejects.toThrow(NO_DRIVER)
    await expect(helper.call('vram.fill', { percent: 100, bytes: null, limitMs: 1_000 }, signal())).rejects.toThrow(NO_DRIVER)
    expect(await helper.call('undo', {}, signal())).toEqual({ undone: [] })
    expect(await toolbox.stop(helper.name, signal())).toMatchObject({ exitCode: 0 })
  })

  it('is what Docker’s refusal of a GPU ends as, and leaves nothing', async () => {
    const name = `${rig.runId}-refused`
    for (const gpu of [UUID, '4711']) {
      await expect(toolbox.start(request(name, { gpu }), signal())).rejects.toMatchObject({
        code: 'CAPABILITY_MISSING',
        message: expect.stringMatching(/^Docker has no NVIDIA GPU to give: /) as string,
      })
    }
    await expect(toolbox.once(request(name, { gpu: UUID }), 'vram.look', { containers: [] }, signal())).rejects.toMatchObject({
      code: 'CAPABILITY_MISSING',
    })
    expect(await containersNamed(name)).toBe(0)
  })
})

describe('the lock of a GPU', () => {
  const name = holderOf(UUID)
  const others = `tb-${randomBytes(4).toString('hex')}`
  const refusal = (text: RegExp): object => ({ code: 'TOOLBOX_FAILED', message: expect.stringMatching(text) as string })

  afterAll(async () => {
    await removeLeftovers({ runId: others }, docker, signal())
  })

  it('is held by one helper on the machine, and whoever comes second is told by whom', async () => {
    const first = rig.toolbox({ runId: others })
    const helper = await first.start(request(name), signal())
    const second = (gpu?: string): Promise<unknown> => toolbox.start(request(name, gpu === undefined ? {} : { gpu }), signal())
    const held = `the GPU ${UUID} \\(${name}\\) is held by run ${others}, whose helper is running`
    await expect(second(UUID)).rejects.toMatchObject(refusal(new RegExp(`^${held}$`)))
    await expect(second()).rejects.toMatchObject(refusal(new RegExp(`its name is held by run ${others}`)))
    // Neither of which did anything to the first.
    expect(await helper.call('renew', {}, signal())).toEqual({ ttlMs: 30_000 })
    // Nor does a revert of the second.
    expect(await toolbox.stop(name, signal())).toBeNull()
    expect(await helper.call('renew', {}, signal())).toEqual({ ttlMs: 30_000 })

    await docker.getContainer(name).kill()
    await expect(second(UUID)).rejects.toMatchObject(refusal(/whose helper is exited$/))
    expect(await first.stop(name, signal())).toMatchObject({ exitCode: 137 })
    const later = await toolbox.start(request(name), signal())
    expect(await toolbox.stop(later.name, signal())).toMatchObject({ exitCode: 0 })
  })

  it('goes with the sweep of a run that is dead', async () => {
    await rig.toolbox({ runId: others }).start(request(name), signal())
    await expect(toolbox.start(request(name), signal())).rejects.toMatchObject(refusal(/is held by run/))
    expect((await removeLeftovers({ runId: others }, docker, signal())).failed).toEqual([])
    await toolbox.start(request(name), signal())
    expect(await toolbox.stop(name, signal())).toMatchObject({ exitCode: 0 })
  })

  it('is told from a container of that name that is not ours', async () => {
    const stranger = await docker.createContainer({ name, Image: rig.image, Entrypoint: ['sleep', '60'] })
    try {
      await expect(toolbox.start(request(name, { gpu: UUID }), signal())).rejects.toMatchObject(
        refusal(/is held by a container that is not ours$/),
      )
      expect(await containersNamed(name)).toBe(1)
    } finally {
      await stranger.remove({ force: true })
    }
  })
})
