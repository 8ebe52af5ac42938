/** HTTP requests, each on a connection of its own, and how long each of them took. */
import * as z from 'zod'
import { systemClock } from '../../../core/time/clock.ts'
import { defineOperation } from '../../define-operation.ts'
import { requestBytes } from '../../http/request.ts'
import { ResponseParser } from '../../http/response-parser.ts'
import { errorCode, openSocket, resolveTarget } from '../../net/wire.ts'
import { headers, path, target, timeoutMs, type Endpoint } from '../arguments.ts'

/** Probes must not become load. */
const MAX_IN_FLIGHT = 256

const probeArgs = z.strictObject({
  ...{ target, path, headers },
  count: z.int().min(1).max(2_000),
  /** From the start of one to the start of the next. */
  intervalMs: z.int().min(0).max(60_000),
  timeoutMs,
})
type Args = z.output<typeof probeArgs>

export interface HttpProbeSample {
  /** Connect, send, last byte of the answer; null when there was no whole answer within the limit. */
  readonly totalMs: number | null
  readonly connectMs: number | null
  /** Last byte of the answer until the peer's FIN, for requests with `Connection: close`; null when it did not close in time. */
  readonly closeMs: number | null
  readonly status: number | null
  readonly bytes: number
  /** Node's error code (ECONNRESET, ECONNREFUSED) or `timeout`, `eof`; null when answered. */
  readonly error: string | null
}

export const probeHttp = defineOperation({
  name: 'probe.http',
  args: probeArgs,
  // Of each the name is resolved under the same limit first.
  limitMs: (args) => args.count * args.intervalMs + 2 * args.timeoutMs * Math.ceil(args.count / MAX_IN_FLIGHT),
  run: probe,
})

/** Open loop: each request starts on schedule whatever the ones before are doing. */
async function probe(args: Args): Promise<{ samples: HttpProbeSample[] }> {
  const request = requestBytes(args.target, args.path, args.headers, 'close')
  const startedMs = performance.now()
  const running: Promise<HttpProbeSample>[] = []
  const inFlight = new Set<Promise<unknown>>()
  for (let index = 0; index < args.count; index += 1) {
    if (inFlight.size >= MAX_IN_FLIGHT) await Promise.race(inFlight)
    const aheadMs = startedMs + index * args.intervalMs - performance.now()
    if (aheadMs > 0) await systemClock.sleep(aheadMs)
    const sample = takeSample(args.target, request, args.timeoutMs)
    running.push(sample)
    inFlight.add(sample)
    void sample.then(() => inFlight.delete(sample))
  }
  return { samples: await Promise.all(running) }
}

/** Never rejects: what went wrong is the sample. */
async function takeSample(target: Endpoint, request: Buffer, timeoutMs: number): Promise<HttpProbeSample> {
  try {
    return await exchange(await resolveTarget(target, timeoutMs), request, timeoutMs)
  } catch (error) {
    return { totalMs: null, connectMs: null, closeMs: null, status: null, bytes: 0, error: errorCode(error) }
  }
}

function exchange(address: Endpoint, request: Buffer, timeoutMs: number): Promise<HttpProbeSample> {
  return new Promise((resolve) => {
    const startedMs = performance.now()
    const elapsedMs = (): number => performance.now() - startedMs
    const parser = new ResponseParser()
    const seen = { connectMs: null as number | null, lastByteMs: null as number | null, status: null as number | null, bytes: 0 }
    const socket = openSocket(address)
    const finish = (error: string | null, closeMs: number | null): void => {
      clearTimeout(timer)
      socket.destroy()
      const answered = seen.status !== null
      resolve({
        totalMs: answered ? seen.lastByteMs : null,
        connectMs: seen.connectMs,
        closeMs: answered ? closeMs : null,
        status: seen.status,
        bytes: seen.bytes,
        error: answered ? null : error,
      })
    }
    const timer = setTimeout(() => {
      finish('timeout', null)
    }, timeoutMs)
    socket.on('connect', () => {
      seen.connectMs = elapsedMs()
      socket.write(request)
    })
    socket.on('data', (chunk) => {
      seen.bytes += chunk.length
      if (seen.status !== null) return
      seen.lastByteMs = elapsedMs()
      try {
        seen.status = parser.push(chunk)[0]?.status ?? null
      } catch {
        finish('malformed', null)
      }
    })
    socket.on('end', () => {
      const atClose = parser.end()
      if (atClose !== null) seen.status ??= atClose.status
      finish('eof', seen.lastByteMs === null ? null : elapsedMs() - seen.lastByteMs)
    })
    socket.on('error', (error) => {
      finish(errorCode(error), null)
    })
  })
}
