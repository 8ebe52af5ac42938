import { ChaosError } from '../../../core/errors.ts'
import type { Descriptor, Link } from '../../../core/descriptor.ts'

export interface LinkSelection {
  readonly links: readonly string[] | null
  readonly allLinks: boolean
}

/**
 * The links that a network entry means: those it names, all of them, or the descriptor's default.
 * @throws CAPABILITY_MISSING when the stack has no link at all, TARGET_NOT_FOUND for a name it does not have.
 */
export function resolveLinks(selection: LinkSelection, descriptor: Descriptor): Link[] {
  const known = descriptor.links.map((link) => link.name).join(', ')
  if (descriptor.links.length === 0 || descriptor.toxiproxy === null) {
    throw new ChaosError(
      'CAPABILITY_MISSING',
      `the stack '${descriptor.name}' declares no link, so no network fault can be injected`,
      { hint: `declare toxiproxy and links in ${descriptor.file}` },
    )
  }
  if (selection.allLinks) return [...descriptor.links]
  const names = selection.links ?? (descriptor.defaultLink === null ? [] : [descriptor.defaultLink])
  if (names.length === 0) {
    throw new ChaosError('TARGET_NOT_FOUND', `the entry names no link and the stack '${descriptor.name}' has no defaultLink`, {
      hint: `set 'link' to one of: ${known}, all`,
    })
  }
  return [...new Set(names)].map((name) => {
    const link = descriptor.links.find((candidate) => candidate.name === name)
    if (link) return link
    throw new ChaosError('TARGET_NOT_FOUND', `the stack '${descriptor.name}' has no link '${name}'; it has: ${known}`)
  })
}

/** Services that a fault on these links touches: both ends and the proxy between them. */
export function touchedServices(links: readonly Link[], descriptor: Descriptor): string[] {
  const proxy = descriptor.toxiproxy === null ? [] : [descriptor.toxiproxy.service]
  const ends = links.flatMap((link) => [link.from, link.to, ...(link.leg === null ? [] : [link.leg.client, link.leg.server])])
  const known = new Set(descriptor.services.map((service) => service.name))
  return [...new Set([...proxy, ...ends])].filter((service) => known.has(service) || proxy.includes(service))
}

/** @throws CAPABILITY_MISSING naming the link that has no stretch of its own to lose packets on. */
export function legOf(link: Link, fault: string): NonNullable<Link['leg']> {
  if (link.leg !== null) return link.leg
  throw new ChaosError(
    'CAPABILITY_MISSING',
    `${fault} needs a leg of the link '${link.name}' between two containers of the stack, and it declares none`,
    { hint: `give the link a 'leg' in the descriptor, or choose another link` },
  )
}
