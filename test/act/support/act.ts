/** Runs a workflow file by act, on this machine itself and against the doubles. */
import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { inject } from 'vitest'
import { removeObjects } from '../../e2e/support/docker.ts'
import { readActLog, type ActLog } from './act-log.ts'
import type { Doubles } from './doubles.ts'

export interface ActOptions {
  readonly event: 'merge_group' | 'pull_request' | 'push' | 'schedule' | 'workflow_dispatch' | 'workflow_run'
  readonly payload: object
  /** File name under .github/workflows of `repository`. */
  readonly workflow: string
  /** Where the workspace is copied from. */
  readonly repository: string
  /** The action's own, which every reference to it is served from. */
  readonly action: string
  readonly doubles: Doubles
  /** GITHUB_RUN_ID; artifacts are kept by it. */
  readonly runId: number
  /** Set on every step, over what act sets. */
  readonly environment?: Readonly<Record<string, string>>
  /** Beside the token. */
  readonly secrets?: Readonly<Record<string, string>>
}

export interface ActEnded extends ActLog {
  readonly code: number | null
}

export interface Act {
  readonly ended: Promise<ActEnded>
  readonly stateDir: string
  /** As Ctrl-C does: act kills what runs, and then runs the post steps. */
  interrupt(): void
  /** Removes what act and, had a test failed, the action have left. */
  [Symbol.asyncDispose](): Promise<void>
}

const ACT_LIMIT_MS = 280_000
const STAND_INS = resolve(import.meta.dirname, '../stand-ins')
/** Where the callers in these tests say that the action is: its folder is the stand-in for the checkout. */
export const UNDER_TEST = { repository: 'rbee/chaos-action', ref: 'under-test' }
const LABELS = ['ubuntu-24.04', 'ubuntu-latest', 'self-hosted', 'gpu']

export function runAct(options: ActOptions): Act {
  const root = mkdtempSync(join(tmpdir(), 'chaos-act-run-'))
  const stateDir = join(root, 'state')
  for (const name of ['home', 'cache', 'state']) mkdirSync(join(root, name))
  const payload = join(root, 'event.json')
  writeFileSync(payload, JSON.stringify(options.payload))
  const child = spawn(inject('act'), argvOf(options, { payload, cache: join(root, 'cache') }), {
    cwd: options.repository,
    env: environmentOf(options, join(root, 'home'), stateDir),
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: ACT_LIMIT_MS,
    killSignal: 'SIGTERM',
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (output += text))
  const ended = new Promise<ActEnded>((settle, fail) => {
    child.on('error', fail)
    child.on('close', (code) => {
      settle({ ...readActLog(output), code })
    })
  })
  return {
    ended,
    stateDir,
    interrupt: () => child.kill('SIGINT'),
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM')
      const { outputs } = await ended
      const runs = Object.entries(outputs).filter(([name, id]) => name.endsWith('.run-id') && id !== '')
      for (const id of new Set([...runs.map(([, one]) => one), ...runsOnDisk(stateDir)])) await removeObjects(id)
      rmSync(root, { recursive: true, force: true })
    },
  }
}

function runsOnDisk(stateDir: string): string[] {
  try {
    return readdirSync(join(stateDir, 'runs'))
  } catch {
    return []
  }
}

function argvOf(options: ActOptions, paths: { readonly payload: string; readonly cache: string }): string[] {
  const { doubles, runId, action } = options
  const { owner, repo } = doubles.github.world
  const environment = {
    ...doubles.results.environment(runId),
    GITHUB_API_URL: doubles.apiUrl,
    GITHUB_GRAPHQL_URL: `${doubles.apiUrl}/graphql`,
    GITHUB_REPOSITORY: `${owner}/${repo}`,
    GITHUB_RUN_ID: String(runId),
    RUNNER_ENVIRONMENT: 'github-hosted',
    ...options.environment,
  }
  const repositories = {
    [`${UNDER_TEST.repository}@v1`]: action,
    ...standIns(options.repository, action),
  }
  return [
    options.event,
    ...['--workflows', join('.github', 'workflows', options.workflow), '--eventpath', paths.payload, '--json'],
    ...LABELS.flatMap((label) => ['--platform', `${label}=-self-hosted`]),
    ...Object.entries(environment).flatMap(([name, value]) => ['--env', `${name}=${value}`]),
    ...Object.entries(repositories).flatMap(([name, folder]) => ['--local-repository', `${name}=${folder}`]),
    ...Object.entries({ GITHUB_TOKEN: 'token', ...options.secrets }).flatMap(([name, value]) => ['--secret', `${name}=${value}`]),
    ...['--action-cache-path', paths.cache, '--no-cache-server'],
  ]
}

/** For every pin of the two actions in the workflow files that can run. */
function standIns(...repositories: readonly string[]): Record<string, string> {
  const found: Record<string, string> = {}
  for (const repository of repositories) {
    const folder = join(repository, '.github', 'workflows')
    for (const file of readdirSync(folder)) {
      const text = readFileSync(join(folder, file), 'utf8')
      for (const [, name = '', ref = ''] of text.matchAll(/uses: actions\/(checkout|download-artifact)@(\S+)/g))
        found[`actions/${name}@${ref}`] = join(STAND_INS, name)
    }
  }
  return found
}

/** act hands all of it to every step: nothing of the test's own environment goes in but what is named here. */
function environmentOf(options: ActOptions, home: string, stateDir: string): NodeJS.ProcessEnv {
  const { env } = process
  return {
    PATH: `${dirname(process.execPath)}:${env['PATH'] ?? ''}`,
    HOME: home,
    ...(env['DOCKER_HOST'] === undefined ? {} : { DOCKER_HOST: env['DOCKER_HOST'] }),
    CHAOS_STATE_DIR: stateDir,
    CHAOS_ACT_REPOSITORIES: JSON.stringify({ [`${UNDER_TEST.repository}@${UNDER_TEST.ref}`]: options.action }),
    CHAOS_ACT_DOWNLOAD: pathToFileURL(join(import.meta.dirname, 'download-artifact.ts')).href,
  }
}
