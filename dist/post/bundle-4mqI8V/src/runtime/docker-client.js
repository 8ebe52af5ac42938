import Dockerode from 'dockerode';
/** A client of the daemon that DOCKER_HOST names, or of the one at /var/run/docker.sock. Connects only when it is used. */
export function createDockerClient() {
    const host = process.env['DOCKER_HOST'] ?? '';
    return host === '' ? new Dockerode({ socketPath: '/var/run/docker.sock' }) : new Dockerode();
}
