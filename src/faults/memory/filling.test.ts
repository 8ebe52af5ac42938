import { expect, test } from 'vitest'
import type { ContainerPort } from '../../ports/docker.ts'
import type { ToolboxPort } from '../../ports/toolbox.ts'
import { isGone, readingOf, stepBytes } from './filling.ts'

const MIB = 1_048_576

test.each([
  ['a twentieth of a large limit', 2_000 * MIB, 100 * MIB],
  ['no less than a mebibyte', 8 * MIB, MIB],
  ['whole pages', 30_000_000, 1_503_232],
])('a step is %s', (_name, limitBytes, bytes) => {
  expect(stepBytes(limitBytes)).toBe(bytes)
  expect(stepBytes(limitBytes) % 4_096).toBe(0)
})

test('a cgroup without a limit gives no reading', () => {
  const facts = {
    ...({ version: 2, path: '/a', oomKills: 0, cpuUsageUs: 0, cpuQuotaUs: null, cpuPeriodUs: null } as const),
    ...{ throttledPeriods: null, throttledUs: null, memoryUsageBytes: 5 },
  }
  expect(readingOf({ ...facts, memoryLimitBytes: null })).toBeNull()
  expect(readingOf({ ...facts, memoryLimitBytes: 10 })).toEqual({ usageBytes: 5, limitBytes: 10 })
})

test.each<[string, number | null, boolean | Error, boolean]>([
  ['still there for both', 7, true, false],
  ['gone for the kernel, and Docker has not noticed yet', 7, false, true],
  ['another one after a restart', 8, true, true],
  ['that of a container that is gone', null, true, true],
  ['not known to have ended when the helper cannot tell', 7, new Error('the helper is gone'), false],
])('a main process is %s', async (_name, pidForDocker, aliveForKernel, gone) => {
  const { signal } = new AbortController()
  // The two questions that are asked.
  const containers = {
    inspect: () => Promise.resolve(pidForDocker === null ? null : { pid: pidForDocker }),
  } as unknown as ContainerPort
  const look = (): Promise<object> =>
    aliveForKernel instanceof Error ? Promise.reject(aliveForKernel) : Promise.resolve({ alive: aliveForKernel })
  const toolbox = { get: () => ({ call: look }) } as unknown as ToolboxPort
  expect(await isGone({ id: 'c', helper: 'h' }, 7, { containers, toolbox, signal })).toBe(gone)
})
