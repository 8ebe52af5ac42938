import type { FastifyInstance, FastifyReply } from 'fastify'
import type { ServerResponse } from 'node:http'
import { errorText } from '../shared/failure.ts'
import type { Logger } from '../shared/log.ts'
import { drained, whenClosed } from '../shared/server.ts'
import { parseInference, type InferenceEngine, type InferenceRequest, type Piece } from './inference.ts'

/** `POST /v1/inference`: one JSON line per piece, as it is made. The last line says `end`. */
export function addInferenceRoute(server: FastifyInstance, engine: InferenceEngine, log: Logger): void {
  server.post('/v1/inference', async (request, reply) => {
    const inference = parseInference(request.body)
    const gone = new AbortController()
    whenClosed(reply.raw, () => {
      if (!reply.raw.writableFinished) gone.abort()
    })
    const pieces = engine.begin(inference, gone.signal)
    try {
      await sendLines(reply, inference, pieces)
    } catch (error) {
      reply.raw.destroy()
      if (!gone.signal.aborted) throw error
      log.info({ event: 'inference_cancelled', job_id: inference.jobId, error: errorText(error) })
    }
  })
}

async function sendLines(reply: FastifyReply, { task }: InferenceRequest, pieces: AsyncIterable<Piece>): Promise<void> {
  void reply.hijack()
  const { raw } = reply
  raw.writeHead(200, { 'content-type': 'application/x-ndjson' })
  if (task.stream) raw.flushHeaders()
  let ended = false
  for await (const piece of pieces) {
    ended = piece.last
    await send(raw, piece)
  }
  // A request that skipped all tokens has no piece to say it.
  if (!ended) raw.end(`${JSON.stringify({ end: true })}\n`)
}

async function send(raw: ServerResponse, { text, tokens, last }: Piece): Promise<void> {
  if (last) {
    raw.end(`${JSON.stringify({ text, tokens, end: true })}\n`)
    return
  }
  if (!raw.write(`${JSON.stringify({ text, tokens })}\n`)) await drained(raw)
}
