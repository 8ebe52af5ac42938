import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import { HOSTILE } from '../../report/results.fixture.ts'
import { withTamedOutput } from './library-output.ts'

/** Everything that reached the stream, which only has to be written to. */
async function printed(...texts: (string | Uint8Array)[]): Promise<string> {
  const stream = new PassThrough() as unknown as NodeJS.WriteStream
  await withTamedOutput(() => {
    for (const text of texts) stream.write(text)
    return Promise.resolve()
  }, stream)
  stream.write('::error::ours\n')
  const [last, ...rest] = (stream.read() as Buffer).toString().split('\n').slice(0, -1).reverse()
  expect(last).toBe('::error::ours')
  return rest.reverse().join('\n')
}

test('plain lines stay as they are', async () => {
  expect(await printed('Uploaded bytes 12\n', Buffer.from('a\nb\n'))).toBe('Uploaded bytes 12\na\nb')
})

test('masks still reach the runner, as do lines for debug logs', async () => {
  expect(await printed('::add-mask::abc%2B\n', '::debug::[Request] X\n')).toBe('::add-mask::abc%2B\n::debug::[Request] X')
})

test.each([
  ['a warning of the library', '::warning::Upload failed: a.%0A%0ATry again: b\n', 'warning: Upload failed: a. Try again: b'],
  ['an error with a title', '::error title=x::y\n', 'error: y'],
  ['a warning within a warning', '::warning::::error::x\n', 'warning: ::error::x'],
  ['a command on a second line', 'failed\n::set-env name=X::y\n', 'failed\n: :set-env name=X::y'],
  ['a mask on a second line', 'failed\n::add-mask::e\n', 'failed\n: :add-mask::e'],
  ['blanks before it', ' \t ::error::x\n', 'error: x'],
  ['an old command within a line', 'server said ##[set-output name=a]b\n', 'server said # #[set-output name=a]b'],
  ['a carriage return', 'a\r::error::x\n', 'a::error::x'],
])('%s is text', async (_title, text, shown) => {
  expect(await printed(text)).toBe(shown)
})

test('hostile text gives lines without a command', async () => {
  for (const line of (await printed(HOSTILE)).split('\n')) expect(line).not.toMatch(/^\s*::|##\[|\u001b|\r/)
})

test('the stream is as before, also after a failure', async () => {
  const stream = new PassThrough() as unknown as NodeJS.WriteStream
  const fails = (): Promise<never> => Promise.reject(new Error('broke'))
  await expect(withTamedOutput(fails, stream)).rejects.toThrow('broke')
  expect(Object.hasOwn(stream, 'write')).toBe(false)
})
