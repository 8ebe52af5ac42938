/** A strict reader of the XML that we write: enough to prove it well-formed without another package. */

const TOKEN = /<\?xml [^?]*\?>|<\/([\w.-]+)>|<([\w.-]+)((?:\s+[\w.-]+="[^"<]*")*)\s*(\/?)>|([^<]+)/gy
const ENTITY = /&(?!(?:amp|lt|gt|quot|apos|#\d+);)/

/** The names of all elements in document order. @throws for anything that is not well-formed. */
export function elementNames(xml: string): string[] {
  if (/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/.test(xml) || !xml.isWellFormed())
    throw new Error('forbidden character')
  if (ENTITY.test(xml)) throw new Error('a bare &')
  const open: string[] = []
  const names: string[] = []
  let end = 0
  for (const match of xml.matchAll(TOKEN)) {
    if (match.index !== end) break
    end = match.index + match[0].length
    const [, closed, opened, , selfClosed, text] = match
    if (closed !== undefined && open.pop() !== closed) throw new Error(`</${closed}> closes nothing`)
    if (text !== undefined && open.length === 0 && text.trim() !== '') throw new Error('text outside the root')
    if (opened === undefined) continue
    names.push(opened)
    if (selfClosed !== '/') open.push(opened)
  }
  if (end !== xml.length) throw new Error(`not XML at ${end}: ${xml.slice(end, end + 60)}`)
  if (open.length > 0) throw new Error(`not closed: ${open.join(', ')}`)
  return names
}
