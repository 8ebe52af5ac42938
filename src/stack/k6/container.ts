/** k6 in a container on the stack's network. */
import { getgid, getuid } from 'node:process'
import type Dockerode from 'dockerode'
import { ChaosError } from '../../core/errors.ts'
import type { ExecResult } from '../../ports/exec.ts'
import { dockerCall, dockerStatus, orGone } from '../docker/call.ts'
import { logText } from '../docker/container-logs.ts'
import type { K6Command, K6Files, K6Launch, K6Launcher, K6Process } from './process.ts'
import { seenAt } from './script-files.ts'
import { untilHeard } from './until-heard.ts'
import { K6_ROLE, ROLE_LABEL, RUN_LABEL } from '../docker/labels.ts'

const FOLDER = '/load'
const SCRIPTS = '/scripts'
const COMMAND_LIMIT_MS = 30_000
const LOG_LINES = 1_000
/** Many short connections to few addresses use up the usual range (k6's own advice for large tests). */
const SYSCTLS = { 'net.ipv4.ip_local_port_range': '1024 65535', 'net.ipv4.tcp_tw_reuse': '1' }

export interface K6ContainerOptions {
  readonly docker: Dockerode
  readonly image: string
  readonly runId: string
  readonly network: string
  readonly entryUrl: string
}

/** It sees the script's files, read-only, the folder for what it writes, and the stack's network. */
export function containerLauncher(options: K6ContainerOptions): K6Launcher {
  return {
    kind: 'container',
    entryUrl: options.entryUrl,
    paths: (_folder, { root, script }) => ({ folder: FOLDER, script: seenAt(SCRIPTS, root, script) }),
    command: (request, signal) => untilHeard(() => command(options, request, signal)),
    launch: (request, signal) => launch(options, request, signal),
  }
}

async function command(options: K6ContainerOptions, request: K6Command, signal: AbortSignal): Promise<ExecResult> {
  // Modules that lie elsewhere are fetched when a script is loaded.
  const isRemote = (request.files?.remote ?? []).length > 0
  const container = await create(options, { ...request, network: isRemote ? options.network : 'none' }, signal)
  try {
    await start(container, signal)
    const exitCode = await dockerCall('wait for k6', signal, (abortSignal) => exitOf(container, abortSignal), COMMAND_LIMIT_MS)
    const text = async (stdout: boolean): Promise<string> =>
      logText(
        await dockerCall('read what k6 said', signal, (abortSignal) =>
          container.logs({ follow: false, stdout, stderr: !stdout, abortSignal }),
        ),
      )
    return { exitCode, stdout: await text(true), stderr: await text(false) }
  } finally {
    await remove(container)
  }
}

async function launch(options: K6ContainerOptions, request: K6Launch, signal: AbortSignal): Promise<K6Process> {
  const container = await create(options, { ...request, network: options.network }, signal)
  const own = new AbortController()
  try {
    await start(container, signal)
  } catch (error) {
    await remove(container)
    throw error
  }
  return {
    exited: exitOf(container, own.signal),
    kill: (name) => kill(container, name),
    log: async () => {
      const raw = await dockerCall('read the log of k6', own.signal, (abortSignal) =>
        orGone(container.logs({ follow: false, stdout: true, stderr: true, tail: LOG_LINES, abortSignal })),
      )
      return raw === null ? '' : logText(raw)
    },
    cpuUs: (inner) => cpuOf(container, inner),
    remove: () => remove(container),
  }
}

interface Creation extends K6Command {
  readonly folder?: string
  readonly network: string
}

/** @throws CAPABILITY_MISSING without the image. */
async function create(
  { docker, image, runId }: K6ContainerOptions,
  { name, argv, environment, folder, files, network }: Creation,
  signal: AbortSignal,
): Promise<Dockerode.Container> {
  const options: Dockerode.ContainerCreateOptions = {
    name,
    Image: image,
    Cmd: [...argv],
    Env: Object.entries(environment).map(([key, value]) => `${key}=${value}`),
    // What handleSummary() writes goes there.
    WorkingDir: folder === undefined ? '/' : FOLDER,
    // Files that it writes are the runner's own.
    User: `${getuid?.() ?? 0}:${getgid?.() ?? 0}`,
    Labels: { [RUN_LABEL]: runId, [ROLE_LABEL]: K6_ROLE },
    HostConfig: {
      NetworkMode: network,
      Mounts: [...mountsOf(files), ...(folder === undefined ? [] : [bind(folder, FOLDER, false)])],
      CapDrop: ['ALL'],
      SecurityOpt: ['no-new-privileges'],
      ReadonlyRootfs: true,
      Tmpfs: { '/tmp': 'rw,noexec,nosuid,size=64m' },
      ...(hasOwnNetwork(network) ? { Sysctls: SYSCTLS } : {}),
      LogConfig: { Type: 'json-file', Config: { 'max-size': '8m', 'max-file': '1' } },
    },
  }
  try {
    return await dockerCall(`create ${name}`, signal, (abortSignal) => docker.createContainer({ ...options, abortSignal }))
  } catch (error) {
    if (dockerStatus(error) !== 404) throw error
    throw new ChaosError('CAPABILITY_MISSING', `there is no image ${image} to run k6 in`, {
      hint: 'Pull it, build it with script/bootstrap, or name a k6 of this machine with --k6-path.',
      cause: error,
    })
  }
}

function mountsOf(files: K6Files | null): Dockerode.MountSettings[] {
  if (files === null) return []
  return files.shown.map((path) => bind(path, seenAt(SCRIPTS, files.root, path), true))
}

function bind(source: string, target: string, readOnly: boolean): Dockerode.MountSettings {
  return { Type: 'bind', Source: source, Target: target, ReadOnly: readOnly }
}

/** Settings of the network are those of its namespace: never the machine's own. */
function hasOwnNetwork(network: string): boolean {
  return network !== 'host' && network !== 'none' && !network.startsWith('container:')
}

async function start(container: Dockerode.Container, signal: AbortSignal): Promise<void> {
  await dockerCall('start k6', signal, (abortSignal) => container.start({ abortSignal }))
}

async function exitOf(container: Dockerode.Container, abortSignal: AbortSignal): Promise<number> {
  const { StatusCode } = (await container.wait({ abortSignal })) as { StatusCode: number }
  return StatusCode
}

async function kill(container: Dockerode.Container, name: string): Promise<void> {
  try {
    await dockerCall(`send ${name} to k6`, AbortSignal.timeout(COMMAND_LIMIT_MS), (abortSignal) =>
      orGone(container.kill({ signal: name, abortSignal })),
    )
  } catch (error) {
    // 409: it has ended.
    if (dockerStatus(error) !== 409) throw error
  }
}

async function cpuOf(container: Dockerode.Container, signal: AbortSignal): Promise<number | null> {
  const stats = await dockerCall('read the CPU time of k6', signal, (abortSignal) => {
    // The library's type knows no signal here; it passes one on all the same.
    const options: { stream: false; 'one-shot': true } = { stream: false, 'one-shot': true, ...{ abortSignal } }
    return orGone(container.stats(options))
  })
  // Nanoseconds; nothing for a container that has ended.
  const usage = stats?.cpu_stats.cpu_usage.total_usage ?? 0
  return usage === 0 ? null : usage / 1_000
}

async function remove(container: Dockerode.Container): Promise<void> {
  await dockerCall('remove k6', AbortSignal.timeout(COMMAND_LIMIT_MS), (abortSignal) =>
    orGone(container.remove({ force: true, v: true, abortSignal })),
  )
}
