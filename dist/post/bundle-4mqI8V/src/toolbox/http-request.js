/**
 * The bytes of a GET request. The path comes first on the wire, so that the kernel can recognise a packet of ours by how
 * it begins (`GET <path>`).
 * @throws Error for a path or header that would break out of its line.
 */
export function requestBytes(target, path, headers, connection) {
    if (!/^\/[\x21-\x7e]*$/.test(path))
        throw new Error(`a request path starts with / and has no spaces: ${JSON.stringify(path)}`);
    const host = target.host.includes(':') ? `[${target.host}]` : target.host;
    const all = { Host: `${host}:${String(target.port)}`, ...headers, Connection: connection };
    const lines = Object.entries(all).map(([name, value]) => {
        if (!/^[\w-]+$/.test(name) || !/^[\x20-\x7e\t]*$/.test(value))
            throw new Error(`not a header: ${JSON.stringify(name)}`);
        return `${name}: ${value}\r\n`;
    });
    return Buffer.from(`GET ${path} HTTP/1.1\r\n${lines.join('')}\r\n`, 'latin1');
}
