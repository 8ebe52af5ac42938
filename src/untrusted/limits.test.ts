import { expect, test } from 'vitest'
import { buildLimits, serviceLimits, stackLimits } from './limits.ts'
import { parseStack, type ServiceConfig } from './schema.ts'

function service(config: object): ServiceConfig {
  const found = parseStack({ services: { web: config } }).services['web']
  if (found === undefined) throw new TypeError('no service')
  return found
}

const limits = (config: object): string[] => serviceLimits('web', service(config)).map(({ key }) => key)

test.each<[config: object, key: string]>([
  [{ cpu_rt_runtime: 950_000 }, 'cpu_rt_runtime'],
  [{ cpu_rt_runtime: '400ms' }, 'cpu_rt_runtime'],
  [{ cpu_rt_period: '1000000' }, 'cpu_rt_period'],
  [{ cpu_rt_runtime: -1 }, 'cpu_rt_runtime'],
  [{ oom_score_adj: -1000 }, 'oom_score_adj'],
  [{ oom_score_adj: '-1' }, 'oom_score_adj'],
  [{ oom_score_adj: 'x' }, 'oom_score_adj'],
  [{ oom_kill_disable: true }, 'oom_kill_disable'],
  [{ ulimits: { rtprio: 99 } }, 'ulimits.rtprio'],
  [{ ulimits: { rtprio: { soft: 0, hard: 1 } } }, 'ulimits.rtprio'],
  [{ ulimits: { rtprio: -1 } }, 'ulimits.rtprio'],
  [{ ulimits: { rtprio: 'x' } }, 'ulimits.rtprio'],
  [{ ulimits: { nice: 40 } }, 'ulimits.nice'],
  [{ storage_opt: { 'dm.basesize': '1t' } }, 'storage_opt.dm.basesize'],
])('%j is a danger', (config, key) => {
  expect(limits(config)).toEqual([`services.web.${key}`])
})

test.each<object>([
  {},
  { cpu_rt_runtime: 0, cpu_rt_period: '0', oom_score_adj: 0, oom_kill_disable: false },
  { oom_score_adj: 500 },
  { ulimits: { nofile: { soft: 1024, hard: 1_048_576 }, nproc: 65_535, memlock: -1, core: 0, rtprio: 0, nice: 20 } },
  { blkio_config: { weight_device: [{ path: '/dev/sda', weight: 100 }] } },
  { shm_size: '1gb', tmpfs: ['/x:size=10g'], mem_limit: '1t', pids_limit: -1, cpu_shares: 262_144, stop_grace_period: '10000h' },
  { storage_opt: { size: '1G' }, extra_hosts: ['metadata:169.254.169.254', 'h:host-gateway'] },
])('%j is none', (config) => {
  expect(limits(config)).toEqual([])
})

test('a build has the same limits of its processes', () => {
  expect(buildLimits('web', { ulimits: { rtprio: 1, nofile: 5 } }).map(({ key }) => key)).toEqual([
    'services.web.build.ulimits.rtprio',
  ])
  expect(buildLimits('web', {})).toEqual([])
})

const port = { target: 80, published: '80' }

test.each<[config: object, key: string | undefined, what: string | undefined]>([
  [{ services: { a: { scale: 101 } } }, 'services', '101 containers'],
  [{ services: { a: { deploy: { replicas: 1_000_000 } } } }, 'services', '1000000 containers'],
  [{ services: { a: { scale: 1, deploy: { replicas: 100 } }, b: {} } }, 'services', '101 containers'],
  [{ services: { a: { scale: 'x' } } }, 'services', 'NaN containers'],
  [{ services: { a: { ports: Array.from({ length: 257 }, () => port) } } }, 'services', '257 ports'],
  [{ networks: Object.fromEntries(Array.from({ length: 17 }, (_none, n) => [`n${n}`, {}])) }, 'networks', '17 networks'],
  [
    { services: { a: { scale: 0 }, b: { deploy: { replicas: 99 } }, c: { ports: [port] } }, networks: { a: {} } },
    undefined,
    undefined,
  ],
])('%j as a whole: %s (%s)', (config, key, what) => {
  expect(stackLimits(parseStack(config))[0]?.key).toBe(key)
  expect(stackLimits(parseStack(config))[0]?.what).toBe(what)
})
