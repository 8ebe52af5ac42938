/** Docker's log stream: frames of two streams, lines with timestamps. */
import { later, msBetween, parseWall, sinceEpochMs, type Wall } from '../../core/time/moment.ts'
import type Dockerode from 'dockerode'
import type { LogLine } from '../../ports/docker.ts'
import { lineSplitter } from '../programs/output-tail.ts'

export interface LogWindow {
  readonly sinceWallMs: Wall
  readonly untilWallMs: Wall
  readonly maxBytes: number
}

/** Reads a container's lines of the window, oldest first, keeping the newest `maxBytes` of text. Memory stays at that. */
export async function readLogs(
  docker: Dockerode,
  id: string,
  tty: boolean,
  window: LogWindow,
  signal: AbortSignal,
): Promise<LogLine[]> {
  const stream = await openLogs(docker, id, window, signal)
  const kept: LogLine[] = []
  let bytes = 0
  const keep = (name: LogLine['stream'], text: string): void => {
    const line = parseLogLine(name, text)
    if (line === null) return
    kept.push(line)
    bytes += Buffer.byteLength(line.text) + 1
    while (bytes > window.maxBytes && kept.length > 0) bytes -= Buffer.byteLength(kept.shift()?.text ?? '') + 1
  }
  const stdout = lineSplitter((text) => {
    keep('stdout', text)
  })
  const stderr = lineSplitter((text) => {
    keep('stderr', text)
  })
  const frames = frameReader((name, chunk) => {
    ;(name === 'stdout' ? stdout : stderr).push(chunk)
  })
  for await (const chunk of stream) (tty ? stdout : frames).push(chunk as Buffer)
  stdout.end()
  stderr.end()
  return kept.sort((a, b) => msBetween(b.atMs, a.atMs))
}

/** dockerode would collect a log that is not followed in memory; the request below is the same one as a stream. */
function openLogs(docker: Dockerode, id: string, window: LogWindow, signal: AbortSignal): Promise<NodeJS.ReadableStream> {
  const options = {
    stdout: true,
    stderr: true,
    timestamps: true,
    since: (sinceEpochMs(window.sinceWallMs) / 1_000).toFixed(3),
    until: (sinceEpochMs(window.untilWallMs) / 1_000).toFixed(3),
  }
  const path = `/containers/${encodeURIComponent(id)}/logs?`
  const request = {
    path,
    method: 'GET',
    isStream: true,
    options,
    abortSignal: signal,
    statusCodes: { 200: true, 404: 'no such container' },
  }
  return new Promise((resolve, reject) => {
    docker.modem.dial(request, (error: Error | null, stream?: unknown) => {
      if (error !== null) reject(error)
      else resolve(stream as NodeJS.ReadableStream)
    })
  })
}

/** Docker's multiplexed format: a byte for the stream, three empty ones, four of length, then that many bytes. */
export function frameReader(onFrame: (stream: LogLine['stream'], chunk: Buffer) => void): { push(chunk: Buffer): void } {
  let rest = Buffer.alloc(0)
  return {
    push(chunk) {
      rest = rest.length === 0 ? Buffer.from(chunk) : Buffer.concat([rest, chunk])
      let offset = 0
      while (rest.length - offset >= 8) {
        const length = rest.readUInt32BE(offset + 4)
        if (rest.length - offset - 8 < length) break
        onFrame(rest[offset] === 2 ? 'stderr' : 'stdout', rest.subarray(offset + 8, offset + 8 + length))
        offset += 8 + length
      }
      rest = rest.subarray(offset)
    },
  }
}

/** The text of a log that was read whole, both streams as they came. */
export function logText(raw: Buffer): string {
  const pieces: Buffer[] = []
  frameReader((_stream, payload) => {
    pieces.push(payload)
  }).push(raw)
  return Buffer.concat(pieces).toString('utf8')
}

/** `2026-01-02T03:04:05.678901234Z text`; null for a line without Docker's timestamp. */
export function parseLogLine(stream: LogLine['stream'], line: string): LogLine | null {
  const space = line.indexOf(' ')
  const stamp = space === -1 ? line : line.slice(0, space)
  const atMs = timestamp(stamp)
  return atMs === null ? null : { atMs, stream, text: space === -1 ? '' : line.slice(space + 1) }
}

/** Epoch ms with its fraction: gaps between lines are judged, and Date.parse would round them. */
function timestamp(stamp: string): Wall | null {
  const match = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d+)?(Z|[+-]\d\d:\d\d)$/.exec(stamp)
  const second = match === null ? null : parseWall(`${match[1] ?? ''}${match[3] ?? ''}`)
  return second === null ? null : later(second, Number(match?.[2] ?? 0) * 1_000)
}
