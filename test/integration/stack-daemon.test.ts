import { wall } from '../../src/core/time/moment.fixture.ts'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { systemClock } from '../../src/core/time/clock.ts'
import { waitUntil } from '../../src/core/time/wait.ts'
import { createDockerClient } from '../../src/stack/docker/client.ts'
import { dockerCall } from '../../src/stack/docker/call.ts'
import { openEventFeed } from '../../src/stack/docker/event-feed.ts'
import { bringUp } from '../../src/stack/stack.ts'
import { findLeftovers } from '../../src/stack/sweep.ts'
import { docker, pairDescriptor, signal, testRun } from './stack-fixture.ts'

let folder = ''
let server: Server | null = null
const sockets = new Set<Socket>()

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'chaos-daemon-'))
})

afterEach(async () => {
  vi.unstubAllEnvs()
  cutConnections()
  const closing = server
  if (closing !== null) {
    closing.close()
    await once(closing, 'close')
  }
  server = null
  await rm(folder, { recursive: true, force: true })
})

function cutConnections(): void {
  for (const socket of sockets) socket.destroy()
  sockets.clear()
}

/** A socket in front of the daemon that the test can break; `handle` decides what happens to a connection. */
async function socketWith(handle: (socket: Socket) => void): Promise<string> {
  const path = join(folder, 'docker.sock')
  server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    handle(socket)
  })
  await new Promise<void>((resolve) => server?.listen(path, resolve))
  return path
}

function forward(socket: Socket): void {
  const upstream = connect('/var/run/docker.sock')
  sockets.add(upstream)
  upstream.on('error', () => socket.destroy())
  upstream.on('close', () => socket.destroy())
  socket.on('close', () => upstream.destroy())
  socket.pipe(upstream).pipe(socket)
}

function clientAt(path: string): ReturnType<typeof createDockerClient> {
  vi.stubEnv('DOCKER_HOST', `unix://${path}`)
  return createDockerClient()
}

test('a daemon that is not there is said in one sentence, before anything is begun', async () => {
  await using run = await testRun()
  const client = clientAt(join(folder, 'nothing.sock'))
  const failure = { code: 'DOCKER_UNAVAILABLE', hint: 'Start Docker, or set DOCKER_HOST to a daemon that runs.' }
  await expect(findLeftovers(run, client, signal())).rejects.toMatchObject(failure)
  await expect(bringUp(run.options(pairDescriptor(), { docker: client }))).rejects.toMatchObject(failure)
})

test('a daemon that takes the call and never answers ends as an error', async () => {
  const client = clientAt(await socketWith(() => undefined))
  await expect(dockerCall('ping', signal(), () => client.ping(), 300)).rejects.toMatchObject({
    code: 'TIMEOUT',
    message: 'docker: ping took longer than 300 ms',
  })
})

test('the event feed connects again after a break and misses nothing; while it is broken it does not say "no events"', async () => {
  await using run = await testRun()
  let reachable = true
  const client = clientAt(
    await socketWith((socket) => {
      if (reachable) forward(socket)
      else socket.destroy()
    }),
  )
  const log = { log: () => undefined }
  await using feed = await openEventFeed({ docker: client, runId: run.runId, clock: systemClock, log }, signal())
  const wait = { everyMs: 50, attemptMs: 2_000, limitMs: 15_000, signal: signal(), clock: systemClock }
  const create = (): Promise<{ id: string }> =>
    docker.createContainer({ Image: 'node:24-trixie-slim', Labels: { 'chaos-action.run': run.runId } })
  const ids = async (): Promise<string[]> => Promise.resolve(feed.since(wall(0)).map(({ containerId }) => containerId))

  const first = await create()
  await waitUntil('the first event', ids, (seen) => seen.includes(first.id), wait)
  reachable = false
  cutConnections()
  const broken = async (): Promise<boolean> =>
    ids().then(
      () => false,
      (error: unknown) => String(error).includes('event feed is broken'),
    )
  await waitUntil('the break to be noticed', broken, (noticed) => noticed, wait)
  const second = await create()
  reachable = true
  await waitUntil('the event of the break', ids, (seen) => seen.includes(second.id), wait)
  expect(await ids()).toEqual([first.id, second.id])
})
