import Dockerode from 'dockerode'

/** For those who pass a client on without using it. */
export type DockerClient = Dockerode

/** A client of the daemon that DOCKER_HOST names, or of the one at /var/run/docker.sock. Connects only when it is used. */
export function createDockerClient(): Dockerode {
  const host = process.env['DOCKER_HOST'] ?? ''
  return host === '' ? new Dockerode({ socketPath: '/var/run/docker.sock' }) : new Dockerode()
}

export interface CountedDockerClient extends DockerClient {
  /** Requests that were sent to the daemon so far. */
  calls(): { all: number; inspects: number }
}

/** Counts what it asks of the daemon: one request too many in a loop is hundreds of them in a run. */
export function countedDockerClient(): CountedDockerClient {
  const docker = createDockerClient()
  const counted = { all: 0, inspects: 0 }
  const dial = docker.modem.dial.bind(docker.modem)
  docker.modem.dial = (options, callback) => {
    counted.all += 1
    if (/^\/containers\/[^/?]+\/json/.test(options.path)) counted.inspects += 1
    dial(options, callback)
  }
  return Object.assign(docker, { calls: () => ({ ...counted }) })
}
