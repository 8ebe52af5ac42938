import { readFileSync } from 'node:fs'
import { posix } from 'node:path'
import { describe, expect, test } from 'vitest'
import { DANGER_KINDS, parseAllow } from './allow-untrusted.ts'
import { findDangers, findDescriptorDangers, notAllowed, openPorts } from './dangers.ts'
import { HARMLESS_CAPABILITIES } from './service.ts'

/** Links of the machine that these tests are about. */
const LINKS: Readonly<Record<string, string>> = {
  '/work/etc-link': '/etc',
  '/work/sock-link': '/run/docker.sock',
  '/var/run': '/run',
}

function realpath(path: string): string {
  const whole = posix.resolve(path)
  for (const [link, target] of Object.entries(LINKS))
    if (whole === link || whole.startsWith(`${link}/`)) return posix.join(target, whole.slice(link.length))
  return whole
}

const OPTIONS = { workspace: '/work', realpath }

function found(config: object, more: object = {}): string[] {
  return findDangers(config, { ...OPTIONS, ...more }).map(({ allow, key }) => `${allow} ${key}`)
}

const web = (service: object): string[] => found({ services: { web: { image: 'a', ...service } } })
const bind = (source: string, more: object = {}): object => ({
  volumes: [{ type: 'bind', source, target: '/x', read_only: true, ...more }],
})

describe('the stack that comes with the action', () => {
  const config = JSON.parse(readFileSync('test/fixtures/compose-configs/chaos.json', 'utf8')) as object

  test('has no danger when its own folder is allowed', () => {
    expect(findDangers(config, { ...OPTIONS, allowedRoots: ['/action/stack'], asWritten: { services: {} } })).toEqual([])
    expect(openPorts(config)).toEqual([])
  })

  test('is seen to mount a file of its folder otherwise', () => {
    expect(found(config)).toEqual(['mount services.toxiproxy.volumes[0]'])
  })
})

test.each<[service: object, danger: string]>([
  [{ privileged: true }, 'privileged services.web.privileged'],
  [{ post_start: [{ command: ['a'], privileged: true }] }, 'privileged services.web.post_start[0].privileged'],
  [{ pre_stop: [{ command: ['a'] }, { privileged: true }] }, 'privileged services.web.pre_stop[1].privileged'],
  [{ network_mode: 'host' }, 'host-namespace services.web.network_mode'],
  [{ pid: 'host' }, 'host-namespace services.web.pid'],
  [{ ipc: 'host' }, 'host-namespace services.web.ipc'],
  [{ uts: 'host' }, 'host-namespace services.web.uts'],
  [{ userns_mode: 'host' }, 'host-namespace services.web.userns_mode'],
  [{ cgroup: 'host' }, 'host-namespace services.web.cgroup'],
  [{ cgroup_parent: '/init.scope' }, 'host-namespace services.web.cgroup_parent'],
  [{ pid: 'container:runner' }, 'foreign-container services.web.pid'],
  [{ network_mode: 'container:runner' }, 'foreign-container services.web.network_mode'],
  [{ ipc: 'container:runner' }, 'foreign-container services.web.ipc'],
  [{ volumes_from: ['container:runner:ro'] }, 'foreign-container services.web.volumes_from[0]'],
  [{ external_links: ['runner:r'] }, 'foreign-container services.web.external_links[0]'],
  [{ network_mode: 'other_default' }, 'external services.web.network_mode'],
  [{ use_api_socket: true }, 'docker-socket services.web.use_api_socket'],
  [{ devices: ['/dev/sda:/dev/sda:rwm'] }, 'device services.web.devices[0]'],
  [{ devices: [{ source: '/dev/kvm', target: '/dev/kvm', permissions: 'rwm' }] }, 'device services.web.devices[0]'],
  [{ devices: [{ source: 'example.com/net=all' }] }, 'device services.web.devices[0]'],
  [{ device_cgroup_rules: ['b 8:* rwm'] }, 'device services.web.device_cgroup_rules[0]'],
  [{ gpus: [{ driver: 'cdi', device_ids: ['example.com/net=0'] }] }, 'device services.web.gpus[0]'],
  [
    { deploy: { resources: { reservations: { devices: [{ capabilities: ['tpu'] }] } } } },
    'device services.web.deploy.resources.reservations.devices[0]',
  ],
  [{ cap_add: ['CHOWN', 'SYS_ADMIN'] }, 'capability services.web.cap_add[1]'],
  [{ cap_add: ['cap_net_admin'] }, 'capability services.web.cap_add[0]'],
  [{ cap_add: ['ALL'] }, 'capability services.web.cap_add[0]'],
  [{ security_opt: ['apparmor=unconfined'] }, 'security-opt services.web.security_opt[0]'],
  [{ security_opt: ['apparmor:unconfined'] }, 'security-opt services.web.security_opt[0]'],
  [{ security_opt: ['no-new-privileges:true', 'seccomp=unconfined'] }, 'security-opt services.web.security_opt[1]'],
  [{ security_opt: ['seccomp:./profile.json'] }, 'security-opt services.web.security_opt[0]'],
  [{ security_opt: ['label:disable'] }, 'security-opt services.web.security_opt[0]'],
  [{ security_opt: ['label=type:spc_t'] }, 'security-opt services.web.security_opt[0]'],
  [{ security_opt: ['systempaths=unconfined'] }, 'security-opt services.web.security_opt[0]'],
  [{ sysctls: { 'vm.overcommit_memory': '1' } }, 'sysctl services.web.sysctls.vm.overcommit_memory'],
  [{ sysctls: ['kernel.core_pattern=|/x'] }, 'sysctl services.web.sysctls.kernel.core_pattern'],
  [{ runtime: 'io.containerd.other.v1' }, 'host-program services.web.runtime'],
  [{ provider: { type: './evil' } }, 'host-program services.web.provider'],
  [{ models: { llm: null } }, 'host-program services.web.models'],
  [{ logging: { driver: 'syslog', options: { 'syslog-address': 'unix:///x' } } }, 'logging services.web.logging.driver'],
  [{ env_file: [{ path: '/etc/environment' }] }, 'file services.web.env_file[0]'],
  [{ label_file: ['/etc/labels'] }, 'file services.web.label_file[0]'],
  [{ credential_spec: { file: '/etc/spec.json' } }, 'file services.web.credential_spec.file'],
  [{ annotations: { 'cdi.k8s.io/x': 'v.com/c=d' } }, 'unknown-key services.web.annotations'],
  [{ hyper_privileged: true }, 'unknown-key services.web.hyper_privileged'],
])('%j is a danger', (service, danger) => {
  expect(web(service)).toEqual([danger])
})

test.each<object>([
  { privileged: false, network_mode: 'none', ipc: 'private', cgroup: 'private', 'x-own': { privileged: true } },
  { network_mode: 'service:db', pid: 'service:db', ipc: 'service:db' },
  { ipc: 'shareable', network_mode: 'bridge' },
  { cap_add: [...HARMLESS_CAPABILITIES, 'CAP_CHOWN', 'net_raw'] },
  { security_opt: ['no-new-privileges:true', 'no-new-privileges', 'apparmor=docker-default', 'seccomp=builtin'] },
  { sysctls: { 'net.core.somaxconn': '1024', 'kernel.shmmax': '1', 'fs.mqueue.msg_max': '1' } },
  { gpus: [{ count: -1 }], runtime: 'nvidia' },
  { gpus: [{ driver: 'cdi', device_ids: ['nvidia.com/gpu=all'] }], devices: ['nvidia.com/gpu=0'] },
  { deploy: { replicas: 4, resources: { reservations: { devices: [{ driver: 'nvidia', count: 1, capabilities: ['gpu'] }] } } } },
  { logging: { driver: 'json-file', options: { 'max-size': '1m' } } },
  { volumes_from: ['db', 'db:ro'] },
  { env_file: [{ path: '/work/.env' }], label_file: ['/work/labels'] },
  { command: null, entrypoint: null, configs: null, ulimits: { nofile: 1024 }, tmpfs: ['/run'], shm_size: '1' },
])('%j is none', (service) => {
  expect(web(service)).toEqual([])
})

test.each<[source: string, dangers: string[]]>([
  ['/work', []],
  ['/work/data', []],
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

test.each<[network: object | null, dangers: string[]]>([
  [null, []],
  [{ driver: 'bridge', internal: true, ipam: {}, driver_opts: { 'com.docker.network.driver.mtu': '1400' } }, []],
  [{ external: true, name: 'host' }, ['external networks.net']],
  [
    { driver: 'macvlan', driver_opts: { parent: 'eth0' } },
    ['external networks.net.driver', 'external networks.net.driver_opts.parent'],
  ],
  [
    { driver_opts: { 'com.docker.network.bridge.name': 'docker0' } },
    ['external networks.net.driver_opts.com.docker.network.bridge.name'],
  ],
  [{ ipam: { driver: 'plugin' } }, ['external networks.net.ipam.driver']],
])('the network %j: %j', (network, dangers) => {
  expect(found({ services: {}, networks: { net: network } })).toEqual(dangers)
})

test.each<[build: object | string, dangers: string[]]>([
  ['/work', []],
  [{ context: '/work/app', dockerfile: 'Dockerfile', args: { A: '1' }, cache_from: ['type=gha', 'a:cache'] }, []],
  [{ context: '/work/app', dockerfile: '../Dockerfile', cache_to: ['type=inline'] }, []],
  [{ context: 'https://github.com/a/b.git#main', dockerfile: 'Dockerfile' }, []],
  [{ context: '/work', additional_contexts: { base: 'docker-image://alpine', svc: 'service:db', own: '/work/b' } }, []],
  [{ context: '/' }, ['build services.web.build.context']],
  ['/etc', ['build services.web.build.context']],
  [{ context: '/work/app', dockerfile: '../../etc/passwd' }, ['build services.web.build.dockerfile']],
  [{ context: 'https://github.com/a/b.git', dockerfile: '/etc/passwd' }, ['build services.web.build.dockerfile']],
  [{ context: '/work', additional_contexts: { keys: '/home/me/.ssh' } }, ['build services.web.build.additional_contexts.keys']],
  [
    { context: '/work', additional_contexts: ['keys=oci-layout:///home/me'] },
    ['build services.web.build.additional_contexts.keys'],
  ],
  [{ context: '/work', network: 'host' }, ['host-namespace services.web.build.network']],
  [{ context: '/work', privileged: true }, ['privileged services.web.build.privileged']],
  [{ context: '/work', entitlements: ['security.insecure'] }, ['privileged services.web.build.entitlements[0]']],
  [{ context: '/work', ssh: ['default'] }, ['build services.web.build.ssh']],
  [{ context: '/work', cache_from: ['type=local,src=/etc'] }, ['build services.web.build.cache_from[0]']],
  [{ context: '/work', cache_to: ['type=local,dest=/home/me/.ssh'] }, ['build services.web.build.cache_to[0]']],
  [{ context: '/work', cache_to: ['type=registry,ref=ours/app:cache'] }, ['build services.web.build.cache_to[0]']],
  [{ context: '/work', tags: ['mine:1', 'docker.io/grafana/k6:2.2.0'] }, ['build services.web.build.tags[1]']],
])('the build %j: %j', (build, dangers) => {
  expect(web({ build })).toEqual(dangers)
})

test.each<[image: string, isDanger: boolean]>([
  ['chaos-action/toolbox:0123456789ab', true],
  ['ghcr.io/somebody/chaos-action/toolbox:1', true],
  ['ghcr.io/shopify/toxiproxy:2.12.0', true],
  ['grafana/k6', true],
  ['node:24', true],
  ['shop/api:dev', false],
  ['node-app:dev', false],
  ['grafana/k6-operator:1', false],
])('a build as %s takes the place of an image of the action: %s', (image, isDanger) => {
  expect(found({ services: { web: { image, build: { context: '/work' } } } })).toEqual(
    isDanger ? ['build services.web.image'] : [],
  )
  // Only to run one is to run what is there.
  expect(found({ services: { web: { image } } })).toEqual([])
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

test('a folder that is allowed besides may be read, and not written', () => {
  const more = { allowedRoots: ['/action/stack'] }
  expect(found({ services: { web: bind('/action/stack/a') } }, more)).toEqual([])
  const writable = { services: { web: bind('/action/stack/a', { read_only: false }) } }
  expect(found(writable, more)).toEqual(['mount services.web.volumes[0]'])
})

test.each<[mount: object, dangers: string[]]>([
  [{ type: 'bind', source: '/work', bind: { propagation: 'rprivate' } }, []],
  [{ type: 'bind', source: '/work', bind: { propagation: 'rshared' } }, ['mount services.web.volumes[0]']],
  [{ type: 'npipe', source: '\\\\.\\pipe\\docker_engine' }, ['mount services.web.volumes[0]']],
  [{ type: 'cluster', source: 'group:x' }, ['mount services.web.volumes[0]']],
  [{ type: 'volume', source: 'data', target: '/x' }, []],
  [{ type: 'tmpfs', target: '/x' }, []],
  [{ type: 'image', source: 'alpine' }, []],
])('the mount %j: %j', (mount, dangers) => {
  expect(web({ volumes: [mount] })).toEqual(dangers)
})

test('env files stand only in what is written', () => {
  const asWritten = {
    services: {
      web: { env_file: ['/work/.env', { path: '/etc/environment', required: false }] },
      db: { env_file: '${HOME}/.aws/credentials', label_file: '/work/labels' },
      none: null,
    },
  }
  const config = { services: { web: {}, db: {}, none: {} } }
  expect(found(config, { asWritten })).toEqual(['file services.web.env_file[1]', 'file services.db.env_file[0]'])
  expect(found(config, { asWritten: null })).toEqual(['file services'])
  expect(found(config, { asWritten: { services: [] } })).toEqual(['file services'])
})

test('profiles hide nothing, and neither do unknown parts of the file', () => {
  expect(found({ services: { web: { profiles: ['never'], privileged: true } } })).toEqual(['privileged services.web.privileged'])
  expect(found({ services: {}, models: { llm: { model: 'a' } }, hosts: {}, 'x-a': 1, version: '3' })).toEqual([
    'unknown-key hosts',
    'host-program models',
  ])
})

test('a dollar that compose has doubled is one', () => {
  expect(web(bind('/work/a$$b'))).toEqual([])
  expect(findDangers({ services: { web: bind('/etc/a$$b') } }, OPTIONS)[0]?.what).toBe('/etc/a$b')
})

test.each<unknown>([
  null,
  'x',
  [],
  { services: [] },
  { services: { web: { volumes: ['/:/x'] } } },
  { services: { web: { privileged: 'yes' } } },
])('what has another shape is refused, not passed over: %j', (config) => {
  expect(() => findDangers(config, OPTIONS)).toThrow('cannot be checked')
})

test('a service named __proto__ is not passed over', () => {
  const config: unknown = JSON.parse('{"services": {"__proto__": {"privileged": true}}}')
  expect(() => findDangers(config, OPTIONS)).toThrow('__proto__')
})

test('a danger says what is where and why, and by which name it is allowed', () => {
  const dangers = findDangers({ services: { web: { privileged: true, ...bind('/work/etc-link') } } }, OPTIONS)
  expect(dangers).toEqual([
    {
      service: 'web',
      key: 'services.web.privileged',
      what: 'true',
      why: 'it has all rights on the machine',
      allow: 'privileged',
    },
    {
      service: 'web',
      key: 'services.web.volumes[0]',
      what: '/work/etc-link → /etc',
      why: 'it lies outside the workspace',
      allow: 'mount',
    },
  ])
  expect(notAllowed(dangers, parseAllow(['mount'])).map(({ allow }) => allow)).toEqual(['privileged'])
  expect(notAllowed(dangers, parseAllow(['true']))).toEqual([])
  expect(DANGER_KINDS).toEqual(expect.arrayContaining(dangers.map(({ allow }) => allow)))
})

test('ports on all addresses are worth a warning', () => {
  const port = (more: object): object => ({ services: { web: { ports: [{ target: 80, protocol: 'tcp', ...more }] } } })
  expect(openPorts(port({ published: '8080' }))).toEqual(['web publishes 8080 → 80 on all addresses of this machine'])
  expect(openPorts(port({ published: '8080', host_ip: '0.0.0.0' }))).toHaveLength(1)
  expect(openPorts(port({ published: '0', host_ip: '127.0.0.1' }))).toEqual([])
  expect(openPorts(port({ published: '1', host_ip: '::1' }))).toEqual([])
  expect(openPorts(port({}))).toEqual([])
})

test('images that the descriptor has built come from the workspace', () => {
  const image = { variable: 'A', service: 'a', repository: 'r', context: '/work/app' }
  const descriptor = { images: [image, { ...image, context: '/etc' }], secrets: ['TOKEN'], defects: null }
  expect(findDescriptorDangers(descriptor, ['/work/load/a.js', '/work/etc-link/b.js'], OPTIONS)).toMatchObject([
    { service: 'a', key: 'images[1].context', allow: 'build' },
    { service: null, key: 'load', what: '/work/etc-link/b.js', allow: 'mount' },
  ])
})

test.each(['PATH', 'LD_PRELOAD', 'DOCKER_CONFIG', 'COMPOSE_FILE', 'GIT_SSH_COMMAND', 'https_proxy'])(
  'the descriptor may not set %s for the programs of this machine',
  (variable) => {
    const image = { variable, service: 'a', repository: 'evil/lib.so', context: '/work/app' }
    const dangers = findDescriptorDangers({ images: [image], secrets: [variable], defects: { variable, known: {} } }, [], OPTIONS)
    expect(dangers.map(({ allow, key }) => `${allow} ${key}`)).toEqual([
      'host-program images[0].variable',
      'host-program secrets[0]',
      'host-program defects.variable',
    ])
  },
)
