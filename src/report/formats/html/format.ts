/** One page that needs nothing but itself. */
import type { Verdict } from '../../../core/model.ts'
import { defineFormat } from '../../../kinds/define-format.ts'
import type { Block, Fact, Inline } from '../../../kinds/report-document.ts'
import { EXTENTS } from '../../document/extents.ts'
import { aboutTexts } from '../../document/lines.ts'
import { pageOf } from '../../document/page.ts'
import { element, markup, pre, stacked, type Html } from './kit.ts'
import { STYLE } from './style.ts'

/** Scripts, images, fonts and frames are off, whatever a text in the page may try. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'"

/** '' when not even the verdict fits, which takes 6 kB: half a page is none. */
export const html = defineFormat({
  name: 'html',
  file: 'report.html',
  maxBytes: 2_000_000,
  extent: EXTENTS.full,
  render: (document, level) => page(document.title, pageOf(document, level)),
})

function page(title: string, blocks: readonly Block[]): string {
  const anchors = new Set(blocks.flatMap((block) => (block.kind === 'folded' ? [block.anchor] : [])))
  const head = stacked([
    markup`<meta charset="utf-8">`,
    markup`<meta http-equiv="Content-Security-Policy" content="${POLICY}">`,
    markup`<meta name="viewport" content="width=device-width, initial-scale=1">`,
    markup`<meta name="referrer" content="no-referrer">`,
    markup`<title>${title}</title>`,
    { html: `<style>${STYLE}</style>` },
  ])
  const body = stacked(blocks.map((block) => laidOut(block, anchors)))
  return `<!doctype html>\n<html lang="en">\n<head>\n${head.html}\n</head>\n<body>\n${body.html}\n</body>\n</html>\n`
}

/** `anchors`: of what is folded on this page. */
function laidOut(block: Block, anchors: ReadonlySet<string>): Html {
  const inside = (blocks: readonly Block[]): Html[] => blocks.map((one) => laidOut(one, anchors))
  switch (block.kind) {
    case 'headline':
      return element('header', { class: block.verdict }, [
        markup`<h1><b class="verdict">${block.verdict}</b></h1>`,
        markup`<p class="judged">Judged: ${block.judged}</p>`,
        markup`<p class="soft">${[block.counts, ...aboutTexts(block)].join(' · ')}</p>`,
      ])
    case 'heading':
      return markup`<h2>${block.text}</h2>`
    case 'paragraph':
      return markup`<p class="${block.tone}">${block.text}</p>`
    case 'list': {
      const items = block.items.map((parts) => markup`<li>${line(parts, anchors)}</li>`)
      return element('ul', {}, items)
    }
    case 'facts':
      return facts(block.facts, anchors)
    case 'table':
      return table(block, anchors)
    case 'preformatted':
      return block.label === ''
        ? pre(block.text)
        : markup`<div class="labelled"><span>${block.label}</span>${pre(block.text)}</div>`
    case 'section': {
      const heading = markup`<h2>${block.title}: ${badge(block.verdict, block.verdict)}</h2>`
      return element('section', { class: block.verdict }, [heading, ...inside(block.blocks)])
    }
    case 'folded': {
      const { title, verdict } = block
      const summary = verdict === null ? markup`${title}` : markup`${title} ${badge(verdict, verdict)}`
      // A link to the anchor opens the fold, as the anchor is what it hides.
      const hidden = element('div', { id: block.anchor }, inside(block.blocks))
      return element('details', {}, [markup`<summary>${summary}</summary>`, hidden])
    }
    case 'footer':
      return element('footer', {}, [facts(block.facts, anchors)])
  }
}

function facts(those: readonly Fact[], anchors: ReadonlySet<string>): Html {
  const rows = those.map(({ label, value }) => markup`<dt>${label}</dt><dd>${line([value], anchors)}</dd>`)
  return element('dl', {}, rows)
}

/** On a narrow screen each row becomes a card with the headings beside the values. */
function table({ headings, rows }: Extract<Block, { kind: 'table' }>, anchors: ReadonlySet<string>): Html {
  const head = headings.map((heading) => markup`<th scope="col">${heading}</th>`)
  const body = rows.map(({ cells }) => {
    const columns = cells.map((cell, column) => markup`<td data-label="${headings[column] ?? ''}">${line([cell], anchors)}</td>`)
    return markup`<tr>${columns}</tr>`
  })
  return element('table', {}, [markup`<thead><tr>${head}</tr></thead>`, element('tbody', {}, body)])
}

function line(parts: readonly Inline[], anchors: ReadonlySet<string>): Html {
  return { html: parts.map((part) => inline(part, anchors).html).join(' ') }
}

function inline(part: Inline, anchors: ReadonlySet<string>): Html {
  if (typeof part === 'string') return markup`${part}`
  switch (part.kind) {
    case 'code':
      return markup`<code>${part.text}</code>`
    case 'verdict':
      return badge(part.text, part.text)
    case 'mark':
      return part.tone === 'soft' ? markup`<span class="soft">${part.text}</span>` : badge(part.text, part.tone)
    case 'link':
      return anchors.has(part.anchor) ? markup`<a href="#${part.anchor}">${part.text}</a>` : markup`${part.text}`
  }
}

function badge(text: string, tone: Verdict): Html {
  return markup`<b class="verdict ${tone}">${text}</b>`
}
