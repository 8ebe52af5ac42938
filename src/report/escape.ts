/**
 * Foreign text (logs, bodies, names) made harmless for the medium it goes to. Every text that did not come from our own
 * source code passes through one of these.
 */

/** Control characters except tab and newline, marks that reorder or hide text, and code points that no text has. */
const INVISIBLE = /(?![\n\t])[\p{Cc}\p{Cf}\u2028\u2029\p{Noncharacter_Code_Point}]/gu
/** A terminal's escape sequences: CSI, OSC and the two-character ones. */
const ESCAPE_SEQUENCE = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[ -/]*[0-~])/g
const ZERO_WIDTH_SPACE = '\u200b'
/** The colon before the name of an emoji, also where one of ours may come behind it; not those of times and ports. */
const EMOJI_NAME = /:(?=(?!(?!100:|1234:)\d+:)[\w+\\-]{1,100}:)|(?<![\w/]):(?=[\w+\\-]{1,100}$)/g

/** Cuts after `maxLength` UTF-16 units and says so; never in the middle of a character. */
export function truncate(text: string, maxLength: number): string {
  if (text.length <= maxLength) return text
  const cut = text.slice(0, Math.max(0, maxLength - 1))
  return `${/[\ud800-\udbff]$/.test(cut) ? cut.slice(0, -1) : cut}…`
}

/** Text without control characters and terminal sequences; newlines and tabs stay. Lone surrogates become U+FFFD. */
export function visibleText(text: string): string {
  return text.toWellFormed().replaceAll('\r\n', '\n').replace(ESCAPE_SEQUENCE, '').replace(INVISIBLE, '')
}

/**
 * One line for a terminal or a log: no escape sequence, carriage return or newline gets through, and no command for the
 * runner, which takes `::name::` for one at the beginning of a line and `##[name]` anywhere in it.
 */
export function consoleText(text: string, maxLength = 500): string {
  return truncate(oneLine(text).replace(/^::/, ': :').replaceAll('##[', '# #['), maxLength)
}

/** Visible text on one line, not escaped for any medium. */
export function oneLine(text: string): string {
  return visibleText(text).replace(/\s+/g, ' ').trim()
}

/**
 * Inline Markdown that shows `text` as it is, in a paragraph, a list item or a table cell: no markup, no HTML or comment,
 * no mention, no issue reference, no link.
 */
export function markdownText(text: string, maxLength = 500): string {
  return (
    unreferenced(
      truncate(oneLine(text), maxLength)
        .replace(/[\\`*_[\]|~$]/g, '\\$&')
        .replaceAll('&', '&amp;')
        .replaceAll('<', '&lt;')
        .replaceAll('>', '&gt;'),
    )
      // At the start of a list item these would open a block of their own, and a row of dashes would be a rule.
      .replace(/^([-+]|#{1,6})(?=\s|$)/, '\\$1')
      .replace(/^-(?=[-\s]*$)/, '\\-')
      .replace(/^(\d+)([.)])(?=\s|$)/, '$1\\$2')
  )
}

/** The same within an HTML element of ours in Markdown, such as a summary, where no Markdown is read. */
export function markdownHtml(text: string, maxLength = 500): string {
  return unreferenced(escapeHtml(truncate(oneLine(text), maxLength)))
}

/** GitHub finds mentions, references, addresses and emoji in the rendered text, where an entity would have been decoded again. */
function unreferenced(text: string): string {
  return text
    .replace(/[@#](?=\w)/g, `$&${ZERO_WIDTH_SPACE}`)
    .replace(/\b(GH)-(?=\d)/gi, `$1${ZERO_WIDTH_SPACE}-`)
    .replace(/:\/\//g, `:${ZERO_WIDTH_SPACE}//`)
    .replace(/\b(www)\./gi, `$1${ZERO_WIDTH_SPACE}.`)
    .replace(EMOJI_NAME, `:${ZERO_WIDTH_SPACE}`)
}

/** A code span that its content cannot close. Not for a table cell: a pipe would end it. */
export function markdownCode(text: string, maxLength = 300): string {
  const shown = truncate(oneLine(text), maxLength)
  const fence = '`'.repeat(longestRun(shown) + 1)
  // The spaces keep a backtick of the text apart from ours; a reader does not see them.
  const padding = /^`|`$/.test(shown) ? ' ' : ''
  return `${fence}${padding}${shown}${padding}${fence}`
}

/** A fenced block that its content cannot close. */
export function markdownBlock(text: string, maxLength = 4_000): string {
  const shown = truncate(visibleText(text), maxLength)
  const fence = '`'.repeat(Math.max(3, longestRun(shown) + 1))
  return `${fence}text\n${shown}\n${fence}`
}

function longestRun(text: string): number {
  return Math.max(0, ...Array.from(text.matchAll(/`+/g), (run) => run[0].length))
}

/** Content of an XML element. Characters that XML 1.0 has no place for are dropped. */
export function xmlText(text: string, maxLength = 20_000): string {
  return truncate(visibleText(text), maxLength).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

/** Value of an XML attribute, for double quotes. */
export function xmlAttribute(text: string, maxLength = 2_000): string {
  return xmlText(text, maxLength).replaceAll('"', '&quot;').replaceAll('\n', '&#10;').replaceAll('\t', '&#9;')
}

/** Content of an HTML element, on one line, or the value of an attribute in quotes. */
export function htmlText(text: string, maxLength = 500): string {
  return escapeHtml(truncate(oneLine(text), maxLength))
}

/** The same with its newlines, for `<pre>`. */
export function htmlBlock(text: string, maxLength = 20_000): string {
  return escapeHtml(truncate(visibleText(text), maxLength))
}

function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;')
}
