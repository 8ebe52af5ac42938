/** HTML that cannot be forgotten to be escaped: what goes into a template is text, unless it is HTML of ours already. */
import { htmlBlock, htmlText } from './escape.ts'

export interface Html {
  readonly html: string
}

type Part = string | number | Html | readonly Html[]

export const NOTHING: Html = { html: '' }

/** Strings become text of at most 500 characters; `shown` for more. Not named `html`: formatters rewrite what follows that. */
export function markup(strings: TemplateStringsArray, ...parts: readonly Part[]): Html {
  return { html: strings.map((literal, index) => literal + rendered(parts[index] ?? '')).join('') }
}

export function shown(text: string, maxLength: number): Html {
  return { html: htmlText(text, maxLength) }
}

/** With its newlines. */
export function pre(text: string, maxLength: number): Html {
  return { html: `<pre>${htmlBlock(text, maxLength)}</pre>` }
}

/** One below the other; empty ones are left out. */
export function stacked(parts: readonly Html[]): Html {
  return {
    html: parts
      .map((part) => part.html)
      .filter((text) => text !== '')
      .join('\n'),
  }
}

/** An element with its parts one below the other. */
export function element(name: string, attributes: Readonly<Record<string, string>>, parts: readonly Html[]): Html {
  const pairs = Object.entries(attributes).map(([key, value]) => ` ${key}="${htmlText(value)}"`)
  return stacked([{ html: `<${name}${pairs.join('')}>` }, ...parts, { html: `</${name}>` }])
}

export function list(items: readonly Html[]): Html {
  if (items.length === 0) return NOTHING
  return element(
    'ul',
    {},
    items.map((item) => markup`<li>${item}</li>`),
  )
}

/** Names and values; values that are empty are left out. */
export function facts(pairs: readonly (readonly [name: string, value: string | Html, maxLength?: number])[]): Html {
  const rows = pairs
    .map(([name, value, maxLength = 500]) => [name, typeof value === 'string' ? shown(value, maxLength) : value] as const)
    .filter(([, value]) => value.html !== '')
  return element(
    'dl',
    {},
    rows.map(([name, value]) => markup`<dt>${name}</dt><dd>${value}</dd>`),
  )
}

/** On a narrow screen each row becomes a card with the headings beside the values. */
export function table(headings: readonly string[], rows: readonly (readonly Html[])[]): Html {
  if (rows.length === 0) return NOTHING
  const head = headings.map((heading) => markup`<th scope="col">${heading}</th>`)
  const body = rows.map(
    (cells) => markup`<tr>${cells.map((cell, column) => markup`<td data-label="${headings[column] ?? ''}">${cell}</td>`)}</tr>`,
  )
  return element('table', {}, [markup`<thead><tr>${head}</tr></thead>`, element('tbody', {}, body)])
}

/** A link to `anchor` opens the fold, as the anchor is what it hides. */
export function folded(summary: Html, body: readonly Html[], anchor: string): Html {
  return element('details', {}, [markup`<summary>${summary}</summary>`, element('div', { id: anchor }, body)])
}

export function repeatCommand(command: string): Html {
  return markup`<div class="repeat"><span>Repeat</span>${pre(command, 2_000)}</div>`
}

function rendered(part: Part): string {
  if (typeof part === 'string') return htmlText(part)
  if (typeof part === 'number') return String(part)
  return 'html' in part ? part.html : part.map((one) => one.html).join('')
}
