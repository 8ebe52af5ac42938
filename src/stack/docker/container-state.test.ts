import type Dockerode from 'dockerode'
import { expect, it } from 'vitest'
import { isToBePublished, publishedPort } from './container-state.ts'

type Bindings = Record<string, { HostIp: string; HostPort: string }[] | null>

/** As Docker tells it: what is bound now, and what the container was created with. */
function info(Running: boolean, now: Bindings, created: Bindings): Dockerode.ContainerInspectInfo {
  const told: unknown = { State: { Running }, NetworkSettings: { Ports: now }, HostConfig: { PortBindings: created } }
  return told as Dockerode.ContainerInspectInfo
}

const bound = (HostIp: string, HostPort = '32768'): Bindings => ({ '8000/tcp': [{ HostIp, HostPort }] })

it.each([
  [bound('127.0.0.1'), 32_768],
  [bound('0.0.0.0'), 32_768],
  [bound('10.0.0.1'), null],
  [bound('127.0.0.1', ''), null],
  [{ '8000/tcp': null }, null],
  [{ '8000/udp': [{ HostIp: '127.0.0.1', HostPort: '32768' }] }, null],
  [{}, null],
])('the port that is published on loopback: %j is %j', (ports, port) => {
  expect(publishedPort(info(true, ports, ports), 8_000)).toBe(port)
})

it.each([
  [false, bound('127.0.0.1', ''), true],
  [false, bound('10.0.0.1', ''), false],
  [false, {}, false],
  // It runs, and Docker has given it no port: it never will.
  [true, bound('127.0.0.1', ''), false],
])('of one that runs: %j, and was created with %j, the port is to come: %j', (running, created, isToCome) => {
  expect(isToBePublished(info(running, {}, created), 8_000)).toBe(isToCome)
})
