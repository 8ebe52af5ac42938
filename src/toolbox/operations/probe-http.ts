import { systemClock } from '../../core/clock.ts'
import type { Endpoint, HttpProbeSample, ToolboxOperations } from '../../core/toolbox.ts'
import { requestBytes } from '../http/request.ts'
import { ResponseParser } from '../http/response-parser.ts'
import { errorCode, openSocket, resolveTarget } from '../net/wire.ts'

type Args = ToolboxOperations['probe.http']['args']

/** Probes must not become load. */
const MAX_IN_FLIGHT = 256

/** Open loop: each request starts on schedule whatever the ones before are doing. */
export async function probeHttp(args: Args): Promise<{ samples: HttpProbeSample[] }> {
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
