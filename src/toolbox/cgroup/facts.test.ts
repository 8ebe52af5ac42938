import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { cgroupFacts } from './facts.ts'
import { splitFolders, unifiedFolders } from './files.ts'
import { parseCgroupPaths } from './membership.ts'

const MIB = 1024 * 1024
const V2 = parseCgroupPaths('0::/a.scope\n')
const V1 = parseCgroupPaths('4:memory:/docker/a\n3:cpu,cpuacct:/docker/a\n')

let root: string

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'cgroup-'))
})

afterEach(async () => {
  await rm(root, { recursive: true })
})

async function write(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
  await mkdir(join(root, folder), { recursive: true })
  for (const [name, text] of Object.entries(files)) await writeFile(join(root, folder, name), text)
}

const FILES_2 = {
  'memory.current': `${50 * MIB}\n`,
  'memory.max': `${128 * MIB}\n`,
  'memory.events': 'low 0\nhigh 0\nmax 45\noom 2\noom_kill 1\noom_group_kill 0\n',
  'cpu.stat':
    'usage_usec 1234567\nuser_usec 1000000\nsystem_usec 234567\nnr_periods 90\nnr_throttled 80\nthrottled_usec 765432\n',
  'cpu.max': '20000 100000\n',
}
const FACTS = {
  memoryUsageBytes: 50 * MIB,
  memoryLimitBytes: 128 * MIB,
  oomKills: 1,
  cpuUsageUs: 1_234_567,
  cpuQuotaUs: 20_000,
  cpuPeriodUs: 100_000,
  throttledPeriods: 80,
  throttledUs: 765_432,
}
const UNKNOWN = Object.fromEntries(Object.keys(FACTS).map((key) => [key, null]))

describe('the counters of version 2', () => {
  const read = () => cgroupFacts(unifiedFolders(V2, root))

  it('are those of its files', async () => {
    await write('a.scope', FILES_2)
    expect(await read()).toEqual({ version: 2, path: '/a.scope', ...FACTS })
  })

  it('are null where there is no limit', async () => {
    await write('a.scope', { ...FILES_2, 'memory.max': 'max\n', 'cpu.max': 'max 100000\n' })
    expect(await read()).toMatchObject({ ...FACTS, memoryLimitBytes: null, cpuQuotaUs: null, cpuPeriodUs: null })
  })

  it('are null where the controller is missing, as it is for the root', async () => {
    await write('a.scope', { 'cpu.stat': 'usage_usec 5\nuser_usec 5\nsystem_usec 0\n' })
    expect(await read()).toEqual({ version: 2, path: '/a.scope', ...UNKNOWN, cpuUsageUs: 5 })
  })
})

const MEMORY_1 = {
  'memory.usage_in_bytes': `${50 * MIB}\n`,
  'memory.limit_in_bytes': `${128 * MIB}\n`,
  'memory.oom_control': 'oom_kill_disable 0\nunder_oom 0\noom_kill 1\n',
}
const CPU_1 = {
  'cpuacct.usage': '1234567000\n',
  'cpu.cfs_quota_us': '20000\n',
  'cpu.cfs_period_us': '100000\n',
  'cpu.stat': 'nr_periods 90\nnr_throttled 80\nthrottled_time 765432000\n',
}

describe('the counters of version 1', () => {
  const read = async () => cgroupFacts(await splitFolders(V1, root))

  it('are those of its files, with nanoseconds as microseconds', async () => {
    await write('memory/docker/a', MEMORY_1)
    await write('cpu,cpuacct/docker/a', CPU_1)
    expect(await read()).toEqual({ version: 1, path: '/docker/a', ...FACTS })
  })

  it('are null where there is no limit', async () => {
    await write('memory/docker/a', { ...MEMORY_1, 'memory.limit_in_bytes': '9223372036854771712\n' })
    await write('cpu,cpuacct/docker/a', { ...CPU_1, 'cpu.cfs_quota_us': '-1\n' })
    expect(await read()).toMatchObject({ ...FACTS, memoryLimitBytes: null, cpuQuotaUs: null, cpuPeriodUs: null })
  })

  it('are null where the controller is missing, and where an old kernel does not count', async () => {
    await write('memory/docker/a', { ...MEMORY_1, 'memory.oom_control': 'oom_kill_disable 0\nunder_oom 0\n' })
    const memory = { memoryUsageBytes: 50 * MIB, memoryLimitBytes: 128 * MIB }
    expect(await read()).toEqual({ version: 1, path: '/docker/a', ...UNKNOWN, ...memory })
  })
})
