import { describe, expect, it } from 'vitest'
import { runnerIndexOf, testRunOf, type TestRunRequest } from './testrun.ts'

const REQUEST: TestRunRequest = {
  ...{ name: 'lt-001', runners: 4, image: 'grafana/k6:2.2.0', claim: 'k6-results', secret: 'shop' },
  archive: Buffer.from('tar'),
  environment: { BASE_URL: 'http://shop.prod:80', GREETING: 'cost: $(5) $5' },
  settings: { K6_CSV_TIME_FORMAT: 'unix_micro' },
}

interface Manifest {
  items: [
    { kind: string; metadata: { name: string }; binaryData: Record<string, string> },
    { kind: string; spec: { parallelism: number; script: unknown; runner: Pod; initializer: Pod } },
  ]
}
interface Pod {
  env: { name: string; value?: string }[]
  envFrom?: unknown
  volumes?: unknown
  volumeMounts?: unknown
}

const made = (change: Partial<TestRunRequest> = {}): Manifest => testRunOf({ ...REQUEST, ...change }) as unknown as Manifest

describe('a TestRun', () => {
  it('runs the archive of its ConfigMap, so many times', () => {
    const [map, run] = made().items
    expect([map.kind, map.metadata.name, Buffer.from(map.binaryData['archive.tar'] ?? '', 'base64').toString()]).toEqual([
      ...['ConfigMap', 'lt-001', 'tar'],
    ])
    expect([run.kind, run.spec.parallelism, run.spec.script]).toEqual([
      ...['TestRun', 4],
      { configMap: { name: 'lt-001', file: 'archive.tar' } },
    ])
  })

  it('has each runner write to a place of its own, and shows no secret', () => {
    const [, { spec }] = made().items
    const { env, envFrom, volumes, volumeMounts } = spec.runner
    expect(env.slice(-3)).toEqual([
      { name: 'POD_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
      { name: 'K6_OUT', value: 'csv=/results/$(POD_NAME).csv' },
      { name: 'K6_SUMMARY_EXPORT', value: '/results/$(POD_NAME).json' },
    ])
    expect(volumes).toEqual([{ name: 'results', persistentVolumeClaim: { claimName: 'k6-results' } }])
    expect(volumeMounts).toEqual([{ name: 'results', mountPath: '/results' }])
    expect([envFrom, spec.initializer.envFrom]).toEqual([[{ secretRef: { name: 'shop' } }], [{ secretRef: { name: 'shop' } }]])
    expect(spec.initializer.volumes).toBeUndefined()
    expect(made({ secret: null }).items[1].spec.runner.envFrom).toBeUndefined()
  })

  it('keeps dollar signs from Kubernetes, which fills in $(NAME)', () => {
    expect(made().items[1].spec.runner.env[1]).toEqual({ name: 'GREETING', value: 'cost: $$(5) $5' })
  })

  it.each([
    [{ name: 'LT-001' }, /"LT-001" is no name for Kubernetes/],
    [{ claim: 'a/b' }, /"a\/b" is no name/],
    [{ secret: '' }, /"" is no name/],
    [{ runners: 0 }, /1 to 1000 runners, not 0/],
    [{ archive: new Uint8Array(800_000) }, /too many for a ConfigMap/],
  ])('is refused when Kubernetes would (%#)', (change, message) => {
    expect(() => made(change)).toThrow(message)
  })

  it('names its runners by their number', () => {
    expect(
      ['lt-001-3-x7k2p', 'lt-001-12-abcde', 'lt-001-starter-abcde', 'lt-0012-3-x7k2p', 'other-1-a'].map((pod) =>
        runnerIndexOf(pod, 'lt-001'),
      ),
    ).toEqual([3, 12, null, null, null])
  })
})
