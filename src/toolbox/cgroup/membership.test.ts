import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { describe, expect, it } from 'vitest'
import { belongsTo, isLeaving, parseCgroupPaths, readCgroupPaths, readProcFile, requireMember } from './membership.ts'

const ID = '3f2a'.repeat(16)
const OTHER = '9b1c'.repeat(16)

const FORMS = {
  'v1, cgroupfs driver': `13:pids:/docker/${ID}\n4:memory:/docker/${ID}\n3:cpu,cpuacct:/docker/${ID}\n1:name=systemd:/docker/${ID}\n`,
  'v1, systemd driver': `4:memory:/system.slice/docker-${ID}.scope\n1:name=systemd:/system.slice/docker-${ID}.scope\n`,
  'v2, cgroupfs driver': `0::/docker/${ID}\n`,
  'v2, systemd driver': `0::/system.slice/docker-${ID}.scope\n`,
  rootless: `0::/user.slice/user-1000.slice/user@1000.service/user.slice/docker-${ID}.scope\n`,
  hybrid: `4:memory:/docker/${ID}\n0::/system.slice/docker.service\n`,
  'a folder made inside': `0::/docker/${ID}/worker:1\n`,
}

describe('/proc/PID/cgroup', () => {
  it('gives a path for each hierarchy, and v2 has no name', () => {
    expect(parseCgroupPaths(FORMS['v1, cgroupfs driver']).get('cpu,cpuacct')).toBe(`/docker/${ID}`)
    expect(parseCgroupPaths(FORMS['v1, cgroupfs driver']).get('name=systemd')).toBe(`/docker/${ID}`)
    expect(parseCgroupPaths(FORMS['v2, systemd driver']).get('')).toBe(`/system.slice/docker-${ID}.scope`)
    expect(parseCgroupPaths(FORMS['a folder made inside']).get('')).toBe(`/docker/${ID}/worker:1`)
  })

  it.each(['no line', '0:memory', ':memory:/'])('is refused when it holds %j', (text) => {
    expect(() => parseCgroupPaths(text)).toThrow('not a line of /proc/PID/cgroup')
  })

  it.each(Object.entries(FORMS))('names the container: %s', (_form, text) => {
    expect(belongsTo(parseCgroupPaths(text), ID)).toBe(true)
    expect(belongsTo(parseCgroupPaths(text), ID.slice(0, 12))).toBe(true)
    expect(belongsTo(parseCgroupPaths(text), OTHER)).toBe(false)
  })

  it('of a process of the machine itself names none', () => {
    expect(belongsTo(parseCgroupPaths('4:memory:/\n0::/init.scope\n'), ID)).toBe(false)
    expect(belongsTo(parseCgroupPaths(''), ID)).toBe(false)
  })
})

describe('a process that ends', () => {
  it.each([
    `4:memory:/docker/${ID}\n3:cpu,cpuacct:/\n`,
    `4:memory:/\n3:cpu,cpuacct:/docker/${ID}\n`,
    `3:cpu:/docker/${ID}\n2:cpuacct:/\n`,
  ])('leaves its cgroups one after the other: %j', (text) => {
    expect(isLeaving(parseCgroupPaths(text))).toBe(true)
  })

  it.each([...Object.values(FORMS), `7:rdma:/\n6:misc:/\n4:memory:/docker/${ID}\n1:name=systemd:/\n0::/\n`])(
    'is not one that is in them all, or in no other that is counted: %j',
    (text) => {
      expect(isLeaving(parseCgroupPaths(text))).toBe(false)
    },
  )
})

describe('a real process', () => {
  it('is none of a container that there never was', async () => {
    await expect(requireMember({ pid: process.pid, containerId: ID })).rejects.toThrow(
      `process ${process.pid} does not belong to container ${ID.slice(0, 12)}`,
    )
  })

  it('that has ended is told from one that belongs elsewhere', async () => {
    const child = spawn('true')
    const { pid } = child
    if (pid === undefined) throw new Error('could not start a child')
    await once(child, 'exit')
    expect(await readCgroupPaths(pid)).toBeNull()
    expect(await readProcFile(pid, 'stat')).toBeNull()
    await expect(requireMember({ pid, containerId: ID })).rejects.toThrow(`there is no process ${pid} any more`)
  })
})
