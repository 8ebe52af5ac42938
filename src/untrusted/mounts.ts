/** Dangers in what of the machine's files a stack sees. Pure but for the links that it has followed. */
import { basename, dirname, isAbsolute, join, resolve } from 'node:path'
import type { DangerKind } from './allow-untrusted.ts'
import { shown, type Danger } from './danger.ts'
import { imageProblem } from './fetched.ts'
import type { Ground } from './ground.ts'
import type { MountConfig, ServiceConfig, SharedConfig, StackConfig } from './schema.ts'

/** Sockets of daemons that are root, and of those that are the user. */
const SOCKET_NAME = /^(docker|containerd|containerd-debug|podman|crio|buildkitd|dockershim|cri-dockerd)\.sock$/
const SOCKETS = [
  '/run/docker.sock',
  '/run/containerd/containerd.sock',
  '/run/podman/podman.sock',
  '/run/crio/crio.sock',
  '/run/buildkit/buildkitd.sock',
  '/run/k3s/containerd/containerd.sock',
] as const
/** Folders in which a user has such sockets. */
const USER_SOCKETS = /^\/run\/user(\/[^/]+(\/(podman|docker))?)?$|\/\.docker\/(run|desktop)$/

/** Options of a file system in memory that change nothing but itself: `bind` among them would mount the device instead. */
const TMPFS_OPTION =
  /^(size|nr_blocks|nr_inodes|mode|uid|gid|huge|mpol)=[\w%:.,-]*$|^(rw|ro|exec|noexec|suid|nosuid|dev|nodev|sync|async|atime|noatime|relatime|norelatime|strictatime|diratime|nodiratime|inode32|inode64|defaults)$/

const VOLUME_OPTIONS: ReadonlySet<string> = new Set(['type', 'device', 'o', 'size'])

interface Use {
  readonly service: string | null
  readonly key: string
  readonly path: string
  readonly isWritable: boolean
  readonly allow: 'mount' | 'file'
}

/** Folders and files that a container may write, with all links followed. */
export type Written = ReadonlySet<string>

interface Mounts {
  readonly dangers: readonly Danger[]
  readonly written: Written
}

export function mountDangers(stack: StackConfig, ground: Ground): Mounts {
  const services = Object.entries(stack.services)
  const mounts = services.flatMap(([name, service]) => serviceMounts(name, service))
  const volumes = Object.entries(stack.volumes).map(([name, volume]) => volumeUse(name, volume))
  const files = (['secrets', 'configs'] as const).flatMap((kind) =>
    Object.entries(stack[kind]).map(([name, object]) => ({ key: `${kind}.${name}.file`, path: object?.file ?? '' })),
  )
  const uses: Use[] = [
    ...mounts.flatMap(({ use }) => (use === null ? [] : [use])),
    ...volumes.flatMap(({ use }) => (use === null ? [] : [use])),
    ...files
      .filter(({ path }) => path !== '')
      .map(({ key, path }): Use => ({ service: null, key, path, isWritable: false, allow: 'file' })),
  ]
  const written = new Set(uses.filter(({ isWritable }) => isWritable).map(({ path }) => ground.real(path)))
  const dangers = [
    ...mounts.flatMap(({ danger }) => danger),
    ...volumes.flatMap(({ danger }) => danger),
    ...uses.flatMap((use) => useDangers(use, ground, written)),
  ]
  return { dangers, written }
}

interface Looked {
  readonly use: Use | null
  readonly danger: readonly Danger[]
}

function serviceMounts(name: string, service: ServiceConfig): Looked[] {
  return (service.volumes ?? []).map((mount, index) => lookAt(name, `services.${name}.volumes[${index}]`, mount))
}

function lookAt(service: string, key: string, mount: MountConfig): Looked {
  const path = mount.source ?? ''
  const danger = (what: string, why: string): Danger => ({ service, key, what, why, allow: 'mount' })
  switch (mount.type) {
    case 'volume':
    case 'tmpfs':
      return { use: null, danger: [] }
    case 'image': {
      const why = imageProblem(path)
      return { use: null, danger: why === null ? [] : [danger(path, why)] }
    }
    case 'bind': {
      const propagation = mount.bind?.propagation ?? ''
      const isShared = propagation === 'shared' || propagation === 'rshared'
      return {
        use: { service, key, path, isWritable: mount.read_only !== true, allow: 'mount' },
        danger: isShared ? [danger(propagation, 'what it mounts appears on the machine as well')] : [],
      }
    }
    case 'npipe':
      return { use: null, danger: [danger(path, 'it has a pipe of the machine')] }
    default:
      return { use: null, danger: [danger(mount.type, 'what it mounts is not known')] }
  }
}

/** A volume of Docker's own is what its options make of it: some of them are bind mounts by another name. */
function volumeUse(name: string, volume: SharedConfig): Looked {
  const key = `volumes.${name}`
  const danger = (what: unknown, why: string, allow: Danger['allow'] = 'mount'): Looked => ({
    use: null,
    danger: [{ service: null, key, what: shown(what), why, allow }],
  })
  if (isExternal(volume)) return danger(volume?.['name'] ?? name, 'the volume is not of the stack', 'external')
  const driver = volume?.driver ?? ''
  if (driver !== '' && driver !== 'local') return danger(driver, 'a plugin of the machine makes the volume')
  const options = volume?.driver_opts ?? {}
  if (Object.keys(options).some((option) => !VOLUME_OPTIONS.has(option)))
    return danger(options, 'what the options of the volume do is not known')
  const { type = '', device = '', o = '' } = options
  const flags = o.split(',').filter((flag) => flag !== '')
  if (type === '' && device === '' && flags.length === 0) return { use: null, danger: [] }
  if (type === 'tmpfs')
    return flags.every((flag) => TMPFS_OPTION.test(flag))
      ? { use: null, danger: [] }
      : danger(options, 'what the options of the volume do is not known')
  const isBind = (type === 'none' || type === '' || type === 'bind') && flags.some((flag) => flag === 'bind' || flag === 'rbind')
  if (!isBind) return danger(options, 'the volume is a file system of somewhere else')
  // As it stands it goes to the kernel, which takes `link/..` for what the link leads to.
  if (device.split('/').includes('..')) return danger(device, 'where the path leads cannot be told')
  return { use: { service: null, key: `${key}.driver_opts.device`, path: device, isWritable: true, allow: 'mount' }, danger: [] }
}

export function isExternal(shared: SharedConfig): boolean {
  const external = shared?.external
  return external !== undefined && external !== null && external !== false
}

function useDangers({ service, key, path, isWritable, allow }: Use, ground: Ground, written: Written): Danger[] {
  const found: Danger[] = []
  const real = ground.real(path)
  const what = real === path ? shown(path) : `${shown(path)} → ${shown(real)}`
  const add = (why: string, kind: DangerKind = allow): void => {
    found.push({ service, key, what, why, allow: kind })
  }
  if (hasSocket(path) || hasSocket(real))
    add('with the socket it commands the daemon, which is root on the machine', 'docker-socket')
  if (!ground.isInside(path)) {
    add('it lies outside the workspace')
    return found
  }
  if (isWritable && !ground.isWritable(path)) add('it may change what lies outside the workspace')
  const kept = ground.keptProblem(path)
  if (kept !== null) add(kept)
  const folder = parents(real).find((parent) => written.has(parent))
  if (folder !== undefined)
    add(`it lies in ${shown(folder)}, where a container may put a link in its place: Docker follows it at the next start`)
  return found
}

/** The socket itself, or a folder that it is in. */
function hasSocket(path: string): boolean {
  const plain = resolve(path).replace(/^\/var\/run(?=\/|$)/, '/run')
  if (SOCKET_NAME.test(basename(plain)) || USER_SOCKETS.test(plain)) return true
  if (plain === '/' || plain === '/var') return true
  return SOCKETS.some((socket) => socket.startsWith(`${plain}/`))
}

/** The folder or file that a container may write, of a path that is it or lies in it; null: none may. */
export function writtenFolder(real: string, written: Written): string | null {
  return [real, ...parents(real)].find((path) => written.has(path)) ?? null
}

function parents(path: string): string[] {
  if (!isAbsolute(path) || path === '/') return []
  return [dirname(path), ...parents(dirname(path))]
}

/** Where a path of the compose file is read from, seen from its context. */
export function within(context: string, path: string): string {
  return isAbsolute(path) ? path : join(context, path)
}
