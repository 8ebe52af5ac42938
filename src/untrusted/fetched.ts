/**
 * What the daemon fetches for a build or to start a service: from where, and whether that is a place inside of the machine or
 * its network. BuildKit and the daemon fetch from the network of the machine, so `127.0.0.1` is the machine itself, and
 * `169.254.169.254` is what its cloud tells it, credentials among it. Names are judged by what they say: which address a
 * public name leads to, and to where a public server redirects, is known to nobody before it is asked. Pure.
 */
import { isPublic, parseAddress } from './ip.ts'

/** Of names that only resolvers of one network know. */
const INNER_ENDS =
  /(^|\.)(localhost|local|localdomain|internal|intranet|private|lan|home|home\.arpa|corp|docker|test|invalid|consul|svc)$/
/** Public names that lead to whatever address stands in them, or to this machine. */
const ANY_ADDRESS =
  /(^|\.)(nip\.io|sslip\.io|xip\.io|traefik\.me|localtest\.me|lvh\.me|vcap\.me|lacolhost\.com|fuf\.me|local-ip\.co|local-ip\.sh|rbndr\.us|1u\.ms)$/

/** Of a host as it stands in an address, IPv6 in brackets. null: it is a public one, as far as it says. */
export function hostProblem(host: string): string | null {
  const name = plainHost(host)
  if (name === null) return 'where it leads cannot be told'
  const address = parseAddress(name.replace(/^\[(.*)\]$/, '$1'))
  if (address !== null) return isPublic(address) ? null : 'it is fetched from the machine itself or from inside its network'
  // A name of one word is completed by the machine's own resolver.
  if (!name.includes('.') || INNER_ENDS.test(name) || ANY_ADDRESS.test(name))
    return 'its name is one of the machine itself or of its network'
  return null
}

/** As browsers read it: `2130706433`, `0x7f.1` and `127.1` are 127.0.0.1 for them, and for some of the programs that fetch. */
function plainHost(host: string): string | null {
  const url = URL.parse(`http://${host.replace(/\.+$/, '')}/`)
  if (url === null || url.hostname === '' || url.pathname !== '/' || url.search !== '' || url.hash !== '') return null
  return url.hostname.replace(/\.+$/, '')
}

/** A scheme, or how ssh writes `user@host:path`. */
const SCHEME = /^([a-z][a-z0-9+.-]*):\/\//i
const SCP = /^[\w.-]+@(\[[^\]]*\]|[^:/]*):/

/** Whether a source of `ADD`, or a build context, is fetched and not read from this machine. */
export function isAddress(source: string): boolean {
  return SCHEME.test(source) || SCP.test(source)
}

/** Of an address as a build fetches it, by HTTP or Git. null: of a public place. */
export function addressProblem(source: string): string | null {
  const scp = SCP.exec(source)
  if (scp !== null && !SCHEME.test(source)) return hostProblem(scp[1] ?? '')
  const rest = source.replace(SCHEME, '')
  // A backslash ends the host for some who read addresses, and for others not.
  if (/[\\\s]/.test(source)) return 'where it leads cannot be told'
  const authority = rest.split(/[/?#]/)[0] ?? ''
  if (authority.includes('$')) return 'its host is said by a variable'
  return hostProblem(withoutPort(authority.slice(authority.lastIndexOf('@') + 1)))
}

/** Of the name of an image: its registry, Docker Hub if there is none. The name of a stage or of another context is none. */
export function imageProblem(image: string): string | null {
  const [first = '', ...rest] = image.split('/')
  if (rest.length === 0) return null
  const isHost = /[.:[]/.test(first) || first.toLowerCase() === 'localhost' || first !== first.toLowerCase()
  return isHost ? hostProblem(withoutPort(first)) : null
}

function withoutPort(authority: string): string {
  return authority.replace(/:\d*$/, '')
}
