/** Runs the steps of action.yml as GitHub's runner does: inputs in the environment, commands in files, state from main to post. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { putShop } from '../../support/shop.ts'
import { start, type Program } from './program.ts'

const STEP_LIMIT_MS = 240_000

export interface FakeRunner {
  main(inputs: Readonly<Record<string, string>>): Program
  /** Gets the state that main has saved by now, and, as on GitHub, the inputs again. */
  post(inputs?: Readonly<Record<string, string>>): Program
  outputs(): Record<string, string>
  state(): Record<string, string>
  summary(): string
  /** The job's workspace: where relative inputs begin. */
  readonly workspace: string
}

/** What GitHub gives every step. `add` and `event` are what a test wants to be otherwise. */
export interface RunnerFacts {
  readonly eventName?: string
  readonly event?: object
  readonly environment?: Readonly<Record<string, string>>
}

export const FAKE_RUN_ID = 4711

export function fakeRunner(checkout: string, facts: RunnerFacts = {}): FakeRunner {
  const root = join(checkout, 'runner')
  const workspace = join(root, 'workspace')
  const temp = join(root, 'temp')
  for (const folder of [workspace, temp]) mkdirSync(folder, { recursive: true })
  const file = (name: string): string => join(root, name)
  for (const name of ['output', 'state', 'summary']) writeFileSync(file(name), '')
  writeFileSync(file('event.json'), JSON.stringify(facts.event ?? {}))
  const environment = (): Record<string, string> => ({
    PATH: process.env['PATH'] ?? '',
    HOME: root,
    ...(process.env['DOCKER_HOST'] === undefined ? {} : { DOCKER_HOST: process.env['DOCKER_HOST'] }),
    CI: 'true',
    GITHUB_ACTIONS: 'true',
    GITHUB_WORKSPACE: workspace,
    GITHUB_OUTPUT: file('output'),
    GITHUB_STATE: file('state'),
    GITHUB_STEP_SUMMARY: file('summary'),
    RUNNER_TEMP: temp,
    RUNNER_ENVIRONMENT: 'github-hosted',
    GITHUB_EVENT_NAME: facts.eventName ?? 'push',
    GITHUB_EVENT_PATH: file('event.json'),
    GITHUB_REPOSITORY: 'octo/shop',
    GITHUB_SHA: 'badcafe000000000000000000000000000000000',
    GITHUB_REF_NAME: 'main',
    GITHUB_WORKFLOW: 'chaos',
    GITHUB_JOB: 'run',
    GITHUB_RUN_ID: String(FAKE_RUN_ID),
    GITHUB_RUN_ATTEMPT: '1',
    GITHUB_SERVER_URL: 'https://github.com',
    ...facts.environment,
  })
  const step = (name: string, own: Record<string, string>): Program =>
    start([join(checkout, 'dist', name, 'index.js')], {
      cwd: workspace,
      env: { ...environment(), ...own },
      limitMs: STEP_LIMIT_MS,
    })
  return {
    workspace,
    main: (inputs) =>
      step(
        'main',
        prefixed('INPUT_', inputs, (name) => name.toUpperCase()),
      ),
    post: (inputs = {}) =>
      step('post', {
        ...prefixed('INPUT_', inputs, (name) => name.toUpperCase()),
        ...prefixed('STATE_', commandFile(file('state')), (name) => name),
      }),
    outputs: () => commandFile(file('output')),
    state: () => commandFile(file('state')),
    summary: () => readFileSync(file('summary'), 'utf8'),
  }
}

/** A job of a repository that has the shop. */
export function shopRunner(checkout: string, facts: RunnerFacts = {}): FakeRunner {
  const runner = fakeRunner(checkout, facts)
  putShop(runner.workspace)
  return runner
}

function prefixed(
  prefix: string,
  values: Readonly<Record<string, string>>,
  key: (name: string) => string,
): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [`${prefix}${key(name)}`, value]))
}

/** `name<<DELIMITER`, lines, `DELIMITER`; a later value of a name wins. */
function commandFile(path: string): Record<string, string> {
  const values: Record<string, string> = {}
  for (const match of readFileSync(path, 'utf8').matchAll(/^([\w-]+)<<(\S+)\n(?:([^]*?)\n)?\2\n/gm))
    values[match[1] ?? ''] = match[3] ?? ''
  return values
}
