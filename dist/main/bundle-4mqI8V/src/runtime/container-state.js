import { COMPOSE_SERVICE_LABEL, ROLE_LABEL } from "./labels.js";
export function containerState(info) {
    const networks = info.NetworkSettings.Networks;
    const addresses = Object.entries(networks).map(([name, network]) => [name, network?.IPAddress ?? '']);
    return {
        id: info.Id,
        name: info.Name.replace(/^\//, ''),
        service: serviceOf(info.Config.Labels),
        image: info.Config.Image,
        imageId: info.Image,
        status: info.State.Status,
        health: healthOf(info),
        pid: info.State.Pid,
        restartCount: info.RestartCount,
        startedAt: info.State.StartedAt,
        oomKilled: info.State.OOMKilled,
        exitCode: info.State.ExitCode,
        addresses: Object.fromEntries(addresses.filter(([, address]) => address !== '')),
    };
}
/** null where no health check is defined, which Docker reports in two ways. */
function healthOf(info) {
    const status = info.State.Health?.Status;
    return status === undefined || status === 'none' || status === '' ? null : status;
}
/** Labels may be absent in objects that other programs made. Helpers have a role, not a service. */
export function serviceOf(labels) {
    return labels[COMPOSE_SERVICE_LABEL] ?? labels[ROLE_LABEL] ?? '';
}
/** The host port on this machine's loopback that a container's TCP port is published on; null when it is not. */
export function publishedPort(info, port) {
    const bindings = info.NetworkSettings.Ports;
    const reachable = (bindings?.[`${String(port)}/tcp`] ?? []).filter(({ HostIp }) => ['127.0.0.1', '0.0.0.0', ''].includes(HostIp));
    const published = Number(reachable[0]?.HostPort ?? 0);
    return published > 0 ? published : null;
}
