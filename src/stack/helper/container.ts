/** The containers that helpers live in: how they are made, found again, and ended. */
import { createHash } from 'node:crypto'
import type Dockerode from 'dockerode'
import type { HelperRequest } from '../../ports/toolbox.ts'
import {
  TOOLBOX_AVOID_VARIABLE,
  TOOLBOX_CGROUP_PATH,
  TOOLBOX_FILL_PATH,
  TOOLBOX_OBJECTS_VARIABLE,
  TOOLBOX_TTL_VARIABLE,
  TOOLBOX_VOLUME_PATH,
  type ToolboxAvoidable,
} from '../../core/toolbox.ts'
import { dockerCall, dockerStatus, inspectContainer, orGone } from '../docker/call.ts'
import { frameReader } from '../docker/container-logs.ts'
import { ownerLabels, ROLE_LABEL, RUN_LABEL, TOOLBOX_ROLE, type Owner } from '../docker/labels.ts'
import { outputTail } from '../programs/output-tail.ts'

const MEMORY_BYTES = 256 * 1024 * 1024
/** With a GPU it has the driver's own data beside it, a few hundred MiB on a large one. */
const GPU_MEMORY_BYTES = 1024 * 1024 * 1024
/** Node's own threads, and a few tools at once. */
const PIDS_LIMIT = 128
/** Undoing takes milliseconds. Then SIGKILL: 137 tells that the undo did not end. */
const STOP_SECONDS = 2
const LOG_TAIL_LINES = 100
const LOG_TAIL_BYTES = 8 * 1024

export interface HelperSpec extends Owner {
  readonly request: HelperRequest
  readonly image: string
  /** The word in the names of what it installs. */
  readonly objects: string
  readonly avoid: readonly ToolboxAvoidable[]
  /** How Docker is asked for the request's GPU; empty where it wants none. */
  readonly devices: readonly Dockerode.DeviceRequest[]
}

/** The word for what a helper installs: the same for the same container name, in whatever process. */
export function objectsWord(helperName: string): string {
  return createHash('sha256').update(helperName).digest('hex').slice(0, 12)
}

/** Everything that the helper is not given is taken: no capability but the asked, nothing to write to, never privileged. */
export function containerOptions(spec: HelperSpec): Dockerode.ContainerCreateOptions {
  const { request, image, objects, avoid, devices } = spec
  const { attachTo, pid } = request
  const memoryBytes = devices.length === 0 ? MEMORY_BYTES : GPU_MEMORY_BYTES
  return {
    name: request.name,
    Image: image,
    Labels: { ...ownerLabels(spec), [ROLE_LABEL]: TOOLBOX_ROLE },
    Env: [
      `${TOOLBOX_TTL_VARIABLE}=${request.ttlMs}`,
      `${TOOLBOX_OBJECTS_VARIABLE}=${objects}`,
      `${TOOLBOX_AVOID_VARIABLE}=${avoid.join(',')}`,
    ],
    // StdinOnce: the daemon closes the helper's input when we are gone, and that makes it undo at once.
    OpenStdin: true,
    StdinOnce: true,
    AttachStdin: true,
    AttachStdout: true,
    AttachStderr: true,
    Tty: false,
    ...(request.user === undefined ? {} : { User: request.user }),
    HostConfig: {
      NetworkMode: 'container' in attachTo ? `container:${attachTo.container}` : attachTo.network,
      ...(pid === 'own' ? {} : { PidMode: pid === 'host' ? 'host' : `container:${pid.container}` }),
      // Paths in /proc/PID/cgroup are told relative to the reader's own cgroup namespace, and v2 forbids moving across one.
      ...(pid === 'host' ? { CgroupnsMode: 'host' } : {}),
      Mounts: mounts(request),
      CapDrop: ['ALL'],
      CapAdd: [...request.capabilities],
      SecurityOpt: ['no-new-privileges'],
      ReadonlyRootfs: true,
      // The lock file of iptables-legacy.
      Tmpfs: {
        '/run': 'rw,noexec,nosuid,size=1m',
        ...(request.fillBytes === undefined ? {} : { [TOOLBOX_FILL_PATH]: fillOptions(request.fillBytes) }),
      },
      ...(devices.length === 0 ? {} : { DeviceRequests: [...devices] }),
      Memory: memoryBytes,
      MemorySwap: memoryBytes,
      PidsLimit: PIDS_LIMIT,
      // Not AutoRemove: its exit code is to be read first.
      AutoRemove: false,
      LogConfig: { Type: 'json-file', Config: { 'max-size': '2m', 'max-file': '1' } },
    },
  }
}

function fillOptions(bytes: number): string {
  return `rw,noexec,nosuid,nodev,mode=0700,size=${Math.ceil(bytes)}`
}

function mounts({ cgroups, volume }: HelperRequest): Dockerode.MountSettings[] {
  const found: Dockerode.MountSettings[] = []
  if (cgroups === true) found.push({ Type: 'bind', Source: '/sys/fs/cgroup', Target: TOOLBOX_CGROUP_PATH })
  if (volume !== undefined) {
    found.push({ Type: volume.type === 'volume' ? 'volume' : 'bind', Source: volume.source, Target: TOOLBOX_VOLUME_PATH })
  }
  return found
}

/** The helper of that name if it carries this run's label, whoever started it; null otherwise. */
export async function findHelper(
  docker: Dockerode,
  name: string,
  runId: string,
  signal: AbortSignal,
): Promise<Dockerode.Container | null> {
  const found = await dockerCall(`find the helper ${name}`, signal, (abortSignal) =>
    docker.listContainers({
      all: true,
      filters: { name: [name], label: [`${RUN_LABEL}=${runId}`, `${ROLE_LABEL}=${TOOLBOX_ROLE}`] },
      abortSignal,
    }),
  )
  // Docker's filter matches any part of a name.
  const exact = found.find((container) => container.Names.includes(`/${name}`))
  return exact === undefined ? null : docker.getContainer(exact.Id)
}

/** True when the container can lend its namespaces. */
export async function isRunning(docker: Dockerode, container: string, signal: AbortSignal): Promise<boolean> {
  return (await inspectContainer(docker, container, signal))?.State.Running === true
}

/** As Docker writes the start of a container that never came to one. */
const NEVER = Date.parse('0001-01-01T00:00:00Z')

/**
 * SIGTERM, SIGKILL after 2 s, exit code, last words, removal. null when it was gone already, or never began: whoever was to
 * start it was killed in the middle of that, and it has nothing to undo.
 */
export async function endHelper(
  container: Dockerode.Container,
  signal: AbortSignal,
): Promise<{ exitCode: number; output: string } | null> {
  const name = container.id.slice(0, 12)
  const stopped = await dockerCall(`stop the helper ${name}`, signal, (abortSignal) =>
    orGone(
      container
        .stop({ t: STOP_SECONDS, abortSignal })
        .catch((error: unknown) => {
          // 304: it had ended by itself.
          if (dockerStatus(error) !== 304) throw error
        })
        .then(() => true),
    ),
  )
  if (stopped === null) return null
  const info = await dockerCall(`inspect the helper ${name}`, signal, (abortSignal) => orGone(container.inspect({ abortSignal })))
  if (info === null) return null
  const output = await lastWords(container, signal)
  await removeContainer(container, signal)
  if (Date.parse(info.State.StartedAt) === NEVER) return null
  return { exitCode: info.State.ExitCode, output }
}

export async function removeContainer(container: Dockerode.Container, signal: AbortSignal): Promise<void> {
  await dockerCall(`remove the helper ${container.id.slice(0, 12)}`, signal, (abortSignal) =>
    orGone(container.remove({ force: true, v: true, abortSignal })),
  )
}

async function lastWords(container: Dockerode.Container, signal: AbortSignal): Promise<string> {
  const raw = await dockerCall('read the last words of the helper', signal, (abortSignal) =>
    orGone(container.logs({ follow: false, stdout: false, stderr: true, tail: LOG_TAIL_LINES, abortSignal })),
  )
  const tail = outputTail(LOG_TAIL_BYTES)
  frameReader((_stream, payload) => {
    tail.push(payload)
  }).push(raw ?? Buffer.alloc(0))
  return tail.text()
}
