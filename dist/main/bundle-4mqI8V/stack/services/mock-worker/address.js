import { networkInterfaces } from 'node:os';
/** The first IPv4 address that others can reach. @throws Error when there is none. */
export function ownAddress() {
    const all = Object.values(networkInterfaces()).flatMap((entries) => entries ?? []);
    const found = all.find((entry) => entry.family === 'IPv4' && !entry.internal);
    if (found === undefined)
        throw new Error('this machine has no IPv4 address that others can reach; set WORKER_URL');
    return found.address;
}
