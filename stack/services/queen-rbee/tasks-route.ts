import { randomUUID } from 'node:crypto'
import { openSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Admission } from '../shared/admission.ts'
import { ServiceError } from '../shared/failure.ts'
import type { Intake } from '../shared/intake.ts'
import type { Logger } from '../shared/log.ts'
import { sendError, whenClosed } from '../shared/server.ts'
import { parseTask, readTaskId, TASK_ID_HEADER, taskJson } from '../shared/task.ts'
import type { AttemptAnswer } from './attempt.ts'
import { AttemptFailure } from './attempt-failure.ts'
import type { TaskDispatcher } from './dispatcher.ts'
import type { QueenMetrics } from './metrics.ts'
import type { UpstreamPolicy } from './policy.ts'
import { Crowd } from './crowd.ts'
import { LateAnswers } from './late-answers.ts'
import { passedHeaders, relayBody } from './relay.ts'

export interface TasksRouteOptions {
  readonly intake: Intake
  readonly admission: Admission
  readonly dispatcher: TaskDispatcher
  readonly policy: UpstreamPolicy
  readonly metrics: QueenMetrics
  readonly token: string
  readonly log: Logger
}

type WholeAnswer = Extract<AttemptAnswer, { readonly kind: 'whole' }>

const HIDDEN_FAILURE = JSON.stringify({ error: { code: 'INTERNAL', message: 'internal error' } })

/** `POST /v2/tasks`: JSON, or server-sent events when asked for a stream. */
export function addTasksRoute(server: FastifyInstance, options: TasksRouteOptions): void {
  const crowd = new Crowd(options.policy.crowd)
  const late = new LateAnswers(options.policy.mixedUpAfterMs)
  server.post('/v2/tasks', async (request, reply) => {
    const arrivedMs = performance.now()
    const gone = new AbortController()
    whenClosed(reply.raw, () => {
      if (!reply.raw.writableFinished) gone.abort()
    })
    const leave = await enter(options, gone.signal)
    try {
      const treatment = crowd.arrive(arrivedMs)
      if (treatment === 'hidden-failure') return await reply.type('application/json').send(HIDDEN_FAILURE)
      if (treatment === 'fail') throw new ServiceError(500, 'INTERNAL', 'internal error')
      if (treatment === 'late') await sleepUnless(gone.signal, options.policy.crowd.delayMs)
      await answer(request, reply, options, { arrivedMs, gone: gone.signal, late })
    } finally {
      leave()
      options.metrics.seconds.observe((performance.now() - arrivedMs) / 1_000)
    }
  })
}

/** Whoever has gone is told nothing by what comes after. */
async function sleepUnless(gone: AbortSignal, ms: number): Promise<void> {
  await sleep(ms, undefined, { signal: gone }).catch(() => undefined)
}

async function enter({ intake, admission, policy, metrics }: TasksRouteOptions, gone: AbortSignal): Promise<() => void> {
  try {
    const leaveIntake = intake.enter()
    try {
      const leave = await admission.enter(policy.answerLimitMs, gone)
      return () => {
        leave()
        leaveIntake()
      }
    } catch (error) {
      leaveIntake()
      throw error
    }
  } catch (error) {
    metrics.tasks.inc({ outcome: gone.aborted ? 'cancelled' : 'rejected' })
    throw error
  }
}

async function answer(
  request: FastifyRequest,
  reply: FastifyReply,
  options: TasksRouteOptions,
  { arrivedMs, gone, late }: { arrivedMs: number; gone: AbortSignal; late: LateAnswers },
): Promise<void> {
  const asked = parseTask(request.body)
  const task = { ...asked, maxTokens: options.intake.tokensFor(asked.maxTokens) }
  const taskId = readTaskId(request.headers[TASK_ID_HEADER]) ?? randomUUID()
  try {
    const upstream = await options.dispatcher.dispatch({
      taskId,
      arrivedMs,
      signal: gone,
      path: '/v1/inference',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${options.token}`, [TASK_ID_HEADER]: taskId },
      body: taskJson(task),
      openBody: (status, headers, flow) => {
        void reply.hijack()
        const head = { status, upstream: headers, own: { [TASK_ID_HEADER]: taskId } }
        return relayBody(reply.raw, head, options.policy.body, flow, {
          done: (outcome, reason) => {
            options.metrics.tasks.inc({ outcome: outcome === 'whole' ? 'answered' : 'cut' })
            if (outcome === 'cut') options.log.warn({ event: 'answer_cut', task_id: taskId, reason })
          },
        })
      },
    })
    if (upstream.kind === 'passed-on') return
    options.intake.taken()
    const isAnswer = upstream.status === 200
    const body = isAnswer ? late.take(upstream.body, performance.now() - arrivedMs) : upstream.body
    sendWhole(reply, { ...upstream, body }, taskId, options)
    if (!isAnswer) keepRefused(options)
  } catch (error) {
    sendFailure(reply, error, taskId, options)
  }
}

function keepRefused({ policy }: TasksRouteOptions): void {
  if (policy.whenRefused === 'keep-a-file-open') openSync('/dev/null', 'r')
}

function sendWhole(reply: FastifyReply, upstream: WholeAnswer, taskId: string, options: TasksRouteOptions): void {
  options.metrics.tasks.inc({ outcome: upstream.status === 200 ? 'answered' : 'refused' })
  void reply
    .code(upstream.status)
    .headers({ ...passedHeaders(upstream.headers), [TASK_ID_HEADER]: taskId })
    .send(upstream.body)
}

function sendFailure(reply: FastifyReply, error: unknown, taskId: string, options: TasksRouteOptions): void {
  const cancelled = (error instanceof AttemptFailure && error.reason === 'cancelled') || reply.raw.destroyed
  options.metrics.tasks.inc({ outcome: cancelled ? 'cancelled' : 'failed' })
  if (cancelled) {
    // Nobody is left to answer.
    void reply.hijack()
    reply.raw.destroy()
    return
  }
  if (!(error instanceof ServiceError)) throw error
  keepRefused(options)
  sendError(reply.header(TASK_ID_HEADER, taskId), error)
}
