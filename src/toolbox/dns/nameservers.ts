import { isIP } from 'node:net'

/** As many as the resolver of glibc asks. */
const MOST = 3

/** The nameservers of a resolv.conf, in its order. One with a zone is left out: no rule of the firewall has a word for it. Pure. */
export function nameserversOf(text: string): string[] {
  const found = text.split('\n').flatMap((line) => /^nameserver\s+([^\s#;]+)/.exec(line)?.[1] ?? [])
  return [...new Set(found.filter((address) => isIP(address) !== 0 && !address.includes('%')))].slice(0, MOST)
}
