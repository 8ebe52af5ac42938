import { randomUUID } from 'node:crypto'
import { createReadStream } from 'node:fs'
import type { FastifyInstance } from 'fastify'
import type { Intake } from '../shared/intake.ts'
import { whenClosed } from '../shared/server.ts'
import { parseTask, readTaskId, TASK_ID_HEADER } from '../shared/task.ts'
import { answerEvents, answerJson } from './answers.ts'
import type { JobService } from './job-service.ts'

export interface InferenceRoutesOptions {
  readonly jobs: JobService
  readonly intake: Intake
  readonly completedFile: string
}

/** `POST /v1/inference`, and `GET /v1/jobs/completed`: one id per line, as far back as the list is kept. */
export function addInferenceRoutes(server: FastifyInstance, options: InferenceRoutesOptions): void {
  const { jobs, intake, completedFile } = options
  server.post('/v1/inference', async (request, reply) => {
    const task = parseTask(request.body)
    const id = readTaskId(request.headers[TASK_ID_HEADER]) ?? randomUUID()
    const leaveIntake = intake.enter()
    try {
      const job = jobs.submit(id, task)
      whenClosed(reply.raw, jobs.attend(job))
      if (task.stream) await answerEvents(job, reply)
      else await answerJson(job, reply)
    } finally {
      leaveIntake()
    }
  })
  server.get('/v1/jobs/completed', (_request, reply) => reply.type('text/plain').send(createReadStream(completedFile)))
}
