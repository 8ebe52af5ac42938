/** HTML that cannot be forgotten to be escaped: what goes into a template is text, unless it is HTML of ours already. */
import { htmlBlock, htmlText } from '../../escape.ts'

export interface Html {
  readonly html: string
}

/** The document has cut what is too long. */
const WHOLE = Number.POSITIVE_INFINITY

/** Not named `html`: formatters rewrite what follows that. */
export function markup(strings: TemplateStringsArray, ...parts: readonly (string | Html | readonly Html[])[]): Html {
  return { html: strings.map((literal, index) => literal + rendered(parts[index] ?? '')).join('') }
}

/** With its newlines. */
export function pre(text: string): Html {
  return { html: `<pre>${htmlBlock(text, WHOLE)}</pre>` }
}

export function stacked(parts: readonly Html[]): Html {
  return { html: parts.map((part) => part.html).join('\n') }
}

/** An element with its parts one below the other. */
export function element(name: string, attributes: Readonly<Record<string, string>>, parts: readonly Html[]): Html {
  const pairs = Object.entries(attributes).map(([key, value]) => ` ${key}="${htmlText(value)}"`)
  return stacked([{ html: `<${name}${pairs.join('')}>` }, ...parts, { html: `</${name}>` }])
}

function rendered(part: string | Html | readonly Html[]): string {
  if (typeof part === 'string') return htmlText(part, WHOLE)
  return 'html' in part ? part.html : part.map((one) => one.html).join('')
}
