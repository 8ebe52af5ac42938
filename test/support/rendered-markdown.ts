/** Markdown as GitHub's readers see it: rendered, and taken apart into elements and texts. */
import { marked } from 'marked'

export interface Rendered {
  /** Tags with their attributes, in document order: `<h2>`, `</h2>`. */
  readonly tags: readonly string[]
  /** Texts outside code, in which GitHub looks for mentions, references, links and emoji. */
  readonly texts: readonly string[]
  readonly codes: readonly string[]
}

const TOKEN = /<(\/?)([a-z][a-z0-9]*)((?: [a-z-]+(?:="[^"]*")?)*) ?\/?>|([^<]+)/gy
const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" }

/** @throws for what a browser would take for a comment, or would have to repair. */
export function renderMarkdownAsHtml(markdown: string): Rendered {
  const html = marked.parse(markdown, { async: false, gfm: true })
  const tags: string[] = []
  const texts: string[] = []
  const codes: string[] = []
  let codeDepth = 0
  let end = 0
  for (const match of html.matchAll(TOKEN)) {
    end = match.index + match[0].length
    const [whole, closing, name, , text] = match
    if (text !== undefined) (codeDepth > 0 ? codes : texts).push(decoded(text))
    else tags.push(whole)
    if (name === 'code') codeDepth += closing === '/' ? -1 : 1
  }
  if (end !== html.length) throw new Error(`not HTML at ${end}: ${html.slice(end, end + 80)}`)
  return { tags, texts, codes }
}

function decoded(text: string): string {
  return text.replace(/&(amp|lt|gt|quot|#39);/g, (_entity, name: string) => ENTITIES[name] ?? '')
}
