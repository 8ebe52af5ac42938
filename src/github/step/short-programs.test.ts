import { afterEach, expect, test, vi } from 'vitest'
import { shortPrograms } from './short-programs.ts'

const { signal } = new AbortController()
const usual = { env: { PATH: process.env['PATH'] ?? '', WORD: 'a b' }, limitMs: 20_000, signal }

afterEach(() => {
  vi.restoreAllMocks()
})

test('the exit code and both streams are told, and nothing is printed', async () => {
  const print = vi.spyOn(process.stdout, 'write')
  const script = 'echo "$WORD $HOME"; echo "::warning::no" >&2; exit 3'
  expect(await shortPrograms.run('sh', ['-c', script], usual)).toEqual({
    ...{ exitCode: 3, stdout: 'a b \n', stderr: '::warning::no\n' },
  })
  expect(print).not.toHaveBeenCalled()
})

test('arguments reach it as they are, and it runs where it is told to', async () => {
  const argv = ['-c', 'pwd; printf %s "$1"', 'sh', 'a "b" \\ $HOME']
  expect((await shortPrograms.run('/bin/sh', argv, { ...usual, cwd: '/' })).stdout).toBe('/\na "b" \\ $HOME')
})

test('of a long output the newest is kept', async () => {
  const { stdout } = await shortPrograms.run('sh', ['-c', 'seq 1 1000'], { ...usual, maxOutputBytes: 9 })
  expect(stdout).toBe('999\n1000\n')
})

test('a program that a signal ended has not ended well', async () => {
  expect((await shortPrograms.run('sh', ['-c', 'kill -9 $$'], usual)).exitCode).toBe(128)
})

test.each([
  ['docker-that-nobody-has', 'BAD_INPUT'],
  ['/nowhere/docker', 'BAD_INPUT'],
])('%s is a program that is missing', async (file, code) => {
  await expect(shortPrograms.run(file, [], usual)).rejects.toMatchObject({
    code,
    message: `the program \`${file}\` was not found`,
  })
})

test('Docker that is missing is called so', async () => {
  vi.stubEnv('PATH', '/nowhere')
  await expect(shortPrograms.run('docker', ['compose', 'version'], usual)).rejects.toMatchObject({
    code: 'DOCKER_UNAVAILABLE',
    hint: expect.stringContaining('Compose plugin') as string,
  })
  vi.unstubAllEnvs()
})

test('nobody waits for one that is late, or when the run is cancelled', async () => {
  await expect(shortPrograms.run('sleep', ['1'], { ...usual, limitMs: 50 })).rejects.toMatchObject({
    ...{ code: 'TIMEOUT', message: '`sleep 1` took longer than 50 ms' },
  })
  const run = new AbortController()
  const running = shortPrograms.run('sleep', ['1'], { ...usual, signal: run.signal })
  run.abort(new Error('cancelled'))
  await expect(running).rejects.toMatchObject({ code: 'ABORTED' })
})
