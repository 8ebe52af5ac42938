import { expect, test } from 'vitest'
import { frameReader, parseLogLine } from './container-logs.ts'

function frame(stream: number, text: string): Buffer {
  const body = Buffer.from(text)
  const head = Buffer.alloc(8)
  head[0] = stream
  head.writeUInt32BE(body.length, 4)
  return Buffer.concat([head, body])
}

test('takes frames apart however the chunks are cut', () => {
  const whole = Buffer.concat([frame(1, 'one\n'), frame(2, 'two\n'), frame(1, ''), frame(1, 'three\n')])
  for (const size of [1, 3, 7, 8, 9, whole.length]) {
    const seen = { stdout: '', stderr: '' }
    const reader = frameReader((stream, chunk) => (seen[stream] += chunk.toString()))
    for (let at = 0; at < whole.length; at += size) reader.push(whole.subarray(at, at + size))
    expect(seen).toEqual({ stdout: 'one\nthree\n', stderr: 'two\n' })
  }
})

test('reads Docker’s timestamp to below a millisecond', () => {
  const line = parseLogLine('stdout', '2026-01-02T03:04:05.678912345Z hello  world')
  expect(line).toMatchObject({ stream: 'stdout', text: 'hello  world' })
  expect(line?.atMs).toBeCloseTo(Date.parse('2026-01-02T03:04:05.678Z') + 0.912, 2)
  expect(parseLogLine('stderr', '2026-01-02T03:04:05Z')).toMatchObject({ atMs: Date.parse('2026-01-02T03:04:05Z'), text: '' })
})

test.each(['', 'no time here', '2026-01-02 03:04:05 x'])('%j has no timestamp', (line) => {
  expect(parseLogLine('stdout', line)).toBeNull()
})
