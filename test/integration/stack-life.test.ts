import { wall } from '../../src/core/time/moment.fixture.ts'
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { systemClock } from '../../src/core/time/clock.ts'
import type { Descriptor } from '../../src/core/descriptor.ts'
import type { ContainerEvent } from '../../src/ports/docker.ts'
import { waitUntil } from '../../src/core/time/wait.ts'
import { hostFacts } from '../../src/stack/docker/host.ts'
import { bringUp, type BringUpOptions } from '../../src/stack/stack.ts'
import { publishedToxiproxyUrl } from '../../src/stack/ports.ts'
import { findLeftovers, removeLeftovers, runsInDocker } from '../../src/stack/sweep.ts'
import { descriptorOf, docker, exec, leftoversOf, pairDescriptor, signal, STACKS, testRun, WEB_LINK } from './stack-fixture.ts'

const POLL = { everyMs: 100, attemptMs: 5_000, limitMs: 20_000, clock: systemClock }

/** Those that containers of a run have, with and without a name. */
async function volumesOf(runId: string): Promise<string[]> {
  const filters = { label: [`chaos-action.run=${runId}`] }
  const containers = await docker.listContainers({ all: true, filters })
  return containers.flatMap(({ Mounts }) => Mounts.flatMap(({ Type, Name }) => (Type === 'volume' ? (Name ?? []) : [])))
}

async function volumeNames(): Promise<string[]> {
  return (await docker.listVolumes()).Volumes.map(({ Name }) => Name).sort()
}

test('brings a stack up, is that stack, and leaves nothing behind', async () => {
  await using run = await testRun()
  const env = { ...process.env, PLAIN: 'seen', DB_PASSWORD: 'declared by the file', UNDECLARED_TOKEN: 'x' }
  const stack = await bringUp(run.options(pairDescriptor(), { env, defects: ['slow'] }))

  expect(await stack.unhealthy(signal())).toBeNull()
  expect((await fetch(stack.entryUrl)).status).toBe(200)
  expect((await stack.toxiproxy()?.proxies(signal()))?.map(({ name }) => name)).toEqual(['web-proxy'])
  const api = await publishedToxiproxyUrl(docker, run.runId, signal())
  expect(await (await fetch(`${api ?? ''}/version`)).json()).toEqual({ version: '2.12.0' })
  expect(stack.project).toBe(`chaos-${run.runId}`)
  expect(stack.network).toBe(`chaos-${run.runId}_default`)
  const web = await stack.containers.list('web', signal())
  expect(web.map(({ name, status, health }) => [name, status, health])).toEqual([
    [`chaos-${run.runId}-web-1`, 'running', 'healthy'],
    [`chaos-${run.runId}-web-2`, 'running', 'healthy'],
  ])
  expect(web[0]?.pid).toBeGreaterThan(0)
  expect(web[0]?.addresses[stack.network]).toMatch(/^\d+\.\d+\.\d+\.\d+$/)
  expect(stack.images.map(({ service, image }) => [service, image])).toEqual([
    ['web', 'node:24-trixie-slim'],
    ['toxiproxy', 'ghcr.io/shopify/toxiproxy:2.12.0'],
  ])
  expect(stack.images.every(({ id, reference }) => id.startsWith('sha256:') && !reference)).toBe(true)
  expect(await runsInDocker(docker, signal())).toContain(run.runId)
  const seen = (await (await fetch(`${stack.entryUrl}/env`)).json()) as Record<string, string>
  expect(seen).toMatchObject({ PLAIN: 'seen', DB_PASSWORD: 'declared by the file', DEFECTS: 'slow' })
  expect(seen['API_TOKEN']).toBe(stack.variables['API_TOKEN'])
  expect(seen['API_TOKEN']).toMatch(/^[0-9a-f]{48}$/)
  const found = await findLeftovers(run, docker, signal())
  expect(found.map(({ kind }) => kind).sort()).toEqual(['container', 'container', 'container', 'network', 'volume'])
  const volumes = await volumesOf(run.runId)
  // One with a name, that both have, and one without for each.
  expect(new Set(volumes).size).toBe(3)

  await stack.down(signal())
  expect(await leftoversOf(run.runId)).toEqual([])
  expect(await publishedToxiproxyUrl(docker, run.runId, signal())).toBeNull()
  const left = await volumeNames()
  expect(volumes.filter((name) => left.includes(name))).toEqual([])
  // Twice is harmless.
  await stack.down(signal())
  expect((await removeLeftovers(run, docker, signal())).removed).toEqual([])
})

test('children and containers never see what belongs to the runner', async () => {
  await using run = await testRun()
  const secrets = {
    INPUT_SECRET: 's1',
    GITHUB_TOKEN: 's2',
    ACTIONS_RUNTIME_TOKEN: 's3',
    GITHUB_OUTPUT: 's4',
    NODE_OPTIONS: '--max-old-space-size=512',
  }
  const stack = await bringUp(run.options(pairDescriptor(), { env: { ...process.env, ...secrets } }))
  const seen = (await (await fetch(`${stack.entryUrl}/env`)).json()) as Record<string, string>
  const watched = ['INPUT_SECRET', 'GITHUB_TOKEN', 'ACTIONS_RUNTIME_TOKEN', 'GITHUB_OUTPUT', 'SEEN_NODE_OPTIONS']
  expect(Object.fromEntries(watched.map((name) => [name, seen[name]]))).toEqual(
    Object.fromEntries(watched.map((name) => [name, 'absent'])),
  )
  expect(seen['DEFECTS']).toBe('absent')
  await stack.down(signal())
})

test('the override file is for its owner only and holds no value of the environment', async () => {
  await using run = await testRun()
  const options = run.options(pairDescriptor(), { env: { ...process.env, API_TOKEN: 'a-value-to-look-for' } })
  const stack = await bringUp(options)
  const file = join(options.stateDir, 'compose', 'compose.override.json')
  expect((await stat(file)).mode & 0o777).toBe(0o600)
  expect(run.logged.join('\n')).not.toContain('a-value-to-look-for')
  await stack.down(signal())
})

test('two stacks run side by side, and taking one down leaves the other alone', async () => {
  await using one = await testRun()
  await using two = await testRun()
  const [first, second] = await Promise.all([bringUp(one.options(pairDescriptor())), bringUp(two.options(pairDescriptor()))])
  expect(first.entryUrl).not.toBe(second.entryUrl)
  await first.down(signal())
  expect(await leftoversOf(one.runId)).toEqual([])
  expect(await second.unhealthy(signal())).toBeNull()
  expect((await fetch(second.entryUrl)).status).toBe(200)
  await second.down(signal())
})

test('names the unhealthy service with its last health check and log, and removes the stack', async () => {
  await using run = await testRun()
  const descriptor = descriptorOf('unhealthy', {
    entry: { service: 'good', port: 8000 },
    services: ['good', 'sick'].map((name) => ({ name, health: null, dependsOn: [], replicas: 1, control: false, data: null })),
  })
  const failure: unknown = await bringUp(run.options(descriptor, { healthyLimitMs: 6_000 })).catch((error: unknown) => error)
  expect(failure).toMatchObject({ code: 'STACK_UNHEALTHY' })
  const { message } = failure as Error
  expect(message).toContain(`chaos-${run.runId}-sick-1 is unhealthy`)
  expect(message).toContain('last health check: exit 3, no moon')
  expect(message).toContain('cannot reach the moon')
  expect(message).not.toContain('good-1')
  expect(await leftoversOf(run.runId)).toEqual([])
})

describe('a compose file that leads to others', () => {
  const passwords = { ...process.env, DB_PASSWORD: 'of what is included', SHOP_PASSWORD: 'of an env file', OTHER_PASSWORD: 'x' }
  const [web] = descriptorOf('parts').services
  const mute = { name: 'mute', health: null, dependsOn: [], replicas: 1, control: false, data: null }

  test('gets the variables that those use, and no other secret', async () => {
    await using run = await testRun()
    // A service of a profile that is off is not missed.
    const descriptor = descriptorOf('parts', { services: [web, { ...mute, name: 'asleep' }].filter((one) => one !== undefined) })
    const stack = await bringUp(run.options(descriptor, { env: passwords }))
    expect(stack.descriptor.services.map(({ name }) => name)).toEqual(['web'])
    const seen = (await (await fetch(`${stack.entryUrl}/env`)).json()) as Record<string, string>
    expect(seen).toMatchObject({ DB_PASSWORD: 'of what is included', DATABASE_URL: 'postgres://shop:of an env file@db/shop' })
    expect(JSON.stringify(seen)).not.toContain('OTHER_PASSWORD')
    await stack.down(signal())
  })

  test('and a service that ends at once is named, though nobody can read its log', async () => {
    await using run = await testRun()
    const descriptor = descriptorOf('parts', { services: [web, mute].filter((service) => service !== undefined) })
    const failing = bringUp(run.options(descriptor, { env: { ...passwords, MUTE_ENDS_WITH: '3' }, healthyLimitMs: 20_000 }))
    const failure: unknown = await failing.catch((error: unknown) => error)
    expect(failure).toMatchObject({ code: 'STACK_UNHEALTHY' })
    expect((failure as Error).message).toContain(`chaos-${run.runId}-mute-1 exited with code 3`)
    expect((failure as Error).message).toContain('its log cannot be read (logging driver none)')
    expect(await leftoversOf(run.runId)).toEqual([])
  })
})

test.each(['create', 'start'])('an abort at the first %s event of the start leaves nothing', async (action) => {
  await using run = await testRun()
  const controller = new AbortController()
  const filters = JSON.stringify({ label: [`chaos-action.run=${run.runId}`], event: [action] })
  const events = await docker.getEvents({ filters })
  events.once('data', () => {
    controller.abort(new Error('interrupted by the test'))
  })
  await expect(bringUp(run.options(pairDescriptor(), { signal: controller.signal }))).rejects.toMatchObject({ code: 'ABORTED' })
  expect(controller.signal.aborted).toBe(true)
  ;(events as unknown as { destroy(): void }).destroy()
  expect(await leftoversOf(run.runId)).toEqual([])
})

test('a link that toxiproxy does not have is named, and the stack is removed', async () => {
  await using run = await testRun()
  const links = [
    WEB_LINK,
    { ...WEB_LINK, name: 'lost', proxy: 'no-such-proxy' },
    { ...WEB_LINK, name: 'moved', listenPort: 9999 },
  ]
  const failure: unknown = await bringUp(run.options(pairDescriptor({ links }))).catch((error: unknown) => error)
  expect(failure).toMatchObject({ code: 'TOXIPROXY_FAILED' })
  expect((failure as Error).message).toContain('link lost: toxiproxy has no proxy no-such-proxy (it has web-proxy)')
  expect((failure as Error).message).toContain('link moved: proxy web-proxy listens on [::]:8080, not on port 9999')
  expect(await leftoversOf(run.runId)).toEqual([])
})

const REFUSED: [string, Partial<BringUpOptions>, Partial<Descriptor>, string][] = [
  ['a defect that nobody knows', { defects: ['sloww'] }, {}, 'unknown defect sloww'],
  ['a service that the compose file lacks', {}, { entry: { service: 'wbe', port: 8000 } }, 'the compose file does not have: wbe'],
  [
    'an entry that is not published',
    {},
    { entry: { service: 'web', port: 8000 } },
    'port 8000 of the service web is not published',
  ],
  [
    'another number of containers than the compose file has',
    {},
    { services: pairDescriptor().services.map((service) => ({ ...service, replicas: 1 })) },
    'replicas of web is 1 in the descriptor and 2 in the compose file',
  ],
  ['links without toxiproxy', {}, { toxiproxy: null }, 'has links but no toxiproxy'],
  ['a compose file that is not there', {}, { composeFiles: ['/no/such/compose.yml'] }, '/no/such/compose.yml cannot be read'],
]

test.each(REFUSED)('refuses %s', async (_what, changes, descriptor, message) => {
  await using run = await testRun()
  const options = run.options(pairDescriptor(descriptor), changes)
  const failure: unknown = await bringUp(options).catch((error: unknown) => error)
  expect(failure).toMatchObject({ code: 'BAD_INPUT' })
  expect((failure as Error).message).toContain(message)
  expect(await leftoversOf(run.runId)).toEqual([])
})

test('recreates the stack: new containers, empty volumes, the same network, healthy', async () => {
  await using run = await testRun()
  const stack = await bringUp(run.options(pairDescriptor()))
  const before = await stack.containers.all(signal())
  const network = await docker.getNetwork(stack.network).inspect()
  const touched = await exec.run('docker', ['exec', before[1]?.id ?? '', 'touch', '/data/kept'], {
    env: { PATH: process.env['PATH'] ?? '' },
    limitMs: 20_000,
    signal: signal(),
  })
  expect(touched.exitCode).toBe(0)
  await stack.recreate(signal())
  const after = await stack.containers.all(signal())
  expect(after.map(({ name }) => name)).toEqual(before.map(({ name }) => name))
  expect(after.some(({ id }) => before.some((old) => old.id === id))).toBe(false)
  expect((await docker.getNetwork(stack.network).inspect()).Id).toBe(network.Id)
  const listed = await exec.run('docker', ['exec', after[1]?.id ?? '', 'ls', '/data'], {
    env: { PATH: process.env['PATH'] ?? '' },
    limitMs: 20_000,
    signal: signal(),
  })
  expect(listed).toMatchObject({ exitCode: 0, stdout: '' })
  expect((await fetch(stack.entryUrl)).status).toBe(200)
  await stack.down(signal())
})

test('follows the published port when the entry restarts', async () => {
  await using run = await testRun()
  const stack = await bringUp(run.options(pairDescriptor()))
  const [toxiproxy] = await stack.containers.list('toxiproxy', signal())
  await docker.getContainer(toxiproxy?.id ?? '').restart({ t: 0 })
  const read = async (inner: AbortSignal): Promise<number> => (await fetch(stack.entryUrl, { signal: inner })).status
  await waitUntil('an answer after the restart', read, (status) => status === 200, { ...POLL, signal: signal() })
  await stack.down(signal())
})

test('reports what happened to containers, and what they said, with Docker’s times', async () => {
  await using run = await testRun()
  const startedMs = Date.now()
  const stack = await bringUp(run.options(pairDescriptor()))
  const [web] = await stack.containers.list('web', signal())
  if (web === undefined) throw new Error('the stack has no web container')
  const upMs = Date.now()
  await docker.getContainer(web.id).kill()
  const died = async (): Promise<readonly ContainerEvent[]> => Promise.resolve(stack.containers.events(wall(upMs)))
  const events = await waitUntil('the die event', died, (seen) => seen.some(({ action }) => action === 'die'), {
    ...POLL,
    signal: signal(),
  })
  const die = events.find(({ action }) => action === 'die')
  expect(die).toMatchObject({ containerId: web.id, service: 'web' })
  expect(die?.attributes['exitCode']).toBe('137')
  expect(die?.atMs).toBeGreaterThanOrEqual(upMs - 50)
  expect(stack.containers.events(wall(startedMs)).filter(({ action }) => action === 'create')).toHaveLength(3)
  expect(stack.containers.events(wall(Date.now() + 60_000))).toEqual([])
  expect(await stack.unhealthy(signal())).toContain(`${web.name} exited with code 137`)

  const [, other] = await stack.containers.list('web', signal())
  if (other === undefined) throw new Error('the stack has one web container only')
  const sayMs = Date.now()
  const words = Array.from({ length: 20 }, (_, index) => `word-${index}`)
  for (const word of words) await saidBy(stack.entryUrl, word)
  const logs = await stack.containers.logs(
    other.id,
    { sinceWallMs: wall(sayMs - 50), untilWallMs: wall(Date.now() + 1_000), maxBytes: 65_536 },
    signal(),
  )
  const said = logs.filter(({ stream }) => stream === 'stdout').map(({ text }) => text)
  expect(said.length).toBeGreaterThan(0)
  expect(said.every((text) => /^out word-\d+$/.test(text))).toBe(true)
  expect(logs.filter(({ stream }) => stream === 'stderr')).toHaveLength(said.length)
  expect(logs.every(({ atMs }) => atMs >= wall(sayMs - 50) && atMs <= wall(Date.now() + 1_000))).toBe(true)
  const newest = await stack.containers.logs(
    other.id,
    { sinceWallMs: wall(0), untilWallMs: wall(Date.now() + 1_000), maxBytes: 40 },
    signal(),
  )
  // Docker writes down the last words a moment after they were said: those of the first read may have been fewer.
  const spoken = { sinceWallMs: wall(sayMs - 50), untilWallMs: wall(Date.now() + 1_000), maxBytes: 65_536 }
  const all = (await stack.containers.logs(other.id, spoken, signal())).map(({ text }) => text)
  const [first, last] = [logs, newest].map((lines) => all.indexOf(lines.at(-1)?.text ?? ''))
  expect(first).toBeGreaterThanOrEqual(0)
  expect(last).toBeGreaterThanOrEqual(first ?? 0)
  expect(newest.reduce((sum, { text }) => sum + text.length + 1, 0)).toBeLessThanOrEqual(40)
  await stack.down(signal())
  expect(await stack.containers.inspect(other.id, signal())).toBeNull()
})

/** A proxied name has two addresses, one of them dead: the caller tries until the living one has said it. */
async function saidBy(entryUrl: string, word: string): Promise<void> {
  const say = async (inner: AbortSignal): Promise<number> =>
    (await fetch(`${entryUrl}/say?text=${word}`, { signal: inner })).status
  await waitUntil(`the word ${word}`, say, (status) => status === 200, { ...POLL, signal: signal() })
}

test('makes fixed names the run’s own, and leaves a volume of that name alone', async () => {
  await using run = await testRun()
  await docker.createVolume({ Name: 'chaos-fixture-data' })
  try {
    const stack = await bringUp(run.options(descriptorOf('fixed-names')))
    expect((await stack.containers.list('web', signal()))[0]?.name).toBe(`chaos-${run.runId}-chaos-fixture-web`)
    const caller = async (inner: AbortSignal): Promise<number> => {
      const [state] = await stack.containers.list('caller', inner)
      return state?.status === 'exited' ? state.exitCode : -1
    }
    await waitUntil('the caller to reach its alias', caller, (code) => code === 0, { ...POLL, signal: signal() })
    expect(await stack.unhealthy(signal())).toBeNull()
    await stack.down(signal())
    expect(await leftoversOf(run.runId)).toEqual([])
    expect(await volumeNames()).toContain('chaos-fixture-data')
  } finally {
    await docker.getVolume('chaos-fixture-data').remove()
  }
})

test('a helper on the network does not survive the run, and does not show as part of the stack', async () => {
  await using run = await testRun()
  const stack = await bringUp(run.options(pairDescriptor()))
  const helper = await docker.createContainer({
    Image: 'node:24-trixie-slim',
    Cmd: ['node', '-e', 'setInterval(() => {}, 1000)'],
    Labels: { 'chaos-action.run': run.runId, 'chaos-action.role': 'toolbox' },
    HostConfig: { NetworkMode: stack.network },
  })
  await helper.start()
  expect((await stack.containers.all(signal())).map(({ id }) => id)).not.toContain(helper.id)
  expect(stack.containers.events(wall(0)).map(({ containerId }) => containerId)).not.toContain(helper.id)
  await stack.recreate(signal())
  expect((await stack.containers.inspect(helper.id, signal()))?.status).toBe('running')
  await stack.down(signal())
  expect(await leftoversOf(run.runId)).toEqual([])
})

test('a stack that is left goes on, and a helper undoes what it holds before it is removed', async () => {
  await using run = await testRun()
  const out = await mkdtemp(join(tmpdir(), 'chaos-leave-'))
  try {
    const stack = await bringUp(run.options(pairDescriptor()))
    const script = `process.on('SIGTERM', () => { fs.writeFileSync('/out/undone', ''); process.exit() }); fs.writeFileSync('/out/ready', '')`
    const helper = await docker.createContainer({
      Image: 'node:24-trixie-slim',
      Cmd: ['node', '-e', `${script}; setInterval(() => {}, 1000)`],
      Labels: { 'chaos-action.run': run.runId, 'chaos-action.role': 'toolbox' },
      HostConfig: { NetworkMode: stack.network, Binds: [`${out}:/out`] },
    })
    await helper.start()
    await waitUntil(
      'the helper',
      () => readdir(out),
      (names) => names.includes('ready'),
      { ...POLL, signal: signal() },
    )

    await stack.leave(signal())
    expect(await readdir(out)).toContain('undone')
    const left = await findLeftovers(run, docker, signal())
    expect(left.filter(({ role }) => role !== null)).toEqual([])
    expect(left.map(({ kind }) => kind).sort()).toEqual(['container', 'container', 'container', 'network', 'volume'])
    expect((await fetch(stack.entryUrl)).status).toBe(200)

    const stuck = await docker.createContainer({
      Image: 'node:24-trixie-slim',
      Cmd: ['node', '-e', `console.error('could not undo packet loss'); process.exit(3)`],
      Labels: { 'chaos-action.run': run.runId, 'chaos-action.role': 'toolbox' },
    })
    await stuck.start()
    await stuck.wait()
    await expect(stack.leave(signal())).rejects.toMatchObject({
      code: 'NOT_REVERTED',
      message: expect.stringMatching(/may hold a fault: .* ended with 3: could not undo packet loss/) as string,
    })

    await stack.down(signal())
    expect(await leftoversOf(run.runId)).toEqual([])
  } finally {
    await rm(out, { recursive: true })
  }
})

test('builds what the compose file builds, always from the code at hand, and takes the image away with the stack', async () => {
  await using run = await testRun()
  const stack = await bringUp(run.options(descriptorOf('build')))
  expect(await (await fetch(stack.entryUrl)).text()).toBe('ok')
  expect(await leftoversOf(run.runId)).toContain(`image chaos-${run.runId}-web:latest`)
  await stack.down(signal())
  expect(await leftoversOf(run.runId)).toEqual([])
  const failing = descriptorOf('build', { composeFiles: [join(STACKS, 'build', 'broken.yml')] })
  await expect(bringUp(run.options(failing))).rejects.toMatchObject({
    code: 'COMPOSE_FAILED',
    message: expect.stringMatching(/`docker compose build` ended with exit code \d+: .*not-there/) as string,
  })
  expect(await leftoversOf(run.runId)).toEqual([])
})

test('a stack whose entry never answers is not up', async () => {
  await using run = await testRun()
  const descriptor = descriptorOf('silent', {
    services: [{ name: 'web', health: null, dependsOn: [], replicas: 1, control: false, data: null }],
  })
  const failure: unknown = await bringUp(run.options(descriptor, { healthyLimitMs: 3_000 })).catch((error: unknown) => error)
  expect(failure).toMatchObject({ code: 'STACK_UNHEALTHY' })
  expect((failure as Error).message).toMatch(
    /^all services run, but the entry http:\/\/127\.0\.0\.1:\d+ gave no HTTP answer within 3 s \(fetch failed: .+\)$/,
  )
  expect(await leftoversOf(run.runId)).toEqual([])
})

test('a service that ends for good fails the start at once, not at the limit', async () => {
  await using run = await testRun()
  const descriptor = descriptorOf('silent', { composeFiles: [join(STACKS, 'silent', 'ended.yml')] })
  const startedMs = performance.now()
  const failure: unknown = await bringUp(run.options(descriptor)).catch((error: unknown) => error)
  expect(failure).toMatchObject({ code: 'STACK_UNHEALTHY' })
  expect((failure as Error).message).toContain('exited with code 4')
  expect((failure as Error).message).toContain('no configuration')
  expect(performance.now() - startedMs).toBeLessThan(60_000)
  expect(await leftoversOf(run.runId)).toEqual([])
})

test('tells where it ran', async () => {
  const facts = await hostFacts(docker, '2.26.1', signal())
  expect(facts).toMatchObject({ compose: '2.26.1', daemon: { cgroupVersion: expect.stringMatching(/^[12]$/) as string } })
})
