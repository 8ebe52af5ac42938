import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isChaosError } from '../../core/errors.ts'
import { checkDescriptorFile, loadDescriptor } from './file.ts'

const FIXTURE = join(import.meta.dirname, '../../../test/fixtures/scenarios/stack')
type Stack = Record<string, unknown>
let folder = ''
let sample = ''

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'chaos-stack-'))
  cpSync(FIXTURE, folder, { recursive: true })
  sample = readFileSync(join(FIXTURE, 'stack.json'), 'utf8')
})
afterAll(() => {
  rmSync(folder, { recursive: true, force: true })
})

/** The sample with one value replaced (undefined: removed), as `key: message` of its mistakes. */
function withValue(path: readonly (string | number)[], value: unknown): string[] {
  return withValues([[path, value]])
}

function withValues(values: readonly (readonly [path: readonly (string | number)[], value: unknown])[]): string[] {
  const stack = JSON.parse(sample) as Stack
  for (const [path, value] of values) {
    let parent: object = stack
    for (const part of path.slice(0, -1)) parent = Reflect.get(parent, part) as object
    Reflect.set(parent, path.at(-1) ?? '', value)
  }
  const file = join(folder, 'changed.json')
  writeFileSync(file, JSON.stringify(stack))
  return checkDescriptorFile(file).mistakes.map(({ key, message }) => `${key}: ${message}`)
}

describe('loadDescriptor', () => {
  it('reads a descriptor with all keys', () => {
    const descriptor = loadDescriptor(join(folder, 'stack.json'))
    expect(descriptor).toMatchObject({
      name: 'sample',
      reference: false,
      file: join(folder, 'stack.json'),
      composeFiles: [join(folder, 'compose.yml')],
      images: [{ variable: 'FRONT_IMAGE', context: folder }],
      secrets: ['API_TOKEN'],
      entry: { service: 'toxiproxy', port: 7_000 },
      defaultLink: 'back',
      canary: { requests: ['small'], ratePerSecond: 10, watchPerSecond: 30, burst: 8 },
      scenarioFiles: [join(folder, 'stress/all-keys.json')],
      defects: { variable: 'DEFECTS', known: { 'no-retry': { fails: ['X-1'] } } },
    })
    expect(descriptor.services).toEqual([
      {
        name: 'front',
        health: { port: 8_080, path: '/health' },
        dependsOn: ['worker'],
        replicas: 1,
        control: true,
        data: null,
        gpu: false,
      },
      {
        name: 'worker',
        health: { port: 9_000, path: '/health' },
        dependsOn: [],
        replicas: 4,
        control: true,
        data: '/data',
        gpu: true,
      },
      { name: 'holder', health: null, dependsOn: [], replicas: 1, control: false, data: null, gpu: false },
    ])
    expect(descriptor.links.map(({ name, onCanaryPath, leg }) => ({ name, onCanaryPath, leg }))).toEqual([
      { name: 'back', onCanaryPath: true, leg: { client: 'front', server: 'toxiproxy', port: 7_001 } },
      { name: 'entry', onCanaryPath: false, leg: null },
    ])
    expect(descriptor.requests['large']).toMatchObject({
      kind: 'http',
      spec: { method: 'GET', path: '/large', headers: {}, body: null, good: { status: [200, 206], body_matches: null } },
      http: { method: 'GET', path: '/large', headers: {}, body: null },
    })
    expect(descriptor.completed?.keptBy ?? null).toBeNull()
    expect(descriptor.pool).toMatchObject({
      services: ['worker'],
      ...{ inFlight: 'in_flight', stop: { method: 'DELETE', path: '/workers/{id}', body: null }, work: 'large' },
    })
    expect(descriptor.vram).toEqual({
      ...{ service: 'worker', request: 'small', sizeKey: 'size', largest: 100, smallest: 1 },
      metrics: { port: 9_000, path: '/metrics', usedBytes: 'used', totalBytes: 'total' },
    })
  })

  it('reads the smallest one', () => {
    const file = join(folder, 'small.json')
    writeFileSync(
      file,
      JSON.stringify({
        name: 'small',
        compose: ['compose.yml'],
        services: { web: { health: { port: 80, path: '/' } } },
        entry: { service: 'web', port: 80 },
        requests: { home: { method: 'GET', path: '/', good: { status: [200] } } },
        canary: { request: 'home' },
        scenarios: ['stress/*.json'],
      }),
    )
    expect(loadDescriptor(file)).toMatchObject({
      images: [],
      secrets: [],
      toxiproxy: null,
      links: [],
      defaultLink: null,
      pool: null,
      defects: null,
      canary: { ratePerSecond: 10 },
    })
  })

  it('reads what services say that they hold', () => {
    const file = join(folder, 'gauges.json')
    const stack = JSON.parse(sample) as Record<string, unknown>
    const gauges = [
      { service: 'front', port: 80, path: '/metrics', metric: 'waiting', at_most_more: 3 },
      { service: 'toxiproxy', port: 81, path: '/m', metric: 'free', labels: { lane: 'a' }, at_most_less: 0 },
    ]
    writeFileSync(file, JSON.stringify({ ...stack, gauges }))
    expect(loadDescriptor(file).gauges).toEqual([
      { ...{ service: 'front', port: 80, path: '/metrics', metric: 'waiting', labels: {} }, atMostMore: 3, atMostLess: null },
      {
        ...{ service: 'toxiproxy', port: 81, path: '/m', metric: 'free', labels: { lane: 'a' } },
        atMostMore: null,
        atMostLess: 0,
      },
    ])
  })

  it('throws every mistake with its place', () => {
    const file = join(folder, 'bad.json')
    writeFileSync(
      file,
      sample.replace('"listen_port": 7001', '"listen_port": "7001"').replace('"default_link"', '"default-link"'),
    )
    const error = thrown(() => loadDescriptor(file))
    expect(isChaosError(error, 'BAD_INPUT')).toBe(true)
    const lines = String(error).split('\n')
    expect(lines).toHaveLength(3)
    expect(lines[1]).toMatch(
      /bad\.json:\d+:\d+: links\.back\.listen_port: must be a whole number, from 1 to 65535, not "7001": write 7001/,
    )
    expect(lines[2]).toMatch(/bad\.json:\d+:\d+: default-link: unknown key; did you mean "default_link"\?/)
  })

  it.each(['[]', '', '{', '{"name": 1}'])('throws BAD_INPUT for %s', (text) => {
    const file = join(folder, 'odd.json')
    writeFileSync(file, text)
    expect(
      isChaosError(
        thrown(() => loadDescriptor(file)),
        'BAD_INPUT',
      ),
    ).toBe(true)
  })
})

const PAGE = { port: 80, path: '/metrics', metric: 'waiting' }

describe('names that refer to something', () => {
  it.each<[readonly (string | number)[], unknown, string]>([
    [
      ['links', 'back', 'from'],
      'frnt',
      'links.back.from: there is no service "frnt"; did you mean "front"? (known: client, front, worker, holder)',
    ],
    [['links', 'back', 'to'], 'client', 'links.back.to: there is no service "client" (known: front, worker, holder)'],
    [['links', 'back', 'upstream', 'service'], 'x', 'links.back.upstream.service: there is no service "x"'],
    [['links', 'back', 'leg', 'server'], 'proxy', 'links.back.leg.server: there is no service "proxy"'],
    [['links', 'entry', 'proxy'], 'back', 'links.entry.proxy: is that of link "back" already'],
    [['links', 'entry', 'proxy'], 'a/b', 'links.entry.proxy: toxiproxy would not find a proxy called "a/b" again'],
    [['links', 'entry', 'proxy'], '..', 'links.entry.proxy: toxiproxy would not find a proxy called ".." again'],
    [['gauges'], [{ service: 'x', ...PAGE, at_most_more: 1 }], 'gauges[0].service: there is no service "x"'],
    [['gauges'], [{ service: 'front', ...PAGE }], 'gauges[0]: says nothing: give at_most_more, at_most_less or both'],
    [['links', 'entry', 'listen_port'], 7_001, 'links.entry.listen_port: is that of link "back" already'],
    [['default_link'], 'bck', 'default_link: there is no link "bck"; did you mean "back"?'],
    [['toxiproxy'], null, 'links: links need toxiproxy'],
    [['canary', 'request'], 'tiny', 'canary.request: there is no request "tiny"'],
    [['pool', 'work'], 'tiny', 'pool.work: there is no request "tiny"'],
    [['vram', 'service'], 'wrker', 'vram.service: there is no service "wrker"; did you mean "worker"?'],
    [['vram', 'request'], 'tiny', 'vram.request: there is no request "tiny"'],
    [['vram', 'size_key'], 'prompt', 'vram.size_key: the body of request "small" has no number at "prompt"'],
    [['canary', 'request'], 'toString', 'canary.request: there is no request "toString"'],
    [['entry', 'service'], 'door', 'entry.service: there is no service "door"'],
    [['images', 0, 'service'], 'toxiproxy', 'images[0].service: there is no service "toxiproxy"'],
    [['images', 0, 'context'], 'compose.yml', 'images[0].context: there is no such folder'],
    [['compose', 0], 'none.yml', 'compose[0]: there is no such file'],
    [['compose', 0], 'x'.repeat(900), 'compose[0]: there is no such file'],
    [['scenarios', 0], 'chaos/*.json', 'scenarios[0]: matches no file in '],
    [['scenarios', 0], '{a,b}{a,b}', 'scenarios[0]: must be a path in which'],
    [['scenarios', 0], '+(+(+(a)))', 'scenarios[0]: must be a path in which'],
    [['services', 'front', 'depends_on', 0], 'front', 'services.front.depends_on[0]: a service does not depend on itself'],
    [
      ['services', 'front', 'depends_on', 0],
      'wrker',
      'services.front.depends_on[0]: there is no service "wrker"; did you mean "worker"?',
    ],
    [['pool', 'service'], 'x', 'pool.service: there is no service "x"'],
    [['pool', 'service'], ['worker', 'wrker'], 'pool.service[1]: there is no service "wrker"; did you mean "worker"?'],
    [['pool', 'service'], ['worker', 'worker'], 'pool.service[1]: is in the list twice'],
    [['pool', 'service'], [], 'pool.service: '],
    [['links', 'back', 'one_of'], 'stores', 'links.back.one_of: no other link is one of "stores": a request would always cross'],
    [['pool', 'list', 'service'], 'x', 'pool.list.service: there is no service "x"'],
    [['pool', 'states', 'failed', 0], 'ready', 'pool.states.failed[0]: "ready" means ready already'],
  ])('%j = %j', (path, value, message) => {
    const mistakes = withValue(path, value)
    expect(mistakes.join('\n')).toContain(message)
  })

  it('knows of links that stand for each other, which have the same place on the way', () => {
    const { links } = JSON.parse(sample) as { links: Record<string, Stack> }
    const both = (on: readonly boolean[]): string[] =>
      withValue(
        ['links'],
        Object.fromEntries(
          Object.entries(links).map(([name, link], index) => [name, { ...link, one_of: 'ways', on_canary_path: on[index] }]),
        ),
      )
    expect(both([true, true])).toEqual([])
    expect(both([true, false])).toEqual([
      'links.back.one_of: link "entry" is one of "ways" as well: on_canary_path must be the same of both',
      'links.entry.one_of: link "back" is one of "ways" as well: on_canary_path must be the same of both',
    ])
  })

  it('takes a pool that tells who works by states alone, and none that does not tell', () => {
    const { pool } = JSON.parse(sample) as { pool: Stack & { states: Stack } }
    expect(withValue(['pool', 'in_flight'], null)).toEqual([])
    expect(withValue(['pool'], { ...pool, in_flight: null, states: { ...pool.states, busy: [] } })).toEqual([
      'pool: does not tell who works: give in_flight, or the states that mean busy',
    ])
  })

  it('knows of requests to services, which clients and faults do not send', () => {
    const { requests } = JSON.parse(sample) as { requests: Record<string, Stack> }
    const within = (name: string, service = 'worker'): string[] =>
      withValue(['requests', name], { ...requests[name], at: { service, port: 9_000 } })
    expect(withValue(['requests', 'own'], { ...requests['large'], at: { service: 'toxiproxy', port: 8_474 } })).toEqual([])
    expect(withValue(['requests', 'own'], { ...requests['large'], at: { service: 'wrker', port: 9_000 } })).toEqual([
      expect.stringContaining('requests.own.at.service: there is no service "wrker"; did you mean "worker"?'),
    ])
    expect(within('small')).toEqual([
      'canary.request: the canary is a client, and the request "small" goes to worker: leave its at out',
      'vram.request: simulated GPU memory goes to the entry, and the request "small" goes to worker: leave its at out',
    ])
    expect(within('large')).toEqual([
      'pool.work: work that keeps a pool busy goes to the entry, and the request "large" goes to worker: leave its at out',
    ])
  })

  it('knows how many kinds of request a burst must hold', () => {
    const told = (burst: number, request: string | string[] = ['small', 'large', 'small']): string[] =>
      withValue(['canary'], { request, burst })
    expect(told(3)).toEqual([])
    expect(told(2)).toEqual(['canary.burst: is 2, and 3 requests take turns: give it as many at least'])
    expect(told(2, 'small')).toEqual([])
    expect(told(1, 'small')).toEqual(['canary.burst: must be a number, from 2 to 100, not 1'])
    expect(told(101, 'small')).toEqual(['canary.burst: must be a number, from 2 to 100, not 101'])
  })

  it('knows who keeps the list of what was done', () => {
    const completed = {
      ...{ service: 'front', port: 80, path: '/done?after={after}', first: 'end', ids: 'ids', next: 'next' },
      claim: { metric: 'tasks', key: 'id' },
    }
    expect(withValue(['completed'], completed)).toEqual([])
    expect(withValue(['completed'], { ...completed, kept_by: 'front' })).toEqual([])
    expect(withValue(['completed'], { ...completed, kept_by: 'frnt' })).toEqual([
      expect.stringContaining('completed.kept_by: there is no service "frnt"; did you mean "front"?'),
    ])
  })

  it('takes nobody’s word for a list that is ours alone where the canary gives its jobs no ids', () => {
    const completed = {
      ...{ service: 'front', port: 80, path: '/done?after={after}', first: 'end', ids: 'ids', next: 'next' },
      ...{ claim: { metric: 'tasks', key: 'id' }, ours_alone: true },
    }
    const told = (canary: object): string[] =>
      withValues([
        [['completed'], completed],
        [['requests', 'job'], { method: 'POST', path: '/jobs', good: { status: [200] }, ...canary }],
        [['canary'], { request: 'job' }],
      ])
    expect(told({})).toEqual([
      expect.stringContaining('completed.ours_alone: the request "job" of the canary gives its job no id'),
    ])
    expect(told({ job: 'id', good: { status: [200], echoes: { '@.id': '${nonce}' } } })).toHaveLength(1)
    expect(told({ job: 'id', good: { status: [200], echoes: { id: '${nonce}' } } })).toEqual([])
    expect(told({ refused: { status: [507], job: '${nonce}' } })).toEqual([])
    expect(told({ method: 'GET' })).toEqual([])
    expect(told({ method: 'GET', job: 'id' })).toHaveLength(1)
  })

  it('knows the link of no link', () => {
    expect(withValue(['links', 'all'], (JSON.parse(sample) as { links: Stack }).links['entry'])[0]).toContain(
      'no link can be called "all"',
    )
    expect(withValue(['services', 'client'], { health: null })[0]).toContain('no service can be called "client"')
  })
})

describe('requests of gRPC', () => {
  it('stand beside those of HTTP', () => {
    const stack = JSON.parse(sample) as { requests: Stack; pool: Stack; canary: Stack }
    stack.requests['well'] = { grpc: 'health' }
    stack.canary['request'] = 'well'
    const file = join(folder, 'grpc.json')
    writeFileSync(file, JSON.stringify(stack))
    const { requests } = loadDescriptor(file)
    expect(requests['well']).toMatchObject({ kind: 'grpc', http: null, spec: { grpc: 'health', good: { code: ['OK'] } } })
    expect(requests['small']).toMatchObject({ kind: 'http', http: { path: '/tasks' } })
  })

  it('are refused by name where a fault sends them by means of HTTP', () => {
    const taken = withValue(['requests', 'large'], { grpc: 'health' })
    expect(taken).toEqual([
      "pool.work: the request 'large' is one of gRPC, and work that keeps a pool busy takes HTTP requests only",
    ])
    expect(withValue(['requests', 'small'], { grpc: 'health' })).toEqual([
      "vram.request: the request 'small' is one of gRPC, and simulated GPU memory takes HTTP requests only",
    ])
  })
})

describe('values', () => {
  it.each<[readonly (string | number)[], unknown, string]>([
    [['name'], 'A b', 'name: must be a name of small letters'],
    [['compose'], [], 'compose: must have at least 1 item, not 0'],
    [['services', 'front', 'health'], undefined, 'services.front.health: is missing: it must be an object'],
    [['services', 'front', 'replicas'], 0, 'services.front.replicas: must be a whole number, from 1 to 1000, not 0'],
    [['services', 'front', 'gpu'], 'GPU-1', 'services.front.gpu: must be'],
    [['services', 'front', 'data'], 'data', 'services.front.data: must be an absolute path in the container, not "data"'],
    [['vram', 'smallest'], 101, 'vram.smallest: must not be above largest'],
    [['vram', 'metrics', 'used_bytes'], 'a b', 'vram.metrics.used_bytes: must be the name of a Prometheus metric'],
    [['services', 'front', 'contrl'], true, 'services.front.contrl: unknown key; did you mean "control"?'],
    [['services', 'a b'], { health: null }, 'services["a b"]: is not the name of a compose service'],
    [
      ['requests', 'small', 'good', 'status'],
      [99],
      'requests.small.good.status[0]: must be a whole number, from 100 to 599, not 99',
    ],
    [['requests', 'small', 'good', 'body_matches'], 'a ==', 'requests.small.good.body_matches: is no JMESPath'],
    [['requests', 'small', 'headers'], { 'X-A': 'a\r\nb' }, 'requests.small.headers.X-A: must be one line of text'],
    [['requests', 'small', 'headers'], { 'X A': 'a' }, 'requests.small.headers["X A"]: is not the name of an HTTP header'],
    [['requests', 'small', 'path'], 'tasks', 'requests.small.path: must be a path that begins with one /'],
    [['requests', 'small', 'method'], 'post', 'requests.small.method: must be one of GET'],
    [['requests', 'small', 'methd'], 'GET', 'requests.small.methd: unknown key; did you mean "method"?'],
    [['requests', 'large'], { path: '/', good: { status: [200] } }, 'requests.large.method: is missing'],
    [['requests', 'large'], { grpc: 'health', port: 1 }, 'requests.large.port: unknown key; allowed here: grpc, service, body'],
    [
      ['requests', 'large'],
      { grpc: 'Pay' },
      'requests.large.grpc: must be "health", or a method as package.Service/Method, not "Pay"',
    ],
    [['requests', 'large'], { grpc: 'a.B/C', service: 'x' }, 'requests.large.service: has a meaning for "grpc": "health" only'],
    [['requests', 'large'], { grpc: 'health', body: {} }, 'requests.large.body: has no meaning for "grpc": "health"'],
    [
      ['requests', 'large'],
      { grpc: 'a.B/C', good: { code: ['FINE'] } },
      'requests.large.good.code[0]: must be one of OK, CANCELLED',
    ],
    [
      ['requests', 'large'],
      { grpc: 'a.B/C', good: { status: [200] } },
      'requests.large.good.status: unknown key; allowed here: code, body_matches',
    ],
    [['requests', 'large'], { grpc: 'a.B/C', metadata: { 'grpc-timeout': '1S' } }, 'is not a key of gRPC metadata'],
    [['requests', 'large'], { grpc: 'a.B/C', metadata: { 'x-a': 'a\r\nb' } }, 'requests.large.metadata.x-a: must be one line'],
    [['canary', 'rate_per_second'], 0, 'canary.rate_per_second: must be a number, from 1 to 100, not 0'],
    [['secrets', 0], 'A-B', 'secrets[0]: must be the name of an environment variable'],
    [['pool', 'members'], 'workers[', 'pool.members: is no JMESPath'],
    [['defects', 'known', 'no-retry', 'fails'], [], 'defects.known.no-retry.fails: must have at least 1 item, not 0'],
  ])('%j = %j', (path, value, message) => {
    expect(withValue(path, value)).toEqual([expect.stringContaining(message)])
  })
})

function thrown(work: () => unknown): unknown {
  try {
    work()
  } catch (error) {
    return error
  }
  return null
}
