import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { putShop, SHOP_ID, SHOP_SERVICES, SHOP_STACK } from '../support/shop.ts'
import { actionCheckout } from './support/checkout.ts'
import { objectsOf, removeObjects } from './support/docker.ts'
import { start, type Ended } from './support/program.ts'

const LIMIT_MS = 240_000

function cli(checkout: string, ...argv: string[]): Promise<Ended> {
  const env = { PATH: process.env['PATH'] ?? '', HOME: checkout, CI: 'true', CHAOS_STATE_DIR: join(checkout, 'state') }
  const docker = process.env['DOCKER_HOST'] === undefined ? {} : { DOCKER_HOST: process.env['DOCKER_HOST'] }
  return start([join(checkout, 'dist/cli/index.js'), ...argv], { cwd: checkout, env: { ...env, ...docker }, limitMs: LIMIT_MS })
    .ended
}

/** A run of the shop, from a folder that has it. */
function runShop(checkout: string, ...more: string[]): Promise<Ended> {
  putShop(checkout)
  return cli(checkout, 'run', '--profile', 'smoke', '--stack', SHOP_STACK, '--only', SHOP_ID, '--out', 'out', ...more)
}

function resultOf(checkout: string): { verdict: string; run: { id: string } } {
  return JSON.parse(readFileSync(join(checkout, 'out/result.json'), 'utf8')) as ReturnType<typeof resultOf>
}

test('run: results on stdout, progress on stderr, files in --out, exit 0, nothing left', async () => {
  using checkout = actionCheckout()
  const ended = await runShop(checkout.path, '--seed', '7')
  expect(ended, ended.stderr).toMatchObject({ code: 0 })
  const { run, verdict } = resultOf(checkout.path)
  try {
    expect(verdict).toBe('passed')
    expect(ended.stdout).toMatch(/^id +scenario +verdict[^]*\nSHOP-001 .* passed [^]*\npassed: 1 passed/)
    expect(ended.stdout).not.toContain('judged: the built-in reference services')
    expect(ended.stderr).toContain(`run ${run.id}:`)
    expect(readFileSync(join(checkout.path, 'out/summary.md'), 'utf8')).toContain('## ✅ passed')
    expect(readFileSync(join(checkout.path, 'out/junit.xml'), 'utf8')).toContain('tests="1" failures="0" errors="0"')
    expect(readFileSync(join(checkout.path, 'out/run.log'), 'utf8')).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z run /)
    expect(await objectsOf(run.id)).toEqual([])
    const again = await cli(checkout.path, 'report', 'out/result.json', '--to', 'markdown')
    expect(again).toMatchObject({ code: 0, stdout: readFileSync(join(checkout.path, 'out/summary.md'), 'utf8') })
  } finally {
    await removeObjects(run.id)
  }
})

test('--keep-stack: the program ends and leaves the services alone, cleanup takes them away', async () => {
  using checkout = actionCheckout()
  const ended = await runShop(checkout.path, '--keep-stack')
  expect(ended, ended.stderr).toMatchObject({ code: 0 })
  const { id } = resultOf(checkout.path).run
  try {
    expect(ended.stderr).toContain(`chaos-action cleanup --run ${id}`)
    const kept = await objectsOf(id)
    expect(kept).toEqual(expect.arrayContaining(SHOP_SERVICES.map((name): unknown => expect.stringContaining(name))))
    expect(kept.filter((name) => name.includes('observer'))).toEqual([])
    const cleaned = await cli(checkout.path, 'cleanup', '--run', id)
    expect(cleaned, cleaned.stderr).toMatchObject({ code: 0 })
    expect(cleaned.stdout).toContain(`${id}: 0 faults undone`)
    expect(await objectsOf(id)).toEqual([])
  } finally {
    await removeObjects(id)
  }
})

test('bad usage: exit 2, the mistake and what is allowed on stderr, nothing on stdout', async () => {
  using checkout = actionCheckout()
  const ended = await cli(checkout.path, 'run', '--profile', 'fast')
  expect(ended).toMatchObject({ code: 2, stdout: '' })
  expect(ended.stderr).toContain('smoke, quick, full')
  expect((await cli(checkout.path, 'run', '--only', 'NOPE-001')).code).toBe(2)
})

test('a reader that leaves early, as head does, is no failure', async () => {
  using checkout = actionCheckout()
  const program = start([join(checkout.path, 'dist/cli/index.js'), 'list'], {
    ...{ cwd: checkout.path, env: { PATH: process.env['PATH'] ?? '' }, limitMs: LIMIT_MS },
  })
  program.child.stdout?.destroy()
  expect(await program.ended).toMatchObject({ code: 0, stderr: '' })
})

test('an older Node is named at once: exit 2, and what is needed', async () => {
  using checkout = actionCheckout()
  const older = "data:text/javascript,Object.defineProperty(process.versions,'node',{value:'20.19.0'})"
  const ended = await start(['--import', older, join(checkout.path, 'dist/cli/index.js'), 'list'], {
    ...{ cwd: checkout.path, env: { PATH: process.env['PATH'] ?? '' }, limitMs: LIMIT_MS },
  }).ended
  expect(ended).toMatchObject({ code: 2, stdout: '', stderr: 'error: this is Node 20.19.0, and 24 or newer is needed\n' })
})
