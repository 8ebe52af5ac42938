import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { containers, descriptor, unused } from '../../ports/stack.fixture.ts'
import { createDockerClient } from '../../stack/docker/client.ts'
import { createContainers } from '../../stack/docker/containers.ts'
import { currentToxiproxy } from './stacks.ts'

const TOXIPROXY = { service: 'toxiproxy', port: 8474 }
const never = new AbortController().signal

test('a daemon that accepts and never answers keeps nobody longer than the signal, and is left with no connection', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'chaos-stacks-'))
  const server = createServer()
  onTestFinished(async () => {
    vi.unstubAllEnvs()
    server.close()
    await rm(folder, { recursive: true })
  })
  const path = join(folder, 'docker.sock')
  await once(server.listen(path), 'listening')
  vi.stubEnv('DOCKER_HOST', `unix://${path}`)
  const silent = createContainers({ docker: createDockerClient(), runId: 'r1', feed: null })
  const asked = once(server, 'connection')
  const limit = new AbortController()
  const found = currentToxiproxy(
    { descriptor: descriptor({ toxiproxy: TOXIPROXY }), containers: silent, toxiproxy: unused('toxiproxy') },
    limit.signal,
  )
  found.catch(() => undefined)
  const [socket] = (await asked) as [Socket]
  const closed = once(socket.resume(), 'close')
  limit.abort()
  await expect(found).rejects.toMatchObject({ code: 'ABORTED' })
  await closed
})

test('a toxiproxy whose container is gone is none, and so is one that the stack never had', async () => {
  const gone = { toxiproxy: unused('toxiproxy'), containers: containers({ list: () => Promise.resolve([]) }) }
  expect(await currentToxiproxy({ ...gone, descriptor: descriptor({ toxiproxy: TOXIPROXY }) }, never)).toBeNull()
  expect(
    await currentToxiproxy({ ...gone, containers: containers(), descriptor: descriptor({ toxiproxy: null }) }, never),
  ).toBeNull()
})
