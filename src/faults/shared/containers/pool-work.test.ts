import { expect, it } from 'vitest'
import type { StackRequest } from '../../../core/request.ts'
import { GET } from '../../../ports/stack.fixture.ts'
import { helper } from '../../../ports/toolbox.fixture.ts'
import { descriptor, faultContext, stack } from '../context.fixture.ts'
import { keepBusy, workRequest } from './pool-work.ts'

const PLAIN = { method: 'POST', path: '/jobs', headers: {}, body: null } as const

/** What was told and sent until so many were sent. */
async function working(changes: Partial<StackRequest>, wanted: number): Promise<{ told: (string | null)[]; sent: unknown[] }> {
  const told: (string | null)[] = []
  const sent: unknown[] = []
  let tell: () => void = () => undefined
  const reached = new Promise<void>((resolve) => (tell = resolve))
  const requests = { story: { ...GET, http: PLAIN, asksFor: 'job', ...changes } satisfies StackRequest }
  const { ctx } = faultContext(6_000, {
    asks: (job) => void told.push(job),
    stack: stack({ descriptor: descriptor({ requests }) }),
    observer: helper('observer', {
      fetch: (args: { readonly headers: unknown }) => {
        // Told before it is sent.
        expect(told).toHaveLength(sent.length + 1)
        sent.push(args.headers)
        if (sent.length === wanted) tell()
        return { status: 200, body: '', complete: true, totalMs: 1, error: null }
      },
    }),
  })
  const work = keepBusy(workRequest({ work: 'story' } as never, ctx), 1, ctx)
  await reached
  await Promise.all(work.map((one) => one.stop()))
  return { told, sent }
}

it('each request gives its job an id of its own, and tells it', async () => {
  let count = 0
  const httpOnce = (): ReturnType<NonNullable<StackRequest['httpOnce']>> => {
    count += 1
    return { request: { ...PLAIN, headers: { id: String(count) } }, job: `job-${count}` }
  }
  const { told, sent } = await working({ httpOnce }, 3)
  expect(sent.slice(0, 3)).toEqual([{ id: '1' }, { id: '2' }, { id: '3' }])
  expect(told.slice(0, 3)).toEqual(['job-1', 'job-2', 'job-3'])
})

it('one that gives none is told of each time that it is sent', async () => {
  const { told } = await working({ httpOnce: null }, 2)
  expect(told.slice(0, 2)).toEqual([null, null])
})
