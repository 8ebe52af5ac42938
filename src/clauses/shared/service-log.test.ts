import { wall } from '../../core/time/moment.fixture.ts'
import { expect, it } from 'vitest'
import type { ContainerPort, LogLine } from '../../ports/docker.ts'
import { state } from '../container/container.fixture.ts'
import { containers, openContext } from './context.fixture.ts'
import { readServiceLog, type ServiceLog } from './service-log.ts'

const MIB = 1_024 * 1_024
const KEPT = 8 * MIB
const WINDOW = { sinceWallMs: wall(1_000), untilWallMs: wall(2_000) }

function line(text: string): LogLine {
  return { atMs: wall(1_500), stream: 'stdout', text }
}

/** The log of a service whose containers have written these lines, and what was asked of them. */
async function read(logs: Readonly<Record<string, LogLine[]>>): Promise<{ log: ServiceLog; asked: unknown[] }> {
  const asked: unknown[] = []
  const list: ContainerPort['list'] = (service) => {
    asked.push(service)
    return Promise.resolve(Object.keys(logs).map((id) => state({ id })))
  }
  const read: ContainerPort['logs'] = (id, window) => {
    asked.push([id, window])
    return Promise.resolve(logs[id] ?? [])
  }
  const { ctx } = openContext(6_000, { containers: containers({ list, logs: read }) })
  return { log: await readServiceLog('queen', ctx, WINDOW), asked }
}

it('is that of all its containers, in the window, the newest 8 MiB of each', async () => {
  const { log, asked } = await read({ c1: [line('a')], c2: [line('b'), line('c')] })
  expect(log).toEqual({ lines: [line('a'), line('b'), line('c')], cut: false })
  const bounded = { ...WINDOW, maxBytes: KEPT }
  expect(asked).toEqual(['queen', ['c1', bounded], ['c2', bounded]])
})

it('is an error where the service has no container', async () => {
  await expect(read({})).rejects.toMatchObject({
    code: 'TARGET_NOT_FOUND',
    message: "the stack has no container of the service 'queen' to read the log of",
  })
})

/** So many bytes of log, the ends of its two lines included; the umlaut takes two. */
function long(bytes: number): LogLine[] {
  return [line(`ö${'x'.repeat(bytes - 4)}`), line('')]
}

it('was cut when one container has written so much that a longest piece more would not have fitted', async () => {
  const most = KEPT - 17 * 1_024
  const short = [line('a')]
  expect((await read({ c1: short, c2: long(most) })).log.cut).toBe(false)
  expect((await read({ c1: short, c2: long(most + 1) })).log.cut).toBe(true)
  // Not the sum counts: each has a limit of its own.
  expect((await read({ c1: long(most), c2: long(most) })).log.cut).toBe(false)
})
