import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { SHOP_ID, SHOP_SERVICES, SHOP_STACK } from '../support/shop.ts'
import { actionCheckout } from './support/checkout.ts'
import { eventually, objectsOf, removeObjects } from './support/docker.ts'
import { fakeRunner, shopRunner, type FakeRunner } from './support/fake-runner.ts'

const SMOKE = { profile: 'smoke', only: 'RE-001', seed: '7' }
const SHOP = { profile: 'smoke', stack: SHOP_STACK, only: SHOP_ID }

async function savedRunId(runner: FakeRunner): Promise<string> {
  const state = await eventually(
    'the state of main',
    () => Promise.resolve(runner.state()),
    (saved) => saved['run-id'] !== undefined,
  )
  return state['run-id'] ?? ''
}

test('main runs a scenario, sets outputs and summary, and leaves nothing for post to do', async () => {
  using checkout = actionCheckout()
  const runner = fakeRunner(checkout.path)
  const main = await runner.main(SMOKE).ended
  const runId = runner.state()['run-id'] ?? ''
  try {
    expect(main, main.stdout + main.stderr).toMatchObject({ code: 0 })
    const outputs = runner.outputs()
    expect(outputs).toMatchObject({ verdict: 'passed', passed: '1', failed: '0', error: '0', 'run-id': runId })
    const result = JSON.parse(readFileSync(outputs['result-json'] ?? '', 'utf8')) as {
      verdict: string
      run: { seed: number; reference: boolean }
    }
    expect(result).toMatchObject({ verdict: 'passed', run: { seed: 7, reference: true } })
    expect(runner.summary().split('\n')[0]).toBe(
      '## ✅ passed — judged: the built-in reference services: this shows the harness, not your system',
    )
    expect(readFileSync(outputs['junit'] ?? '', 'utf8')).toContain('tests="1" failures="0" errors="0"')
    // What it printed was between these two, where the runner takes no commands.
    expect(main.stdout).toMatch(/^::stop-commands::(\S+)\n[^]*passed: 1 passed[^]*\n::\1::\n/m)
    expect(main.stdout).toContain('no comment and no check run: there is no token')
    expect(await objectsOf(runId)).toEqual([])
    const post = await runner.post().ended
    expect(post).toMatchObject({ code: 0, stdout: `nothing to clean up: run ${runId} removed everything itself\n` })
  } finally {
    await removeObjects(runId)
  }
})

test('a bad input ends main before anything is started, with the input named', async () => {
  using checkout = actionCheckout()
  const runner = fakeRunner(checkout.path)
  const main = await runner.main({ ...SMOKE, profile: 'fast' }).ended
  expect(main.code).toBe(2)
  expect(main.stdout).toContain('::error title=chaos%3A error::the input profile is "fast"; allowed: smoke, quick, full')
  expect(runner.outputs()).toMatchObject({ verdict: 'error' })
  const post = await runner.post().ended
  expect(post).toMatchObject({ code: 0, stdout: 'nothing to clean up: main did not come to its run\n' })
})

test('after a SIGKILL in the middle of a fault, post leaves nothing behind', async () => {
  using checkout = actionCheckout()
  const runner = shopRunner(checkout.path)
  const main = runner.main(SHOP)
  const runId = await savedRunId(runner)
  try {
    await injected(runner, main.ended, runId)
    main.child.kill('SIGKILL')
    expect(await main.ended).toMatchObject({ signal: 'SIGKILL' })
    expect(await objectsOf(runId)).not.toEqual([])
    const post = await runner.post().ended
    expect(post, post.stdout + post.stderr).toMatchObject({ code: 0 })
    expect(post.stdout).toContain(`run ${runId}:`)
    expect(post.stdout).not.toContain('::warning')
    expect(await objectsOf(runId)).toEqual([])
    expect(existsSync(`${runner.state()['state-dir'] ?? ''}/runs/${runId}`)).toBe(false)
    expect(runner.outputs()).toMatchObject({ verdict: 'error' })
    // What the containers had said by then was kept, before they were removed.
    const logs = join(runner.workspace, 'results', 'latest', 'logs', 'interrupted')
    expect(readdirSync(logs).sort()).toEqual(SHOP_SERVICES.map((name) => `${name}.log`))
    for (const name of SHOP_SERVICES) {
      const text = readFileSync(join(logs, `${name}.log`), 'utf8')
      expect(text, name).toContain('is open')
      expect(text.length, name).toBeLessThanOrEqual(1024 * 1024)
    }
  } finally {
    main.child.kill('SIGKILL')
    await removeObjects(runId)
  }
})

test('a cancelled job: SIGINT, SIGTERM 7.5 s later, SIGKILL 2.5 s after that, post; nothing stays behind and nothing passes', async () => {
  using checkout = actionCheckout()
  const runner = shopRunner(checkout.path)
  const main = runner.main(SHOP)
  const runId = await savedRunId(runner)
  const timers: NodeJS.Timeout[] = []
  try {
    await injected(runner, main.ended, runId)
    main.child.kill('SIGINT')
    timers.push(
      setTimeout(() => main.child.kill('SIGTERM'), 7_500),
      setTimeout(() => main.child.kill('SIGKILL'), 10_000),
    )
    const ended = await main.ended
    expect([130, null]).toContain(ended.code)
    const post = await runner.post().ended
    expect(post, post.stdout + post.stderr).toMatchObject({ code: 0 })
    expect(await objectsOf(runId)).toEqual([])
    expect(runner.outputs()).toMatchObject({ verdict: 'error' })
  } finally {
    for (const timer of timers) clearTimeout(timer)
    main.child.kill('SIGKILL')
    await removeObjects(runId)
  }
})

/** Until the ledger names an open fault: it is written just before the fault is. @throws when main ends before. */
async function injected(runner: FakeRunner, ended: Promise<{ stdout: string }>, runId: string): Promise<void> {
  let early: string | null = null
  void ended.then(({ stdout }) => {
    early = stdout
  })
  const ledger = `${runner.state()['state-dir'] ?? ''}/runs/${runId}/ledger.jsonl`
  const read = (): Promise<string> => Promise.resolve(early ?? (existsSync(ledger) ? readFileSync(ledger, 'utf8') : ''))
  const seen = await eventually('an open fault in the ledger', read, (text) => early !== null || text.includes('"op":"open"'))
  expect(early, seen).toBeNull()
}
