/** What actionlint and zizmor cannot see in the workflow files: what their scripts decide, and what they ask of the action. */
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { readdirSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'

const ROOT = resolve(import.meta.dirname, '..')
const FOLDER = join(ROOT, '.github', 'workflows')
const FILES = readdirSync(FOLDER).filter((name) => name.endsWith('.yml'))
const FIND_ACTION = "Find the action at this workflow's own commit"

function textOf(file: string): string {
  return readFileSync(join(FOLDER, file), 'utf8')
}

/** The steps of a file, each from its dash to the next step or job. */
function stepsOf(file: string): string[] {
  return textOf(file)
    .split(/^ {6}- /m)
    .slice(1)
    .map((step) => step.split(/\n {0,4}\S/)[0] ?? '')
}

function stepNamed(file: string, name: string): string {
  const step = stepsOf(file).find((one) => one.startsWith(`name: ${name}\n`))
  if (step === undefined) throw new Error(`${file} has no step "${name}"`)
  return step
}

/** The `run` block of a step; these files keep to two spaces and literal blocks. */
function scriptOf(file: string, name: string): string {
  const [, block = ''] = stepNamed(file, name).split(/^ {8}run: \|\n/m)
  return block
    .split('\n')
    .filter((line) => line === '' || line.startsWith(' '.repeat(10)))
    .map((line) => line.slice(10))
    .join('\n')
}

/** As GitHub runs it: bash, ending at the first failure. */
async function run(
  script: string,
  env: Readonly<Record<string, string>>,
): Promise<{ ok: boolean; text: string; output: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'chaos-workflows-'))
  const file = join(folder, 'output')
  try {
    await writeFile(file, '')
    const argv = ['--noprofile', '--norc', '-e', '-o', 'pipefail', '-c', script]
    const ended = Promise.withResolvers<{ ok: boolean; text: string }>()
    execFile('bash', argv, { env: { ...env, GITHUB_OUTPUT: file }, timeout: 10_000 }, (error, stdout, stderr) => {
      ended.resolve({ ok: error === null, text: stdout + stderr })
    })
    return { ...(await ended.promise), output: await readFile(file, 'utf8') }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

test.each([
  ['success', 'passed', true],
  // Allowed by the user, so that the job did not fail.
  ['success', 'inconclusive', true],
  ['failure', 'failed', false],
  ['failure', 'error', false],
  ['failure', '', false],
  ['cancelled', '', false],
  ['cancelled', 'passed', false],
  ['skipped', '', false],
  ['success', '', false],
  ['success', 'failed', false],
  ['success', 'error', false],
])('the gate of suites that ended in %s with the verdict "%s" is green: %s', async (RESULT, VERDICT, green) => {
  const script = scriptOf('chaos-pr.yml', 'The suites ran, and nothing is red')
  expect((await run(script, { RESULT, VERDICT })).ok).toBe(green)
})

test.each([
  [{ PASSED: 'yes' }, 'success', 'passed', true],
  [{ PASSED: 'yes', FAILED: 'yes', ERROR: 'yes', INCONCLUSIVE: 'yes' }, 'failure', 'failed', false],
  [{ PASSED: 'yes', ERROR: 'yes', INCONCLUSIVE: 'yes' }, 'failure', 'error', false],
  [{ PASSED: 'yes', INCONCLUSIVE: 'yes' }, 'failure', 'inconclusive', false],
  [{ PASSED: 'yes', INCONCLUSIVE: 'yes' }, 'success', 'inconclusive', true],
  // A shard that ended without a verdict of its own: its runner is gone.
  [{ PASSED: 'yes' }, 'failure', 'error', false],
  [{ PASSED: 'yes' }, 'cancelled', 'error', false],
  [{ INCONCLUSIVE: 'yes' }, 'cancelled', 'error', false],
  [{ FAILED: 'yes' }, 'cancelled', 'failed', false],
  [{}, 'skipped', 'error', false],
  // As fail-on may have it; but a shard that said nothing at all is red whatever it says.
  [{ ERROR: 'yes' }, 'success', 'error', true],
  [{ PASSED: 'yes', NONE: 'yes' }, 'success', 'error', false],
  [{}, 'success', 'error', false],
])('shards %o that ended in %s are %s, and the job is green: %s', async (shards, RESULT, verdict, green) => {
  const none = { PASSED: '', FAILED: '', ERROR: '', INCONCLUSIVE: '', NONE: '' }
  const { ok, output } = await run(scriptOf('chaos-suite.yml', 'Sum the shards up'), { ...none, ...shards, RESULT })
  expect([output, ok]).toEqual([`verdict=${verdict}\n`, green])
})

test.each([
  [['', '', 'rbee/chaos-action', 'c0ffee'], 'repository=rbee/chaos-action\nref=c0ffee\n'],
  [['me/fork', 'v1', 'rbee/chaos-action', 'c0ffee'], 'repository=me/fork\nref=v1\n'],
  [['me/fork', 'v1', '', ''], 'repository=me/fork\nref=v1\n'],
  [['', '', '', ''], null],
  [['', '', 'rbee/chaos-action', ''], null],
  [['', '', '', 'c0ffee'], null],
  // Half an answer is a mistake, and is not completed with the other half of another one.
  [['me/fork', '', 'rbee/chaos-action', 'c0ffee'], null],
  [['', 'v1', 'rbee/chaos-action', 'c0ffee'], null],
])('given and own repository and commit %j give %j', async ([given = '', ref = '', own = '', sha = ''], expected) => {
  const env = { GIVEN_REPOSITORY: given, GIVEN_REF: ref, OWN_REPOSITORY: own, OWN_SHA: sha }
  const { ok, text, output } = await run(scriptOf('chaos-suite.yml', FIND_ACTION), env)
  expect([ok, output]).toEqual([expected !== null, expected ?? ''])
  if (expected === null) expect(text).toContain('::error title=Which chaos-action::')
})

test('every workflow that can be called finds the action in the same way', () => {
  const callable = FILES.filter((file) => textOf(file).includes('workflow_call:') && textOf(file).includes('.chaos-action'))
  const steps = callable.flatMap((file) => stepsOf(file).filter((step) => step.startsWith(`name: ${FIND_ACTION}\n`)))
  expect(callable).toEqual(
    expect.arrayContaining(['chaos-nightly.yml', 'chaos-report.yml', 'chaos-segments.yml', 'chaos-suite.yml']),
  )
  expect(steps.length).toBeGreaterThanOrEqual(callable.length)
  expect(new Set(steps).size).toBe(1)
})

test('the action has every input that workflows pass to it', () => {
  const [, inputs = ''] = readFileSync(join(ROOT, 'action.yml'), 'utf8').split(/^inputs:\n/m)
  const known = [...(inputs.split(/^\S/m)[0] ?? '').matchAll(/^ {2}([\w-]+):/gm)].map(([, name]) => name)
  let seen = 0
  for (const file of FILES) {
    const ours = stepsOf(file).filter((step) => /^(?: {8})?uses: \.\/(?:\.chaos-action)?$/m.test(step))
    for (const step of ours) {
      const [, block = ''] = step.split(/^ {8}with:\n/m)
      const passed = [...block.matchAll(/^ {10}([\w-]+):/gm)].map(([, name]) => name)
      expect(known, file).toEqual(expect.arrayContaining(passed))
      seen += passed.length
    }
  }
  expect(seen).toBeGreaterThan(0)
})
