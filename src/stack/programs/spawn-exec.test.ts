import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { systemClock } from '../../core/time/clock.ts'
import type { ExecOptions } from '../../ports/exec.ts'
import { waitUntil } from '../../core/time/wait.ts'
import { createSpawnExec } from './spawn-exec.ts'

const NODE = process.execPath

function options(changes: Partial<ExecOptions> = {}): ExecOptions {
  return { env: {}, limitMs: 20_000, signal: new AbortController().signal, ...changes }
}

function script(text: string): string[] {
  return ['-e', text]
}

test('gives the exit code and both streams, whatever the code', async () => {
  const exec = createSpawnExec()
  const result = await exec.run(NODE, script("console.log('out'); console.error('err'); process.exitCode = 7"), options())
  expect(result).toEqual({ exitCode: 7, stdout: 'out\n', stderr: 'err\n' })
})

test('a quiet failure is a failure, and noise on stderr is none', async () => {
  const exec = createSpawnExec()
  expect((await exec.run(NODE, script('process.exitCode = 1'), options())).exitCode).toBe(1)
  expect((await exec.run(NODE, script("console.error('warning')"), options())).exitCode).toBe(0)
})

test('inherits nothing of our environment', async () => {
  const { stdout } = await createSpawnExec().run(
    NODE,
    script('console.log(Object.keys(process.env).join())'),
    options({ env: { ONLY: '1' } }),
  )
  expect(stdout.trim().split(',')).toEqual(['ONLY'])
})

test('passes arguments as they are, without a shell', async () => {
  const argument = '$(echo no) "quoted" * ;'
  const { stdout } = await createSpawnExec().run(NODE, [...script('console.log(process.argv[1])'), argument], options())
  expect(stdout.trimEnd()).toBe(argument)
})

test('says which program is missing and what to do', async () => {
  const run = createSpawnExec().run('no-such-program-here', [], options({ env: { PATH: '/usr/bin' } }))
  await expect(run).rejects.toMatchObject({
    code: 'BAD_INPUT',
    message: 'the program `no-such-program-here` was not found',
    hint: 'Install no-such-program-here, or put it on PATH.',
  })
  const docker = createSpawnExec().run('docker', [], options({ env: { PATH: '/nowhere' } }))
  await expect(docker).rejects.toMatchObject({ code: 'DOCKER_UNAVAILABLE' })
})

test('says that the folder is missing when it is not the program', async () => {
  const run = createSpawnExec().run(NODE, ['--version'], options({ cwd: '/no/such/folder' }))
  await expect(run).rejects.toThrow('the folder /no/such/folder does not exist')
})

test('keeps the newest bytes of endless output, and hands on every line', async () => {
  let lines = 0
  const text = "for (let i = 0; i < 50000; i += 1) console.log('line ' + i)"
  const result = await createSpawnExec().run(NODE, script(text), options({ maxOutputBytes: 1_000, onLine: () => (lines += 1) }))
  expect(lines).toBe(50_000)
  expect(result.stdout.length).toBeLessThanOrEqual(1_001)
  expect(result.stdout.startsWith('…')).toBe(true)
  expect(result.stdout.endsWith('line 49999\n')).toBe(true)
})

test('ends a program at its limit, with what it last said', async () => {
  const run = createSpawnExec().run(
    NODE,
    script("console.log('still here'); setInterval(() => {}, 1000)"),
    options({ limitMs: 700 }),
  )
  await expect(run).rejects.toMatchObject({
    code: 'TIMEOUT',
    message: expect.stringMatching(/took longer than 700 ms; last output: still here/) as string,
  })
})

test('kills what ignores SIGTERM, its children too, and blames the first cause', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'spawn-exec-'))
  try {
    const controller = new AbortController()
    const pidFile = join(folder, 'pid')
    const deaf = "process.on('SIGTERM', () => {}); setInterval(() => {}, 1000)"
    const parent = `const child = require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(deaf)}], { stdio: 'inherit' });
      require('node:fs').writeFileSync(${JSON.stringify(pidFile)}, String(child.pid)); ${deaf}`
    const run = createSpawnExec({ graceMs: 300 }).run(
      NODE,
      script(parent),
      options({ signal: controller.signal, limitMs: 30_000 }),
    )
    run.catch(() => undefined)
    const wait = { everyMs: 20, attemptMs: 1_000, limitMs: 10_000, signal: AbortSignal.timeout(15_000), clock: systemClock }
    const pid = await waitUntil(
      'the child',
      async () => Number(await readFile(pidFile, 'utf8')),
      (value) => value > 0,
      wait,
    )
    controller.abort(new Error('enough'))
    await expect(run).rejects.toMatchObject({ code: 'ABORTED' })
    await waitUntil(
      'the end of the child',
      () => Promise.resolve(isAlive(pid)),
      (alive) => !alive,
      wait,
    )
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})

/** A killed orphan may stay a zombie until it is reaped: that is dead. */
async function isAlive(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null)
  return stat !== null && !/\) [ZX] /.test(stat)
}

test('does not wait for a grandchild that keeps the output open', async () => {
  const holder = 'setTimeout(() => {}, 20000)'
  const text = `require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(holder)}], { stdio: 'inherit', detached: true }).unref(); console.log('done')`
  const startedMs = performance.now()
  const result = await createSpawnExec().run(NODE, script(`${text}; process.exit(0)`), options())
  expect(result).toMatchObject({ exitCode: 0, stdout: 'done\n' })
  expect(performance.now() - startedMs).toBeLessThan(15_000)
})

test('starts nothing under a signal that has fired', async () => {
  const run = createSpawnExec().run(NODE, ['--version'], options({ signal: AbortSignal.abort(new Error('before')) }))
  await expect(run).rejects.toMatchObject({ code: 'ABORTED' })
})

test('a program killed by a signal ends as a shell would say it', async () => {
  const result = await createSpawnExec().run(NODE, script("process.kill(process.pid, 'SIGKILL')"), options())
  expect(result.exitCode).toBe(137)
})
