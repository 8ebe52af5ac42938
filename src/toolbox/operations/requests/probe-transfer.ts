/** Requests in one go on one connection, and how the answers flow. */
import * as z from 'zod'
import { describeError } from '../../../core/errors.ts'
import { median } from '../../../core/statistics.ts'
import { defineOperation } from '../../define-operation.ts'
import { requestBytes } from '../../http/request.ts'
import { ResponseParser } from '../../http/response-parser.ts'
import { openSocket, resolveTarget } from '../../net/wire.ts'
import { headers, path, target, timeoutMs, type Endpoint } from '../arguments.ts'

const transferArgs = z.strictObject({ target, path, headers, repeat: z.int().min(1).max(10_000), limitMs: timeoutMs })
type Args = z.output<typeof transferArgs>

export interface TransferResult {
  readonly bytes: number
  readonly firstByteMs: number | null
  readonly lastByteMs: number | null
  /** Separate reads that the body came in, and the median gap between them. */
  readonly chunks: number
  readonly medianGapMs: number | null
  readonly end: 'complete' | 'timeout' | 'eof' | 'reset' | 'refused'
}

export const probeTransfer = defineOperation({
  name: 'probe.transfer',
  args: transferArgs,
  // The name is resolved under the same limit first.
  limitMs: (args) => 2 * args.limitMs,
  run: probe,
})

/**
 * All requests in one go on one connection; `bytes` and times are those of the answers on the wire, heads included.
 * @throws Error when the name cannot be resolved or the answer is no HTTP: then nothing was measured.
 */
async function probe(args: Args): Promise<TransferResult> {
  const request = requestBytes(args.target, args.path, args.headers, 'keep-alive')
  const address = await resolveTarget(args.target, args.limitMs)
  return await transfer(address, Buffer.concat(Array.from({ length: args.repeat }, () => request)), args)
}

function transfer(address: Endpoint, requests: Buffer, { repeat, limitMs }: Args): Promise<TransferResult> {
  return new Promise((resolve, reject) => {
    const startedMs = performance.now()
    const parser = new ResponseParser()
    /** When each read came in, ms after the start. */
    const readsMs: number[] = []
    const seen = { bytes: 0, answers: 0, connected: false }
    const socket = openSocket(address)
    const finish = (end: TransferResult['end']): void => {
      clearTimeout(timer)
      socket.destroy()
      const gaps = readsMs.slice(1).map((atMs, index) => atMs - (readsMs[index] ?? atMs))
      resolve({
        bytes: seen.bytes,
        firstByteMs: readsMs[0] ?? null,
        lastByteMs: readsMs.at(-1) ?? null,
        chunks: readsMs.length,
        medianGapMs: gaps.length === 0 ? null : median(gaps),
        end,
      })
    }
    const timer = setTimeout(() => {
      finish('timeout')
    }, limitMs)
    socket.on('connect', () => {
      seen.connected = true
      socket.write(requests)
    })
    socket.on('data', (chunk) => {
      readsMs.push(performance.now() - startedMs)
      seen.bytes += chunk.length
      try {
        seen.answers += parser.push(chunk).length
      } catch (error) {
        clearTimeout(timer)
        socket.destroy()
        reject(error instanceof Error ? error : new Error(describeError(error)))
        return
      }
      if (seen.answers >= repeat) finish('complete')
    })
    socket.on('end', () => {
      if (parser.end() !== null) seen.answers += 1
      finish(seen.answers >= repeat ? 'complete' : 'eof')
    })
    socket.on('error', () => {
      finish(seen.connected ? 'reset' : 'refused')
    })
  })
}
