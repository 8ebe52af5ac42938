import { readFile } from 'node:fs/promises'

const CAP_NET_ADMIN = 12n

/** Whether this process may change, or even list, the firewall of its network namespace. */
export async function hasNetAdmin(): Promise<boolean> {
  const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(await readFile('/proc/self/status', 'utf8'))?.[1]
  if (effective === undefined) throw new Error('/proc/self/status names no capabilities')
  return ((BigInt(`0x${effective}`) >> CAP_NET_ADMIN) & 1n) === 1n
}

/** @throws Error when the helper was started without NET_ADMIN. */
export async function requireNetAdmin(what: string): Promise<void> {
  if (!(await hasNetAdmin())) throw new Error(`${what} needs the capability NET_ADMIN, which this helper was started without`)
}
