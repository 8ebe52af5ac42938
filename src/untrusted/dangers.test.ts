import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { MACHINE as OPTIONS } from '../../test/support/strangers-machine.ts'
import { DANGER_KINDS, parseAllow } from './allow-untrusted.ts'
import { findDangers, notAllowed, openPorts } from './dangers.ts'
import { HARMLESS_CAPABILITIES } from './service.ts'

function found(config: object, more: object = {}): string[] {
  return findDangers(config, { ...OPTIONS, ...more }).map(({ allow, key }) => `${allow} ${key}`)
}

const web = (service: object): string[] => found({ services: { web: { image: 'a', ...service } } })
const bind = (source: string): object => ({ volumes: [{ type: 'bind', source, target: '/x', read_only: true }] })

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
  [{ image: '127.0.0.1:5000/a' }, 'external services.web.image'],
  [{ oom_score_adj: -500 }, 'limit services.web.oom_score_adj'],
  [{ networks: { net: { ipv4_address: '8.8.8.8' } } }, 'address services.web.networks.net.ipv4_address'],
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
  [{ ipam: { config: [{ subnet: '172.30.0.0/16' }] } }, []],
  [{ ipam: { config: [{ subnet: '8.8.8.0/24' }] } }, ['address networks.net.ipam.config[0].subnet']],
])('the network %j: %j', (network, dangers) => {
  expect(found({ services: {}, networks: { net: network } })).toEqual(dangers)
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
