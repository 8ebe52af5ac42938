/** A job's answer as JSON at its end, or as server-sent events while it is made. */
import type { FastifyReply } from 'fastify'
import { TASK_ID_HEADER, WORKER_ID_HEADER } from '../shared/task.ts'
import { errorBody } from '../shared/failure.ts'
import { drained } from '../shared/server.ts'
import type { Job, Piece } from './job.ts'

/** @throws ServiceError of the job. */
export async function answerJson(job: Job, reply: FastifyReply): Promise<void> {
  while (!job.ended) {
    if (job.error !== null) throw job.error
    await job.changed()
  }
  const body = { task_id: job.id, model: job.task.model, text: job.text, tokens: job.tokens, finish_reason: 'length' }
  void reply.headers(answerHeaders(job)).type('application/json; charset=utf-8').send(JSON.stringify(body))
}

/** The head is sent when a worker has taken the job: until then a failure still has a status of its own. @throws ServiceError. */
export async function answerEvents(job: Job, reply: FastifyReply): Promise<void> {
  while (!job.begun) {
    if (job.error !== null) throw job.error
    await job.changed()
  }
  void reply.hijack()
  const { raw } = reply
  raw.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache', ...answerHeaders(job) })
  raw.write(event({ type: 'started', task_id: job.id, model: job.task.model }))
  let sent = 0
  let index = 0
  while (!raw.destroyed) {
    const piece = job.pieces[sent]
    if (piece !== undefined) {
      sent += 1
      if (!raw.write(tokenEvent(piece, index))) await drained(raw)
      index += piece.tokens
    } else if (job.ended) {
      raw.end(`${event({ type: 'end', tokens_out: job.tokens, stop_reason: 'MAX_TOKENS' })}data: [DONE]\n\n`)
      return
    } else if (job.error !== null) {
      // Told in words, and then cut: whoever counts only statuses and ends must not take it for a whole answer.
      raw.write(`data: ${errorBody(job.error.code, job.error.message)}\n\n`, () => raw.destroy())
      return
    } else {
      await job.changed()
    }
  }
}

function answerHeaders(job: Job): Record<string, string> {
  return { [TASK_ID_HEADER]: job.id, ...(job.workerId === null ? {} : { [WORKER_ID_HEADER]: job.workerId }) }
}

function tokenEvent(piece: Piece, index: number): string {
  return event({ type: 'token', t: piece.text, i: index })
}

function event(data: object): string {
  return `data: ${JSON.stringify(data)}\n\n`
}
