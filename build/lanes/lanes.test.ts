import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { countTests, failedTests } from './count-tests.ts'
import { planOf, stagesOf, testFilesOf, withOnly, type Plan, type Stage } from './plan.ts'
import { runPlan, type StageEnd } from './run.ts'

const root = resolve(import.meta.dirname, '../..')

const testFiles = (kind: string): string[] => readdirSync(join(root, 'test', kind)).filter((name) => name.endsWith('.test.ts'))
const PLAN = planOf(testFiles('integration'))

describe('the plan', () => {
  it.each(['integration', 'e2e', 'act'])('runs each file of test/%s once', (kind) => {
    const run = stagesOf(PLAN)
      .flatMap(testFilesOf)
      .filter((file) => file.startsWith(`test/${kind}/`))
    expect(run.toSorted()).toEqual(
      testFiles(kind)
        .map((name) => `test/${kind}/${name}`)
        .toSorted(),
    )
  })

  it('takes up an integration test that it has never heard of', () => {
    const added = stagesOf(planOf([...testFiles('integration'), 'faults-new.test.ts'])).filter((stage) =>
      testFilesOf(stage).includes('test/integration/faults-new.test.ts'),
    )
    expect(added.map(({ name }) => name)).toEqual(['integration others'])
  })

  it('has no stage for others where there are none', () => {
    expect(stagesOf(planOf([])).map(({ name }) => name)).not.toContain('integration others')
  })

  it('gives each stage a name and a report of its own', () => {
    const stages = stagesOf(PLAN)
    expect(new Set(stages.map(({ name }) => name)).size).toBe(stages.length)
    const reports = stages.flatMap(({ report }) => report ?? [])
    expect(new Set(reports).size).toBe(reports.length)
  })

  it('can be cut down to some stages, which stay in their places', () => {
    const only = withOnly(PLAN, ['act', 'dist:check'])
    const names = (stages: readonly Stage[] = []): string[] => stages.map(({ name }) => name)
    expect(only.rounds.map(({ stages, beside }) => [names(stages), names(beside?.flat())])).toEqual([
      [['act'], []],
      [[], ['dist:check']],
    ])
    expect(withOnly(PLAN, [])).toBe(PLAN)
    expect(() => withOnly(PLAN, ['verdict'])).toThrow('there is no stage verdict; there are: integration others, act, ')
  })
})

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'chaos-lanes-'))
})
afterAll(() => {
  rmSync(folder, { recursive: true, force: true })
})

function stage(name: string, code: string, limitMs = 30_000): Stage {
  return { name, argv: ['node', '-e', code], env: { STAGE: name }, limitMs, report: null }
}

/** One CPU of a machine whose host takes `stolen` of each hundred ticks. */
function cpuTimes(stolen: number): () => Promise<string> {
  let looks = 0
  return () => {
    looks += 1
    return Promise.resolve(`cpu  ${looks * (100 - stolen)} 0 0 0 0 0 0 ${looks * stolen} 0 0\ncpu0 1\n`)
  }
}

async function run(
  plan: Plan,
  signal = new AbortController().signal,
  stolen = 0,
): Promise<{ ends: StageEnd[]; written: string }> {
  let written = ''
  const write = (text: string): void => void (written += text)
  const ends = await runPlan(plan, { cwd: folder, logFolder: folder, write, signal, cpuTimes: cpuTimes(stolen) })
  return { ends, written }
}

/** Says when it begins and ends, in a file of all. */
const TELL = `const { appendFileSync } = require('node:fs'); const say = (what) => appendFileSync('told', process.env.STAGE + ' ' + what + '\\n');`

describe('a run', () => {
  it('keeps going after a failure, shows the end of what failed and nothing of what did not', async () => {
    const bad = stage('bad one', `console.error('why it broke'); process.exitCode = 3`)
    const good = stage('good', `console.log('all is well')`)
    const { ends, written } = await run({ rounds: [{ stages: [bad, good], width: 1 }] })
    expect(ends.map(({ stage: { name }, isGood }) => [name, isGood])).toEqual([
      ['bad one', false],
      ['good', true],
    ])
    expect(written).toMatch(
      /^test: bad one \.+ FAILED: exit code 3 \(\d+\.\d s\)\n {4}\| why it broke\ntest: good \.+ ok \(\d+\.\d s\)\n$/,
    )
    expect(readFileSync(join(folder, 'good.log'), 'utf8')).toBe('all is well\n')
  })

  it('tells what the host took of the machine meanwhile', async () => {
    const { written } = await run({ rounds: [{ stages: [stage('poor', '')], width: 1 }] }, undefined, 12)
    expect(written).toMatch(/^test: poor \.+ ok \(\d+\.\d s, 12 % of the CPU time taken by the host\)\n$/)
  })

  it('has the lanes of a round side by side, rounds one after the other, and a quiet one after what runs beside', async () => {
    // Each of two lanes waits for the other to begin: one after the other they would never end.
    const meet = (other: string): string =>
      `${TELL} say('begins'); const seen = () => require('node:fs').readFileSync('told', 'utf8').includes('${other} begins'); const wait = () => seen() ? say('ends') : setTimeout(wait, 20); wait()`
    const plain = `${TELL} say('begins'); say('ends')`
    const slow = `${TELL} say('begins'); setTimeout(() => say('ends'), 500)`
    const { ends } = await run({
      rounds: [
        {
          stages: [stage('one', meet('two')), stage('two', meet('one')), stage('three', plain)],
          width: 2,
          beside: [[stage('idle', slow), stage('idle after it', plain)]],
        },
        { stages: [stage('more', plain)], width: 1, beside: [[stage('idle as well', slow)]] },
        { isQuiet: true, stages: [stage('last', plain)], width: 2 },
      ],
    })
    expect(ends.every(({ isGood }) => isGood)).toBe(true)
    const told = readFileSync(join(folder, 'told'), 'utf8').trim().split('\n')
    expect(told.slice(-2)).toEqual(['last begins', 'last ends'])
    expect(told).toHaveLength(16)
    expect(told.indexOf('idle after it begins')).toBeGreaterThan(told.indexOf('idle ends'))
    // With its round, whatever is still beside it.
    expect(told.indexOf('idle as well begins')).toBeGreaterThan(told.indexOf('three ends'))
    // The third had to wait for a lane.
    expect(told.indexOf('three begins')).toBeGreaterThan(Math.min(told.indexOf('one ends'), told.indexOf('two ends')))
  })

  it('has no more than two heavy ones side by side, and none is lost', async () => {
    // None ends before two of them and the light one have begun, which waits for none.
    const together = `const seen = () => ['a', 'b', 'light'].every((name) => require('node:fs').readFileSync('told', 'utf8').includes(name + ' begins')); const wait = () => seen() ? say('ends') : setTimeout(wait, 20); wait()`
    const heavy = (name: string): Stage => ({ ...stage(name, `${TELL} say('begins'); ${together}`), isHeavy: true })
    rmSync(join(folder, 'told'), { force: true })
    const light = stage('light', `${TELL} say('begins'); say('ends')`)
    const stages = [heavy('a'), heavy('b'), heavy('c'), light, heavy('d')]
    const { ends } = await run({ rounds: [{ stages, width: 3 }] })
    expect(ends.filter(({ isGood }) => isGood)).toHaveLength(5)
    const told = readFileSync(join(folder, 'told'), 'utf8').trim().split('\n')
    const counts = told.map((_line, index) => {
      const heavies = told.slice(0, index + 1).filter((line) => !line.startsWith('light'))
      return heavies.filter((line) => line.endsWith('begins')).length - heavies.filter((line) => line.endsWith('ends')).length
    })
    expect(Math.max(...counts)).toBe(2)
    expect(told.indexOf('light begins')).toBeLessThan(told.indexOf('c begins'))
  })

  it('runs what is beside at idle priority, and the rest and what keeps pace at its own, which is idle where this test is beside', async () => {
    const isIdle = execFileSync('chrt', ['-p', String(process.pid)])
      .toString()
      .includes('SCHED_IDLE')
    const policy = `process.exitCode = require('node:child_process').execFileSync('chrt', ['-p', String(process.pid)]).toString().includes('SCHED_IDLE') ? 0 : 1`
    const { ends } = await run({
      rounds: [
        {
          ...{ stages: [stage('usual policy', policy)], width: 1 },
          beside: [[stage('idle policy', policy)], [{ ...stage('paced policy', policy), keepsPace: true }]],
        },
      ],
    })
    expect(ends.map(({ stage: { name }, isGood }) => [name, isGood]).toSorted()).toEqual([
      ['idle policy', true],
      ['paced policy', isIdle],
      ['usual policy', isIdle],
    ])
  })

  it('ends what hangs at its limit, with whatever it has started', async () => {
    const nested = `require('node:child_process').spawn(process.execPath, ['-e', 'setInterval(() => undefined, 1000)'], { stdio: 'inherit' }); setInterval(() => undefined, 1000)`
    const { ends, written } = await run({ rounds: [{ stages: [stage('hangs', nested, 1_500)], width: 1 }] })
    expect(ends[0]?.isGood).toBe(false)
    expect(written).toContain('FAILED: it takes longer than 0.025 minutes')
  })

  it('ends all when it is interrupted, and begins nothing more', async () => {
    const controller = new AbortController()
    setTimeout(() => {
      controller.abort()
    }, 1_000)
    const hangs = `setInterval(() => undefined, 1000)`
    const rounds = [
      { stages: [stage('a', hangs), stage('d', hangs)], width: 1, beside: [[stage('b', hangs), stage('c', hangs)]] },
      { stages: [stage('e', hangs)], width: 1 },
    ]
    const plan = { rounds }
    const { ends } = await run(plan, controller.signal)
    expect(ends.map(({ stage: { name }, isGood }) => [name, isGood]).toSorted()).toEqual([
      ['a', false],
      ['b', false],
    ])
  })

  it('says of a program that is not there that it is not', async () => {
    const none: Stage = { ...stage('none', ''), argv: ['/no/such/program'] }
    const { written } = await run({ rounds: [{ stages: [none], width: 1 }] })
    expect(written).toContain('FAILED: spawn /no/such/program ENOENT')
  })
})

describe('the total', () => {
  const file = (status: string, ...tests: string[]): object => ({
    ...{ name: '/x/a.test.ts', status, message: '' },
    assertionResults: tests.map((one) => ({ status: one, fullName: 'a test', failureMessages: [] })),
  })
  const count = (...files: object[]) => countTests(['a'], () => Promise.resolve(JSON.stringify({ testResults: files })))

  it('is the sum, and good when nothing failed', async () => {
    expect(await count(file('passed', 'passed', 'passed'))).toEqual({ text: '2 passed, 0 failed', isGood: true })
    expect(await count(file('passed', 'passed', 'skipped'))).toEqual({ text: '1 passed, 0 failed, 1 skipped', isGood: true })
    expect(await count(file('failed', 'passed', 'failed'))).toEqual({ text: '1 passed, 1 failed', isGood: false })
  })

  it('counts a file that broke outside its tests', async () => {
    expect(await count(file('failed', 'passed'))).toEqual({ text: '1 passed, 1 failed', isGood: false })
  })

  it('of no test is no success, and one that is missing is none at all', async () => {
    expect((await count()).isGood).toBe(false)
    const missing = await countTests(['a'], () => Promise.reject(new Error('ENOENT')))
    expect(missing).toEqual({ text: 'no total, because a stage left no readable report: Error: ENOENT', isGood: false })
    expect((await countTests([], () => Promise.resolve(''))).isGood).toBe(true)
  })

  it('has each failed test told, with both ends of its message', async () => {
    const told = (...testResults: object[]) => failedTests('a', () => Promise.resolve(JSON.stringify({ testResults })))
    const failing = (message: string): object => ({ status: 'failed', fullName: 'b holds', failureMessages: [message] })
    const good = { status: 'passed', fullName: 'c holds', failureMessages: [] }
    expect(
      await told(
        {
          name: '/x/a.test.ts',
          status: 'failed',
          message: '',
          assertionResults: [failing('\u001b[31mno\u001b[39m\n  it does not\n    at /x/a.test.ts:1:2'), good],
        },
        { name: '/x/b.test.ts', status: 'failed', message: 'no such module', assertionResults: [] },
        { name: '/x/c.test.ts', status: 'passed', message: '', assertionResults: [good] },
      ),
    ).toEqual(['a.test.ts: b holds: no it does not', 'b.test.ts: no such module'])
    const long = await told({
      name: 'a',
      status: 'failed',
      message: '',
      assertionResults: [failing(`${'x'.repeat(900)}the end`)],
    })
    expect(long[0]).toMatch(/^a: b holds: x{200} … x{393}the end$/)
    expect(await failedTests('a', () => Promise.reject(new Error('ENOENT')))).toEqual([])
  })
})
