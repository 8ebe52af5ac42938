/** Starts every bundle of a copied checkout and looks at what it says: a bundle that is the same as yesterday's may still be dead. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const LIMIT_MS = 20_000

interface Trial {
  readonly bundle: string
  readonly argv: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  readonly exitCode: number
  /** What stdout and stderr together must contain. */
  readonly says: string
}

const GOOD_FILE = `{"name":"own","scenarios":[{"id":"OWN-001","name":"slow","toxic":"latency","attributes":{"latency":100},"duration_seconds":5,"expected_behavior":"slower"}]}`
const BAD_FILE = GOOD_FILE.replace('"latency":100', '"latancy":100')

function trials(scratch: string): Trial[] {
  const good = join(scratch, 'good.json')
  const bad = join(scratch, 'bad.json')
  writeFileSync(good, GOOD_FILE)
  writeFileSync(bad, BAD_FILE)
  const files = { GITHUB_OUTPUT: join(scratch, 'output'), GITHUB_STATE: join(scratch, 'state') }
  for (const file of Object.values(files)) writeFileSync(file, '')
  return [
    { bundle: 'cli', argv: ['--help'], exitCode: 0, says: 'Usage: chaos-action' },
    { bundle: 'cli', argv: ['validate', good], exitCode: 0, says: '' },
    { bundle: 'cli', argv: ['validate', bad], exitCode: 2, says: 'latancy' },
    { bundle: 'main', argv: [], env: { ...files, INPUT_PROFILE: 'fast' }, exitCode: 2, says: 'the input profile is "fast"' },
    { bundle: 'post', argv: [], env: files, exitCode: 0, says: 'nothing to clean up' },
    ...['queen-rbee', 'rbee-hive', 'mock-worker'].map((name) => ({
      bundle: `stack/${name}`,
      argv: [],
      exitCode: 1,
      says: 'LLORCH_API_TOKEN',
    })),
    { bundle: 'toolbox', argv: [], exitCode: 2, says: 'cannot start: the lease must be' },
  ]
}

/** What went wrong, in sentences; empty when every bundle did as it should. `checkout` has dist/ and no node_modules above it. */
export function runDist(checkout: string): string[] {
  const scratch = join(checkout, 'scratch')
  mkdirSync(scratch)
  return trials(scratch).flatMap((trial) => {
    const startedMs = performance.now()
    const { status, signal, stdout, stderr } = spawnSync(
      process.execPath,
      [join(checkout, 'dist', trial.bundle, 'index.js'), ...trial.argv],
      {
        cwd: scratch,
        env: { PATH: process.env['PATH'] ?? '', HOME: scratch, ...trial.env },
        encoding: 'utf8',
        timeout: LIMIT_MS,
        input: '',
      },
    )
    const name = [trial.bundle, ...trial.argv].join(' ')
    console.log(`${name}: exit ${String(status)} after ${Math.round(performance.now() - startedMs)} ms`)
    const output = `${stdout}\n${stderr}`
    const shown = output.trim().slice(-600)
    if (status !== trial.exitCode) return [`${name} ended with ${String(status ?? signal)}, not ${trial.exitCode}: ${shown}`]
    return output.includes(trial.says) ? [] : [`${name} did not say "${trial.says}": ${shown}`]
  })
}
