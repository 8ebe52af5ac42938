import { expect, test } from 'vitest'
import { MACHINE as OPTIONS } from '../../test/support/strangers-machine.ts'
import { findDangers } from './dangers.ts'

function found(config: object, more: object = {}): string[] {
  return findDangers(config, { ...OPTIONS, ...more }).map(({ allow, key }) => `${allow} ${key}`)
}

const web = (service: object): string[] => found({ services: { web: { image: 'a', ...service } } })
const bind = (source: string, more: object = {}): object => ({
  volumes: [{ type: 'bind', source, target: '/x', read_only: true, ...more }],
})

test.each<[source: string, dangers: string[]]>([
  ['/work', ['mount']],
  ['/work/.', ['mount']],
  ['/work/data', []],
  ['/work/data/.gitignore', []],
  ['/work/.git', ['mount']],
  ['/work/.git/hooks', ['mount']],
  ['/work/.GIT/config', ['mount']],
  ['/work/git-link', ['mount']],
  ['/work/nested', ['mount']],
  ['/work/nested/deep', ['mount']],
  ['/work/nested/other', []],
  ['/work/huge', ['mount']],
  ['/work/results', ['mount']],
  ['/work/results/latest', ['mount']],
  ['/work/results/latest/logs', ['mount']],
  ['/work/results/latest-of-mine', []],
  ['/work/.chaos-action/dist', ['mount']],
  ['/work/../work/data', []],
  ['/workspace', ['mount']],
  ['/work/../etc', ['mount']],
  ['/work/etc-link', ['mount']],
  ['/work/etc-link/passwd', ['mount']],
  ['/etc/passwd', ['mount']],
  ['data', ['mount']],
  ['', ['mount']],
  ['/', ['docker-socket', 'mount']],
  ['/var/run', ['docker-socket', 'mount']],
  ['/run', ['docker-socket', 'mount']],
  ['/var/run/docker.sock', ['docker-socket', 'mount']],
  ['/work/sock-link', ['docker-socket', 'mount']],
  ['/work/docker.sock', ['docker-socket']],
  ['/run/containerd', ['docker-socket', 'mount']],
  ['/run/containerd/containerd.sock', ['docker-socket', 'mount']],
  ['/run/user/1000/podman/podman.sock', ['docker-socket', 'mount']],
  ['/run/user/1000', ['docker-socket', 'mount']],
  ['/home/me/.docker/run', ['docker-socket', 'mount']],
  ['/run/runner', ['mount']],
])('a bind of %s: %j', (source, dangers) => {
  expect(web(bind(source))).toEqual(dangers.map((kind) => `${kind} services.web.volumes[0]`))
  const config = { services: { web: {} }, volumes: { data: { driver_opts: { type: 'none', o: 'bind', device: source } } } }
  // Compose cleans the sources of mounts; what a volume is given goes to the kernel as it stands.
  const expected = source.includes('..')
    ? ['mount volumes.data']
    : dangers.map((kind) => `${kind} volumes.data.driver_opts.device`)
  expect(found(config)).toEqual(expected)
})

test.each<[volume: object, dangers: string[]]>([
  [{}, []],
  [{ name: 'fixed' }, []],
  [{ driver: 'local', driver_opts: { type: 'tmpfs', device: 'tmpfs', o: 'size=64m,uid=1000,mode=0700,noexec' } }, []],
  [{ driver_opts: { size: '10G' } }, []],
  [{ driver_opts: { type: 'none', o: 'bind', device: '/work/data' } }, []],
  [{ external: true, name: 'theirs' }, ['external volumes.data']],
  [{ driver: 'rclone' }, ['mount volumes.data']],
  [{ driver_opts: { type: 'nfs', o: 'addr=10.0.0.1', device: ':/x' } }, ['mount volumes.data']],
  [{ driver_opts: { type: 'tmpfs', o: 'bind', device: '/etc' } }, ['mount volumes.data']],
  [{ driver_opts: { type: 'overlay', o: 'lowerdir=/etc,upperdir=/u,workdir=/w', device: 'overlay' } }, ['mount volumes.data']],
  [{ driver_opts: { type: 'ext4', device: '/dev/sda1' } }, ['mount volumes.data']],
  [{ driver_opts: { mountpoint: '/etc' } }, ['mount volumes.data']],
])('the volume %j: %j', (volume, dangers) => {
  expect(found({ services: {}, volumes: { data: volume } })).toEqual(dangers)
})

test('secrets and configs from files outside the workspace', () => {
  const config = {
    services: {},
    secrets: { key: { file: '/home/me/.ssh/id_ed25519' }, own: { file: '/work/key' }, env: { environment: 'KEY' } },
    configs: { sock: { file: '/run/docker.sock' }, inline: { content: 'a' } },
  }
  expect(found(config)).toEqual(['file secrets.key.file', 'docker-socket configs.sock.file', 'file configs.sock.file'])
})

test('what lies in a folder that a container may write to can become a link', () => {
  const services = {
    web: { volumes: [{ type: 'bind', source: '/work/app', target: '/app' }] },
    db: { volumes: [{ type: 'bind', source: '/work/app/conf', target: '/conf', read_only: true }] },
  }
  expect(found({ services, secrets: { key: { file: '/work/app/key' } } })).toEqual([
    'mount services.db.volumes[0]',
    'file secrets.key.file',
  ])
  const isReadOnly = { web: { volumes: [{ ...services.web.volumes[0], read_only: true }] } }
  expect(found({ services: { ...services, ...isReadOnly } })).toEqual([])
})

test('what Git keeps is no secret and no configuration either', () => {
  const config = { services: {}, secrets: { git: { file: '/work/.git/config' } }, configs: { git: { file: '/work/git-link/x' } } }
  expect(found(config)).toEqual(['file secrets.git.file', 'file configs.git.file'])
})

test('what is read again later may lie in no folder that a container writes', () => {
  const services = { web: bind('/work/app', { read_only: false }) }
  const reread = [
    { key: 'images[0].context', path: '/work/app', allow: 'build' },
    { key: 'load', path: '/work/app/load/x.js', allow: 'mount' },
    { key: 'load', path: '/work/application/x.js', allow: 'mount' },
  ]
  expect(found({ services }, { reread })).toEqual(['build images[0].context', 'mount load'])
  expect(found({ services: { web: bind('/work/app') } }, { reread })).toEqual([])
})

test('the action in a workspace of its own is read where it is allowed, and nowhere written', () => {
  const more = { allowedRoots: ['/work/stack'] }
  expect(found({ services: { web: bind('/work/stack/a') } }, more)).toEqual([])
  for (const source of ['/work/stack', '/work/stack/a'])
    expect(found({ services: { web: bind(source, { read_only: false }) } }, more)).toEqual(['mount services.web.volumes[0]'])
})

test('a folder that is allowed besides may be read, and not written', () => {
  const more = { allowedRoots: ['/action/stack'] }
  expect(found({ services: { web: bind('/action/stack/a') } }, more)).toEqual([])
  const writable = { services: { web: bind('/action/stack/a', { read_only: false }) } }
  expect(found(writable, more)).toEqual(['mount services.web.volumes[0]'])
})

test.each<[mount: object, dangers: string[]]>([
  [{ type: 'bind', source: '/work/data', bind: { propagation: 'rprivate' } }, []],
  [{ type: 'bind', source: '/work/data', bind: { propagation: 'rshared' } }, ['mount services.web.volumes[0]']],
  [{ type: 'npipe', source: '\\\\.\\pipe\\docker_engine' }, ['mount services.web.volumes[0]']],
  [{ type: 'cluster', source: 'group:x' }, ['mount services.web.volumes[0]']],
  [{ type: 'volume', source: 'data', target: '/x' }, []],
  [{ type: 'tmpfs', target: '/x' }, []],
  [{ type: 'image', source: 'alpine' }, []],
  [{ type: 'image', source: 'localhost:5000/a' }, ['mount services.web.volumes[0]']],
])('the mount %j: %j', (mount, dangers) => {
  expect(web({ volumes: [mount] })).toEqual(dangers)
})
