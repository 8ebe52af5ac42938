/** Keys of entries that hit links, and what they mean. */
import * as z from 'zod'
import type { Descriptor } from '../../../core/descriptor.ts'
import type { Lacks } from '../../../kinds/define-entry.ts'
import { unknownName } from '../../../kinds/references.ts'
import { quantity, shaped } from '../../../kinds/schema-kit.ts'
import type { LinkSelection } from './links.ts'

export const LINK_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/

const linkName = shaped(LINK_NAME, 'the name of a link of the stack', 'A link of the stack')

export const linkSchema = z
  .union([linkName, z.array(linkName).min(1).max(100)], {
    error: 'must be the name of a link, a list of at least one such name, or "all"',
  })
  .meta({ description: 'Link, list of links, or "all"; the descriptor\'s default_link where it is left out' })

type LinkInput = z.output<typeof linkSchema> | undefined

export function toLinks(link: LinkInput): LinkSelection {
  const allLinks = link === 'all'
  return { links: link === undefined || allLinks ? null : [link].flat(), allLinks }
}

/** What makes an entry one that hits links. */
export const NETWORK = { group: 'network', key: 'toxic', way: 'toxic + attributes', lacks: lacksLinks } as const

/** The key `link`, as the README has it. */
export const LINK_OPTION = '`link` (a name, a list or `"all"`)'

/** A stack that declares no link lacks none: the entry is skipped when it is run. */
function lacksLinks({ link }: { readonly link?: LinkInput }, descriptor: Descriptor, tell: Lacks): void {
  const names = descriptor.links.map(({ name }) => name)
  if (names.length === 0) return
  const { links, allLinks } = toLinks(link)
  if (links === null) {
    if (!allLinks && descriptor.defaultLink === null)
      tell([], `names no link, and there is no default_link (known: ${names.join(', ')})`)
    return
  }
  links.forEach((name, index) => {
    if (!names.includes(name)) tell(['link', index], unknownName('link', name, names))
  })
}

/** One attribute of a toxic: `unit` says what it counts, for messages and for the table of the README. */
export interface AttributeRule {
  readonly name: string
  readonly required: boolean
  readonly minimum: number
  readonly maximum: number
  readonly integer: boolean
  readonly unit: string
}

const DAY_MS = 86_400_000

export function attribute(name: string, unit: string, rule: Partial<Omit<AttributeRule, 'name' | 'unit'>> = {}): AttributeRule {
  return { name, unit, required: false, minimum: 0, maximum: DAY_MS, integer: true, ...rule }
}

export function attributeSchema(rule: AttributeRule): z.ZodNumber {
  return quantity({ unit: rule.unit, minimum: rule.minimum, maximum: rule.maximum, integer: rule.integer })
}

export function attributesText(toxic: string, rules: readonly AttributeRule[]): string {
  if (rules.length === 0) return `${toxic} has no attributes`
  return `Attributes of ${toxic}: ${rules.map(({ name, unit, required }) => `${name} (${unit}${required ? ', required' : ''})`).join(', ')}`
}
