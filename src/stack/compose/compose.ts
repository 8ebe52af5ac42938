/** `docker compose` for one project. Exit codes decide; what it printed only explains. */
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { ChaosError, describeError } from '../../core/errors.ts'
import type { ExecPort, ExecResult } from '../../ports/exec.ts'
import type { Logger } from '../../ports/reporter.ts'
import { blankTexts } from './blank-variables.ts'
import { overrideFor, parseComposeConfig, printedJson, type ComposeConfig, type ServiceLabels } from './config.ts'
import { ownerName, type Owner } from '../docker/labels.ts'
import { atLeast } from '../docker/version.ts'

const OLDEST = { major: 2, minor: 24 }
const QUERY_LIMIT_MS = 30_000
const UP_LIMIT_MS = 300_000
const BUILD_LIMIT_MS = 900_000
const DOWN_LIMIT_MS = 60_000
const SCALE_LIMIT_MS = 60_000
const CONFIG_BYTES = 16 * 1024 * 1024

export interface ComposeOptions extends Owner {
  readonly exec: ExecPort
  readonly log: Logger
  readonly files: readonly string[]
  /** The run's own folder; the override file is written there. */
  readonly stateDir: string
  readonly env: Readonly<Record<string, string>>
  readonly labels: ServiceLabels
  /** Names of the user's environment that `env` is without. */
  readonly withheld?: ReadonlySet<string>
  /** Containers start on all CPUs: whoever starts them gives them the quotas of `config` when they are healthy. */
  readonly isWithoutCpuQuotas?: boolean
  /** Later commands take what the files come to now: a container that mounts their folder could write another stack there. */
  readonly isFrozen?: boolean
}

/** What the compose files come to, before anything of it exists. */
export interface MergedStack {
  readonly files: readonly string[]
  /** As `config --format json` prints it, services of all profiles included. */
  readonly config: unknown
  /** The same before variables and env files are filled in; null when compose cannot print that. */
  readonly asWritten: unknown
}

export interface Compose {
  readonly project: string
  readonly config: ComposeConfig
  /** All that compose printed of it. */
  readonly merged: unknown
  build(signal: AbortSignal): Promise<void>
  /** Creates and starts everything, detached. Does not wait for health beyond what the file's `depends_on` asks for. */
  up(signal: AbortSignal): Promise<void>
  /**
   * Starts containers of one service until there are `count`; what runs is left as it is.
   * @throws CAPABILITY_MISSING for a service whose container has a fixed name: there can be only one.
   */
  scale(service: string, count: number, signal: AbortSignal): Promise<void>
  /** Stops and removes containers, networks, named and anonymous volumes, and the images that `build` left. */
  down(options: { stopTimeoutSeconds: number; signal: AbortSignal }): Promise<void>
}

/** The version of the Compose plugin. @throws DOCKER_UNAVAILABLE when it is missing or older than 2.24. */
export async function composeVersion(
  exec: ExecPort,
  env: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<string> {
  const hint = 'Install the Docker Compose plugin 2.24 or newer (Debian: docker-compose; Docker: docker-compose-plugin).'
  const result = await exec.run('docker', ['compose', 'version', '--short'], { env, limitMs: QUERY_LIMIT_MS, signal })
  if (result.exitCode !== 0) throw new ChaosError('DOCKER_UNAVAILABLE', '`docker compose` is not installed', { hint })
  const version = result.stdout.trim()
  if (!atLeast(version, OLDEST.major, OLDEST.minor)) {
    throw new ChaosError('DOCKER_UNAVAILABLE', `Docker Compose is ${version || 'of an unknown version'}, too old`, { hint })
  }
  return version
}

type Project = Owner & Pick<ComposeOptions, 'exec' | 'log' | 'files' | 'env'>

/** For those who judge the stack before it is built. Writes and starts nothing. */
export async function readMergedStack(options: Project, signal: AbortSignal): Promise<MergedStack> {
  const flags = [...flagsOf(options, options.files, ['--profile', '*']), 'config', '--format', 'json']
  const config: unknown = printedJson((await printed(options, flags, signal)).stdout)
  let asWritten: unknown = null
  try {
    asWritten = printedJson((await printed(options, [...flags, '--no-interpolate'], signal)).stdout)
  } catch (error) {
    if (signal.aborted) throw error
    options.log.log('debug', `compose files cannot be read without their variables: ${describeError(error, 500)}`)
  }
  return { files: options.files, config, asWritten }
}

/** Reads the merged configuration and writes the override. Starts nothing. */
export async function openCompose(options: ComposeOptions, signal: AbortSignal): Promise<Compose> {
  const project = ownerName(options)
  const { stdout: text, stderr } = await printed(
    options,
    [...flagsOf(options, options.files), 'config', '--format', 'json'],
    signal,
  )
  for (const blank of blankTexts(stderr, options.withheld ?? new Set())) options.log.log('warn', blank)
  const config = parseComposeConfig(text)
  if (Object.keys(config.services).length === 0)
    throw new ChaosError('BAD_INPUT', `${options.files.join(', ')}: there are no services`)
  await mkdir(options.stateDir, { recursive: true, mode: 0o700 })
  const override = join(options.stateDir, 'compose.override.json')
  await writeFile(override, overrideFor(config, options), { mode: 0o600 })
  const base =
    options.isFrozen === true ? await frozenFlags(options, text, override) : flagsOf(options, [...options.files, override])
  const compose = async (how: readonly string[], limitMs: number, inner: AbortSignal): Promise<void> => {
    await run(options, [...base, ...how], limitMs, inner)
  }
  return {
    project,
    config,
    merged: printedJson(text),
    build: (inner) => compose(['build'], BUILD_LIMIT_MS, inner),
    up: (inner) => compose(['up', '--detach', '--no-build', '--quiet-pull'], UP_LIMIT_MS, inner),
    async scale(service, count, inner) {
      refuseFixedName(config, service)
      const how = ['up', '--detach', '--no-build', '--no-recreate', '--no-deps', '--quiet-pull']
      await compose([...how, '--scale', `${service}=${count}`, service], SCALE_LIMIT_MS, inner)
    },
    down({ stopTimeoutSeconds, signal: inner }) {
      const how = ['down', '--volumes', '--remove-orphans', '--rmi', 'local', '--timeout', String(stopTimeoutSeconds)]
      return compose(how, DOWN_LIMIT_MS, inner)
    },
  }
}

/** A host port would be in the way as well, but one that is ephemeral or a range is not: that is for the daemon to say. */
function refuseFixedName(config: ComposeConfig, service: string): void {
  const name = config.services[service]?.container_name
  if (name === undefined) return
  const text = `the service ${service} cannot get one more container: the compose file fixes the name ${name}`
  throw new ChaosError('CAPABILITY_MISSING', text, {
    hint: `Remove container_name from ${service}; other services reach it by the service's name.`,
  })
}

/** Nothing that lies in the project's folder is read any more, its `.env` neither. */
async function frozenFlags(options: ComposeOptions, merged: string, override: string): Promise<string[]> {
  const file = join(options.stateDir, 'compose.merged.json')
  const variables = join(options.stateDir, 'compose.env')
  await writeFile(file, merged, { mode: 0o600 })
  await writeFile(variables, '', { mode: 0o600 })
  return flagsOf(options, [file, override], ['--env-file', variables])
}

/** @throws BAD_INPUT without a file. */
function flagsOf(options: Project, files: readonly string[], more: readonly string[] = []): string[] {
  const [first] = options.files
  if (first === undefined) throw new ChaosError('BAD_INPUT', 'the stack names no compose file')
  const project = ['--project-name', ownerName(options), '--project-directory', dirname(first)]
  return ['compose', '--ansi', 'never', '--progress', 'plain', ...project, ...more, ...files.flatMap((file) => ['--file', file])]
}

function printed(options: Project, argv: readonly string[], signal: AbortSignal): Promise<ExecResult> {
  return run(options, argv, QUERY_LIMIT_MS, signal, CONFIG_BYTES)
}

async function run(
  options: Project,
  argv: readonly string[],
  limitMs: number,
  signal: AbortSignal,
  maxOutputBytes = 64 * 1024,
): Promise<ExecResult> {
  const result = await options.exec.run('docker', argv, {
    env: options.env,
    limitMs,
    signal,
    maxOutputBytes,
    // `config` prints the whole file with its secrets filled in: only what compose says about its work goes to the log.
    onLine: (stream, line) => {
      if (stream === 'stderr' && line.trim() !== '') options.log.log('debug', `compose: ${line}`)
    },
  })
  if (result.exitCode === 0) return result
  const verb = argv[argv.lastIndexOf('--file') + 2] ?? 'compose'
  const text = `\`docker compose ${verb}\` ended with exit code ${result.exitCode}: ${explain(result.stderr)}`
  throw new ChaosError('COMPOSE_FAILED', text, { hint: `Files: ${options.files.join(', ')}` })
}

/** The last lines that say something: compose ends with its error. */
function explain(stderr: string): string {
  const lines = stderr.split('\n').map((line) => line.trim())
  const said = lines.filter((line) => line !== '').slice(-6)
  return said.join(' | ') || 'it printed no reason'
}
