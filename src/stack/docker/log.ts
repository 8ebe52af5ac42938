import { frameReader } from './container-logs.ts'

/** The text of a log that was read whole, both streams as they came. */
export function dockerLogText(raw: Buffer): string {
  const pieces: Buffer[] = []
  frameReader((_stream, payload) => {
    pieces.push(payload)
  }).push(raw)
  return Buffer.concat(pieces).toString('utf8')
}
