import { randomUUID } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import { ServiceError } from '../shared/failure.ts'
import type { Intake } from '../shared/intake.ts'
import { whenClosed } from '../shared/server.ts'
import { parseTask, readTaskId, TASK_ID_HEADER } from '../shared/task.ts'
import { answerEvents, answerJson } from './answers.ts'
import type { CompletedList } from './completed-list.ts'
import type { JobService } from './job-service.ts'

export interface InferenceRoutesOptions {
  readonly jobs: JobService
  readonly intake: Intake
  readonly completed: Pick<CompletedList, 'end' | 'readFrom'>
}

const PLACE = /^\d{1,15}$/

/**
 * `POST /v1/inference`, and `GET /v1/jobs/completed?after=PLACE`: ids of finished jobs in the order of their ends, page by
 * page; `next` is the place to go on from. `after=end` tells the place of the next one; without it, from the oldest kept.
 */
export function addInferenceRoutes(server: FastifyInstance, options: InferenceRoutesOptions): void {
  const { jobs, intake, completed } = options
  server.post('/v1/inference', async (request, reply) => {
    const task = parseTask(request.body)
    const id = readTaskId(request.headers[TASK_ID_HEADER]) ?? randomUUID()
    const leaveIntake = intake.enter()
    try {
      const job = jobs.submit(id, { ...task, maxTokens: intake.tokensFor(task.maxTokens) })
      whenClosed(reply.raw, jobs.attend(job))
      intake.taken()
      if (task.stream) await answerEvents(job, reply)
      else await answerJson(job, reply)
    } finally {
      leaveIntake()
    }
  })
  server.get<{ Querystring: { after?: string } }>('/v1/jobs/completed', async ({ query: { after } }) => {
    if (after === 'end') return { ids: [], next: completed.end }
    if (after !== undefined && !PLACE.test(after))
      throw new ServiceError(400, 'BAD_PLACE', 'after is a place in the list, or end')
    const page = await completed.readFrom(after === undefined ? null : Number(after))
    if (page === null) throw new ServiceError(410, 'GONE', 'there is no such place in the list, or not any more')
    return page
  })
}
