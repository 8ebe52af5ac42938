/** A strict reader of the HTML that we write: enough to prove that every element is closed where it should be. */

interface ElementOf {
  readonly name: string
  readonly attributes: ReadonlyMap<string, string>
}

const TOKEN = /<!doctype html>|<\/([a-z][a-z0-9]*)>|<([a-z][a-z0-9]*)((?: [a-z-]+="[^"<>]*")*)>|([^<>]+)/gy
const VOID = new Set(['meta'])
const ENTITY = /&(?!(?:amp|lt|gt|quot|#39);)/
/** A browser opens or closes elements by itself where these hold something else. */
const ONLY_IN: Readonly<Record<string, string>> = {
  li: 'ul',
  dt: 'dl',
  dd: 'dl',
  tr: 'thead tbody',
  td: 'tr',
  th: 'tr',
  summary: 'details',
}
const BLOCKS = new Set(['ul', 'dl', 'table', 'pre', 'section', 'details', 'h2', 'p', 'div'])

/** All elements in document order. @throws for anything that a browser would have to repair. */
export function elementsOf(page: string): ElementOf[] {
  const text = page.replace(/<style>[^<]*<\/style>/, '')
  if (ENTITY.test(text)) throw new Error('a bare &')
  const open: string[] = []
  const elements: ElementOf[] = []
  let end = 0
  for (const match of text.matchAll(TOKEN)) {
    end = match.index + match[0].length
    const [, closed, opened, attributes = ''] = match
    if (closed !== undefined && open.pop() !== closed) throw new Error(`</${closed}> closes nothing`)
    if (opened === undefined) continue
    const parent = open.at(-1) ?? ''
    if (opened in ONLY_IN && !ONLY_IN[opened]?.split(' ').includes(parent)) throw new Error(`<${opened}> in <${parent}>`)
    if (BLOCKS.has(opened) && ['p', 'h2', 'ul', 'dl', 'tr', 'summary'].includes(parent))
      throw new Error(`<${opened}> in <${parent}>`)
    const pairs = Array.from(attributes.matchAll(/ ([a-z-]+)="([^"]*)"/g), ([, name = '', value = '']) => [name, value] as const)
    elements.push({ name: opened, attributes: new Map(pairs) })
    if (!VOID.has(opened)) open.push(opened)
  }
  if (end !== text.length) throw new Error(`not HTML at ${end}: ${text.slice(end, end + 60)}`)
  if (open.length > 0) throw new Error(`not closed: ${open.join(', ')}`)
  return elements
}
